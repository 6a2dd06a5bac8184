"""The part of Airflow's context that executing an operator needs."""

from __future__ import annotations

import json
from typing import Any

from tests.airflow_fakes import FakeTaskInstance


def connection(url: str, region: str) -> str:
    """Return the value of ``AIRFLOW_CONN_AWS_DEFAULT``."""
    extra = {"region_name": region, "endpoint_url": url}
    return json.dumps({"conn_type": "aws", "login": "any", "password": "any", "extra": extra})


def context() -> dict[str, Any]:
    return {"ti": FakeTaskInstance()}
