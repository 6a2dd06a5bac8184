"""Plans as JSON."""

from datetime import timedelta

import pytest

from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.serialization import plan_from_json, plan_to_json
from airflow_batch_provider.spec.loader import load_workflow, parse_workflow
from airflow_batch_provider.spec.models import Job, Workflow
from tests.plan.test_golden_plans import SPECS

EVERYTHING = """
workflow: w
description: All of it.
airflow:
  schedule: {cron: '@daily', timezone: Europe/Zurich}
  start_date: 2006-01-01T12:00:00+02:00
  end_date: 2006-02-01
  default_args: {start: 2006-01-01, at: 2006-01-01T10:00:00}
  params: {n: {type: integer, default: 3}}
connection: {aws_conn_id: null}
defaults: {job_queue: q, job_definition: {image: i, vcpus: 1, memory: 512}}
jobs:
  a: {produces: [s3://x], execution_timeout: 2h}
  b: {depends_on: [t], connection: {region_name: us-east-1}, array_size: 20000}
tasks:
  t: {python: json.loads, arguments: {s: '1'}, depends_on: [a]}
alerts: {on_failure: [{sns: {topic_arn: arn}}]}
backfill: {attempts: 1}
"""


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_plan_survives_json(spec):
    plan = plan_workflow(load_workflow(spec))

    assert plan_from_json(plan_to_json(plan)) == plan


def test_plan_with_all_settings_survives_json():
    plan = plan_workflow(parse_workflow(EVERYTHING))

    read = plan_from_json(plan_to_json(plan))

    assert read == plan
    assert [job.connection.model_fields_set for job in read.jobs] == [
        job.connection.model_fields_set for job in plan.jobs
    ]
    assert read.airflow.model_fields_set == plan.airflow.model_fields_set


def test_timedelta_schedule_survives_json():
    job = Job(job_queue="q", job_definition="d")
    plan = plan_workflow(Workflow(workflow="w", airflow={"schedule": timedelta(hours=2)}, jobs={"a": job}))

    assert plan_from_json(plan_to_json(plan)).airflow.schedule == timedelta(hours=2)


def test_python_object_cannot_be_serialized():
    job = Job(job_queue="q", job_definition="d")
    plan = plan_workflow(
        Workflow(workflow="w", airflow={"user_defined_macros": {"f": print}}, jobs={"a": job})
    )

    with pytest.raises(TypeError, match="a builtin_function_or_method cannot be written as JSON"):
        plan_to_json(plan)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"workflow": "w"}', "{"])
def test_invalid_plan_raises_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        plan_from_json(text)
