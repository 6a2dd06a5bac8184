"""What a wait does while the calls that it needs fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from airflow_batch_provider.batch.api_errors import describe, is_refusal
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from airflow_batch_provider.errors import AccessRefusedError

_QUIET_FAILURES: Final = 3
"""Throttled calls, server and network errors in a row that are not worth a line."""


class FailedCalls:
    """
    The calls that failed in a row, for one wait: what to log, and when to stop waiting.

    A refusal is logged at once, then only when its kind changes. Nothing is logged about an error that
    passes within a few calls.

    :param what: the jobs or resources that are waited for.
    :param limit_seconds: how long refusals may last; None for no limit. Other errors have no limit.
    :param log: logs that calls fail, and that they succeed again; None to log nothing.
    """

    def __init__(
        self,
        what: str,
        *,
        limit_seconds: float | None = None,
        log: Any = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._limit_seconds = limit_seconds
        self._log = log
        self._now = now
        self._count = 0
        self._since = 0.0
        self._refused_since: float | None = None
        self._logged: ErrorKind | None = None

    def failed(self, error: BaseException) -> AccessRefusedError | None:
        """Record a failed call; return the error that ends the wait if refusals have lasted too long."""
        now, refused, kind = self._now(), is_refusal(error), kind_of(error)
        if not self._count:
            self._since = now
        self._count += 1
        if not refused:
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = now
        if self._logged is not kind and (refused or self._count >= _QUIET_FAILURES):
            self._logged = kind
            if self._log is not None:
                self._log.warning("%s", self._waiting_text(error, refused=refused))
        return self._overdue(error, now)

    def succeeded(self) -> None:
        """Record a call that succeeded."""
        if self._logged is not None and self._log is not None:
            self._log.info("AWS answers again about %s, after %.0f s", self._what, self._now() - self._since)
        self._count, self._refused_since, self._logged = 0, None, None

    def _waiting_text(self, error: BaseException, *, refused: bool) -> str:
        has_limit = refused and self._limit_seconds is not None
        limit = f" for up to {self._limit_seconds:g} s (refused_timeout)" if has_limit else ""
        return f"Still waiting for {self._what}{limit}, although AWS cannot be asked: {describe(error)}"

    def _overdue(self, error: BaseException, now: float) -> AccessRefusedError | None:
        if self._refused_since is None or self._limit_seconds is None:
            return None
        if now - self._refused_since < self._limit_seconds:
            return None
        return AccessRefusedError(
            f"could not ask AWS about {self._what} for longer than refused_timeout "
            f"({self._limit_seconds:g} s): {describe(error)}. What runs in AWS Batch keeps running, and the "
            "next try finds it again"
        )
