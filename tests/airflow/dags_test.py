"""
Run ``airflow dags test`` so that a triggerer that runs beside it takes over the trigger of one task.

``dag.test()`` sets a task that has deferred to queued almost at once, and runs the trigger in its own
process. Only a triggerer that looks in between takes the trigger over, and drops it a second later. This
program lets ``dag.test()`` wait until the triggerer has started the trigger.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from airflow.__main__ import main
from airflow.serialization import serialized_objects

SECONDS = 60.0


def wait_for_triggerer(logs: Path, task_id: str) -> None:
    """
    Change ``dag.test()``: it waits when this task has deferred.

    :param logs: the folder with the logs of the DAG, which has no run yet.
    """
    convert = serialized_objects.create_scheduler_operator

    # `dag.test()` calls this function after a task has deferred and before it sets the task to queued.
    def convert_later(task: Any) -> Any:
        deadline = time.monotonic() + SECONDS
        while task.task_id == task_id and "starting" not in trigger_log(logs, task_id):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no triggerer took over the trigger of '{task_id}'")
            time.sleep(0.1)
        return convert(task)

    serialized_objects.create_scheduler_operator = convert_later


def trigger_log(logs: Path, task_id: str) -> str:
    """Return what the trigger of a task has logged; an empty string if it has not started."""
    found = logs.glob(f"run_id=*/task_id={task_id}/attempt=1.log.trigger.*")
    return "".join(log.read_text() for log in found)


if __name__ == "__main__":
    _, logs_folder, held_task, *arguments = sys.argv
    wait_for_triggerer(Path(logs_folder), held_task)
    sys.argv = ["airflow", "dags", "test", *arguments]
    main()
