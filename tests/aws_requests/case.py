"""A request to AWS Batch, and whether AWS takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Registration = Mapping[str, Any]
"""A RegisterJobDefinition request."""


@dataclass(frozen=True, slots=True)
class Submission:
    """
    A SubmitJob request.

    :param definition: the RegisterJobDefinition request of its job definition, which AWS accepts.
    """

    request: Mapping[str, Any]
    definition: Registration


@dataclass(frozen=True, slots=True)
class Case:
    """
    One line of the table.

    :param source: why AWS answers so. ``Type.member`` is a page of the AWS Batch API reference with its
        member, ``UG: page`` a page of the AWS Batch user guide, and ``owner/name#number`` a GitHub
        thread that quotes AWS's message. ``unknown`` explains what was chosen where AWS does not say.
    """

    name: str
    sent: Registration | Submission
    is_accepted: bool
    source: str


def accepted(name: str, sent: Registration | Submission, source: str) -> Case:
    return Case(name, sent, is_accepted=True, source=source)


def refused(name: str, sent: Registration | Submission, source: str) -> Case:
    return Case(name, sent, is_accepted=False, source=source)
