"""Tags that identify the owner of a job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags, waits_for_value, with_tags

TAGS = {"airflow_dag_id": "w", "airflow_run_id": "r"}


def identity(**members):
    return JobIdentity(
        **{"dag_id": "w", "run_id": "scheduled__2006-01-01T00:00:00+00:00", **members, "job_key": "a"}
    )


def test_identity_tags_contain_dag_run_task_and_try():
    tags = identity_tags(
        identity(map_index=3),
        try_number=2,
        logical_date="2006-01-01T00:00:00+00:00",
        run_type="backfill",
        waits_for=["b", "a"],
        environment="production (eu)",
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
        "airflow_waits_for": "a b",
        "airflow_environment": "production _eu_",
    }


def test_missing_identity_values_are_omitted():
    omitted = {"airflow_map_index", "airflow_logical_date", "airflow_run_type", "airflow_environment"}
    assert omitted.isdisjoint(identity_tags(identity(), try_number=1))


def test_a_job_that_waits_for_no_other_has_a_tag_that_says_so():
    assert identity_tags(identity(), try_number=1, waits_for=[])["airflow_waits_for"] == "-"


@pytest.mark.parametrize("count", [1, 50, 51, 500])
def test_other_dependencies_have_another_tag_however_many_there_are(count):
    keys = [f"j{number:04}" for number in range(count)]

    values = {waits_for_value(each) for each in (keys, keys[::-1], [*keys[1:], "other"], keys[:-1])}

    assert len(values) == 3
    assert all(len(value) <= 256 for value in values)


@given(st.text(min_size=1, max_size=400))
def test_tag_value_is_valid_for_any_run_id(run_id):
    value = identity_tags(identity(run_id=run_id), try_number=1)["airflow_run_id"]

    assert 0 < len(value) <= 256
    assert all(character.isalnum() or character.isspace() or character in "_.:/=+-@" for character in value)


def test_tags_of_spec_take_precedence():
    request = with_tags({"tags": {"airflow_dag_id": "mine", "team": "x"}}, TAGS)

    assert request["tags"] == {"airflow_dag_id": "mine", "team": "x", "airflow_run_id": "r"}


@pytest.mark.parametrize(("count", "added"), [(48, 2), (49, 1), (50, 0)])
def test_number_of_tags_is_limited(count, added):
    request = with_tags({"tags": {f"t{number}": "x" for number in range(count)}}, TAGS)

    assert len(request["tags"]) == count + added


def test_tags_are_propagated_by_default():
    assert with_tags({}, TAGS)["propagateTags"] is True


@pytest.mark.parametrize("request_", [{"propagateTags": False}, {"eksPropertiesOverride": {}}])
def test_tags_are_not_propagated_if_disabled_or_unsupported(request_):
    assert with_tags(request_, TAGS).get("propagateTags") is request_.get("propagateTags")


def test_request_is_unchanged_without_tags():
    assert with_tags({"jobName": "n"}, {}) == {"jobName": "n"}
