"""Runs nothing: plays scripted outcomes of containers on the local clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from airflow_batch_provider.local.runners.environment import own_variables

if TYPE_CHECKING:
    from airflow_batch_provider.local.clock import Clock
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.runner import Run
    from airflow_batch_provider.local.timers import Timer, Timers

VARIABLE: Final = "LOCAL_BATCH_SCRIPT"
KILLED: Final = 137


@dataclass(frozen=True, slots=True)
class Script:
    """
    The scripted outcome of a container, and the conditions under which it applies.

    :param job_name: condition: a pattern for the job's name, with ``*`` and ``?``.
    :param index: condition: the index of a child of an array job.
    :param attempt: condition: the number of the attempt.
    :param container: condition: the container's name, ``default`` for that of ``containerProperties``.
    :param start_seconds: the time from STARTING to RUNNING.
    :param duration_seconds: the time from RUNNING to the end.
    :param exit_code: the exit code of the container.
    :param reason: ``container.reason``.
    :param log: lines that the container writes when it starts.
    :param start_failure: if set, the container fails to start, with this ``container.reason``.
    :param host_lost: if set, the container ends because this instance is lost, such as
        ``i-0123456789abcdef0``.
    """

    job_name: str | None = None
    index: int | None = None
    attempt: int | None = None
    container: str | None = None
    start_seconds: float = 0
    duration_seconds: float = 0
    exit_code: int = 0
    reason: str | None = None
    log: tuple[str, ...] = ()
    start_failure: str | None = None
    host_lost: str | None = None

    def matches(self, run: Run) -> bool:
        """Return whether all conditions hold for a run."""
        job = run.job
        return (
            (self.job_name is None or fnmatchcase(job.spec.job_name, self.job_name))
            and self.index in (None, job.index)
            and self.attempt in (None, run.attempt.number)
            and self.container in (None, run.container.name)
        )

    @property
    def end(self) -> AttemptEnd:
        if self.host_lost is not None:
            return AttemptEnd(status_reason=reasons.host_terminated(self.host_lost))
        return AttemptEnd(exit_code=self.exit_code, reason=self.reason)


def read_scripts(value: Any) -> tuple[Script, ...]:
    """
    Read scripts from parsed JSON: an object or a list of objects.

    :raises ValueError: if the value is not a script or a list of scripts.
    """
    objects = value if isinstance(value, list) else [value]
    try:
        return tuple(_read_script(item) for item in objects)
    except TypeError as error:
        raise ValueError(f"invalid script: {error}") from error


class ScriptRunner:
    """
    Plays scripts: those in the container's variable ``LOCAL_BATCH_SCRIPT`` (JSON), or else the server's.

    The first script that matches is played. Without one, a container succeeds immediately.

    :param scripts: the server's scripts.
    """

    def __init__(self, clock: Clock, timers: Timers, scripts: Sequence[Script] = ()) -> None:
        self.scripts = tuple(scripts)
        self._clock = clock
        self._timers = timers
        self._pending: dict[Run, Timer] = {}
        self._started: set[Run] = set()

    async def open(self) -> None:
        """Do nothing: the script runner has no prerequisites."""

    def start(self, run: Run) -> None:
        try:
            script = self._script_for(run)
        except ValueError as error:
            run.ended(AttemptEnd.failed_to_start(f"{VARIABLE}: {error}"[:255]))
            return
        self._after(run, script.start_seconds, lambda: self._begin(run, script))

    def stop(self, run: Run) -> None:
        timer = self._pending.pop(run, None)
        if timer is not None:
            timer.cancel()
            has_started = run in self._started
            self._started.discard(run)
            run.ended(AttemptEnd(exit_code=KILLED if has_started else None))

    def kill(self, run: Run) -> None:
        self._started.discard(run)
        timer = self._pending.pop(run, None)
        if timer is not None:
            timer.cancel()

    def clean_up(self, job: Job, attempt: Attempt) -> None:
        """Do nothing: scripts use no resources."""

    async def close(self) -> None:
        for run in list(self._pending):
            self.kill(run)

    def _script_for(self, run: Run) -> Script:
        own = own_variables(run.container).get(VARIABLE)
        scripts = self.scripts if own is None else read_scripts(json.loads(own))
        return next((script for script in scripts if script.matches(run)), Script())

    def _begin(self, run: Run, script: Script) -> None:
        if script.start_failure is not None:
            run.ended(AttemptEnd.failed_to_start(script.start_failure[:255]))
            return
        run.started()
        if script.log:
            run.log(script.log)
        self._started.add(run)
        self._after(run, script.duration_seconds, lambda: self._finish(run, script))

    def _finish(self, run: Run, script: Script) -> None:
        self._started.discard(run)
        run.ended(script.end)

    def _after(self, run: Run, seconds: float, then: Callable[[], None]) -> None:
        def act() -> None:
            self._pending.pop(run, None)
            then()

        self._pending[run] = self._timers.call_at(self._clock.now() + round(seconds * 1000), act)


def _read_script(value: Any) -> Script:
    if not isinstance(value, Mapping):
        raise ValueError(f"a script must be a JSON object, not {value!r}")
    fields = dict(value)
    if "log" in fields:
        fields["log"] = tuple(map(str, fields["log"]))
    return Script(**fields)
