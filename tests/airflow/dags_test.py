"""
Run ``airflow dags test`` so that a triggerer that runs beside it takes each trigger over.

``dag.test()`` sets a task that has deferred to queued almost at once, and runs the trigger in its own
process. Only a triggerer that looks in between takes the trigger over, and drops it a second later. This
program lets ``dag.test()`` wait until the triggerer has started the trigger.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.__main__ import main
from airflow.serialization import serialized_objects

SECONDS = 60.0


def wait_for_triggerer(logs: Path, task_ids: set[str]) -> None:
    """
    Change ``dag.test()``: it waits at the first deferral of each of these tasks.

    :param logs: the folder with the logs of the DAG.
    """
    began_at, convert = time.time(), serialized_objects.create_scheduler_operator

    # `dag.test()` calls this function after a task has deferred and before it sets the task to queued.
    def convert_later(task: Any) -> Any:
        if task.task_id in task_ids:
            task_ids.remove(task.task_id)
            deadline = time.monotonic() + SECONDS
            while not any(starts_a_trigger(log, began_at) for log in trigger_logs(logs, task.task_id)):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no triggerer took over the trigger of '{task.task_id}'")
                time.sleep(0.1)
        return convert(task)

    serialized_objects.create_scheduler_operator = convert_later


def trigger_logs(logs: Path, task_id: str) -> Iterator[Path]:
    return logs.glob(f"run_id=*/task_id={task_id}/attempt=1.log.trigger.*")


def starts_a_trigger(log: Path, began_at: float) -> bool:
    return log.stat().st_mtime > began_at and "starting" in log.read_text()


if __name__ == "__main__":
    _, logs_folder, tasks, *arguments = sys.argv
    wait_for_triggerer(Path(logs_folder), set(tasks.split(",")))
    sys.argv = ["airflow", "dags", "test", *arguments]
    main()
