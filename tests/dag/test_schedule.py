"""Translation of spec schedules to Airflow's."""

from datetime import timedelta

import pytest
from airflow import sdk
from airflow.sdk import Asset, AssetAll, AssetAny
from airflow.timetables.trigger import CronTriggerTimetable

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.dag.schedule import airflow_schedule
from airflow_batch_provider.dag.timetables import (
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    DeltaDataIntervalTimetable,
)
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import AirflowSettings, Job, Workflow
from tests.airflow_versions import has_partitions

A, B = Asset(name="s3://b/a", uri="s3://b/a"), Asset(name="b", uri="s3://b/b")
ASSETS = "[s3://b/a, {uri: s3://b/b, name: b}]"


def schedule_of(text):
    spec = f"workflow: w\nairflow: {{schedule: {text}}}\njobs: {{a: {{job_queue: q, job_definition: d}}}}\n"
    return airflow_schedule(parse_workflow(spec).airflow.schedule)


def sorted_assets(condition):
    return sorted(condition.objects, key=lambda asset: asset.uri)


@pytest.mark.parametrize("text", ["'0 6 1 * *'", "{cron: '0 6 1 * *'}"])
def test_cron_expression_has_data_interval(text):
    assert schedule_of(text) == CronDataIntervalTimetable("0 6 1 * *", timezone="UTC")


def test_cron_expression_can_have_timezone():
    schedule = schedule_of("{cron: '0 6 * * *', timezone: Europe/Zurich}")

    assert schedule == CronDataIntervalTimetable("0 6 * * *", timezone="Europe/Zurich")


def test_interval_has_data_interval():
    assert schedule_of("{every: 1h30m}") == DeltaDataIntervalTimetable(timedelta(minutes=90))


def test_assets_are_combined_with_all_by_default():
    all_, any_ = schedule_of(f"{{assets: {ASSETS}}}"), schedule_of(f"{{assets: {ASSETS}, when: any}}")

    assert (type(all_), sorted_assets(all_)) == (AssetAll, [A, B])
    assert (type(any_), sorted_assets(any_)) == (AssetAny, [A, B])


def test_assets_can_be_combined_with_cron():
    schedule = schedule_of(f"{{assets: {ASSETS}, cron: '@daily'}}")

    assert isinstance(schedule, AssetOrTimeSchedule)
    assert schedule.timetable == CronDataIntervalTimetable("@daily", timezone="UTC")


@has_partitions
def test_partitioned_cron_schedule():
    schedule = schedule_of("{cron: '@monthly', partitioned: true, key_format: '%Y-%m'}")

    assert isinstance(schedule, sdk.CronPartitionTimetable)
    assert schedule.key_format == "%Y-%m"


@has_partitions
def test_partitioned_asset_schedule():
    assert isinstance(schedule_of(f"{{assets: {ASSETS}, partitioned: true}}"), sdk.PartitionedAssetTimetable)


def test_timetable_is_created_from_import_path():
    schedule = schedule_of(
        "{timetable: airflow.timetables.trigger.CronTriggerTimetable,"
        " arguments: {cron: '@daily', timezone: UTC}}"
    )

    assert schedule == CronTriggerTimetable("@daily", timezone="UTC")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{timetable: nowhere.Timetable}", "No module named 'nowhere'"),
        ("{timetable: airflow.sdk.NoSuch}", "NoSuch"),
        ("{timetable: airflow.timetables.trigger.CronTriggerTimetable, arguments: {crom: x}}", "crom"),
    ],
)
def test_invalid_timetable_error_contains_reason(text, reason):
    with pytest.raises(SpecError, match=f"could not create the schedule's timetable .*{reason}"):
        schedule_of(text)


@pytest.mark.parametrize("schedule", [DeltaDataIntervalTimetable(timedelta(days=1)), A, [A, B], A | B])
def test_airflow_schedule_object_is_unchanged(schedule):
    workflow = Workflow(
        workflow="w",
        airflow=AirflowSettings(schedule=schedule),
        jobs={"a": Job(job_queue="q", job_definition="d")},
    )

    assert build_dag(workflow).schedule == schedule
