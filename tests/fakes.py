"""Fakes with behavior: boto3 clients for AWS Batch and CloudWatch Logs, and time."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from tests.aws_model import what_is_wrong_with

QUEUE_ARN = "arn:aws:batch:eu-west-1:123456789012:job-queue/etl"
DEFINITION_ARN = "arn:aws:batch:eu-west-1:123456789012:job-definition/step:7"


def aws_error(operation: str, status: int, code: str, message: str) -> ClientError:
    """Return the exception that boto3 raises for an error response from AWS."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


def throttled(operation: str = "SubmitJob") -> ClientError:
    return aws_error(operation, 429, "TooManyRequestsException", "Too Many Requests")


def server_error(operation: str = "SubmitJob") -> ClientError:
    return aws_error(operation, 500, "ServerException", "oops")


def refused(message: str, operation: str = "SubmitJob") -> ClientError:
    return aws_error(operation, 400, "ClientException", message)


def job_detail(job_id: str, status: str = "RUNNABLE", **members: Any) -> dict[str, Any]:
    """Return a ``JobDetail`` as in a DescribeJobs response."""
    return {
        "jobArn": f"arn:aws:batch:eu-west-1:123456789012:job/{job_id}",
        "jobId": job_id,
        "jobName": f"name-of-{job_id}",
        "jobQueue": QUEUE_ARN,
        "jobDefinition": DEFINITION_ARN,
        "status": status,
        "createdAt": 1136095200000,
        "dependsOn": [],
        "attempts": [],
        **members,
    }


_SUMMARY_MEMBERS = (
    *("jobArn", "jobId", "jobName", "status", "statusReason", "createdAt", "container"),
    *("isTerminated", "isCancelled"),
)


def _matches(job_name: str, pattern: str) -> bool:
    """Return whether a ``JOB_NAME`` filter matches: ignores case, accepts ``*`` only at the end."""
    name, wanted = job_name.lower(), pattern.lower()
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def _array_members(request: Mapping[str, Any]) -> dict[str, Any]:
    if "arrayProperties" not in request:
        return {}
    return {"arrayProperties": {**request["arrayProperties"], "statusSummary": {}}}


