"""Rows of triggers in Airflow's database: each version reads what the others wrote."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import StoredRowError
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import FollowedJob, PublishedJob, TryToken, WaitEvent
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor
from airflow_batch_provider.sensors.resources import BatchJobQueueSensor
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from airflow_batch_provider.triggers.unknown_keywords import ROW_FORMAT
from tests.fakes import job_detail
from tests.operators.test_job_again import Following
from tests.triggers.test_batch import Jobs, event_of

LAST_VERSION = "391217c"
ROWS = {
    f"{row['classpath'].rpartition('.')[2]} of {file.stem}": row
    for file in sorted(Path(__file__).with_name("rows").glob("*.json"))
    for row in json.loads(file.read_text())
}
"""
What earlier versions have stored, by class and commit: the output of ``serialize`` of their own code.

Add the rows of each version when a change alters what triggers write.
"""
ACCEPTED = json.loads(Path(__file__).with_name(f"rows_accepted_by_{LAST_VERSION}.json").read_text())
"""
The keywords that the last version accepts, by class; it accepts no others.

Replace this when the versions that must read this one's rows ignore keywords that they do not know.
"""

LATER = {
    "added": "new",
    "connection": {"session": "new"},
    "terms": {"patience": 5},
    "token": {"attempt": 2},
    "published_by": {"map_index": 3},
}
"""Keywords that no version has yet."""


def read(row: Mapping[str, Any]):
    """Do what the triggerer does with a row."""
    module, _, name = row["classpath"].rpartition(".")
    return getattr(import_module(module), name)(**row["kwargs"])


def with_later_keywords(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row that a later version could have written."""
    kwargs = {**row["kwargs"], "added": LATER["added"]}
    for name, members in LATER.items():
        if isinstance(kwargs.get(name), Mapping):
            kwargs[name] = {**kwargs[name], **members}
    return {**row, "kwargs": kwargs}


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**row, "kwargs": {name: value for name, value in row["kwargs"].items() if name not in names}}


def refused_by_last_version(classpath: str, kwargs: Mapping[str, Any]) -> list[str]:
    """Return what the last version does not accept in a row, or misses in it."""
    accepted = ACCEPTED[classpath]
    checked = [("", kwargs, accepted["keywords"])]
    checked += [(f"{name}.", kwargs.get(name) or {}, each) for name, each in accepted["mappings"].items()]
    refused = []
    for place, members, keywords in checked:
        known = {*keywords["required"], *keywords["optional"]}
        refused += [f"{place}{name}" for name in members if name not in known]
        if members:
            refused += [f"no {place}{name}" for name in keywords["required"] if name not in members]
    return refused


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_rows_of_every_version_are_read_and_kept(row):
    path, kwargs = read(row).serialize()

    assert path == row["classpath"]
    assert row["kwargs"].items() <= kwargs.items()


@pytest.mark.parametrize("name", [name for name in ROWS if name.endswith(LAST_VERSION)])
def test_a_row_of_the_last_version_is_written_as_it_was(name):
    assert read(ROWS[name]).serialize() == (ROWS[name]["classpath"], ROWS[name]["kwargs"])


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_last_version_accepts_the_rows_that_this_version_writes(row):
    assert refused_by_last_version(*read(row).serialize()) == []


def test_the_check_finds_what_the_last_version_refuses():
    row = with_later_keywords(without(ROWS[f"BatchJobTrigger of {LAST_VERSION}"], "job_ids"))

    assert refused_by_last_version(row["classpath"], row["kwargs"]) == [
        "added",
        "no job_ids",
        "connection.session",
        "terms.patience",
    ]


def deferred_trigger(execute) -> BatchJobTrigger:
    with pytest.raises(TaskDeferred) as deferred:
        execute()
    return deferred.value.trigger


@pytest.mark.parametrize(
    "arguments",
    [
        {"adopt": "root"},
        {},
        {"execution_timeout": timedelta(hours=1), "runnable_timeout": timedelta(minutes=5), "log_lines": 9},
        {"fail_when_misconfigured": False, "end_in_triggerer": False, "failed_children_logs": 1},
    ],
)
def test_the_last_version_accepts_the_row_of_a_job_operator(arguments):
    task = Following(**arguments)
    task.api.put("root", "RUNNING")

    trigger = deferred_trigger(lambda: task.operator().execute(task.context))

    assert refused_by_last_version(*trigger.serialize()) == []


@pytest.mark.parametrize(
    ("sensor", "arguments"),
    [(BatchJobSensor, {"job_id": "a"}), (BatchJobQueueSensor, {"job_queue": "q"})],
)
def test_the_last_version_accepts_the_row_of_a_sensor(monkeypatch, sensor, arguments):
    monkeypatch.setattr(sensor, "poke", lambda self, context: False)
    task = sensor(task_id="sense", deferrable=True, **arguments)

    assert refused_by_last_version(*deferred_trigger(lambda: task.execute({})).serialize()) == []


