"""The digest of a plan changes if and only if the meaning of its spec changes."""

import random

import pytest

from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import Job, Workflow

SPEC = """
workflow: w
airflow: {schedule: '@daily', start_date: 2006-01-01, tags: [x]}
connection: {region_name: eu-west-1}
defaults: {job_queue: q, job_definition: d}
jobs:
  a: {command: [cp, x, y], environment: {A: 1, B: 2}}
  b: {depends_on: [a], memory: 1GiB}
  c: {depends_on: [b, a], trigger_rule: all_done, retries: 2}
"""
EQUIVALENT_SPEC = """
# The same workflow in a different notation.
jobs:
  c:
    retries: 2
    depends_on: [{job: a}, {job: b}]
    trigger_rule: all_done
  a:
    environment:
      B: '2'
      A: '1'
    command: [cp, x, y]
    job_queue: q
  b: {memory: 1024, depends_on: [a]}
defaults: {job_definition: d, job_queue: q}
connection:
  region_name: eu-west-1
airflow:
  tags: [x]
  start_date: 2006-01-01
  schedule: '@daily'
  catchup: false
submission: at_once
workflow: w
"""


def digest(text):
    return plan_workflow(parse_workflow(text)).digest


def test_equivalent_spec_has_same_digest():
    assert digest(EQUIVALENT_SPEC) == digest(SPEC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[cp, x, y]", "[cp, y, x]"),
        ("A: 1", "A: 2"),
        ("A: 1", "C: 1"),
        ("1GiB", "2GiB"),
        ("[b, a]", "[b]"),
        ("all_done", "none_failed"),
        ("retries: 2", "retries: 3"),
        ("eu-west-1", "eu-west-2"),
        ("@daily", "@weekly"),
        ("tags: [x]", "tags: [y]"),
        ("workflow: w", "workflow: v"),
        ("job_queue: q", "job_queue: r"),
        ("connection:", "submission: per_job\nconnection:"),
        ("connection:", "description: new\nconnection:"),
        ("connection:", "backfill: {job_queue: low}\nconnection:"),
        ("connection:", "alerts: {on_failure: [{sns: {topic_arn: arn}}]}\nconnection:"),
    ],
)
def test_changed_meaning_changes_digest(old, new):
    assert old in SPEC

    assert digest(SPEC.replace(old, new)) != digest(SPEC)


def test_python_object_is_digested_by_type():
    def plan(seed):
        macros = {"now": random.Random(seed)}
        job = Job(job_queue="q", job_definition="d")
        return plan_workflow(Workflow(workflow="w", airflow={"user_defined_macros": macros}, jobs={"a": job}))

    assert plan(1).digest == plan(2).digest
