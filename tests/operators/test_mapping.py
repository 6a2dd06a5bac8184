"""Every operator and sensor can be mapped over each of its arguments, and takes other tasks' results."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, TaskGroup, XComArg, task

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import parse_workflow
from docs.operator_arguments import all_operators, own_arguments
from tests.airflow_versions import DagSerialization

WORKFLOW = """
workflow: w
resources:
  job_queues: {etl: {priority: 1, compute_environment_order: [spot]}}
jobs: {a: {job_queue: q, job_definition: d}}
"""
PLAN = plan_workflow(parse_workflow(WORKFLOW))
RESOURCES = {"job_queues": {"etl": {"priority": 1, "compute_environment_order": ["spot"]}}}
OPERATORS = all_operators()

REQUIRED: dict[str, dict[str, Any]] = {
    "BatchApplyResourcesOperator": {"resources": RESOURCES},
    "BatchDeleteResourcesOperator": {"resources": RESOURCES},
    "BatchJobChainOperator": {"head_key": "a", "chain": PLAN.jobs},
    "BatchSubmitWorkflowOperator": {"plan": PLAN},
    "BatchTerminateJobsOperator": {"job_id": "job-1"},
    "BatchJobSensor": {"job_id": "job-1"},
    "BatchComputeEnvironmentSensor": {"compute_environment": "spot"},
    "BatchJobQueueSensor": {"job_queue": "etl"},
}
"""The arguments without which an operator cannot be created."""

VALUES: dict[str, Any] = {
    "adopt": "job-1",
    "array_retry": "failed",
    "chain": PLAN.jobs,
    "deferrable": False,
    "depends_on": ["job-1"],
    "end_in_triggerer": False,
    "exit_codes": {3: "skip"},
    "fail_when_misconfigured": False,
    "failed_children_logs": 1,
    "force": True,
    "log_lines": 7,
    "plan": PLAN,
    "poll_interval_seconds": 9.0,
    "propagate_tags": True,
    "resources": RESOURCES,
    "refused_timeout": timedelta(hours=4),
    "runnable_timeout": timedelta(hours=1),
    "start_in_triggerer": True,
    "verify": False,
    "wait_timeout": timedelta(hours=1),
    "workflow": parse_workflow(WORKFLOW),
}
"""A value for each argument; ``{"a": "b"}`` or the argument's name for the others."""

_MAPPINGS = (
    "overrides",
    "override",
    "properties",
    "parameters",
    "tags",
    "strategy",
    "timeout",
    "backfill",
    "config",
)

CASES = [(operator, name) for operator in OPERATORS for name in sorted(set(own_arguments(operator)))]


def value_of(name: str) -> Any:
    return VALUES.get(name, {"a": "b"} if name.endswith(_MAPPINGS) else f"a {name}")


def arguments_beside(operator: Any, name: str) -> dict[str, Any]:
    arguments = {key: value for key, value in REQUIRED.get(operator.__name__, {}).items() if key != name}
    if name == "workflow":
        arguments.pop("resources")  # exactly one of the two
    return arguments


@pytest.fixture
def dag():
    with DAG("d", schedule=None) as dag:
        yield dag


def names(cases: list[tuple[Any, str]]) -> list[str]:
    return [f"{operator.__name__}-{name}" for operator, name in cases]


def shown(instance: Any, name: str) -> Any:
    """Return what an operator has made of an argument."""
    if name in ("log_lines", "failed_children_logs", "exit_codes"):
        return instance.end_policy
    if name in ("workflow", "resources"):
        return [resource.name for resource in instance.desired]
    if name == "plan":
        return instance.jobs
    return getattr(instance, name, None)


@pytest.mark.parametrize("kind", ["expand", "expand_kwargs"])
@pytest.mark.parametrize(("operator", "name"), CASES, ids=names(CASES))
def test_every_argument_can_be_mapped(dag, operator, name, kind):
    value, beside = value_of(name), arguments_beside(operator, name)
    partial = operator.partial(task_id="mapped", map_index_template="{{ task.task_id }}", **beside)
    mapped = partial.expand(**{name: [value]}) if kind == "expand" else partial.expand_kwargs([{name: value}])
    direct = operator(task_id="direct", **beside, **({} if name == "start_in_triggerer" else {name: value}))

    instance = mapped.unmap({name: value})

    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag)).get_task("mapped")
    assert stored.partial_kwargs["map_index_template"] == "{{ task.task_id }}"
    assert instance.map_index_template == "{{ task.task_id }}"
    if name != "start_in_triggerer":  # see the next test
        assert shown(instance, name) == shown(direct, name)
        assert shown(instance, name) is not None


def test_a_mapped_task_starts_in_a_worker(dag):
    mapped = BatchJobOperator.partial(task_id="mapped", start_in_triggerer=True).expand(adopt=["job-1"])

    instance = mapped.unmap({"adopt": "job-1"})

    assert (instance.start, bool(instance.start_from_trigger)) == (None, False)


TEMPLATES = [(operator, name) for operator, name in CASES if operator.takes_output(name)]
OTHERS = [case for case in CASES if case not in TEMPLATES]


@pytest.mark.parametrize(("operator", "name"), TEMPLATES, ids=names(TEMPLATES))
def test_template_fields_take_the_output_of_another_task(dag, operator, name):
    beside = arguments_beside(operator, name)
    output = result_of_a_task()

    direct = operator(task_id="direct", **beside, **{name: output})
    partial = operator.partial(task_id="mapped", **beside, **{name: output})
    mapped = partial.expand(
        **{next(other for other in own_arguments(operator) if other != name and other not in beside): ["x"]}
    )

    assert direct.upstream_task_ids == mapped.upstream_task_ids == {"result"}


@pytest.mark.parametrize(("operator", "name"), OTHERS, ids=names(OTHERS))
def test_other_arguments_refuse_the_output_of_another_task(dag, operator, name):
    with pytest.raises(RequestError, match=rf"^task 'direct': {name} cannot be the output of another task"):
        operator(task_id="direct", **arguments_beside(operator, name), **{name: result_of_a_task()})


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_keywords_may_come_from_another_task_also_in_a_group(dag, operator):
    with TaskGroup("group"):
        mapped = operator.partial(task_id="mapped").expand_kwargs(result_of_a_task())

    instance = mapped.unmap(REQUIRED.get(operator.__name__, {}))

    assert mapped.upstream_task_ids == {"group.result"}
    assert (instance.task_id, instance.dag_id) == ("group.mapped", "d")


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_every_template_field_is_an_argument(operator):
    """Airflow finds the XComs in `partial()` by the names of template fields."""
    made = {"jobs"} if operator.__name__ == "BatchSubmitWorkflowOperator" else set()  # from `plan`

    assert set(operator.template_fields) - made <= set(own_arguments(operator))


def result_of_a_task() -> XComArg:
    @task
    def result() -> list[str]:
        return []

    return result()
