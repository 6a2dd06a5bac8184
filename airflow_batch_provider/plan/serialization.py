"""Write plans as JSON and read them back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from airflow_batch_provider.plan.model import (
    EdgeOwner,
    PlannedDependency,
    PlannedJob,
    PlannedTask,
    WorkflowPlan,
)
from airflow_batch_provider.spec.models import (
    AirflowSettings,
    Alerts,
    Backfill,
    ConnectionSettings,
    DependencyType,
    SubmissionMode,
)
from airflow_batch_provider.spec.spec_text import SpecText

# Keys that mark values of types that JSON lacks; `$` makes a clash with an author's key unlikely.
_MOMENT: Final = "$moment"
_DAY: Final = "$day"
_SECONDS: Final = "$seconds"


def plan_to_json(plan: WorkflowPlan) -> str:
    """
    Write a plan.

    :raises TypeError: the plan contains an object that JSON cannot represent.
    """
    # Most jobs share one connection object. Write it once and refer to it by
    # its position; id() is safe here, because the plan keeps the objects alive.
    connections = list({id(job.connection): job.connection for job in plan.jobs}.values())
    places = {id(connection): place for place, connection in enumerate(connections)}
    return json.dumps(
        {
            "workflow": plan.workflow,
            "description": plan.description,
            "submission_mode": plan.submission_mode,
            # Only this part can contain dates. As a text of its own, it does not slow down reading the rest.
            "airflow": json.dumps(plan.airflow.model_dump(exclude_unset=True), default=_tagged),
            "connection": plan.connection.model_dump(exclude_unset=True),
            "connections": [connection.model_dump(exclude_unset=True) for connection in connections],
            "jobs": [{**_members(job), "connection": places[id(job.connection)]} for job in plan.jobs],
            "tasks": [_members(task) for task in plan.tasks],
            "alerts": plan.alerts.model_dump(exclude_unset=True),
            "backfill": plan.backfill.model_dump(exclude_unset=True),
            "digest": plan.digest,
            "source": asdict(plan.source) if plan.source is not None else None,
        }
    )


def plan_from_json(text: str) -> WorkflowPlan:
    """
    Read what ``plan_to_json`` wrote.

    :raises ValueError: the text is something else.
    """
    try:
        return _plan(json.loads(text))
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"not a plan: {error!r}") from error


def _plan(read: Mapping[str, Any]) -> WorkflowPlan:
    connections = [ConnectionSettings.model_validate(each) for each in read["connections"]]
    return WorkflowPlan(
        workflow=read["workflow"],
        description=read["description"],
        submission_mode=SubmissionMode(read["submission_mode"]),
        airflow=AirflowSettings.model_validate(json.loads(read["airflow"], object_hook=_untagged)),
        connection=ConnectionSettings.model_validate(read["connection"]),
        jobs=tuple(
            PlannedJob(
                **{
                    **job,
                    "connection": connections[job["connection"]],
                    "gates": tuple(job["gates"]),
                    **_dependencies(job),
                }
            )
            for job in read["jobs"]
        ),
        tasks=tuple(PlannedTask(**{**task, **_dependencies(task)}) for task in read["tasks"]),
        alerts=Alerts.model_validate(read["alerts"]),
        backfill=Backfill.model_validate(read["backfill"]),
        digest=read["digest"],
        source=_source(**read["source"]) if read["source"] is not None else None,
    )


def _members(planned: PlannedJob | PlannedTask) -> dict[str, Any]:
    members = {name: getattr(planned, name) for name in planned.__slots__}
    return {**members, "depends_on": [asdict(each) for each in planned.depends_on]}


def _dependencies(read: Mapping[str, Any]) -> dict[str, tuple[PlannedDependency, ...]]:
    return {"depends_on": tuple(_dependency(**each) for each in read["depends_on"])}


def _dependency(job_key: str | None, type: str | None, owner: str, reason: str) -> PlannedDependency:
    return PlannedDependency(job_key, DependencyType(type) if type else None, EdgeOwner(owner), reason)


def _source(fragments: Sequence[str], **members: Any) -> SpecText:
    return SpecText(**members, fragments=tuple(fragments))


def _tagged(value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, timedelta):
        return {_SECONDS: value.total_seconds()}
    raise TypeError(f"a {type(value).__qualname__} cannot be written as JSON")


def _untagged(members: dict[str, Any]) -> Any:
    if _MOMENT in members:
        return datetime.fromisoformat(members[_MOMENT])
    if _DAY in members:
        return date.fromisoformat(members[_DAY])
    return timedelta(seconds=members[_SECONDS]) if _SECONDS in members else members
