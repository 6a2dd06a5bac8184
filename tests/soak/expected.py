"""What a person would expect of a run when all has settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Keys = Sequence[str]

NOT_RUN = "skipped or upstream_failed"
"""What Airflow makes of tasks to come when their run is marked: which of both depends on whether its
scheduler sees the failed task first."""


@dataclass(frozen=True)
class Expected:
    """
    The end of one run.

    :param state: of the run.
    :param tasks: the state of the task that follows each job; ``NOT_RUN`` leaves two.
    :param submitted: how often each job was submitted.
    :param terminated: the jobs that somebody had to terminate, as ``key#number``.
    :param may_be_terminated: those that AWS Batch fails anyway, should nobody be faster.
    :param submitting: the state of the task that submits the first job, and of those behind it that submit.
    """

    state: str
    tasks: Mapping[str, str]
    submitted: Mapping[str, int]
    terminated: frozenset[str] = frozenset()
    may_be_terminated: frozenset[str] = frozenset()
    submitting: tuple[str, str] = ("success", "success")


def undisturbed(keys: Keys) -> Expected:
    """All jobs once, all succeed, none terminated."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 1))


def redone(keys: Keys) -> Expected:
    """All jobs a second time, since the first job's old one was terminated."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 2), first_jobs(keys[:1]))


def healed(keys: Keys) -> Expected:
    """All jobs a second time, since the first job has failed."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 2))


def first_counts_as_success(keys: Keys) -> Expected:
    """The first job ends without success, so that those behind it are needed a second time."""
    first, *others = keys
    submitted = {first: 1, **dict.fromkeys(others, 2)}
    return Expected("success", dict.fromkeys(keys, "success"), submitted, first_jobs([first]))


def first_fails(keys: Keys) -> Expected:
    """The first job is terminated, and AWS Batch fails those behind it."""
    first, *others = keys
    tasks = {first: "failed", **dict.fromkeys(others, "upstream_failed")}
    return Expected("failed", tasks, dict.fromkeys(keys, 1), first_jobs([first]), first_jobs(others))


def ended(keys: Keys, state: str, first_task: str, *, submitted: int = 1) -> Expected:
    """The run is over as somebody has said, and all that was behind the first task with it."""
    first, *others = keys
    tasks = {first: first_task, **dict.fromkeys(others, NOT_RUN)}
    jobs = dict.fromkeys(keys, submitted)
    return Expected(state, tasks, jobs, first_jobs([first]), first_jobs(others))


def first_jobs(keys: Iterable[str]) -> frozenset[str]:
    """Name the first job that was submitted for each key."""
    return frozenset(f"{key}#1" for key in keys)
