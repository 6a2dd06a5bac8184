"""ListJobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.job_descriptions import summarize_job
from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.api.pagination import decode_token, encode_token, page_size, take_page
from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.job_index import JobIndex, name_position
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request

SELECTORS: Final = ("jobQueue", "arrayJobId", "multiNodeJobId")
PAGE: Final = 1000
FILTERED_PAGE: Final = 100
FILTERS: Final = ("JOB_NAME", "JOB_DEFINITION", "BEFORE_CREATED_AT", "AFTER_CREATED_AT", "SHARE_IDENTIFIER")


def list_jobs(request: Request) -> dict[str, Any]:
    params = request.params
    selectors = [name for name in SELECTORS if name in params]
    if not selectors and request.uses_alternative(Question.SELECTORS):
        return _result(request, [], None)
    if len(selectors) != 1 and not request.uses_alternative(Question.SELECTORS):
        raise ClientException(f"Exactly one of {', '.join(SELECTORS)} must be provided.")
    if selectors[0] == "jobQueue":
        return _list_queue(request)
    if selectors[0] == "arrayJobId":
        return _list_children(request)
    raise ClientException("multiNodeJobId is not supported locally.")


def _list_queue(request: Request) -> dict[str, Any]:
    queue = request.region.find_queue(request.params["jobQueue"])
    if queue is None:
        raise ClientException(f"JobQueue {name_of(request.params['jobQueue'], 'job-queue')} not found.")
    index = request.region.job_index(queue)
    filters = request.params.get("filters", [])
    if not filters:
        in_order = (
            index.oldest_with_status
            if request.uses_alternative(Question.LISTING_ORDER)
            else index.with_status
        )
        return _by_age(request, in_order(_status(request), _before(request)), PAGE)
    name, values = _only_filter(filters)
    if name == "SHARE_IDENTIFIER":
        return _by_age(request, _of_share(request, index, values), FILTERED_PAGE)
    if name == "JOB_NAME":
        return _by_name(request, index, values)
    return _by_age(request, _filtered(index, name, values, _before(request)), FILTERED_PAGE)


def _list_children(request: Request) -> dict[str, Any]:
    array = request.region.find_job(request.params["arrayJobId"])
    if array is None or not array.is_array:
        raise ClientException(f"Array job {request.params['arrayJobId']} not found.")
    position = decode_token(request.params.get("nextToken"), int)
    start = max(0, position[0]) if position else 0
    status = _status(request)
    remaining: Iterator[Job] = (
        child for child in islice(array.children or (), start, None) if child.status is status
    )
    size = page_size(request.params, PAGE)
    # Skip the search through up to 10,000 children if none has this status.
    if array.progress is None or not array.progress.counts[status]:
        remaining = iter(())
    page, has_more = take_page(_visible(request, remaining), size)
    return _result(request, page, [(page[-1].index or 0) + 1] if has_more else None)


def _by_age(request: Request, jobs: Iterable[Job], max_size: int) -> dict[str, Any]:
    page, has_more = take_page(_visible(request, jobs), page_size(request.params, max_size))
    return _result(request, page, [page[-1].sequence] if has_more else None)


def _by_name(request: Request, index: JobIndex, values: list[str]) -> dict[str, Any]:
    token = decode_token(request.params.get("nextToken"), str, int)
    jobs = index.named(_only_value("JOB_NAME", values), (token[0], token[1]) if token else None)
    page, has_more = take_page(_visible(request, jobs), page_size(request.params, FILTERED_PAGE))
    return _result(request, page, list(name_position(page[-1])) if has_more else None)


def _result(request: Request, page: list[Job], position: list[Any] | None) -> dict[str, Any]:
    return {
        "jobSummaryList": [summarize_job(request.region, job) for job in page],
        "nextToken": None if position is None else encode_token(position),
    }


def _visible(request: Request, jobs: Iterable[Job]) -> Iterator[Job]:
    return (job for job in jobs if not request.region.is_forgotten(job))


def _status(request: Request) -> JobStatus:
    return JobStatus(request.params.get("jobStatus", JobStatus.RUNNING))


def _before(request: Request) -> int | None:
    position = decode_token(request.params.get("nextToken"), int)
    return None if position is None else int(position[0])


def _only_filter(filters: list[dict[str, Any]]) -> tuple[str, list[str]]:
    if len(filters) > 1:
        raise ClientException("Only one filter can be used at a time.")
    name = filters[0].get("name")
    if name not in FILTERS:
        raise ClientException(f"Filter {name!r} is unknown; it must be one of {', '.join(FILTERS)}.")
    return name, filters[0].get("values", [])


def _only_value(name: str, values: list[str]) -> str:
    if len(values) != 1:
        raise ClientException(f"Filter {name} takes exactly one value, not {len(values)}.")
    return values[0]


def _of_share(request: Request, index: JobIndex, values: list[str]) -> Iterator[Job]:
    """Yield the jobs of a share. This is the only filter that ``jobStatus`` can be combined with."""
    share, before = _only_value("SHARE_IDENTIFIER", values), _before(request)
    jobs = (
        index.with_status(_status(request), before)
        if "jobStatus" in request.params
        else index.newest_first(before)
    )
    return (job for job in jobs if job.spec.share_identifier == share)


def _filtered(index: JobIndex, name: str, values: list[str], before: int | None) -> Iterator[Job]:
    value = _only_value(name, values)
    jobs = index.newest_first(before)
    if name == "JOB_DEFINITION":
        return (job for job in jobs if _is_of_definition(job, value))
    time = _milliseconds(name, value)
    if name == "BEFORE_CREATED_AT":
        return (job for job in jobs if job.created_at < time)
    return _newer_than(jobs, time)


def _newer_than(jobs: Iterator[Job], time: int) -> Iterator[Job]:
    for job in jobs:
        # The jobs come newest first, so all others are older.
        if job.created_at <= time:
            return
        yield job


def _is_of_definition(job: Job, pattern: str) -> bool:
    if pattern.startswith("arn:"):
        return job.spec.definition_arn == pattern
    if pattern.endswith("*"):
        return job.spec.definition_name.startswith(pattern[:-1])
    return job.spec.definition_name == pattern


def _milliseconds(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ClientException(f"Filter {name} takes milliseconds since the epoch, not {value!r}.") from error
