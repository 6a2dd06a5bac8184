"""Mapped tasks, mapped task groups, and dependencies that come from other tasks' results."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, XComArg, task, task_group

from airflow_batch_provider import build_task_group
from airflow_batch_provider.operators.batch import (
    BatchJobOperator,
    BatchSubmitJobOperator,
    BatchTerminateJobsOperator,
)
from airflow_batch_provider.sensors.batch import BatchJobSensor
from airflow_batch_provider.sensors.resources import BatchJobQueueSensor

STEP = {"job_queue": "etl", "job_definition": "step"}
SPECS = [Path(__file__).with_name(name) for name in ("mapped.yaml", "mapped_per_job.yaml")]


def as_parameters(part: str) -> dict[str, str]:
    return {"part": part}


def as_arguments(part: str) -> dict[str, Any]:
    return {"job_label": part, "array_properties": {"size": 2}, "parameters": {"part": part}}


with DAG(
    "mapped",
    start_date=datetime(2006, 1, 1),
    schedule=None,
    default_args={"aws_conn_id": "aws_scripted", "poll_interval_seconds": 1, "poke_interval": 1},
):

    @task
    def choose_parts() -> list[str]:
        """Return the parts that the tasks are mapped over."""
        return ["x", "y", "z"]

    parts = choose_parts()
    submit = BatchSubmitJobOperator.partial(
        task_id="submit", map_index_template="part {{ task.parameters['part'] }}", **STEP
    ).expand(parameters=parts.map(as_parameters))
    follow = BatchJobOperator.partial(task_id="follow", map_index_template="job {{ task.adopt }}").expand(
        adopt=submit.output
    )
    BatchJobOperator.partial(task_id="follow_here", deferrable=False, start_in_triggerer=True).expand(
        adopt=submit.output
    )
    BatchJobOperator.partial(
        task_id="by_kwargs", map_index_template="{{ task.parameters['part'] }}", **STEP
    ).expand_kwargs(parts.map(as_arguments))
    BatchJobSensor.partial(task_id="sensor", deferrable=True, timeout=60).expand(job_id=submit.output)
    BatchJobQueueSensor.partial(task_id="queue").expand_kwargs([{"job_queue": "etl"}])
    follow >> BatchTerminateJobsOperator.partial(task_id="terminate").expand(job_id=submit.output)

    BatchJobOperator(task_id="after_submit", depends_on=submit.output, **STEP)
    submit >> BatchSubmitJobOperator(
        task_id="by_template", depends_on="{{ ti.xcom_pull(task_ids='submit', map_indexes=[0, 2]) }}", **STEP
    )

    in_group: list[XComArg] = []

    @task_group
    def for_part(part: str) -> None:
        """Submit jobs and two workflows for one part."""
        mine = BatchSubmitJobOperator(task_id="mine", parameters={"part": part}, **STEP)
        BatchJobOperator(task_id="after_mine", depends_on=[mine.output], **STEP)
        in_group.append(mine.output)
        for spec in SPECS:
            build_task_group(spec)

    for_part.expand(part=parts)
    BatchJobOperator(task_id="after_group", depends_on=in_group, **STEP)

    for spec in (SPECS[0], SPECS[0], SPECS[1]):
        build_task_group(spec)
