"""
The members of SubmitJob and RegisterJobDefinition, from AWS's service model.

``make generated`` derives ``aws_members.json`` from botocore. Parsing a spec must not import
botocore, which takes a quarter of a second to load the service model of AWS Batch alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


def member_kinds() -> Mapping[str, Any]:
    """
    Return the kinds of SubmitJob's and RegisterJobDefinition's members.

    A kind is ``string``, ``integer``, ``boolean`` or the name of a shape; ``[kind]``, a list;
    ``{"map": kind}``; or ``{"enum": words}``.
    """
    kinds: dict[str, Any] = _model()["members"]
    return kinds


def shapes() -> Mapping[str, Any]:
    """Return the shapes by name, each with its members and the names of the required ones."""
    named: dict[str, Any] = _model()["shapes"]
    return named


@cache
def _model() -> Any:
    return json.loads(files(__package__).joinpath("aws_members.json").read_text(encoding="utf-8"))
