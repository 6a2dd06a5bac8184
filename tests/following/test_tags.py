"""The tags with which a job says whose it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags, with_tags

TAGS = {"airflow_dag_id": "w", "airflow_run_id": "r"}


def identity(**members):
    return JobIdentity(
        **{"dag_id": "w", "run_id": "scheduled__2006-01-01T00:00:00+00:00", **members, "job_key": "a"}
    )


def test_a_job_names_its_dag_run_task_and_try():
    tags = identity_tags(
        identity(map_index=3), try_number=2, logical_date="2006-01-01T00:00:00+00:00", run_type="backfill"
    )

    assert tags == {
        "airflow_job": identity(map_index=3).job_name,
        "airflow_dag_id": "w",
        "airflow_run_id": "scheduled__2006-01-01T00:00:00+00:00",
        "airflow_task_id": "a",
        "airflow_map_index": "3",
        "airflow_try_number": "2",
        "airflow_logical_date": "2006-01-01T00:00:00+00:00",
        "airflow_run_type": "backfill",
    }


def test_what_a_run_does_not_have_is_no_tag():
    assert {"airflow_map_index", "airflow_logical_date", "airflow_run_type"}.isdisjoint(
        identity_tags(identity(), try_number=1)
    )


@given(st.text(min_size=1, max_size=400))
def test_whatever_a_run_is_called_its_tag_is_legal(run_id):
    value = identity_tags(identity(run_id=run_id), try_number=1)["airflow_run_id"]

    assert 0 < len(value) <= 256
    assert all(character.isalnum() or character.isspace() or character in "_.:/=+-@" for character in value)


def test_the_authors_tags_come_first():
    request = with_tags({"tags": {"airflow_dag_id": "mine", "team": "x"}}, TAGS)

    assert request["tags"] == {"airflow_dag_id": "mine", "team": "x", "airflow_run_id": "r"}


@pytest.mark.parametrize(("count", "added"), [(48, 2), (49, 1), (50, 0)])
def test_a_job_has_no_more_tags_than_aws_takes(count, added):
    request = with_tags({"tags": {f"t{number}": "x" for number in range(count)}}, TAGS)

    assert len(request["tags"]) == count + added


def test_tags_are_handed_on_to_the_task():
    assert with_tags({}, TAGS)["propagateTags"] is True


@pytest.mark.parametrize("request_", [{"propagateTags": False}, {"eksPropertiesOverride": {}}])
def test_tags_are_not_handed_on_where_the_author_or_aws_does_not_want_it(request_):
    assert with_tags(request_, TAGS).get("propagateTags") is request_.get("propagateTags")


def test_no_tags_leave_the_request_as_it_is():
    assert with_tags({"jobName": "n"}, {}) == {"jobName": "n"}
