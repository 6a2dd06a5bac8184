"""Submission order of jobs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.models import DependencyType, Job, Workflow


def workflow_of(depends_on: dict[str, list[str]]) -> Workflow:
    jobs = {
        key: Job(job_queue="q", job_definition="d", depends_on=others) for key, others in depends_on.items()
    }
    return Workflow(workflow="w", jobs=jobs)


def submission_order(workflow: Workflow) -> list[str]:
    return [job.key for job in plan_workflow(workflow).jobs]


@st.composite
def acyclic_dependencies(draw) -> dict[str, list[str]]:
    """Draw jobs in random spec order, with dependencies that follow a different, hidden order."""
    hidden = draw(st.permutations([f"j{number}" for number in range(draw(st.integers(1, 12)))]))
    upstream = {
        key: sorted(draw(st.sets(st.sampled_from(hidden[:position])))) if position else []
        for position, key in enumerate(hidden)
    }
    return {key: upstream[key] for key in draw(st.permutations(hidden))}


@settings(deadline=None)  # the machine may be busy
@given(acyclic_dependencies())
def test_jobs_come_after_their_dependencies(depends_on):
    order = submission_order(workflow_of(depends_on))

    assert sorted(order) == sorted(depends_on)
    for key, others in depends_on.items():
        assert all(order.index(other) < order.index(key) for other in others)


@settings(deadline=None)  # the machine may be busy
@given(acyclic_dependencies())
def test_valid_order_is_unchanged(depends_on):
    valid = submission_order(workflow_of(depends_on))

    again = submission_order(workflow_of({key: depends_on[key] for key in valid}))

    assert again == valid


@settings(deadline=None)  # the machine may be busy
@given(acyclic_dependencies())
def test_order_stays_as_close_to_spec_as_possible(depends_on):
    spec_order = list(depends_on)

    order = submission_order(workflow_of(depends_on))

    for position, key in enumerate(order):
        ready = [other for other in order[position:] if not set(depends_on[other]) - set(order[:position])]
        assert key == min(ready, key=spec_order.index)


def test_dependent_job_keeps_its_position_in_spec():
    order = submission_order(workflow_of({"a": [], "after_a": ["a"], "b": []}))

    assert order == ["a", "after_a", "b"]


def test_sequential_dependency_adds_no_upstream_key():
    jobs = {"a": Job(job_queue="q", job_definition="d", array_size=3, depends_on=[{"type": "SEQUENTIAL"}])}

    (planned,) = plan_workflow(Workflow(workflow="w", jobs=jobs)).jobs

    assert [(each.job_key, each.type) for each in planned.depends_on] == [(None, DependencyType.SEQUENTIAL)]
    assert planned.upstream_keys == ()


def test_plan_contains_dag_settings():
    workflow = Workflow(
        workflow="w",
        description="d",
        submission="per_job",
        airflow={"tags": ["x"]},
        connection={"aws_conn_id": "other"},
        jobs={"a": Job(job_queue="q", job_definition="d")},
    )

    plan = plan_workflow(workflow)

    assert (plan.workflow, plan.description, plan.submission_mode) == ("w", "d", "per_job")
    assert plan.airflow is workflow.airflow
    assert plan.connection is workflow.connection
