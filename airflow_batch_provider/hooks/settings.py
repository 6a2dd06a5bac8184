"""The provider's settings in Airflow's configuration, section ``[batch_provider]``."""

from __future__ import annotations

from typing import Final

from airflow.providers.common.compat.sdk import conf

from airflow_batch_provider import defaults

CONFIG_SECTION: Final = "batch_provider"


def poll_interval_seconds(author_value: float | None) -> float:
    """Return the interval that the author set, or else the option ``poll_interval_seconds``."""
    if author_value is not None:
        return author_value
    configured: float = conf.getfloat(
        CONFIG_SECTION, "poll_interval_seconds", fallback=defaults.POLL_INTERVAL_SECONDS
    )
    return configured


def refused_seconds(author_value: float | None = None) -> float:
    """Return the limit that the author set, or else the option ``refused_timeout``."""
    if author_value is not None:
        return author_value
    configured: float = conf.getfloat(
        CONFIG_SECTION, "refused_timeout", fallback=defaults.REFUSED_TIMEOUT_SECONDS
    )
    return configured


def log_lines(author_value: int | None = None) -> int:
    """Return the number of log lines that the author set, or else the option ``log_lines``."""
    if author_value is not None:
        return author_value
    configured: int = conf.getint(CONFIG_SECTION, "log_lines", fallback=defaults.LOG_LINES_MAX)
    return configured


def shows_specs(author_value: bool | None = None) -> bool:
    """Return what the author set, or else the option ``show_spec``."""
    if author_value is not None:
        return author_value
    configured: bool = conf.getboolean(CONFIG_SECTION, "show_spec", fallback=True)
    return configured


def tags_jobs() -> bool:
    """Return the option ``tag_jobs``: whether jobs get tags that name their DAG, run and task."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "tag_jobs", fallback=True)
    return configured


def environment() -> str | None:
    """Return the option ``environment``: this Airflow's name in the tags of its jobs, or None."""
    configured: str = conf.get(CONFIG_SECTION, "environment", fallback="")
    return configured.strip() or None


def publishes_unfollowed_jobs() -> bool:
    """Return the option ``publish_unfollowed``: for jobs whose tasks did not run."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "publish_unfollowed", fallback=True)
    return configured


def terminates_marked_jobs() -> bool:
    """Return the option ``terminate_marked``: whether marking or deleting tasks and runs ends their jobs."""
    configured: bool = conf.getboolean(CONFIG_SECTION, "terminate_marked", fallback=True)
    return configured
