"""Data intervals, compared with those of Airflow's timetables."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.models import Schedule
from airflow_batch_provider.standalone.interval import data_interval_end

DAY = datetime(2008, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "end"),
    [
        ("@daily", datetime(2008, 2, 1, tzinfo=UTC)),
        ("@hourly", datetime(2008, 1, 31, 1, tzinfo=UTC)),
        ("@monthly", datetime(2008, 2, 1, tzinfo=UTC)),
        ("@quarterly", datetime(2008, 4, 1, tzinfo=UTC)),
        ("@yearly", datetime(2009, 1, 1, tzinfo=UTC)),
        ("0 6 1 * *", datetime(2008, 2, 1, 6, tzinfo=UTC)),
        (timedelta(hours=2), datetime(2008, 1, 31, 2, tzinfo=UTC)),
        (Schedule(every="2h"), datetime(2008, 1, 31, 2, tzinfo=UTC)),
        (Schedule(cron="@weekly"), datetime(2008, 2, 3, tzinfo=UTC)),
        (Schedule(cron="0 6 * * 1-5", timezone="Europe/Zurich"), datetime(2008, 1, 31, 5, tzinfo=UTC)),
        (Schedule(cron="@daily", assets=("s3://a",)), datetime(2008, 2, 1, tzinfo=UTC)),
        (Schedule(cron="@daily", partitioned=True), None),
        (Schedule(timetable="a.B", arguments={"expression": "@daily"}), None),
        (Schedule(assets=("s3://a",)), None),
        ("@once", None),
        (None, None),
    ],
)
def test_end_of_the_data_interval(schedule, end):
    assert data_interval_end(DAY, schedule) == end


def test_end_has_the_timezone_of_the_start():
    start = datetime(2008, 1, 31, tzinfo=ZoneInfo("Asia/Tokyo"))

    end = data_interval_end(start, Schedule(cron="@daily", timezone="Asia/Tokyo"))

    assert end == datetime(2008, 2, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert end.tzinfo is start.tzinfo


def test_unknown_timezone_is_an_error():
    with pytest.raises(SpecError, match="unknown timezone 'Europe/Zurick' in the schedule"):
        data_interval_end(DAY, Schedule(cron="@daily", timezone="Europe/Zurick"))


CLOCK_CHANGES = [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]


@pytest.mark.parametrize(
    "cron", ["@hourly", "@daily", "30 2 * * *", "30 * * * *", "*/20 * * * *", "15 */2 * * *"]
)
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("start", CLOCK_CHANGES, ids=["spring", "autumn"])
def test_ends_are_airflows_when_clocks_change(start, timezone, cron):
    timetable = CronDataIntervalTimetable(cron, timezone=timezone)
    schedule = Schedule(cron=cron, timezone=timezone)

    for minutes in range(0, 36 * 60, 30):
        begin = start + timedelta(minutes=minutes)
        expected = timetable._get_next(pendulum.instance(begin))
        assert data_interval_end(begin, schedule) == expected, begin


@pytest.mark.parametrize(
    "cron",
    ["@monthly", "@yearly", "0 6 1 * *", "0 0 L * *", "0 0 * * MON#2", "*/7 3,5 1-15 2 *", "0 0 29 2 *"],
)
def test_ends_are_airflows_for_other_expressions(cron):
    timetable = CronDataIntervalTimetable(cron, timezone="Europe/Zurich")
    schedule = Schedule(cron=cron, timezone="Europe/Zurich")

    for days in range(0, 800, 13):
        begin = DAY + timedelta(days=days, minutes=days)
        assert data_interval_end(begin, schedule) == timetable._get_next(pendulum.instance(begin))
