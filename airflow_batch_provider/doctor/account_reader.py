"""Read-only access to an AWS account: a denied call is recorded instead of raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final, Protocol, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider.doctor.facts import DefinitionFacts, EnvironmentFacts, InstanceSize, QueueFacts

_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"}
)
_NOT_FOUND: Final = "ResourceNotFoundException"
_NAMES_PER_CALL: Final = 100
_NONEXISTENT_STREAM: Final = "airflow-batch-doctor"
_NONEXISTENT_JOB: Final = "00000000-0000-0000-0000-000000000000"
_WITHOUT_RETRIES: Final = Config(retries={"total_max_attempts": 1})

Answer = TypeVar("Answer")


class Clients(Protocol):
    """Creates boto3 clients."""

    def client(self, service: str, config: Config | None = None) -> Any: ...


class AccountReader:
    """
    Describe the resources of an account.

    :ivar denied: the IAM actions that were denied, in the order of the calls.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._batch = clients.client("batch")
        self.denied: dict[str, None] = {}

    def queues(self, names: Sequence[str]) -> dict[str, QueueFacts] | None:
        """Describe job queues by name or ARN; return None if access is denied."""
        described = self._describe("describe_job_queues", "jobQueues", names)
        if described is None:
            return None
        arns = dict.fromkeys(
            entry["computeEnvironment"]
            for detail in described
            for entry in detail.get("computeEnvironmentOrder", ())
        )
        environments = (
            self._describe("describe_compute_environments", "computeEnvironments", list(arns)) or []
        )
        by_arn = {each["computeEnvironmentArn"]: EnvironmentFacts.from_aws(each) for each in environments}
        facts = {detail["jobQueueArn"]: QueueFacts.from_aws(detail, by_arn) for detail in described}
        return {name: each for name in names for arn, each in facts.items() if name in (arn, each.name)}

    def queue_names(self) -> list[str]:
        """Return the names of all job queues."""
        pages = self._batch.get_paginator("describe_job_queues").paginate()
        return [each["jobQueueName"] for page in pages for each in page["jobQueues"]]

    def definition(self, name: str) -> DefinitionFacts | None:
        """Describe a job definition: the given revision, or else the newest, preferably an active one."""
        revisions = self._call("batch:DescribeJobDefinitions", lambda: self._revisions(name)) or []
        newest = max(revisions, key=lambda each: (each["status"] == "ACTIVE", each["revision"]), default=None)
        return DefinitionFacts.from_aws(newest) if newest is not None else None

    def probe_job_access(self, job_queue: str) -> None:
        """Record whether DescribeJobs and ListJobs are denied."""
        self._call("batch:DescribeJobs", lambda: self._batch.describe_jobs(jobs=[_NONEXISTENT_JOB]))
        self._call("batch:ListJobs", lambda: self._batch.list_jobs(jobQueue=job_queue, maxResults=1))

    def probe_log_access(self, log_group: str) -> None:
        """Record whether GetLogEvents is denied."""
        self._call(
            "logs:GetLogEvents",
            lambda: self._logs.get_log_events(
                logGroupName=log_group, logStreamName=_NONEXISTENT_STREAM, limit=1
            ),
        )

    def log_group_exists(self, log_group: str) -> bool:
        """Return whether a log group exists; assume so if access is denied."""
        try:
            self._logs.describe_log_streams(logGroupName=log_group, limit=1)
        except ClientError as error:
            if _code(error) not in (*_DENIED, _NOT_FOUND):
                raise
            return _code(error) != _NOT_FOUND
        return True

    def instance_sizes(self, types: Iterable[str]) -> list[InstanceSize] | None:
        """Return the sizes of instance types and families; None if EC2 does not return them."""
        patterns = [name if "." in name else f"{name}.*" for name in types]
        try:
            pages = (
                self._clients.client("ec2", _WITHOUT_RETRIES)
                .get_paginator("describe_instance_types")
                .paginate(Filters=[{"Name": "instance-type", "Values": patterns}])
            )
            found = [each for page in pages for each in page["InstanceTypes"]]
        except (ClientError, BotoCoreError):
            return None
        return [
            InstanceSize(
                each["InstanceType"], each["VCpuInfo"]["DefaultVCpus"], each["MemoryInfo"]["SizeInMiB"]
            )
            for each in found
        ] or None

    def simulate_policy(self, statements: Iterable[Mapping[str, Any]]) -> list[str] | None:
        """
        Let IAM simulate a policy for the caller's identity.

        :returns: the denied actions with their resources; None if the simulation is not possible.
        """
        try:
            return [denied for statement in statements for denied in self._simulate(statement)]
        except Exception:  # the caller may lack permission, and not every endpoint implements it
            return None

    @cached_property
    def _logs(self) -> Any:
        return self._clients.client("logs")

    def _simulate(self, statement: Mapping[str, Any]) -> list[str]:
        resources = statement["Resource"]
        answer = self._clients.client("iam", _WITHOUT_RETRIES).simulate_principal_policy(
            PolicySourceArn=self._principal(),
            ActionNames=statement["Action"],
            ResourceArns=[resources] if isinstance(resources, str) else resources,
        )
        return [
            f"{result['EvalActionName']} on {result['EvalResourceName']}"
            for result in answer["EvaluationResults"]
            if result["EvalDecision"] != "allowed"
        ]

    def _principal(self) -> str:
        """Return the caller's ARN as IAM expects it: the role's ARN instead of the session's."""
        arn: str = self._clients.client("sts").get_caller_identity()["Arn"]
        if ":assumed-role/" not in arn:
            return arn
        head, _, session = arn.partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}"

    def _describe(self, operation: str, member: str, names: Sequence[str]) -> list[Mapping[str, Any]] | None:
        action = "batch:" + "".join(word.capitalize() for word in operation.split("_"))
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(names), _NAMES_PER_CALL):
            call = partial(
                getattr(self._batch, operation), **{member: list(names[start : start + _NAMES_PER_CALL])}
            )
            answer = self._call(action, call)
            if answer is None:
                return None
            found += answer[member]
        return found

    def _revisions(self, name: str) -> list[Mapping[str, Any]]:
        if ":" in name.rpartition("/")[2]:
            named: list[Mapping[str, Any]] = self._batch.describe_job_definitions(jobDefinitions=[name])[
                "jobDefinitions"
            ]
            return named
        pages = self._batch.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name.rpartition("/")[2]
        )
        return [each for page in pages for each in page["jobDefinitions"]]

    def _call(self, action: str, call: Callable[[], Answer]) -> Answer | None:
        try:
            return call()
        except ClientError as error:
            if _code(error) in _DENIED:
                self.denied[action] = None
            elif _code(error) != _NOT_FOUND:
                raise
            return None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
