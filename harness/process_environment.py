"""The environment variables that the started processes get."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.ports import LOOPBACK

REGION = "eu-west-1"

_FOREIGN_PREFIXES = ("AWS_", "AIRFLOW")


def inherited_environment() -> dict[str, str]:
    """
    Take over this process's variables, except for those that would lead to somebody's account.

    Whoever runs the demo may have AWS credentials and an Airflow of their own in the
    environment: neither must reach the processes. Their ``python`` is the one that runs now.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN_PREFIXES)}
    programs = Path(sys.executable).parent
    kept["PATH"] = os.pathsep.join([str(programs), kept.get("PATH", os.defpath)])
    kept["VIRTUAL_ENV"] = sys.prefix
    kept["PYTHONUNBUFFERED"] = "1"
    kept["NO_PROXY"] = kept["no_proxy"] = _without_proxy(kept)
    return kept


def aws_environment(endpoint_url: str) -> dict[str, str]:
    """Point every AWS client at an endpoint, and at no file of the user and no metadata service."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _without_proxy(environment: Mapping[str, str]) -> str:
    """Keep the processes' talk to each other away from a proxy that the user needs for the world."""
    named = environment.get("NO_PROXY") or environment.get("no_proxy")
    return ",".join(filter(None, [named, LOOPBACK, "localhost"]))
