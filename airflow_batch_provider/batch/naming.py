"""Names of jobs and job definitions: legible to users, and unique enough to find them again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from airflow_batch_provider.limits import NAME_LENGTH_MAX

_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_DEFINITION_HASH_LENGTH = 16


def with_label(job_name: str, label: str | None) -> str:
    """
    Append the author's label to a job name, cut so that the result has at most 128 characters.

    The label comes last, so that the prefixes used to find jobs do not change. Characters that
    AWS Batch does not allow in names become ``-``.
    """
    room = NAME_LENGTH_MAX - len(job_name) - len("-")
    suffix = _ILLEGAL.sub("-", label or "")[: max(room, 0)].strip("-")
    return f"{job_name}-{suffix}" if suffix else job_name


def matches_job_name(name: str, job_name: str) -> bool:
    """Return whether the name of a job in AWS Batch is ``job_name``, with or without a label."""
    return name == job_name or name.startswith(f"{job_name}-")


def definition_name(registration: Mapping[str, Any]) -> str:
    """
    Return a job definition's name, made from its content: ``{family}-{hash}``, at most 128 characters.

    Two definitions of a family have the same name if and only if their content is the same,
    regardless of the order of its members.

    :param registration: a RegisterJobDefinition request whose ``jobDefinitionName`` is the family.
    """
    content = {name: value for name, value in registration.items() if name != "jobDefinitionName"}
    canonical = json.dumps(content, sort_keys=True, default=str)
    family = _ILLEGAL.sub("-", str(registration["jobDefinitionName"]))
    prefix = family[: NAME_LENGTH_MAX - _DEFINITION_HASH_LENGTH - 1].strip("-_") or "job"
    return f"{prefix}-{short_hash(canonical, length=_DEFINITION_HASH_LENGTH)}"


def sanitize(text: str, length: int) -> str:
    """Replace characters that AWS Batch does not allow in names by ``-``, and cut the text to a length."""
    return _ILLEGAL.sub("-", text)[:length].strip("-") or "job"


def short_hash(*parts: str, length: int) -> str:
    """Return the first ``length`` hexadecimal digits of a SHA-256 hash of all parts."""
    # The separator keeps ("ab", "c") and ("a", "bc") apart; no ID contains it.
    return sha256("\0".join(parts).encode()).hexdigest()[:length]
