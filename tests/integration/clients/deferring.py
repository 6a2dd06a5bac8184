"""
Defers an operator or a sensor, runs its trigger, and resumes it, as Airflow's triggerer would.

A program of its own since the trigger needs aiobotocore, with a botocore that suits it. Prints how each
of the given jobs ended: ``success``, or the message of the failure.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.amazon.aws.sensors.batch import BatchSensor
from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.triggers.base import BaseTrigger

from tests.integration.clients.airflow_context import context


def main() -> None:
    job_id, *scripts = sys.argv[1:]
    ends = [_run(BatchSensor(task_id="wait", job_id=job_id, poke_interval=1, deferrable=True))]
    ends += [_run(_operator(script)) for script in scripts]
    print(json.dumps(ends))


def _operator(script: str) -> BatchOperator:
    return BatchOperator(
        task_id="run",
        job_name="deferred",
        job_queue="q",
        job_definition="d",
        container_overrides={"environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": script}]},
        deferrable=True,
        poll_interval=1,
    )


def _run(task: Any) -> str:
    try:
        task.execute(context())
    except TaskDeferred as deferral:
        return _resume(task, deferral)
    return "not deferred"


def _resume(task: Any, deferral: TaskDeferred) -> str:
    event = asyncio.run(_first_event(deferral.trigger))
    try:
        getattr(task, deferral.method_name)(context(), event)
    except AirflowException as failure:
        return str(failure)
    return "success"


async def _first_event(trigger: BaseTrigger) -> Any:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("the trigger ended without an event")


if __name__ == "__main__":
    main()
