"""Asks an account, and changes nothing; a call that is denied is remembered, not raised."""

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
_NAMES_OF_A_CALL_MAX: Final = 100
_NO_STREAM: Final = "airflow-batch-doctor"
_NO_JOB: Final = "00000000-0000-0000-0000-000000000000"
_ONCE: Final = Config(retries={"total_max_attempts": 1})

Answer = TypeVar("Answer")


class Clients(Protocol):
    """Makes boto3 clients."""

    def client(self, service: str, config: Config | None = None) -> Any: ...


class Account:
    """
    Reads what there is.

    :ivar denied: the actions that were denied, as IAM names them.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._batch = clients.client("batch")
        self.denied: dict[str, None] = {}

    def queues(self, names: Sequence[str]) -> dict[str, QueueFacts] | None:
        """Describe job queues by name or ARN; None if that is denied."""
        described = self._described("describe_job_queues", "jobQueues", names)
        if described is None:
            return None
        arns = dict.fromkeys(
            entry["computeEnvironment"]
            for detail in described
            for entry in detail.get("computeEnvironmentOrder", ())
        )
        environments = (
            self._described("describe_compute_environments", "computeEnvironments", list(arns)) or []
        )
        by_arn = {each["computeEnvironmentArn"]: EnvironmentFacts.from_aws(each) for each in environments}
        facts = {detail["jobQueueArn"]: QueueFacts.from_aws(detail, by_arn) for detail in described}
        return {name: each for name in names for arn, each in facts.items() if name in (arn, each.name)}

    def queue_names(self) -> list[str]:
        """List the names of all job queues."""
        pages = self._batch.get_paginator("describe_job_queues").paginate()
        return [each["jobQueueName"] for page in pages for each in page["jobQueues"]]

    def definition(self, name: str) -> DefinitionFacts | None:
        """Describe a job definition: the one that is named, else the newest, active ones first."""
        revisions = self._ask("batch:DescribeJobDefinitions", lambda: self._revisions(name)) or []
        newest = max(revisions, key=lambda each: (each["status"] == "ACTIVE", each["revision"]), default=None)
        return DefinitionFacts.from_aws(newest) if newest is not None else None

    def look_at_jobs(self, job_queue: str) -> None:
        """Try the calls with which jobs are looked at; only whether they are denied matters."""
        self._ask("batch:DescribeJobs", lambda: self._batch.describe_jobs(jobs=[_NO_JOB]))
        self._ask("batch:ListJobs", lambda: self._batch.list_jobs(jobQueue=job_queue, maxResults=1))

    def look_at_logs(self, log_group: str) -> None:
        """Try the call with which logs are read; only whether it is denied matters."""
        self._ask(
            "logs:GetLogEvents",
            lambda: self._logs.get_log_events(logGroupName=log_group, logStreamName=_NO_STREAM, limit=1),
        )

    def has_log_group(self, log_group: str) -> bool:
        """Tell whether a log group is there; it counts as there if that must not be asked."""
        try:
            self._logs.describe_log_streams(logGroupName=log_group, limit=1)
        except ClientError as error:
            if _code(error) not in (*_DENIED, _NOT_FOUND):
                raise
            return _code(error) != _NOT_FOUND
        return True

    def instance_sizes(self, types: Iterable[str]) -> list[InstanceSize] | None:
        """Look up instance types and families; None if that cannot be told."""
        patterns = [name if "." in name else f"{name}.*" for name in types]
        try:
            pages = (
                self._clients.client("ec2", _ONCE)
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

    def simulated(self, statements: Iterable[Mapping[str, Any]]) -> list[str] | None:
        """
        Let IAM simulate what a policy would allow, for whoever asks.

        :returns: the actions that are denied, with their resources; None if that cannot be told.
        """
        try:
            return [denied for statement in statements for denied in self._simulate(statement)]
        except Exception:  # not everybody may ask, and not every endpoint can answer
            return None

    @cached_property
    def _logs(self) -> Any:
        return self._clients.client("logs")

    def _simulate(self, statement: Mapping[str, Any]) -> list[str]:
        resources = statement["Resource"]
        answer = self._clients.client("iam", _ONCE).simulate_principal_policy(
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
        """Name who we are as IAM wants it: the role of a session, not the session."""
        arn: str = self._clients.client("sts").get_caller_identity()["Arn"]
        if ":assumed-role/" not in arn:
            return arn
        head, _, session = arn.partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}"

    def _described(self, operation: str, member: str, names: Sequence[str]) -> list[Mapping[str, Any]] | None:
        action = "batch:" + "".join(word.capitalize() for word in operation.split("_"))
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(names), _NAMES_OF_A_CALL_MAX):
            call = partial(
                getattr(self._batch, operation), **{member: list(names[start : start + _NAMES_OF_A_CALL_MAX])}
            )
            answer = self._ask(action, call)
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

    def _ask(self, action: str, call: Callable[[], Answer]) -> Answer | None:
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
