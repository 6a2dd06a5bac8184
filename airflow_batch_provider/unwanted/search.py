"""Find the jobs that Airflow no longer wants."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from airflow_batch_provider.following import terminations
from airflow_batch_provider.spec.language.workflow import SUBMIT_TASK, WAIT_TASK
from airflow_batch_provider.unwanted.jobs import BatchJobs, Leave, LiveJob, Scope, read_live_jobs
from airflow_batch_provider.unwanted.run_states import REMOVED, Instance, RunStates

_RUNS_PER_QUESTION: Final = 50


@dataclass(frozen=True, slots=True)
class UnwantedJob:
    """
    A live job that no run wants.

    :param why: a clause such as ``run 'x' does not exist in Airflow``.
    """

    job: LiveJob
    why: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """
    What a sweep has found.

    :param unwanted: oldest first, so that upstream jobs come before the jobs that depend on them.
    :param wanted: the number of jobs that their runs want.
    :param left: the number of other jobs, which are left alone, by reason.
    """

    unwanted: Sequence[UnwantedJob]
    wanted: int
    left: Mapping[Leave, int]

    @property
    def count_of_left(self) -> str:
        """The jobs that are left alone, in words."""
        return ", ".join(f"{count:,} {leave}" for leave, count in self.left.items())


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What Airflow knows about some jobs of a DAG.

    :param unidentified: the jobs whose run is not known; they are left alone.
    """

    unwanted: Sequence[UnwantedJob]
    unidentified: Sequence[LiveJob]


def find_unwanted(
    batch: BatchJobs, runs: RunStates, scope: Scope, *, now: float | None = None
) -> SweepResult:
    """
    Look at all live jobs of the scope, and ask Airflow about their runs.

    The jobs are listed first: a run that starts later has none of them.
    """
    left: Counter[Leave] = Counter()
    by_dag: dict[str, list[LiveJob]] = defaultdict(list)
    for job in read_live_jobs(batch, scope, time.time() if now is None else now):
        if isinstance(job, Leave):
            left[job] += 1
        else:
            by_dag[job.dag_id].append(job)
    verdicts = [judge(dag_id, jobs, runs) for dag_id, jobs in by_dag.items()]
    found = [each for verdict in verdicts for each in verdict.unwanted]
    left[Leave.UNIDENTIFIED] += sum(len(verdict.unidentified) for verdict in verdicts)
    asked = sum(map(len, by_dag.values()))
    return SweepResult(
        unwanted=sorted(found, key=lambda each: (each.job.created_at, each.job.job_id)),
        wanted=asked - len(found) - left[Leave.UNIDENTIFIED],
        left=+left,
    )


def terminate(batch: BatchJobs, runs: RunStates, jobs: Sequence[UnwantedJob]) -> list[UnwantedJob]:
    """
    Terminate jobs, unless Airflow wants them by now; return those that were terminated.

    :raises Exception: AWS Batch did not terminate some of the jobs; the others are terminated.
    """
    by_dag: dict[str, list[LiveJob]] = defaultdict(list)
    for each in jobs:
        by_dag[each.job.dag_id].append(each.job)
    still = [each for dag_id, of_dag in by_dag.items() for each in judge(dag_id, of_dag, runs).unwanted]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for each in still:
        by_reason[terminations.unwanted(each.why)].append(each.job.job_id)
    failure: Exception | None = None
    for reason, job_ids in by_reason.items():
        try:
            batch.terminate(job_ids, reason)
        except Exception as error:  # must not keep the jobs of the other calls running
            failure = error
    if failure is not None:
        raise failure
    return still


def judge(dag_id: str, jobs: Iterable[LiveJob], runs: RunStates) -> Verdict:
    """Ask Airflow about jobs of a DAG."""
    by_run: dict[str, list[LiveJob]] = defaultdict(list)
    inexact: list[LiveJob] = []
    for job in jobs:
        if job.is_of_run(job.run_id):
            by_run[job.run_id].append(job)
        else:
            inexact.append(job)
    unwanted, unidentified = _identify(dag_id, inexact, by_run, runs) if inexact else ([], [])
    return Verdict([*_of_known_runs(dag_id, by_run, runs), *unwanted], unidentified)


def _identify(
    dag_id: str, jobs: Sequence[LiveJob], by_run: dict[str, list[LiveJob]], runs: RunStates
) -> tuple[list[UnwantedJob], list[LiveJob]]:
    """
    Add jobs whose tags do not hold the true ID of their run to its other jobs.

    AWS does not allow all characters in a tag, and an author can replace a tag. The hash in a job's name
    tells to which run it belongs. If that is no active run, it has ended or is gone.
    """
    unwanted: list[UnwantedJob] = []
    unidentified = [job for job in jobs if not job.names_its_dag]
    active = runs.active_runs(dag_id)
    for job in (job for job in jobs if job.names_its_dag):
        if active is None:
            unidentified.append(job)
        elif match := next(filter(job.is_of_run, active), None):
            by_run[match].append(replace(job, run_id=match))
        else:
            unwanted.append(UnwantedJob(job, f"it belongs to no active run of DAG '{dag_id}'"))
    return unwanted, unidentified


def _of_known_runs(
    dag_id: str, by_run: Mapping[str, Sequence[LiveJob]], runs: RunStates
) -> Iterator[UnwantedJob]:
    run_ids = list(by_run)
    for start in range(0, len(run_ids), _RUNS_PER_QUESTION):
        chunk = run_ids[start : start + _RUNS_PER_QUESTION]
        ended = runs.ended(dag_id, chunk)
        for run_id, why in ended.items():
            yield from (UnwantedJob(job, why) for job in by_run[run_id])
        active = [run_id for run_id in chunk if run_id not in ended]
        for run_id in runs.with_removed_tasks(dag_id, active) if active else ():
            yield from _of_removed_tasks(run_id, by_run[run_id], runs)


def _of_removed_tasks(run_id: str, jobs: Sequence[LiveJob], runs: RunStates) -> Iterator[UnwantedJob]:
    """Yield the jobs of an active run whose tasks are removed."""
    instances = {instance for job in jobs for instance in _instances_of(job)}
    states = runs.task_states(jobs[0].dag_id, run_id, instances)
    for job in jobs:
        of_job = {states[instance] for instance in _instances_of(job) if instance in states}
        # A job has one task or two. If the DAG changes from one form to the
        # other during a run, the tasks of the old form are removed, and those of the new one follow the job.
        if of_job == {REMOVED}:
            yield UnwantedJob(job, f"task '{job.task_id}' is no longer in the DAG of run '{run_id}'")


def _instances_of(job: LiveJob) -> list[Instance]:
    task_ids = (job.task_id, f"{job.task_id}.{SUBMIT_TASK}", f"{job.task_id}.{WAIT_TASK}")
    return [(task_id, job.map_index) for task_id in task_ids]
