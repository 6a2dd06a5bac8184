"""Links to a job, its job definition, its job queue and its log in the AWS console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_CONSOLE_DOMAINS: Final = {
    "aws": "aws.amazon.com",
    "aws-cn": "amazonaws.cn",
    "aws-us-gov": "amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True)
class ConsoleReference:
    """
    The targets of console links. A target that is not known yet is None; its URL is an empty string.

    :param partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
    :param job_definition: its ARN.
    :param job_queue: its ARN.
    """

    region_name: str
    partition: str = "aws"
    job_id: str | None = None
    job_definition: str | None = None
    job_queue: str | None = None
    log_group: str | None = None
    log_stream: str | None = None

    @property
    def job_url(self) -> str:
        return self._batch_page("jobs/detail", self.job_id)

    @property
    def job_definition_url(self) -> str:
        return self._batch_page("job-definition/detail", self.job_definition)

    @property
    def job_queue_url(self) -> str:
        return self._batch_page("queues/detail", self.job_queue)

    @property
    def log_url(self) -> str:
        if not self.log_group or not self.log_stream:
            return ""
        group, stream = _quote_twice(self.log_group), _quote_twice(self.log_stream)
        return f"{self._home('cloudwatch')}#logsV2:log-groups/log-group/{group}/log-events/{stream}"

    def _batch_page(self, page: str, target: str | None) -> str:
        return f"{self._home('batch')}#{page}/{target}" if target else ""

    def _home(self, service: str) -> str:
        domain = _CONSOLE_DOMAINS.get(self.partition, _CONSOLE_DOMAINS["aws"])
        return f"https://{self.region_name}.console.{domain}/{service}/home?region={self.region_name}"


def _quote_twice(text: str) -> str:
    """Quote a name as CloudWatch console URLs require: twice, the second time with ``$`` for ``%``."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
