"""Where a job, its definition, its queue and its log stand in the AWS console."""

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
    What console links point to; what is not known yet is None, and its address an empty text.

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
        group, stream = _twice_quoted(self.log_group), _twice_quoted(self.log_stream)
        return f"{self._home('cloudwatch')}#logsV2:log-groups/log-group/{group}/log-events/{stream}"

    def _batch_page(self, page: str, thing: str | None) -> str:
        return f"{self._home('batch')}#{page}/{thing}" if thing else ""

    def _home(self, service: str) -> str:
        domain = _CONSOLE_DOMAINS.get(self.partition, _CONSOLE_DOMAINS["aws"])
        return f"https://{self.region_name}.console.{domain}/{service}/home?region={self.region_name}"


def _twice_quoted(text: str) -> str:
    """Quote as CloudWatch's console wants it behind the ``#``: twice, the second time with ``$``."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
