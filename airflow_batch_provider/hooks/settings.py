"""What Airflow's configuration says about this provider, section ``[batch_provider]``."""

from __future__ import annotations

from typing import Final

from airflow.providers.common.compat.sdk import conf

from airflow_batch_provider import defaults

CONFIG_SECTION: Final = "batch_provider"


def poll_interval_seconds(given: float | None) -> float:
    """Take the author's interval, else that of ``poll_interval_seconds``."""
    if given is not None:
        return given
    configured: float = conf.getfloat(
        CONFIG_SECTION, "poll_interval_seconds", fallback=defaults.POLL_INTERVAL_SECONDS
    )
    return configured


def log_lines(given: int | None = None) -> int:
    """Take the author's number of lines of each attempt's log to show, else that of ``log_lines``."""
    if given is not None:
        return given
    configured: int = conf.getint(CONFIG_SECTION, "log_lines", fallback=defaults.LOG_LINES_MAX)
    return configured


def tags_jobs() -> bool:
    """Whether jobs get tags that say whose they are: ``tag_jobs``, true unless configured."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "tag_jobs", fallback=True)
    return configured


def listens_to_marks() -> bool:
    """Whether the API server ends the jobs of what is marked: ``terminate_marked``, true by default."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "terminate_marked", fallback=True)
    return configured
