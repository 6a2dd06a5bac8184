"""The tags with which a job says whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.batch.job import IDENTITY_TAG
from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.limits import TAG_VALUE_LENGTH_MAX, TAGS_MAX

_ILLEGAL: Final = re.compile(r"[^\w\s+\-=.:/@]")


def identity_tags(
    identity: JobIdentity,
    *,
    try_number: int,
    logical_date: str | None = None,
    run_type: str | None = None,
) -> dict[str, str]:
    """
    Say whose job it is: DAG, run, task, try.

    Characters that AWS does not take in a tag become ``_``, and a long value is cut at 256,
    https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html.
    """
    named = {
        IDENTITY_TAG: identity.job_name,
        "airflow_dag_id": identity.dag_id,
        "airflow_run_id": identity.run_id,
        "airflow_task_id": identity.job_key,
        "airflow_map_index": str(identity.map_index) if identity.map_index >= 0 else None,
        "airflow_try_number": str(try_number),
        "airflow_logical_date": logical_date,
        "airflow_run_type": run_type,
    }
    return {name: _legal(value) for name, value in named.items() if value}


def with_tags(request: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """
    Add tags to a request, and let AWS hand them on to the task in ECS.

    The author's own come first: a tag of theirs is kept where the names are the same, and ours
    fill up what is left of the 50. ``propagateTags`` stays as the author has set it.
    """
    if not tags:
        return dict(request)
    own = request.get("tags") or {}
    room = max(TAGS_MAX - len(own), 0)
    ours = [(name, value) for name, value in tags.items() if name not in own][:room]
    tagged = {**request, "tags": {**own, **dict(ours)}}
    if "eksPropertiesOverride" not in request:  # AWS does not hand tags on to pods
        tagged.setdefault("propagateTags", True)
    return tagged


def _legal(value: str) -> str:
    return _ILLEGAL.sub("_", value)[:TAG_VALUE_LENGTH_MAX]
