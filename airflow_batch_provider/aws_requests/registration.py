"""RegisterJobDefinition: what AWS Batch refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_batch_provider.aws_requests.refusal import Refusal


def refusals_of_registration(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """
    Yield the reasons for which AWS Batch refuses to register a job definition.

    Templates are never refused, because their values are known only at run time.

    :param request: a RegisterJobDefinition request; its name can be absent.
    """
    yield from ()
