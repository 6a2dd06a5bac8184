"""The expected result of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Keys = Sequence[str]

NOT_RUN = "skipped or upstream_failed"
"""The states of pending tasks after their run is marked: which one depends on whether the scheduler
processes the failed task first."""


@dataclass(frozen=True)
class Expected:
    """
    The end of one run.

    :param state: of the run.
    :param tasks: the state of the task that follows each job; ``NOT_RUN`` leaves two.
    :param submitted: how often each job was submitted.
    :param terminated: the jobs that must be terminated, as ``key#number``.
    :param may_be_terminated: further jobs that may be terminated before AWS Batch fails them.
    :param submitting: the states of the task that submits the first job and of those that submit the others.
    """

    state: str
    tasks: Mapping[str, str]
    submitted: Mapping[str, int]
    terminated: frozenset[str] = frozenset()
    may_be_terminated: frozenset[str] = frozenset()
    submitting: tuple[str, str] = ("success", "success")


def all_succeed_once(keys: Keys) -> Expected:
    """All jobs are submitted once and succeed."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 1))


def all_resubmitted(keys: Keys) -> Expected:
    """All jobs are submitted twice, because the first job was terminated."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 2), first_jobs(keys[:1]))


def resubmitted_after_failure(keys: Keys) -> Expected:
    """All jobs are submitted twice, because the first job failed."""
    return Expected("success", dict.fromkeys(keys, "success"), dict.fromkeys(keys, 2))


def first_marked_success(keys: Keys) -> Expected:
    """The first job does not succeed, so its downstream jobs are submitted twice."""
    first, *others = keys
    submitted = {first: 1, **dict.fromkeys(others, 2)}
    return Expected("success", dict.fromkeys(keys, "success"), submitted, first_jobs([first]))


def first_fails(keys: Keys) -> Expected:
    """The first job is terminated, and AWS Batch fails its downstream jobs."""
    first, *others = keys
    tasks = {first: "failed", **dict.fromkeys(others, "upstream_failed")}
    return Expected("failed", tasks, dict.fromkeys(keys, 1), first_jobs([first]), first_jobs(others))


def ended(keys: Keys, state: str, first_task: str, *, submitted: int = 1) -> Expected:
    """The run has the state that it was marked with; downstream tasks did not run."""
    first, *others = keys
    tasks = {first: first_task, **dict.fromkeys(others, NOT_RUN)}
    jobs = dict.fromkeys(keys, submitted)
    return Expected(state, tasks, jobs, first_jobs([first]), first_jobs(others))


def first_jobs(keys: Iterable[str]) -> frozenset[str]:
    """Name the first job that was submitted for each key."""
    return frozenset(f"{key}#1" for key in keys)
