"""Both sides that judge requests: the provider's rules, and the local AWS Batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider.aws_requests import refusals_of_registration, refusals_of_submission
from airflow_batch_provider.spec.aws_members import problems
from tests.aws_requests import bases
from tests.aws_requests.case import Registration, Submission
from tests.integration.fuzz.in_process import InProcessBatch

NOT_JUDGED: Final = "not supported locally"
"""Part of the local AWS Batch's message about what it does not support."""


def refusal_by_provider(sent: Registration | Submission) -> str | None:
    """Return the first reason for which the provider refuses a request, or ``None``."""
    return next(_refusals_by_provider(sent), None)


def _refusals_by_provider(sent: Registration | Submission) -> Iterator[str]:
    request = sent.request if isinstance(sent, Submission) else sent
    for member, value in request.items():
        yield from (problem.text for problem in problems(member, value))
    if isinstance(sent, Submission):
        refusals = refusals_of_submission(sent.request, sent.definition)
    else:
        refusals = refusals_of_registration(sent)
    yield from (refusal.text for refusal in refusals)


class LocalSide:
    """A local AWS Batch with the resources and jobs that the requests refer to."""

    def __init__(self) -> None:
        self._batch = InProcessBatch()
        self._job_ids: dict[str, str] = {}
        self._create_resources()
        self._create_jobs()

    def refusal(self, sent: Registration | Submission) -> str | None:
        """Return AWS Batch's message if it refuses the request, or ``None``."""
        if not isinstance(sent, Submission):
            return self._call("RegisterJobDefinition", sent)
        return self._call("RegisterJobDefinition", sent.definition) or self._call("SubmitJob", sent.request)

    def close(self) -> None:
        self._batch.close()

    def _call(self, operation: str, request: Registration) -> str | None:
        reply = self._batch.call(operation, self._with_job_ids(request))
        return None if reply.status == 200 else str(reply.json["message"])

    def _with_job_ids(self, request: Registration) -> Any:
        text = json.dumps(dict(request))
        for placeholder, job_id in self._job_ids.items():
            text = text.replace(placeholder, job_id)
        return json.loads(text)

    def _create_resources(self) -> None:
        send = self._batch.send
        send("CreateConsumableResource", consumableResourceName=bases.RESOURCE, totalQuantity=5)
        policy = send("CreateSchedulingPolicy", name="policy")["arn"]
        for kind in ("EC2", "FARGATE"):
            resources = {"type": kind, "maxvCpus": 100, "subnets": ["s"], "securityGroupIds": ["g"]}
            send(
                "CreateComputeEnvironment",
                computeEnvironmentName=kind,
                type="MANAGED",
                computeResources=resources,
            )
        self._batch.settle()
        self._create_queue(bases.QUEUE)
        self._create_queue(bases.FARGATE_QUEUE, kind="FARGATE")
        self._create_queue(bases.SHARES_QUEUE, schedulingPolicyArn=policy)
        self._create_queue(bases.DISABLED_QUEUE, state="DISABLED")

    def _create_queue(self, name: str, kind: str = "EC2", **members: Any) -> None:
        order = [{"order": 1, "computeEnvironment": kind}]
        self._batch.send(
            "CreateJobQueue", jobQueueName=name, priority=1, computeEnvironmentOrder=order, **members
        )

    def _create_jobs(self) -> None:
        self._batch.send("RegisterJobDefinition", **bases.ec2())
        for placeholder in bases.JOBS:
            self._job_ids[placeholder] = self._submit()
        self._job_ids[bases.ARRAY_OF_3] = self._submit(arrayProperties={"size": 3})

    def _submit(self, **members: Any) -> str:
        request = {**bases.submit().request, **members}
        return str(self._batch.send("SubmitJob", **request)["jobId"])
