"""The tags with which a job says whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.batch.job import IDENTITY_TAG
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.limits import ILLEGAL_IN_TAGS, TAG_VALUE_LENGTH_MAX, TAGS_MAX

DAG_TAG: Final = "airflow_dag_id"
"""The tag that says which DAG, or workflow, a job belongs to."""

IDENTITY_TAGS: Final = (
    IDENTITY_TAG,
    DAG_TAG,
    "airflow_run_id",
    "airflow_task_id",
    "airflow_map_index",
    "airflow_try_number",
    "airflow_logical_date",
    "airflow_run_type",
)
"""All tags that ``identity_tags`` gives."""


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
    values = (
        identity.job_name,
        identity.dag_id,
        identity.run_id,
        identity.job_key,
        str(identity.map_index) if identity.map_index >= 0 else None,
        str(try_number),
        logical_date,
        run_type,
    )
    named = zip(IDENTITY_TAGS, values, strict=True)
    return {name: _legal(value) for name, value in named if value}


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
    return ILLEGAL_IN_TAGS.sub("_", value)[:TAG_VALUE_LENGTH_MAX]
