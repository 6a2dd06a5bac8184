"""Tasks whose trigger rows another version of the package could have written."""

from typing import Any

from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.sensors.batch import BatchJobSensor

MOVED = "airflow_batch_provider.triggers.of_another_version.BatchJobTrigger"


def rewrite_row(trigger: Any, classpath: str | None, **added: Any) -> None:
    """Let a trigger have the row of another version: another class path, more keywords."""
    own_path, keywords = trigger.serialize()
    trigger.serialize = lambda: (classpath or own_path, {**keywords, **added})


class MovedOnce(BatchJobOperator):
    """Writes a row whose class does not exist; then one with a keyword that this version does not know."""

    has_failed = False

    def start_again(self, context: Any) -> str:
        self.has_failed = True
        return super().start_again(context)

    def defer(self, *, trigger: Any, **arguments: Any) -> None:
        rewrite_row(trigger, None if self.has_failed else MOVED, added="new")
        super().defer(trigger=trigger, **arguments)


class SensorMovedOnce(BatchJobSensor):
    """Writes a row whose class does not exist, until it has been resumed."""

    is_resumed = False

    def resume_execution(self, *arguments: Any, **keywords: Any) -> Any:
        self.is_resumed = True
        return super().resume_execution(*arguments, **keywords)

    def defer(self, *, trigger: Any, **arguments: Any) -> None:
        rewrite_row(trigger, None if self.is_resumed else MOVED)
        super().defer(trigger=trigger, **arguments)


JOB = {
    "job_queue": "etl",
    "job_definition": "step",
    "container_overrides": {"command": ["sh", "-c", "until test -e {{ params.end }}; do sleep 0.2; done"]},
}

with DAG("other_versions", schedule=None, params={"end": "/dev/null"}):
    submit = BatchSubmitJobOperator(task_id="submit", **JOB)
    MovedOnce(task_id="moved", poll_interval_seconds=1, **JOB)
    SensorMovedOnce(task_id="sensor", job_id=submit.output, deferrable=True, poke_interval=1)

with DAG("this_version", schedule=None, params={"end": "/dev/null"}):
    BatchJobOperator(task_id="job", poll_interval_seconds=1, **JOB)
