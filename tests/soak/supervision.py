"""A supervisor that restarts Airflow's scheduler when it ends, as systemd or Kubernetes would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from harness.airflow_processes import SCHEDULER, AirflowProcesses

_POLL_SECONDS = 2.0
_LOOP_ENDED = "Exited execute loop"
"""The last line of a scheduler that no longer schedules; its process may still wait for workers."""
_ERROR = re.compile(r"^[\w.]+\.(\w+Error): ", re.MULTILINE)


@contextmanager
def restarted_scheduler(airflow: AirflowProcesses) -> Iterator[list[str]]:
    """
    Restart the scheduler whenever it has crashed.

    :return: a list to which the class name of the error is added at each crash.
    """
    errors: list[str] = []
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(_POLL_SECONDS):
            scheduler = airflow.service(SCHEDULER)
            output = scheduler.output
            if scheduler.is_alive and _LOOP_ENDED not in output:
                continue
            found = _ERROR.findall(output)
            errors.append(found[-1] if found else scheduler.tail())
            scheduler.kill()
            airflow.start(SCHEDULER)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield errors
        finally:
            is_over.set()
        watching.result()
