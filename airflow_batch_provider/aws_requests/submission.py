"""SubmitJob: what AWS Batch refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_batch_provider.aws_requests.refusal import Refusal


def refusals_of_submission(
    request: Mapping[str, Any], definition: Mapping[str, Any] | None
) -> Iterator[Refusal]:
    """
    Yield the reasons for which AWS Batch refuses a job.

    Templates are never refused, because their values are known only at run time.

    :param request: a SubmitJob request; its name and queue can be absent.
    :param definition: the RegisterJobDefinition request of its job definition, if it is known.
    """
    yield from ()