def test_the_last_version_accepts_the_row_of_a_task_that_starts_in_the_triggerer():
    with DAG("d", schedule=None):
        task = BatchJobOperator(
            task_id="align", adopt=PublishedJob("submit", "align"), start_in_triggerer=True
        )

    start = task.start_trigger_args

    assert refused_by_last_version(start.trigger_cls, start.trigger_kwargs) == []


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_keywords_of_later_versions_are_kept(row):
    later = with_later_keywords(row)

    kwargs = read(later).serialize()[1]

    expected = read(row).serialize()[1]
    for name, value in later["kwargs"].items():
        expected[name] = {**expected[name], **value} if isinstance(value, Mapping) else value
    assert kwargs == expected


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_keywords_with_a_default_may_be_missing(row):
    required = {"job_ids", "adopt", "published_by", "resources"}

    read(without(row, *(row["kwargs"].keys() - required)))


class Log:
    """The task's log: the warnings in it."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str, *arguments: Any) -> None:
        self.warnings.append(text % arguments)

    def info(self, *_: Any, **__: Any) -> None: ...


def waiting(monkeypatch, **keywords: Any) -> tuple[BatchJobTrigger, Jobs, Log]:
    """Return a trigger whose job has ended, with what it shares and its log."""
    jobs, log = Jobs(monkeypatch), Log()
    jobs.put("a", "SUCCEEDED")
    trigger = BatchJobTrigger(job_ids=["a"], **keywords)
    trigger._log = log
    return trigger, jobs, log


def test_a_row_with_later_keywords_waits_and_its_log_names_them(monkeypatch):
    later = {name: members for name, members in LATER.items() if name != "published_by"}
    trigger, jobs, log = waiting(monkeypatch, **later)

    event = asyncio.run(event_of(trigger, jobs))

    assert [job.job_id for job in WaitEvent.from_json(event).jobs] == ["a"]
    (warning,) = log.warnings
    assert "does not know: added, connection.session, token.attempt, terms.patience." in warning
    assert "Another version of the package wrote the trigger's row" in warning


def test_a_row_of_this_version_causes_no_warning(monkeypatch):
    trigger, jobs, log = waiting(monkeypatch, connection={}, terms=WaitTerms(since=0).to_json())

    asyncio.run(event_of(trigger, jobs))

    assert log.warnings == []


@pytest.mark.parametrize("row_format", [2, "3"])
def test_a_row_of_a_later_format_fails_the_trigger_instead_of_waiting_on_a_guess(monkeypatch, row_format):
    trigger, jobs, _ = waiting(monkeypatch, row_format=row_format)

    with pytest.raises(StoredRowError, match=f"has format {row_format}; version 0.1.0 .* reads format 1"):
        asyncio.run(event_of(trigger, jobs))


def test_a_row_may_name_the_format_that_is_the_default(monkeypatch):
    terms = WaitTerms(since=0).to_json()
    trigger, jobs, log = waiting(monkeypatch, row_format=ROW_FORMAT, terms=terms)

    asyncio.run(event_of(trigger, jobs))

    assert log.warnings == []
    assert trigger.serialize()[1]["row_format"] == ROW_FORMAT


@pytest.mark.parametrize("junk", [None, 7, "text", [], {}])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_only_error_of_a_row_is_the_one_that_airflow_expects(row, junk):
    for name in row["kwargs"]:
        # Any other error would stop the triggerer (`create_triggers` in Airflow's triggerer_job_runner.py).
        with suppress(TypeError):
            read({**row, "kwargs": {**row["kwargs"], name: junk}})


STORED = [
    (AwsConnection, {"region_name": "eu-north-1"}),
    (WaitTerms, {"since": 7.5, "deadline": 8.5}),
    (TryToken, {"try_number": 2, "epoch": 3}),
    (FollowedJob, {"root": "a", "job_id": "b", "epoch": 3, "try_number": 2}),
    (WaitEvent, {"error": "stuck", "given_up": True, "job_ids": ["a"], "token": {"try_number": 2}}),
    (WaitEvent, {"jobs": [JobDescription.from_aws(job_detail("a", "SUCCEEDED")).to_json()]}),
]


@pytest.mark.parametrize(("stored", "members"), STORED)
def test_members_that_a_later_version_added_are_ignored(stored, members):
    nested = {name: with_new_members(value) for name, value in members.items()}

    assert stored.from_json({**nested, "added": "new"}) == stored.from_json(members)
    assert stored.from_json(members) is not None


def with_new_members(value: Any) -> Any:
    """Add a member to every mapping within a stored value."""
    if isinstance(value, list):
        return [with_new_members(entry) for entry in value]
    return {**value, "added": "new"} if isinstance(value, Mapping) else value
