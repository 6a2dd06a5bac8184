"""
What passes between tasks, triggers and tries: XComs, the event of a wait, the record of a followed job.

A job ID travels in one direction: the submitting task publishes it as an XCom (``published_value``),
the job's own task reads it (``adopted_job_id``), passes it to its trigger as a keyword, and gets it
back in a ``WaitEvent``. A ``FollowedJob`` outlives the try, so that the next one finds the job again.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import (
    BatchProviderError,
    JobBlockedError,
    JobNotPublishedError,
    SubmissionRejectedError,
    WaitAbandonedError,
    WaitError,
)

RETURN_VALUE_XCOM: Final = "return_value"
"""Airflow's key of a task's result; here, the ID of the task's job."""

JOB_ID_XCOM: Final = "job_id"
"""The ID of the job that a task follows; published before the wait."""

ARRAY_XCOM: Final = "array"
"""How the children of an array job ended; see ``ArrayResult.to_json``."""

NOT_MAPPED: Final = -1
"""Airflow's map index of a task that is not mapped."""

_REFUSAL: Final = "refusal"
_STATE_STORE_KEY: Final = "batch_job"


def chain_key(job_key: str) -> str:
    """Return the XCom key of a job that the task of another job submits, which has XComs of its own."""
    return f"job.{job_key}"


def followed_key(key: str) -> str:
    """
    Return the XCom key for the published job that a task followed without a worker.

    Only a worker can write the state that Airflow keeps for a task, and Airflow deletes a task's own
    XComs when the task is cleared. This XCom therefore belongs to the task that published the job ID.
    """
    return f"followed.{key}"


@dataclass(frozen=True, slots=True)
class PublishedJob:
    """
    A job ID that another task publishes as an XCom, without an edge to that task in the DAG.

    Airflow resolves it when it renders the task's fields. Where an edge is wanted, use ``task.output``.
    In a mapped task group, each instance reads the XCom of its own map index.

    :param task_id: the task that publishes the job ID.
    :param key: the XCom's key; the job key.
    """

    task_id: str
    key: str

    # Airflow's templater calls this method of any value that has it, and its serializer calls `serialize`.
    def resolve(self, context: Any) -> Any:
        """Return what the other task published."""
        ti = context["ti"]
        # Without map_indexes, xcom_pull returns the XComs of all map indexes. A mapped task may also follow
        # a task that is not mapped.
        indexes = dict.fromkeys((map_index_of(ti), NOT_MAPPED))
        pulled = (ti.xcom_pull(task_ids=self.task_id, key=self.key, map_indexes=index) for index in indexes)
        return next((value for value in pulled if value is not None), None)

    def serialize(self) -> dict[str, str]:
        """Return the reference as it appears in the serialized DAG."""
        return asdict(self)


def map_index_of(ti: Any) -> int:
    """Return a task instance's map index; ``NOT_MAPPED`` if the task is not mapped."""
    return NOT_MAPPED if ti.map_index is None else int(ti.map_index)


def entries_of(value: Any) -> Iterator[Any]:
    """
    List the entries of a rendered argument that takes one value or several.

    The argument may be one entry, a list, the XComs of a mapped task, lists within lists, or the text of a
    list: a template renders to text unless the DAG sets ``render_template_as_native_obj``.
    """
    if isinstance(value, str) and (value.lstrip().startswith("[") or value == "None"):
        with suppress(ValueError, SyntaxError):  # the caller names the text in its error
            value = literal_eval(value.strip())
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        yield value
        return
    for entry in value:
        yield from entries_of(entry)


def published_value(job_id: str | None, refusal: str | None) -> str | dict[str, str]:
    """Return the XCom value of a submission: the job ID, or the reason why there is no job."""
    return job_id if job_id is not None else {_REFUSAL: refusal or ""}


def adopted_job_id(value: Any, job_key: str) -> str:
    """
    Return the job ID from the XCom value of a submission.

    :raises SubmissionRejectedError: the job was not submitted; the message is the published reason.
    :raises JobNotPublishedError: nothing was published.
    """
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and _REFUSAL in value:
        raise SubmissionRejectedError(f"job '{job_key}' was not submitted: {value[_REFUSAL]}")
    if entries := [entry for entry in entries_of(value) if entry] if isinstance(value, Sequence) else []:
        raise JobNotPublishedError(
            f"job '{job_key}': adopt is a list of {len(entries)} job ID(s), but a task follows one job; "
            "map the task over the list with partial(…).expand(adopt=…)"
        )
    text = (
        f"the task that submits job '{job_key}' did not publish a job ID; "
        "clear that task and, when it has succeeded, this one"
    )
    raise JobNotPublishedError(text)


