"""The name of a run."""

from datetime import UTC, datetime, timedelta

from airflow_batch_provider.standalone.run_name import RunName, default_run_name

DAY = datetime(2008, 1, 31, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, 1, 5, tzinfo=UTC)


def test_run_is_named_after_its_date():
    name = default_run_name(DAY, {}, {"AWS_BATCH_JOB_ID": "abc"}, NOW)

    assert name == "2008-01-31"


def test_time_of_day_is_part_of_the_name():
    name = default_run_name(DAY + timedelta(hours=6), {}, {}, NOW)

    assert name == "2008-01-31T06-00-00"


def test_name_depends_on_the_params():
    names = [default_run_name(DAY, {"b": value, "a": "x"}, {}, NOW) for value in (1, 2, 1)]

    assert names[0] == names[2] != names[1]
    assert all(name.startswith("2008-01-31-") for name in names)


def test_attempts_of_a_master_job_are_one_run():
    names = [
        default_run_name(None, {}, {"AWS_BATCH_JOB_ID": "abc", "AWS_BATCH_JOB_ATTEMPT": attempt}, NOW)
        for attempt in ("1", "2")
    ]

    assert names == ["job-abc", "job-abc"]


def test_each_call_is_a_separate_run_by_default():
    names = [default_run_name(None, {}, {}, NOW + timedelta(microseconds=step)) for step in (0, 1)]

    assert names == ["2026-11-24T12-00-01-000005", "2026-11-24T12-00-01-000006"]


def test_run_shares_no_jobs_with_an_airflow_run():
    run = RunName("nightly", "manual__2008-01-31")

    assert run.run_id == "master__manual__2008-01-31"
    assert run.identity("a").job_name.startswith(run.prefix)
