"""Names that tell a person whose job, or what definition, it is, and that a machine can find again."""

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
    Put an author's own words behind the name of a job, as far as 128 characters leave room for them.

    Behind it, so that the prefixes by which jobs are found stay what they are. What AWS Batch
    takes in no name becomes ``-``.
    """
    room = NAME_LENGTH_MAX - len(job_name) - len("-")
    legible = _ILLEGAL.sub("-", label or "")[: max(room, 0)].strip("-")
    return f"{job_name}-{legible}" if legible else job_name


def is_name_of(name: str, job_name: str) -> bool:
    """Tell whether a job in AWS Batch has the name of an identity, with whatever label behind it."""
    return name == job_name or name.startswith(f"{job_name}-")


def definition_name(registration: Mapping[str, Any]) -> str:
    """
    Name a job definition by its content: ``{family}-{hash}``, at most 128 characters.

    Two definitions have the same name if and only if they say the same, in whichever order.

    :param registration: a RegisterJobDefinition request whose ``jobDefinitionName`` is the family.
    """
    content = {name: value for name, value in registration.items() if name != "jobDefinitionName"}
    canonical = json.dumps(content, sort_keys=True, default=str)
    family = _ILLEGAL.sub("-", str(registration["jobDefinitionName"]))
    legible = family[: NAME_LENGTH_MAX - _DEFINITION_HASH_LENGTH - 1].strip("-_") or "job"
    return f"{legible}-{digest(canonical, length=_DEFINITION_HASH_LENGTH)}"


def legible(text: str, length: int) -> str:
    """Replace characters that AWS Batch does not accept in names by ``-``, and cut to a length."""
    return _ILLEGAL.sub("-", text)[:length].strip("-") or "job"


def digest(*parts: str, length: int) -> str:
    """Hash texts to some hexadecimal digits."""
    return sha256("\0".join(parts).encode()).hexdigest()[:length]
