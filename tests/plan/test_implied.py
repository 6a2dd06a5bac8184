"""Which dependencies follow from others, compared with what happens in every possible order of events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.plan.expansion import members_of
from airflow_batch_provider.plan.implied import Implications
from airflow_batch_provider.plan.planner import submission_order
from airflow_batch_provider.spec.models import Job, Workflow

CHILDREN = (0, 1)


@st.composite
def arrays_of_two(draw):
    """Jobs of two children, in order, each with plain and N_TO_N dependencies on some before it."""
    kinds = st.sampled_from([None, "plain", "N_TO_N"])
    count = draw(st.integers(2, 6))
    return {
        f"j{place}": {f"j{other}": kind for other in range(place) if (kind := draw(kinds)) is not None}
        for place in range(count)
    }


def members(jobs):
    written = {
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
    return submission_order(members_of(Workflow(workflow="w", jobs=written)))


def before(jobs, key, child):
    """Every child that must have succeeded before one can start: the definition, followed step by step."""
    found = set()
    for other, kind in jobs[key].items():
        for each in CHILDREN if kind == "plain" else (child,):
            found |= {(other, each)} | before(jobs, other, each)
    return found


@settings(deadline=None)  # a busy machine is no error
@given(arrays_of_two())
def test_what_is_left_out_changes_nothing_and_what_is_kept_is_needed(jobs):
    several = members(jobs)
    last = several[-1]

    implied = Implications(several).implied(last.upstream)

    kept = {each.key: jobs[last.key][each.key] for each in last.upstream if each not in implied}
    without = {**jobs, last.key: kept}
    for child in CHILDREN:
        assert before(without, last.key, child) == before(jobs, last.key, child)
    for key in kept:
        fewer = {**jobs, last.key: {other: kind for other, kind in kept.items() if other != key}}
        assert any(before(fewer, last.key, child) != before(jobs, last.key, child) for child in CHILDREN)
