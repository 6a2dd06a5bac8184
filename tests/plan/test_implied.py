"""Implied dependencies, compared with the transitive prerequisites of each child."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.plan.expansion import members_of
from airflow_batch_provider.plan.implied import Implications
from airflow_batch_provider.plan.planner import submission_order
from airflow_batch_provider.spec.models import Job, Workflow

CHILDREN = (0, 1)


@st.composite
def array_jobs(draw):
    """Draw array jobs of size 2 with plain and N_TO_N dependencies on earlier jobs."""
    kinds = st.sampled_from([None, "plain", "N_TO_N"])
    count = draw(st.integers(2, 6))
    return {
        f"j{index}": {f"j{other}": kind for other in range(index) if (kind := draw(kinds)) is not None}
        for index in range(count)
    }


def members(jobs):
    models = {
        key: Job(
            job_queue="q",
            job_definition="d",
            array_size=2,
            depends_on=[
                other if kind == "plain" else {"job": other, "type": kind} for other, kind in upstream.items()
            ],
        )
        for key, upstream in jobs.items()
    }
    return submission_order(members_of(Workflow(workflow="w", jobs=models), {}))


def prerequisites(jobs, key, child):
    """Return all children that must succeed before a child starts, by recursion over the dependencies."""
    found = set()
    for other, kind in jobs[key].items():
        for each in CHILDREN if kind == "plain" else (child,):
            found |= {(other, each)} | prerequisites(jobs, other, each)
    return found


@settings(deadline=None)  # the machine may be busy
@given(array_jobs())
def test_implied_dependencies_are_exactly_the_redundant_ones(jobs):
    all_members = members(jobs)
    last = all_members[-1]

    implied = Implications(all_members).implied(last.upstream)

    kept = {each.key: jobs[last.key][each.key] for each in last.upstream if each not in implied}
    without = {**jobs, last.key: kept}
    for child in CHILDREN:
        assert prerequisites(without, last.key, child) == prerequisites(jobs, last.key, child)
    for key in kept:
        fewer = {**jobs, last.key: {other: kind for other, kind in kept.items() if other != key}}
        assert any(
            prerequisites(fewer, last.key, child) != prerequisites(jobs, last.key, child)
            for child in CHILDREN
        )
