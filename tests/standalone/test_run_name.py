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


def test_a_run_is_named_by_its_date():
    name = default_run_name(DAY, {}, {"AWS_BATCH_JOB_ID": "abc"}, NOW)

    assert name == "2008-01-31"


def test_a_time_of_the_day_is_part_of_the_name():
    name = default_run_name(DAY + timedelta(hours=6), {}, {}, NOW)

    assert name == "2008-01-31T06-00-00"


def test_other_parameters_make_another_run_and_the_same_ones_the_same():
    names = [default_run_name(DAY, {"b": value, "a": "x"}, {}, NOW) for value in (1, 2, 1)]

    assert names[0] == names[2] != names[1]
    assert all(name.startswith("2008-01-31-") for name in names)


def test_inside_batch_the_attempts_of_a_master_job_are_one_run():
    names = [
        default_run_name(None, {}, {"AWS_BATCH_JOB_ID": "abc", "AWS_BATCH_JOB_ATTEMPT": attempt}, NOW)
        for attempt in ("1", "2")
    ]

    assert names == ["job-abc", "job-abc"]


def test_otherwise_each_call_is_a_run_of_its_own():
    names = [default_run_name(None, {}, {}, NOW + timedelta(microseconds=step)) for step in (0, 1)]

    assert names == ["2026-11-24T12-00-01-000005", "2026-11-24T12-00-01-000006"]


def test_no_run_of_airflow_s_has_the_same_jobs():
    run = RunName("nightly", "manual__2008-01-31")

    assert run.run_id == "master__manual__2008-01-31"
    assert run.identity("a").job_name.startswith(run.prefix)


@pytest.mark.parametrize(
    ("text", "value"),
    [("n=2", 2), ('n="2"', "2"), ("n=no", "no"), ("n=a=b", "a=b"), ("n=", ""), ("n=[1, 2]", [1, 2])],
)
def test_a_setting_is_read_as_json_where_it_is_json(text, value):
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
def test_a_setting_of_nothing_is_an_error(text, params, message):
    with pytest.raises(SpecError, match=message.replace("?", r"\?")):
        read_settings([text], params)


def test_the_default_of_a_described_parameter_is_its_value():
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
def test_the_end_of_the_interval_is_known_where_no_cron_expression_must_be_read(schedule, end):
    assert interval_end(DAY, schedule) == end


def test_a_month_ends_with_the_next():
    assert interval_end(datetime(2008, 12, 1, tzinfo=UTC), "@monthly") == datetime(2009, 1, 1, tzinfo=UTC)
