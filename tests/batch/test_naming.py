"""Names of jobs."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.naming import matches_job_name, with_label
from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.limits import JOB_NAME

IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300)
IDENTITIES = st.builds(
    JobIdentity, IDS, IDS, IDS, st.integers(-1, 10_000), st.integers(0, 1000), st.sampled_from(SubmittedBy)
)
RUN = JobIdentity("post_trade", "scheduled__2006-01-01T06:00:00+00:00", "clean")


def test_name_contains_the_dag_run_and_job_key():
    assert RUN.job_name == "post_trade-b4641f57-clean-ccc10b5c-7fc9e0"


def test_name_of_a_job_in_a_task_group():
    assert replace(RUN, job_key="trades.clean").job_name.startswith("post_trade-b4641f57-trades-clean-")


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES)
def test_every_name_is_legal(identity):
    assert JOB_NAME.fullmatch(identity.job_name)


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES)
def test_equal_identities_have_the_same_name(identity):
    assert replace(identity).job_name == identity.job_name


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES, IDS, st.integers(-1, 100), st.integers(0, 100))
def test_all_names_of_a_run_share_its_prefix(identity, job_key, map_index, epoch):
    other = replace(identity, job_key=job_key, map_index=map_index, epoch=epoch)

    assert other.job_name.startswith(identity.run_prefix)


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES, st.integers(0, 100), st.sampled_from(SubmittedBy))
def test_all_names_of_a_tasks_jobs_share_its_prefix(identity, epoch, submitter):
    other = replace(identity, epoch=epoch, submitted_by=submitter)

    assert other.job_prefix == identity.job_prefix
    assert other.job_name.startswith(identity.job_prefix)


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES, IDS, st.integers(-1, 10_000))
def test_the_jobs_of_another_task_do_not_have_its_prefix(identity, job_key, map_index):
    other = replace(identity, job_key=job_key, map_index=map_index)

    is_same = (job_key, map_index) == (identity.job_key, identity.map_index)
    assert other.job_name.startswith(identity.job_prefix) == is_same


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES, IDENTITIES)
def test_different_identities_have_different_names(one, other):
    assert (one.job_name == other.job_name) == (one == other)


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, epoch=1),
        replace(RUN, submitted_by=SubmittedBy.JOB),
        replace(RUN, map_index=0),
        replace(RUN, run_id="manual__2006-01-01"),
        replace(RUN, dag_id="post-trade"),
        replace(RUN, job_key="cleaN"),
    ],
)
def test_every_part_of_an_identity_changes_the_name(other):
    assert other.job_name != RUN.job_name


def test_long_ids_that_differ_only_at_their_end_have_different_names():
    long = replace(RUN, job_key="x" * 200)

    assert replace(long, job_key=long.job_key + "y").job_name != long.job_name


@pytest.mark.parametrize("dag_id", ["___", "---", "_.-", "日本", "-a-", "_a"])
def test_a_name_begins_with_a_letter_or_digit(dag_id):
    assert replace(RUN, dag_id=dag_id).job_name[0].isalnum()


@settings(deadline=None)  # a slow machine is not an error
@given(IDENTITIES, st.none() | IDS)
def test_a_label_leaves_a_name_legal_and_found_by_every_prefix(identity, label):
    name = with_label(identity.job_name, label)

    assert JOB_NAME.fullmatch(name)
    assert name.startswith(identity.job_prefix)
    assert matches_job_name(name, identity.job_name)
    assert not matches_job_name(name, replace(identity, epoch=identity.epoch + 1).job_name)


def test_label_is_the_end_of_the_name():
    assert (
        with_label(RUN.job_name, "prices of 2006-01-01T06:00") == f"{RUN.job_name}-prices-of-2006-01-01T06-00"
    )


def test_label_is_cut_to_the_remaining_length():
    assert len(with_label(RUN.job_name, "x" * 200)) == 128
    assert with_label("n" * 128, "x") == "n" * 128
