"""The order in which jobs are submitted."""

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
def acyclic(draw) -> dict[str, list[str]]:
    """Jobs in a drawn (author's) order, with dependencies that follow another, hidden order."""
    hidden = draw(st.permutations([f"j{number}" for number in range(draw(st.integers(1, 12)))]))
    upstream = {
        key: sorted(draw(st.sets(st.sampled_from(hidden[:place])))) if place else []
        for place, key in enumerate(hidden)
    }
    return {key: upstream[key] for key in draw(st.permutations(hidden))}


@settings(deadline=None)  # a busy machine is no error
@given(acyclic())
def test_every_job_comes_after_those_it_depends_on(depends_on):
    order = submission_order(workflow_of(depends_on))

    assert sorted(order) == sorted(depends_on)
    for key, others in depends_on.items():
        assert all(order.index(other) < order.index(key) for other in others)


@settings(deadline=None)  # a busy machine is no error
@given(acyclic())
def test_an_order_that_is_right_already_is_kept(depends_on):
    right = submission_order(workflow_of(depends_on))

    again = submission_order(workflow_of({key: depends_on[key] for key in right}))

    assert again == right


@settings(deadline=None)  # a busy machine is no error
@given(acyclic())
def test_a_job_moves_only_behind_what_it_must_wait_for(depends_on):
    author = list(depends_on)

    order = submission_order(workflow_of(depends_on))

    for place, key in enumerate(order):
        free = [other for other in order[place:] if not set(depends_on[other]) - set(order[:place])]
        assert key == min(free, key=author.index)


def test_a_job_that_waits_stands_where_its_author_put_it():
    order = submission_order(workflow_of({"a": [], "after_a": ["a"], "b": []}))

    assert order == ["a", "after_a", "b"]


def test_a_job_that_waits_for_its_own_children_has_no_upstream_job():
    jobs = {"a": Job(job_queue="q", job_definition="d", array_size=3, depends_on=[{"type": "SEQUENTIAL"}])}

    (planned,) = plan_workflow(Workflow(workflow="w", jobs=jobs)).jobs

    assert [(each.job_key, each.type) for each in planned.depends_on] == [(None, DependencyType.SEQUENTIAL)]
    assert planned.upstream_keys == ()


def test_a_plan_carries_what_the_dag_needs():
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
