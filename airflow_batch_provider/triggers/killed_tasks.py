"""
What the state of a task says when Airflow has dropped the task's trigger.

Airflow drops a trigger, and calls its ``on_kill``, for all of these reasons (``load_triggers`` and
``clean_unused`` in its triggerer): the task was marked, cleared, skipped with its run, or deleted;
another triggerer has taken the trigger over, or has ended the wait; ``dag.test()`` runs a copy of the trigger
in its own process. The state of the task tells these cases apart, but it is not settled at once.

| state                            | what has happened                                        | verdict     |
|----------------------------------|----------------------------------------------------------|-------------|
| failed, success, skipped         | marked, or the run timed out; or the task went on and    | killed      |
|                                  | ended, and so has its job, unless the wait failed        |             |
| upstream_failed                  | cleared with its upstream task, which failed             | killed      |
| removed                          | no longer part of its DAG                                | killed      |
| None                             | cleared, and waits for its turn: the new try, if any,    | killed      |
|                                  | does not want the job                                    |             |
| no row                           | the task instance, the run or the DAG was deleted        | killed      |
| deferred                         | another triggerer has the trigger; or the task was       | followed    |
|                                  | cleared, and its new try has ended the job and waits     |             |
| up_for_retry                     | went on and failed; the next try adopts a live job       | followed    |
| scheduled                        | went on after the wait, and so its job has ended as a    | waits       |
|                                  | rule; or was cleared, and the new try waits for a slot   |             |
| queued, running, restarting,     | went on after the wait, in ``dag.test()`` or after a     | not settled |
| up_for_reschedule, any other     | clear: the worker follows the job or ends it. If the     |             |
|                                  | worker fails before, the state says so later             |             |
| cannot be read                   | unknown                                                  | not settled |

A state that is not settled, or that waits, is read again. If a task is still ``scheduled`` at the last read,
the scheduler holds it back for a pool or a limit, and no worker will soon look after its job, which is
terminated. If a state does not settle in time, the job keeps running: terminating it could destroy work, and
the worker of the task, or the end of the run, terminates it if it is not wanted. This includes ``queued``:
a task is ``queued`` for as long as ``dag.test()`` waits for its job, or while all workers are busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from airflow.sdk import TaskInstanceState


class Verdict(StrEnum):
    """What a task's state says about its job."""

    KILLED = "killed"
    FOLLOWED = "followed"
    WAITS = "waits"
    NOT_SETTLED = "not settled"


_KILLED: Final = frozenset(
    {
        None,
        TaskInstanceState.FAILED,
        TaskInstanceState.SUCCESS,
        TaskInstanceState.SKIPPED,
        TaskInstanceState.UPSTREAM_FAILED,
        TaskInstanceState.REMOVED,
    }
)
_FOLLOWED: Final = frozenset({TaskInstanceState.DEFERRED, TaskInstanceState.UP_FOR_RETRY})


@dataclass(frozen=True, slots=True)
class ObservedTask:
    """
    A task as Airflow has it after its trigger was dropped.

    :param exists: whether Airflow has a row of the task.
    :param is_known: whether Airflow answered.
    """

    state: str | None = None
    exists: bool = True
    is_known: bool = True

    @classmethod
    def of(cls, states: Mapping[str, str | None] | None, key: str) -> ObservedTask:
        """
        Read Airflow's answer.

        :param states: the states by key; None if they could not be read.
        """
        if states is None:
            return cls(is_known=False)
        return cls(states.get(key), exists=key in states)

    @property
    def verdict(self) -> Verdict:
        """See the table of this module."""
        if not self.is_known:
            return Verdict.NOT_SETTLED
        if self.state in _KILLED:
            return Verdict.KILLED
        if self.state == TaskInstanceState.SCHEDULED:
            return Verdict.WAITS
        return Verdict.FOLLOWED if self.state in _FOLLOWED else Verdict.NOT_SETTLED

    def responsible(self) -> str:
        """Return who ends the job of a task that was not found to be killed, if it must end."""
        if not self.is_known:
            return "its state could not be read. The end of the DAG run terminates jobs that no task follows"
        if self.state == TaskInstanceState.DEFERRED:
            return "it is deferred, so that another trigger follows the job or its new try has terminated it"
        if self.state == TaskInstanceState.UP_FOR_RETRY:
            return "it is up_for_retry, and its next try follows the job or terminates it"
        return f"it is {self.state}, and its worker follows the job or terminates it"
