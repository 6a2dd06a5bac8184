"""Specs at random that pass validation: Airflow imports their DAGs, and AWS Batch accepts their requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.dag.factory import dag_of
from airflow_batch_provider.plan.model import WorkflowPlan
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.serialization import plan_from_json, plan_to_json
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.standalone.context import RunFacts, build_template_context
from airflow_batch_provider.standalone.params import default_params
from airflow_batch_provider.standalone.rendering import Renderer
from airflow_batch_provider.submission import submit_workflow
from tests.dag.bagging import bag
from tests.dag.setting_samples import (
    NEARLY_VALID_DEFAULT_ARGS,
    NEARLY_VALID_JOBS,
    NEARLY_VALID_SETTINGS,
)
from tests.dag.spec_strategies import specs
from tests.integration.fuzz.account import create_resources
from tests.integration.fuzz.in_process import InProcessBatch

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting email"),  # deprecated by Airflow, but still accepted
    pytest.mark.filterwarnings("ignore:The airflow.security.permissions module"),
]

EXAMPLES = 420
VALID = 300
SAME_EACH_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ALONE = """
workflow: w
submission: {mode}
airflow: {{{settings}}}
defaults: {{job_queue: q, job_definition: d}}
jobs: {{a: {{}}, b: {{depends_on: [a]}}, c: {{depends_on: [t]}}, n: {{array_size: 3, array_retry: failed}}}}
tasks: {{t: {{python: a.b, depends_on: [a]}}}}
"""
ON_FARGATE = [
    (
        "CreateComputeEnvironment",
        {
            "computeEnvironmentName": "fargate",
            "type": "MANAGED",
            "computeResources": {
                "type": "FARGATE",
                "maxvCpus": 4,
                "subnets": ["s"],
                "securityGroupIds": ["g"],
            },
        },
    ),
    (
        "CreateJobQueue",
        {
            "jobQueueName": "fargate",
            "priority": 1,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "fargate"}],
        },
    ),
]
SUBMISSION_MODES = ["at_once", "per_job"]


class LocalAccount:
    """Sends requests to a local Batch, which must accept them."""

    def __init__(self, batch: InProcessBatch) -> None:
        self._batch = batch

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob:
        answer = self._batch.send("SubmitJob", **request)
        return SubmittedJob(answer["jobId"], answer["jobName"])

    def ensure_job_definition(self, registration: Mapping[str, Any]) -> str:
        request = {**registration, "jobDefinitionName": definition_name(registration)}
        answer = self._batch.send("RegisterJobDefinition", **request)
        return f"{answer['jobDefinitionName']}:{answer['revision']}"

    def terminate(self, job_ids: Sequence[str], reason: str) -> None:
        """Called with the new jobs if a submission fails, which fails the test anyway."""


@pytest.fixture
def batch() -> Iterator[InProcessBatch]:
    batch = InProcessBatch()
    create_resources(batch.call)
    for operation, request in ON_FARGATE:
        batch.send(operation, **request)
    yield batch
    batch.close()


def test_valid_specs_become_dags_whose_requests_aws_batch_accepts(batch: InProcessBatch) -> None:
    account, numbers, valid = LocalAccount(batch), count(1), []

    @SAME_EACH_TIME
    @given(specs())
    def check(text: str) -> None:
        try:
            workflow = parse_workflow(text)
        except InvalidSpecError:
            return
        valid.append(text)
        plan = plan_workflow(workflow)
        stored = plan_from_json(plan_to_json(plan))
        assert stored == plan
        assert set(bag(dag_of(stored)).task_dict) == set(dag_of(plan).task_dict)
        submit(plan, account, next(numbers))

    check()

    assert len(valid) >= VALID


def submit(plan: WorkflowPlan, account: LocalAccount, number: int) -> None:
    """Submit all jobs of a plan, also those that their own tasks would submit later."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    params = default_params(plan.airflow.params) | {"n": 2}
    facts = RunFacts(plan.workflow, "manual__1", date=start, end=start, params=params)
    renderer = Renderer(build_template_context(facts))
    jobs = [replace(job, request=renderer.render(job.request)) for job in plan.jobs]
    outcomes = list(submit_workflow(jobs, account, lambda key: f"run{number}-{key.replace('.', '_')}"))
    assert {outcome.job_key: outcome.refusal for outcome in outcomes if outcome.refusal} == {}


@pytest.mark.parametrize("mode", SUBMISSION_MODES)
@pytest.mark.parametrize("text", NEARLY_VALID_SETTINGS)
def test_setting_is_refused_or_taken_by_airflow(text: str, mode: str) -> None:
    check_alone(ALONE.format(settings=text, mode=mode))


@pytest.mark.parametrize("mode", SUBMISSION_MODES)
@pytest.mark.parametrize("text", NEARLY_VALID_DEFAULT_ARGS)
def test_default_argument_is_refused_or_taken_by_airflow(text: str, mode: str) -> None:
    check_alone(ALONE.format(settings=f"default_args: {{{text}}}", mode=mode))


@pytest.mark.parametrize("text", NEARLY_VALID_JOBS)
def test_job_is_refused_or_taken_by_aws_batch(text: str, batch: InProcessBatch) -> None:
    job = f"workflow: w\ndefaults: {{job_queue: q, job_definition: d}}\njobs: {{a: {{{text}}}}}\n"
    try:
        workflow = parse_workflow(job)
    except InvalidSpecError as refusal:
        if {finding.position.line for finding in refusal.findings} != {3}:
            raise
    else:
        submit(plan_workflow(workflow), LocalAccount(batch), 1)


def check_alone(text: str) -> None:
    try:
        workflow = parse_workflow(text)
    except InvalidSpecError as refusal:
        if {finding.position.line for finding in refusal.findings} != {4}:
            raise
    else:
        assert bag(dag_of(plan_workflow(workflow))).task_dict
