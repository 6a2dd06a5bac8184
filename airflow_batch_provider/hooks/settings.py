"""What Airflow's configuration says about this provider, section ``[batch_provider]``."""

from __future__ import annotations

from typing import Final

from airflow.sdk import conf

CONFIG_SECTION: Final = "batch_provider"
DEFAULT_POLL_INTERVAL_SECONDS: Final = 10.0


def poll_interval_seconds(given: float | None) -> float:
    """Take the author's interval, else that of ``poll_interval_seconds``."""
    if given is not None:
        return given
    configured: float = conf.getfloat(
        CONFIG_SECTION, "poll_interval_seconds", fallback=DEFAULT_POLL_INTERVAL_SECONDS
    )
    return configured


def tags_jobs() -> bool:
    """Whether jobs get tags that say whose they are: ``tag_jobs``, true unless configured."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "tag_jobs", fallback=True)
    return configured


def listens_to_marks() -> bool:
    """Whether the API server ends the jobs of what is marked: ``terminate_marked``, true by default."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "terminate_marked", fallback=True)
    return configured
