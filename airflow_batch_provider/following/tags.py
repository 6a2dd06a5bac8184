"""Tags that name the DAG, run, task and try of a job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.aws_requests.conversion import as_literal
from airflow_batch_provider.batch.job import IDENTITY_TAG
from airflow_batch_provider.batch.naming import short_hash
from airflow_batch_provider.limits import ILLEGAL_IN_TAGS, TAG_VALUE_LENGTH_MAX, TAGS_MAX

if TYPE_CHECKING:
    from airflow_batch_provider.following.identity import JobIdentity

DAG_TAG: Final = "airflow_dag_id"
"""The tag that holds the DAG, or workflow, of a job."""

RUN_TAG: Final = "airflow_run_id"
"""The tag that holds the run of a job."""

TASK_TAG: Final = "airflow_task_id"
"""The tag that holds the task of a job, which is the job key with the IDs of its task groups."""

MAP_INDEX_TAG: Final = "airflow_map_index"
"""The tag that holds the map index of a mapped task."""

WAITS_FOR_TAG: Final = "airflow_waits_for"
"""The tag that holds the job keys for which a job of a planned workflow waits."""

ENVIRONMENT_TAG: Final = "airflow_environment"
"""The tag that holds the name of the Airflow that submitted a job, ``[batch_provider] environment``."""

_NO_JOBS: Final = "-"
_HASH_LENGTH: Final = 16

IDENTITY_TAGS: Final = (
    IDENTITY_TAG,
    DAG_TAG,
    RUN_TAG,
    TASK_TAG,
    MAP_INDEX_TAG,
    "airflow_try_number",
    "airflow_logical_date",
    "airflow_run_type",
    WAITS_FOR_TAG,
    ENVIRONMENT_TAG,
)
"""All tags that ``identity_tags`` sets."""


def identity_tags(
    identity: JobIdentity,
    *,
    try_number: int,
    logical_date: str | None = None,
    run_type: str | None = None,
    waits_for: Collection[str] | None = None,
    environment: str | None = None,
) -> dict[str, str]:
    """
    Return the tags of a job.

    Characters that AWS does not allow in a tag become ``_``, and a value is cut to 256 characters,
    https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html.

    :param logical_date: in ISO format.
    :param run_type: as Airflow writes it: ``scheduled``, ``manual``, ``backfill``, …
    :param waits_for: the jobs that have to succeed first, by job key; None if no plan tells them.
    :param environment: the name of the Airflow that submits the job.
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
        waits_for_value(waits_for) if waits_for is not None else None,
        environment,
    )
    named = zip(IDENTITY_TAGS, values, strict=True)
    return {name: tag_value(value) for name, value in named if value}


def waits_for_value(job_keys: Collection[str]) -> str:
    """Return the value of ``WAITS_FOR_TAG``, which differs for different jobs."""
    keys = sorted(job_keys)
    text = " ".join(keys) or _NO_JOBS
    is_too_long = len(text) > TAG_VALUE_LENGTH_MAX
    return f"{len(keys)} jobs: {short_hash(*keys, length=_HASH_LENGTH)}" if is_too_long else tag_value(text)


def with_tags(request: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a request with more tags, which AWS Batch also sets on the ECS task.

    The author's tags take precedence: they win over a tag of the same name, and the given tags
    only use what remains of AWS's 50. An author's ``propagateTags`` stays. If the author's tags are a
    template that gave no mapping, the request stays as it is; it is refused later.
    """
    own = request.get("tags") or {}
    if isinstance(own, str):
        own = as_literal(own)
    if not tags or not isinstance(own, Mapping):
        return dict(request)
    # AWS Batch fails a job whose propagated tags exceed 50. Tags of the job definition count too, but are not
    # known here: https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    room = max(TAGS_MAX - len(own), 0)
    added = [(name, value) for name, value in tags.items() if name not in own][:room]
    tagged = {**request, "tags": {**own, **dict(added)}}
    if "eksPropertiesOverride" not in request:  # AWS Batch does not propagate tags to pods
        tagged.setdefault("propagateTags", True)
    return tagged


def tag_value(value: str) -> str:
    """Return a text as AWS allows it as the value of a tag."""
    return ILLEGAL_IN_TAGS.sub("_", value)[:TAG_VALUE_LENGTH_MAX]
