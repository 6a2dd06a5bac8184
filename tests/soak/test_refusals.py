"""
The table of refusals: each kind, in each workflow shape, with and without its cause.

A fault makes AWS Batch refuse one job of a run. Each case has two runs. The first one fails; it is cleared
while the cause is still there, after it was removed, and as a whole. In the second one, the cause is removed
before the retry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from airflow_batch_provider.batch.api_errors import HANDLING
from airflow_batch_provider.batch.error_kinds import ErrorKind
from airflow_batch_provider.defaults import SUBMIT_TRIES_MAX
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_api import AirflowApi
from harness.airflow_processes import AirflowProcesses
from tests.soak.run_under_test import ENDED, eventually

AT_ONCE = 8
"""The number of cases whose runs are active at the same time, chosen for two cores."""

ANSWERS: dict[ErrorKind, dict[str, Any]] = {
    ErrorKind.THROTTLING: {"kind": "throttle"},
    ErrorKind.SERVER: {"kind": "error"},
    ErrorKind.NETWORK: {"kind": "drop"},
    ErrorKind.CREDENTIALS: {
        "code": "ExpiredTokenException",
        "status": 403,
        "message": "The token is expired",
    },
    ErrorKind.PERMISSION: {
        "code": "AccessDeniedException",
        "status": 403,
        "message": "User: x is not authorized to perform: batch:SubmitJob on resource: y",
    },
    ErrorKind.MISSING: {"message": "JobDefinition name d does not exist or is not in ACTIVE status"},
    ErrorKind.DISABLED: {"message": "JobQueue etl is DISABLED and accepts no jobs."},
    ErrorKind.QUOTA: {"message": "JobQueue etl already has 500 active share identifiers, the maximum."},
    ErrorKind.LIMIT: {"message": "Job cannot have more than 20 dependencies"},
    ErrorKind.INVALID: {"message": "Command field cannot have empty strings"},
}
KEYS = {
    "plain": ("first",),
    "array": ("first",),
    "pair": ("first", "second"),
    "chain": ("first", "middle", "last"),
    "own_chain": ("first", "middle", "last"),
    "group": ("inner.first", "inner.middle", "inner.last"),
}
REFUSED_NAME = re.compile(r"job '([\w-]+)' \(job queue 'etl'")
REFUSED_KEYS = {
    "plain": "first",
    "array": "first",
    "pair": "second",
    "chain": "middle",
    "own_chain": "last",
    "group": "inner.middle",
}


@dataclass(frozen=True)
class Case:
    """A kind of refusal, in one shape and submission mode."""

    kind: ErrorKind
    shape: str
    submission_mode: str

    @property
    def name(self) -> str:
        return f"{self.kind.replace(' ', '_')}-{self.shape}-{self.submission_mode}"

    @property
    def dag_id(self) -> str:
        return f"refused_{self.shape}_{self.submission_mode}"

    @property
    def is_retried(self) -> bool:
        return HANDLING[self.kind].retries_task

    @property
    def is_published(self) -> bool:
        """Whether the submitting task of `at_once` succeeds and leaves the refusal to the job's task."""
        return not self.is_retried or len(KEYS[self.shape]) > 1

    @property
    def failing_task(self) -> str:
        """The task that fails while the cause is there."""
        if self.submission_mode == "per_job":
            return f"{REFUSED_KEYS[self.shape]}.submit"
        return REFUSED_KEYS[self.shape] if self.is_published else "submit"

    @property
    def calls_until_the_retry(self) -> int:
        """SubmitJob calls for the refused job before the retry that is to succeed."""
        concerns_job = HANDLING[self.kind].concerns_job
        # A refusal that concerns one job is published, so that the job's task makes the next call. A failure
        # of the caller lets the submitting task retry; a chain's head publishes it, too.
        is_asked_twice = self.submission_mode == "at_once" and self.is_published
        tries = 2 if is_asked_twice and (concerns_job or self.shape == "own_chain") else 1
        return tries * (SUBMIT_TRIES_MAX if HANDLING[self.kind].repeats_call else 1)


def cases() -> Iterator[Case]:
    """Alternate the submission mode; calls that are repeated take minutes, so that one shape must do."""
    for number, kind in enumerate(ANSWERS):
        shapes = ["chain"] if HANDLING[kind].repeats_call else list(KEYS)
        for offset, shape in enumerate(shapes):
            yield Case(kind, shape, ("at_once", "per_job")[(number + offset) % 2])


CASES = list(cases())


