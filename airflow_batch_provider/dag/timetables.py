"""Airflow's timetables with data intervals, whose modules differ between versions of Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow import sdk

if TYPE_CHECKING or hasattr(sdk, "CronDataIntervalTimetable"):
    from airflow.sdk import AssetOrTimeSchedule, CronDataIntervalTimetable, DeltaDataIntervalTimetable
else:  # before Airflow 3.2
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable

__all__ = ["AssetOrTimeSchedule", "CronDataIntervalTimetable", "DeltaDataIntervalTimetable"]
