"""``dependsOn`` of a submission: validates it, and finds the jobs to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.errors import ClientException, wrapped

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.lifecycle.jobs import Job

MAX_DEPENDENCIES: Final = 20
N_TO_N: Final = "N_TO_N"
SEQUENTIAL: Final = "SEQUENTIAL"

Dependency = Mapping[str, str]


def read_dependencies(request: Request, array_size: int | None) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
    """Return the jobs to wait for as a whole, and the array jobs to wait for child by child (``N_TO_N``)."""
    depends_on: list[Dependency] = request.params.get("dependsOn", [])
    if len(depends_on) > MAX_DEPENDENCIES and not request.uses_alternative(Question.MANY_DEPENDENCIES):
        raise wrapped(f"Job cannot have more than {MAX_DEPENDENCIES} dependencies")
    waits_for: list[Job] = []
    n_to_n_dependencies: list[Job] = []
    for dependency in depends_on:
        job = _find(request, dependency, array_size)
        if job is None:
            continue
        if dependency.get("type") == N_TO_N and _is_child_by_child(request, job, array_size):
            n_to_n_dependencies.append(job)
        else:
            waits_for.append(job)
    return tuple(waits_for), tuple(n_to_n_dependencies)


def is_sequential(depends_on: Iterable[Dependency]) -> bool:
    """Return whether the children of an array job run one after the other."""
    return any(
        dependency.get("type") == SEQUENTIAL and "jobId" not in dependency for dependency in depends_on
    )


def _find(request: Request, dependency: Dependency, array_size: int | None) -> Job | None:
    job_id = dependency.get("jobId")
    if job_id is None:
        _check_without_job(dependency.get("type"), array_size)
        return None
    job = request.region.find_job(job_id)
    if job is None and not request.uses_alternative(Question.UNKNOWN_DEPENDENCY):
        raise ClientException(f"dependsOn refers to job {job_id}, which does not exist.")
    return job


def _check_without_job(kind: str | None, array_size: int | None) -> None:
    if kind != SEQUENTIAL:
        raise ClientException("An entry of dependsOn without jobId must have the type SEQUENTIAL.")
    if array_size is None:
        raise ClientException("A SEQUENTIAL dependency without jobId requires an array job.")


def _is_child_by_child(request: Request, job: Job, array_size: int | None) -> bool:
    """
    Return whether child *i* waits for child *i*. If not, the whole job waits for the whole other job.

    :raises ClientException: if N_TO_N is refused for these jobs.
    """
    are_arrays = array_size is not None and job.is_array
    if request.uses_alternative(Question.UNEQUAL_ARRAYS):
        return are_arrays
    if not are_arrays:
        raise ClientException("An N_TO_N dependency requires array jobs on both sides.")
    if job.spec.array_size != array_size:
        raise ClientException(
            f"An N_TO_N dependency requires arrays of the same size; this job has {array_size} children,"
            f" {job.job_id} has {job.spec.array_size}."
        )
    return True