class FakeDefinitionPages:
    """A paginator of DescribeJobDefinitions with one revision per page."""

    def __init__(self, api: "FakeBatchApi") -> None:
        self._api = api

    def paginate(self, *, jobDefinitionName: str, status: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert status == "ACTIVE"
        for revision in self._api.describe_job_definitions(jobDefinitionName):
            yield {"jobDefinitions": [{"jobDefinitionName": jobDefinitionName, "revision": revision}]}


class FakePages:
    """A boto3 paginator that returns the given pages."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages

    def paginate(self) -> Iterator[dict[str, Any]]:
        return iter(self._pages)


class FakeBatchApi:
    """
    A boto3 client for AWS Batch that keeps its jobs in memory.

    Job ids are ``job-1``, ``job-2``, …. ``errors`` contains the exceptions that the next calls of an
    operation raise before they have any effect. The order of lists is unspecified.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.submitted: list[dict[str, Any]] = []
        self.described: list[list[str]] = []
        self.listed: list[dict[str, Any]] = []
        self.terminated: dict[str, str] = {}
        self.errors: dict[str, list[BaseException | None]] = {}
        self.lost_answers: list[Exception | None] = []
        """Exceptions that the next SubmitJob calls raise after they have created their jobs."""
        self.unterminable: set[str] = set()
        """Job ids for which TerminateJobs returns errors."""
        self.refusals: dict[str, Exception] = {}
        """Exceptions that SubmitJob raises, by job definition."""
        self.definitions: dict[str, dict[int, dict[str, Any]]] = {}
        """RegisterJobDefinition requests of ACTIVE revisions, by name and revision."""
        self.unseen_definitions = 0
        """The number of DescribeJobDefinitions calls that return nothing (eventual consistency)."""
        self.queues: list[str] = []
        """ARNs that DescribeJobQueues returns."""

    def submit_job(self, **request: Any) -> dict[str, Any]:
        if report := what_is_wrong_with(request):
            raise ParamValidationError(report=report)
        self.submitted.append(request)
        self._raise_next("submit_job")
        if error := self.refusals.get(request["jobDefinition"]):
            raise error
        number = len(self.jobs) + 1
        job_id = f"job-{number}"
        queue = request["jobQueue"]
        self.jobs[job_id] = job_detail(
            job_id,
            "SUBMITTED",
            jobName=request["jobName"],
            jobQueue=queue if ":" in queue else f"{QUEUE_ARN.rpartition('/')[0]}/{queue}",
            createdAt=1136095200000 + number,
            tags=request.get("tags", {}),
            container=request.get("containerOverrides", {}),
            **_array_members(request),
        )
        if self.lost_answers and (error := self.lost_answers.pop(0)):
            raise error
        return {key: self.jobs[job_id][key] for key in ("jobId", "jobName", "jobArn")}

    def describe_jobs(self, *, jobs: list[str]) -> dict[str, Any]:
        self.described.append(jobs)
        self._raise_next("describe_jobs")
        if len(jobs) > 100:
            raise refused("Maximum number of jobs supported is  100 .", "DescribeJobs")
        return {"jobs": [self.jobs[job_id] for job_id in jobs if job_id in self.jobs]}

    def terminate_job(self, *, jobId: str, reason: str) -> dict[str, Any]:  # noqa: N803
        self._raise_next("terminate_job")
        self._terminate(jobId, reason)
        return {}

    def terminate_jobs(self, *, jobs: list[str], reason: str) -> dict[str, Any]:
        self._raise_next("terminate_jobs")
        if len(jobs) > 50:
            raise refused("Maximum number of jobs supported is 50.", "TerminateJobs")
        errors = []
        for job_id in jobs:
            if job_id in self.unterminable:
                errors.append({"job": job_id, "code": "ServerException", "message": "oops"})
            else:
                self._terminate(job_id, reason)
        return {"successful": [], "errors": errors}

    def register_job_definition(self, **request: Any) -> dict[str, Any]:
        if report := what_is_wrong_with(request, "RegisterJobDefinitionRequest"):
            raise ParamValidationError(report=report)
        self._raise_next("register_job_definition")
        revisions = self.definitions.setdefault(request["jobDefinitionName"], {})
        revision = 1 + max(revisions, default=0)
        revisions[revision] = request
        return {"jobDefinitionName": request["jobDefinitionName"], "revision": revision}

    def deregister_job_definition(self, *, jobDefinition: str) -> dict[str, Any]:  # noqa: N803
        self._raise_next("deregister_job_definition")
        name, _, revision = jobDefinition.partition(":")
        del self.definitions[name][int(revision)]
        return {}

    def get_paginator(self, operation: str) -> "FakeBatchApi | FakePages | FakeDefinitionPages":
        if operation == "describe_job_definitions":
            return FakeDefinitionPages(self)
        if operation == "describe_job_queues":
            return FakePages([{"jobQueues": [{"jobQueueArn": arn}]} for arn in self.queues])
        assert operation == "list_jobs"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.listed.append(request)
        self._raise_next("list_jobs")
        found = [
            {key: detail[key] for key in _SUMMARY_MEMBERS if key in detail}
            for job_id, detail in self.jobs.items()
            if self._is_listed(job_id, detail, request)
        ]
        for start in range(0, max(len(found), 1), 2):
            yield {"jobSummaryList": found[start : start + 2]}

    def put(self, job_id: str, status: str, **members: Any) -> None:
        """Set the status and other members of a job, creating it if necessary."""
        self.jobs[job_id] = {**self.jobs.get(job_id, job_detail(job_id)), "status": status, **members}

    def describe_job_definitions(self, name: str) -> list[int]:
        """Return the ACTIVE revisions of a job definition, newest first."""
        self._raise_next("describe_job_definitions")
        if self.unseen_definitions:
            self.unseen_definitions -= 1
            return []
        return sorted(self.definitions.get(name, {}), reverse=True)

    def _is_listed(self, job_id: str, detail: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
        if "arrayJobId" in request:
            is_child = job_id.startswith(f"{request['arrayJobId']}:")
            return is_child and detail["status"] == request["jobStatus"]
        queue = request["jobQueue"]
        is_in_queue = detail["jobQueue"] == queue or detail["jobQueue"].endswith(f"/{queue}")
        if "jobStatus" in request:
            return is_in_queue and ":" not in job_id and detail["status"] == request["jobStatus"]
        (job_filter,) = request["filters"]
        (pattern,) = job_filter["values"]
        return is_in_queue and ":" not in job_id and _matches(detail["jobName"], pattern)

    def _terminate(self, job_id: str, reason: str) -> None:
        self.terminated[job_id] = reason
        if job_id in self.jobs and self.jobs[job_id]["status"] not in ("SUCCEEDED", "FAILED"):
            self.put(job_id, self.jobs[job_id]["status"], isTerminated=True)

    def _raise_next(self, operation: str) -> None:
        errors = self.errors.get(operation)
        if errors and (error := errors.pop(0)):
            raise error


class FakeLogsApi:
    """
    A boto3 client for CloudWatch Logs: lines by group and stream, in pages with tokens.

    At the end of a stream, the response returns the same token as the request.
    """

    def __init__(self, streams: Mapping[tuple[str, str], list[str]] | None = None) -> None:
        self.streams = dict(streams or {})
        self.error: Exception | None = None
        self.error_on_call: dict[int, Exception] = {}
        self.page_sizes: list[int] = []
        """The number of lines in each of the next pages; after that, the request's limit."""
        self.calls = 0

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if error := self.error or self.error_on_call.get(self.calls):
            raise error
        lines = self.streams.get((request["logGroupName"], request["logStreamName"]))
        if lines is None:
            raise aws_error(
                "GetLogEvents", 400, "ResourceNotFoundException", "The specified log stream does not exist."
            )
        limit = request.get("limit", 10_000)
        assert 1 <= limit <= 10_000
        size = min(self.page_sizes.pop(0) if self.page_sizes else limit, limit)
        is_forward, token = request["startFromHead"], request.get("nextToken")
        position = int(token.split("/")[1]) if token else (0 if is_forward else len(lines))
        first = position if is_forward else max(position - size, 0)
        last = min(position + size, len(lines)) if is_forward else position
        return {
            "events": [{"timestamp": 1136095200000, "message": line} for line in lines[first:last]],
            "nextForwardToken": token if position == len(lines) and token else f"f/{last}/{self.calls}",
            "nextBackwardToken": token if position == 0 and token else f"b/{first}/{self.calls}",
        }


class FakeClock:
    """A clock that advances only when its caller sleeps; for blocking code."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class FakeTime:
    """Time that advances only when a test advances it; for code that awaits ``sleep``."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._sleepers: list[asyncio.Future[None]] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await sleeper

    async def pass_to_next(self) -> None:
        """Wake all sleepers and run the other tasks until they wait again."""
        await settle()
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)
        await settle()


async def settle() -> None:
    """Run all tasks until each waits for the test."""
    for _ in range(30):
        await asyncio.sleep(0)
