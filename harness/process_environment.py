"""Environment variables for the started processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.ports import LOOPBACK

REGION = "eu-west-1"

_EXCLUDED_PREFIXES = ("AWS_", "AIRFLOW")


def inherited_environment() -> dict[str, str]:
    """
    Return this process's variables without the user's AWS and Airflow settings.

    The user's AWS credentials and Airflow configuration must not reach the processes. The current
    Python comes first in ``PATH``.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_EXCLUDED_PREFIXES)}
    programs = Path(sys.executable).parent
    kept["PATH"] = os.pathsep.join([str(programs), kept.get("PATH", os.defpath)])
    kept["VIRTUAL_ENV"] = sys.prefix
    kept["PYTHONUNBUFFERED"] = "1"
    kept["NO_PROXY"] = kept["no_proxy"] = _no_proxy_hosts(kept)
    return kept


def aws_environment(endpoint_url: str) -> dict[str, str]:
    """Return variables that point AWS clients to an endpoint, without user files or instance metadata."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _no_proxy_hosts(environment: Mapping[str, str]) -> str:
    """Return ``NO_PROXY`` with the loopback interface added; the processes communicate over it."""
    named = environment.get("NO_PROXY") or environment.get("no_proxy")
    return ",".join(filter(None, [named, LOOPBACK, "localhost"]))