@dataclass(frozen=True, slots=True)
class FollowedJob:
    """
    The job that a task followed, as Airflow's task state store keeps it across retries and clears.

    :param root: the job ID that was published for the task; None if the task submits its own job.
    :param job_id: the job that it followed: the root, or a job that it submitted in its place.
    :param epoch: ``ti.max_tries`` at that time; Airflow changes it when the task is cleared.
    :param try_number: the task's try that followed the job.
    :param since: when that try began, as a Unix timestamp.
    :param has_succeeded: whether the task saw the job succeed and succeeded with it.
    """

    root: str | None
    job_id: str
    epoch: int
    try_number: int = 0
    since: float = 0
    has_succeeded: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> FollowedJob | None:
        """Read what ``to_json`` wrote; return None for anything else."""
        if not isinstance(value, Mapping):
            return None
        # Users can edit the store through Airflow's REST API, and later versions may write other fields.
        if not isinstance(value.get("job_id"), str) or not isinstance(value.get("epoch"), int):
            return None
        return cls(
            root=value.get("root"),
            job_id=value["job_id"],
            epoch=value["epoch"],
            try_number=value.get("try_number", 0),
            since=value.get("since", 0),
            has_succeeded=bool(value.get("has_succeeded")),
        )


def has_followed_job_store(context: Any) -> bool:
    """Whether this Airflow has a task state store (3.3 and later)."""
    return context.get("task_state_store") is not None


def load_followed_job(context: Any) -> FollowedJob | None:
    """Return the job that the task followed in its last try; None before Airflow 3.3."""
    store = context.get("task_state_store")
    return FollowedJob.from_json(store.get(_STATE_STORE_KEY)) if store is not None else None


def save_followed_job(context: Any, followed: FollowedJob) -> None:
    """Store the job that the task follows; do nothing before Airflow 3.3."""
    store = context.get("task_state_store")
    if store is not None:
        store.set(_STATE_STORE_KEY, followed.to_json())


@dataclass(frozen=True, slots=True)
class TryToken:
    """
    The try of a task for which a trigger waits.

    :param epoch: ``ti.max_tries``; None if the trigger started without a worker and does not know it.
    """

    try_number: int
    epoch: int | None = None

    def matches(self, current: TryToken) -> bool:
        """Whether this is the current try."""
        # A trigger that starts without a worker serves only a first try,
        # which the number alone identifies: a clear never sets it back.
        return self.try_number == current.try_number and self.epoch in (None, current.epoch)

    def to_json(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, int] | None) -> TryToken | None:
        """Read what ``to_json`` wrote."""
        members = value if isinstance(value, Mapping) else {}
        return cls(members["try_number"], members.get("epoch")) if members.get("try_number") else None


@dataclass(frozen=True, slots=True)
class WaitEvent:
    """
    How a trigger's wait ended.

    :param jobs: the final descriptions of the jobs, in the order of the trigger's job IDs.
    :param error: why the wait itself failed; None if all jobs have ended.
    :param retryable: whether another try could succeed after that error.
    :param abandoned_job_ids: jobs that did not end within their time limit; the task terminates them.
    :param must_execute: the task has to start in a worker, as if it had had no trigger.
    :param token: the try for which the trigger waited; None if any try may use the event.
    """

    jobs: tuple[JobDescription, ...] = ()
    error: str | None = None
    retryable: bool = True
    abandoned_job_ids: tuple[str, ...] = ()
    must_execute: bool = False
    token: TryToken | None = None

    @classmethod
    def of_error(cls, error: BaseException, what: str, job_ids: Sequence[str] = ()) -> Self:
        """
        Return the event of a wait that failed.

        :param what: what was waited for; used where the error's own text does not say it.
        """
        if not isinstance(error, BatchProviderError):
            return cls(
                error=f"could not wait for {what}: {type(error).__name__}: {error}. "
                "The jobs may still be running"
            )
        is_abandoned = isinstance(error, WaitAbandonedError)
        abandoned = tuple(job_ids) if is_abandoned else ()
        return cls(error=str(error), retryable=error.retryable, abandoned_job_ids=abandoned)

    def ended_jobs(self) -> tuple[JobDescription, ...]:
        """
        Return the jobs. All of them have ended.

        :raises WaitError: the wait itself failed; the jobs may still be running.
        :raises WaitAbandonedError: the jobs did not end within their time limit and are still running.
        """
        if self.error is None:
            return self.jobs
        if not self.abandoned_job_ids:
            raise WaitError(self.error)
        # The caller terminates the abandoned jobs on WaitAbandonedError. JobBlockedError is a subclass of it.
        raise (WaitAbandonedError if self.retryable else JobBlockedError)(self.error)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; the keys are those of every earlier version."""
        token = {"token": self.token.to_json()} if self.token is not None else {}
        if self.must_execute:
            return {"to_execute": True, **token}
        if self.error is None:
            return {"jobs": [job.to_json() for job in self.jobs], **token}
        abandoned = {"given_up": True, "job_ids": list(self.abandoned_job_ids)}
        return {
            "error": self.error,
            "retryable": self.retryable,
            **(abandoned if self.abandoned_job_ids else {}),
            **token,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` of this or an earlier version wrote."""
        return cls(
            jobs=tuple(JobDescription.from_json(job) for job in value.get("jobs", ())),
            error=value.get("error"),
            retryable=value.get("retryable", True),
            abandoned_job_ids=tuple(value.get("job_ids", ())) if value.get("given_up") else (),
            must_execute=bool(value.get("to_execute")),
            token=TryToken.from_json(value.get("token")),
        )