@dataclass
class Refused:
    """A run of a case, whose job AWS Batch refuses."""

    case: Case
    api: AirflowApi
    batch: LocalBatchRegion
    run_id: str
    states: list[str] = field(default_factory=list)
    """The run's state at the end of each phase."""
    tries: list[int] = field(default_factory=list)
    """The failing task's try number at the end of each phase."""
    refused_names: list[str] = field(default_factory=list)
    """The name of the job in each phase's last refusal; it changes with each clear."""
    submitted: list[dict[str, int]] = field(default_factory=list)
    """Jobs by key at the end of each phase."""
    log: str = ""
    max_live: int = 0

    def start(self, **fault: Any) -> None:
        self.batch.inject_fault(
            **{"operation": "SubmitJob", "kind": "refuse", **ANSWERS[self.case.kind], **fault},
            containing=self._prefix(REFUSED_KEYS[self.case.shape]),
        )
        self.api.wait_for_dag(self.case.dag_id)
        self.api.trigger(self.case.dag_id, run_id=self.run_id)

    def clear(self, *, only_failed: bool = True) -> None:
        self.api.clear_run(self.case.dag_id, self.run_id, only_failed=only_failed)

    def has_ended(self) -> bool:
        self.max_live = max([self.max_live, *self._live().values()])
        return self.api.run(self.case.dag_id, self.run_id).is_final

    def note(self) -> None:
        """Record the end of a phase."""
        run = self.case.dag_id, self.run_id
        task = self.api.task_instance(*run, self.case.failing_task)
        self.states.append(self.api.run(*run).state)
        self.tries.append(task.try_number)
        self.submitted.append({key: len(self._jobs(key)) for key in KEYS[self.case.shape]})
        if task.state == "failed":
            self.log = self.api.log(*run, self.case.failing_task, try_number=task.try_number)
            self.refused_names.append(REFUSED_NAME.findall(self.log)[-1])

    def _prefix(self, key: str) -> str:
        return JobIdentity(self.case.dag_id, self.run_id, key).job_prefix

    def _jobs(self, key: str) -> list[Mapping[str, Any]]:
        filters = [{"name": "JOB_NAME", "values": [f"{self._prefix(key)}*"]}]
        listed = self.batch.client().list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
        return list(listed)

    def _live(self) -> dict[str, int]:
        return {
            key: sum(job["status"] not in ENDED and not job.get("isTerminated") for job in self._jobs(key))
            for key in KEYS[self.case.shape]
        }


@dataclass
class Outcome:
    """The two runs of a case."""

    cleared: Refused
    retried: Refused


@pytest.fixture(scope="module")
def outcomes(
    airflow: AirflowProcesses, batch: LocalBatchRegion, request: pytest.FixtureRequest
) -> Iterator[dict[str, Outcome]]:
    """Play all phases of the selected cases, some at the same time."""
    wanted = {
        item.callspec.params["case"].name
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    }
    chosen = [case for case in CASES if case.name in wanted]
    found: dict[str, Outcome] = {}
    for start in range(0, len(chosen), AT_ONCE):
        wave = {
            case.name: Outcome(
                Refused(case, airflow.api, batch, f"cleared-{case.name}"),
                Refused(case, airflow.api, batch, f"retried-{case.name}"),
            )
            for case in chosen[start : start + AT_ONCE]
        }
        found.update(wave)
        play(list(wave.values()), batch)
    yield found
    batch.clear_faults_and_scripts()


def play(wave: list[Outcome], batch: LocalBatchRegion) -> None:
    cleared = [outcome.cleared for outcome in wave]
    retried = [outcome.retried for outcome in wave if outcome.retried.case.is_retried]
    for each in cleared:
        each.start(times=None)
    for each in retried:
        each.start(times=each.case.calls_until_the_retry)
    end_phase([*cleared, *retried])

    for each in cleared:
        each.clear()
    end_phase(cleared)

    batch.clear_faults_and_scripts()
    for each in cleared:
        each.clear()
    end_phase(cleared)

    for each in cleared:
        each.clear(only_failed=False)
    end_phase(cleared)


def end_phase(runs: list[Refused]) -> None:
    left = list(runs)

    def all_ended() -> bool:
        left[:] = [each for each in left if not each.has_ended()]
        return not left

    eventually(all_ended, "all runs have ended", timeout_seconds=1800)
    for each in runs:
        each.note()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refused_job_asks_again_and_heals(outcomes: dict[str, Outcome], case: Case) -> None:
    run = outcomes[case.name].cleared

    assert run.states == ["failed", "failed", "success", "success"]
    assert run.tries[:2] == ([2, 4] if case.is_retried else [1, 2])
    assert len(set(run.refused_names)) == len(run.refused_names) == 2  # each is an answer to a new call
    assert HANDLING[case.kind].remedy in run.log
    assert ("No retry: " in run.log) is not case.is_retried
    assert run.submitted[1][REFUSED_KEYS[case.shape]] == 0
    assert run.submitted[2] == dict.fromkeys(KEYS[case.shape], 1)
    assert run.submitted[3] == dict.fromkeys(KEYS[case.shape], 2)
    assert run.max_live <= 1


@pytest.mark.parametrize("case", [case for case in CASES if case.is_retried], ids=lambda case: case.name)
def test_a_retry_succeeds_when_the_cause_is_gone(outcomes: dict[str, Outcome], case: Case) -> None:
    run = outcomes[case.name].retried

    assert run.states == ["success"]
    assert run.submitted == [dict.fromkeys(KEYS[case.shape], 1)]
    assert run.max_live <= 1
