"""The name of a run, and the settings and interval that belong to it."""

from datetime import UTC, datetime, timedelta

import pytest

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.models import Schedule
from airflow_batch_provider.standalone.interval import interval_end
from airflow_batch_provider.standalone.params import defaults_of, read_settings
from airflow_batch_provider.standalone.run_name import RunName, default_run_name

DAY = datetime(2008, 1, 31, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, 1, 5, tzinfo=UTC)


def test_run_name_is_date():
    name = default_run_name(DAY, {}, {"AWS_BATCH_JOB_ID": "abc"}, NOW)

    assert name == "2008-01-31"


def test_run_name_includes_time_of_day():
    name = default_run_name(DAY + timedelta(hours=6), {}, {}, NOW)

    assert name == "2008-01-31T06-00-00"


def test_run_name_depends_on_parameters():
    names = [default_run_name(DAY, {"b": value, "a": "x"}, {}, NOW) for value in (1, 2, 1)]

    assert names[0] == names[2] != names[1]
    assert all(name.startswith("2008-01-31-") for name in names)


def test_attempts_of_master_job_share_run_name():
    names = [
        default_run_name(None, {}, {"AWS_BATCH_JOB_ID": "abc", "AWS_BATCH_JOB_ATTEMPT": attempt}, NOW)
        for attempt in ("1", "2")
    ]

    assert names == ["job-abc", "job-abc"]


def test_run_name_is_unique_without_date():
    names = [default_run_name(None, {}, {}, NOW + timedelta(microseconds=step)) for step in (0, 1)]

    assert names == ["2026-11-24T12-00-01-000005", "2026-11-24T12-00-01-000006"]


def test_job_names_differ_from_those_of_airflow_runs():
    run = RunName("nightly", "manual__2008-01-31")

    assert run.run_id == "master__manual__2008-01-31"
    assert run.identity("a").job_name.startswith(run.prefix)


@pytest.mark.parametrize(
    ("text", "value"),
    [("n=2", 2), ('n="2"', "2"), ("n=no", "no"), ("n=a=b", "a=b"), ("n=", ""), ("n=[1, 2]", [1, 2])],
)
def test_setting_is_parsed_as_json_if_possible(text, value):
    settings = read_settings([text], {"n": 1})

    assert settings == {"n": value}


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("bucket", {"bucket": 1}, "--set takes key=value; 'bucket' has no '='"),
        ("bucke=1", {"bucket": 1}, "no such parameter; did you mean 'bucket'?"),
        ("x=1", {"bucket": 1, "month": 2}, "no such parameter; there are: bucket, month"),
        ("x=1", {}, "the workflow has no parameters"),
    ],
)
def test_unknown_setting_is_an_error(text, params, message):
    with pytest.raises(SpecError, match=message.replace("?", r"\?")):
        read_settings([text], params)


def test_default_of_described_parameter():
    defaults = defaults_of({"plain": 1, "described": {"default": 2, "type": "integer"}, "mapping": {"a": 1}})

    assert defaults == {"plain": 1, "described": 2, "mapping": {"a": 1}}


@pytest.mark.parametrize(
    ("schedule", "end"),
    [
        ("@daily", datetime(2008, 2, 1, tzinfo=UTC)),
        ("@hourly", datetime(2008, 1, 31, 1, tzinfo=UTC)),
        ("@yearly", datetime(2009, 1, 31, tzinfo=UTC)),
        (timedelta(hours=2), datetime(2008, 1, 31, 2, tzinfo=UTC)),
        (Schedule(every="2h"), datetime(2008, 1, 31, 2, tzinfo=UTC)),
        (Schedule(cron="@weekly"), datetime(2008, 2, 7, tzinfo=UTC)),
        (Schedule(timetable="a.B", arguments={"expression": "@daily"}), None),
        (Schedule(assets=("s3://a",)), None),
        ("@monthly", None),  # there is no 31st of February
        ("0 6 1 * *", None),
        (None, None),
    ],
)
def test_interval_end_is_derived_from_schedule(schedule, end):
    assert interval_end(DAY, schedule) == end


def test_month_ends_in_next_year():
    assert interval_end(datetime(2008, 12, 1, tzinfo=UTC), "@monthly") == datetime(2009, 1, 1, tzinfo=UTC)
