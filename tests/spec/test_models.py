"""Workflows written in Python."""

import pytest
from pydantic import ValidationError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.exit_codes import ExitAction
from airflow_batch_provider.spec.loader import validate_workflow
from airflow_batch_provider.spec.models import Dependency, DependencyType, Job, JobSettings, Workflow

HOME = JobSettings(job_queue="etl", job_definition="step")


def test_python_jobs_inherit_defaults():
    workflow = Workflow(
        workflow="w",
        defaults=JobSettings(job_queue="etl", job_definition="step", memory="1GiB", environment={"A": "1"}),
        jobs={"a": Job(environment={"B": "2"}), "b": Job(memory=256)},
    )

    assert workflow.jobs["a"].environment == {"A": "1", "B": "2"}
    assert [job.memory for job in workflow.jobs.values()] == ["1024", "256"]


def test_none_removes_a_default():
    workflow = Workflow(
        workflow="w",
        defaults=JobSettings(job_queue="etl", job_definition="step", attempts=3),
        jobs={"a": Job(attempts=None)},
    )

    assert workflow.jobs["a"].attempts is None


def test_models_are_immutable():
    job = Job(job_queue="etl")

    with pytest.raises(ValidationError, match="frozen"):
        job.job_queue = "other"


def test_unknown_argument_is_rejected():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Job(job_que="etl")


def test_dependency_can_be_a_string():
    job = Job(depends_on=["a", {"job": "b", "type": "N_TO_N"}])

    assert job.depends_on == (Dependency(job="a"), Dependency(job="b", type=DependencyType.N_TO_N))


def test_rules_apply_to_python_workflows():
    workflow = Workflow(
        workflow="w",
        defaults=HOME,
        jobs={"a": Job(depends_on=["b"]), "b": Job(depends_on=["a", "x"]), "c": Job(attempts=11)},
    )

    with pytest.raises(SpecError) as raised:
        validate_workflow(workflow)

    assert str(raised.value) == (
        "workflow 'w' is invalid:\n"
        "E301 job 'b' depends on 'x', which is not in this workflow; it has a, b, c\n"
        "E302 circular dependency: a → b → a; remove one of these dependencies\n"
        "E403 job 'c' has attempts 11; AWS Batch accepts 1 to 10"
    )


def test_valid_workflow_is_returned():
    workflow = Workflow(workflow="w", defaults=HOME, jobs={"a": Job()})

    assert validate_workflow(workflow) is workflow


def test_every_action_on_an_exit_code_can_be_written():
    actions = {str(code): action.value for code, action in enumerate(ExitAction, start=1)}

    assert Job(exit_codes=actions).exit_codes == actions
