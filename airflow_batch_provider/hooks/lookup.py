"""Look an Airflow connection up, and notice that it has changed or is refused."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_batch_provider.errors import ConnectionSettingsError

log = logging.getLogger(__name__)

LOOKUP_SECONDS: Final = 60.0
"""How long an edited connection can go unnoticed while AWS accepts the old one."""

_PAUSE_SECONDS: Final = 1.0
_PAUSE_SECONDS_MAX: Final = 30.0
"""Between two lookups while AWS refuses the connection: the pause doubles each time."""

_FIELDS: Final = ("conn_type", "host", "login", "password", "schema", "port", "extra")


class ConnectionLookup:
    """
    The Airflow connection of one hook.

    Its methods can be called from several threads. Only ``find`` and ``renew`` call Airflow.

    :param conn_id: None for boto3's default credentials.
    :param get: returns an Airflow connection.
    """

    def __init__(
        self,
        conn_id: str | None,
        get: Callable[[str], Any],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._conn_id = conn_id
        self._get = get
        self._now = now
        # Reentrant: a signal handler may use the hook while its thread is in here.
        self._lock = threading.RLock()
        self._found: Any = None
        self._looked_up_at: float | None = None
        self._is_refused = False
        self._pause_seconds = 0.0
        # A fingerprint must not be of use to anyone who reads it in a dump.
        self._key = secrets.token_bytes(32)

    def find(self) -> Any:
        """Return the connection; None if there is none, so that boto3's default credentials apply."""
        with self._lock:
            if self._looked_up_at is None:
                self._found = self._look_up()
                self._looked_up_at = self._now()
            return self._found

    @property
    def is_refused(self) -> bool:
        """Whether AWS has refused the connection since the last lookup."""
        return self._is_refused

    def refused(self) -> None:
        """Record that AWS refused this connection, or that no client could be made from it."""
        self._is_refused = True

    def renew(self) -> bool:
        """
        Look the connection up again if that is due.

        :returns: whether to make new clients: the connection has changed, or the old clients are refused.
            A new client also reads boto3's default credentials again.
        """
        with self._lock:
            if self._looked_up_at is None or not self._is_due(self._looked_up_at):
                return False
            was_refused, before = self._is_refused, self._fingerprint(self._found)
            self._found = self._look_up_again()
            self._looked_up_at, self._is_refused = self._now(), False
            has_changed = self._fingerprint(self._found) != before
            if was_refused and not has_changed:
                self._pause_seconds = min(max(self._pause_seconds * 2, _PAUSE_SECONDS), _PAUSE_SECONDS_MAX)
            else:
                self._pause_seconds = 0.0
        if has_changed:
            log.info("Airflow connection '%s' has changed; using it from now on", self._conn_id)
        return has_changed or was_refused

    def _is_due(self, looked_up_at: float) -> bool:
        if self._is_refused:
            return self._now() - looked_up_at >= self._pause_seconds
        return self._conn_id is not None and self._now() - looked_up_at >= LOOKUP_SECONDS

    def _look_up_again(self) -> Any:
        try:
            found = self._look_up()
        except Exception as error:  # the old connection may still work
            log.warning(
                "Keeping the last known settings of Airflow connection '%s': %s", self._conn_id, error
            )
            return self._found
        if found is None and self._found is not None:
            # It is being replaced, or a secrets backend did not answer. boto3's
            # default credentials could belong to another account.
            log.warning("Airflow connection '%s' is gone; keeping the last known one", self._conn_id)
            return self._found
        return found

    def _look_up(self) -> Any:
        if not self._conn_id:
            return None
        try:
            found = self._get(self._conn_id)
        except AirflowNotFoundException:
            _warn_once(_missing(self._conn_id))
            return None
        _check(found)
        if found.conn_type not in ("aws", None, ""):
            _warn_once(_wrong_type(self._conn_id, found.conn_type))
        return found

    def _fingerprint(self, connection: Any) -> bytes:
        values = [str(getattr(connection, name, None)) for name in _FIELDS]
        return hashlib.blake2b(json.dumps(values).encode(), key=self._key).digest()


def _check(connection: Any) -> None:
    """Raise if the extra is not a JSON object: Airflow would leave it out, endpoint and Region included."""
    if not connection.extra:
        return
    try:
        extra = json.loads(connection.extra)
        problem = "" if isinstance(extra, dict) else f"it is a {type(extra).__name__}"
    except ValueError as error:
        problem = str(error)
    if problem:
        raise ConnectionSettingsError(
            f"the extra of Airflow connection '{connection.conn_id}' is not a JSON object: {problem}. "
            'Correct it, for example: {"region_name": "eu-west-1"}'
        )


@cache
def _warn_once(text: str) -> None:
    """Log a warning once per process."""
    log.warning("%s", text)


def _missing(conn_id: str) -> str:
    return (
        f"Airflow connection '{conn_id}' does not exist: boto3's default credential chain, Region and "
        f"endpoint are used instead. Define it in the UI, as AIRFLOW_CONN_{conn_id.upper()} or with "
        f"`airflow connections add {conn_id} --conn-type aws …`; or set aws_conn_id to null if boto3's "
        "defaults are intended"
    )


def _wrong_type(conn_id: str, conn_type: str) -> str:
    return (
        f"Airflow connection '{conn_id}' has the type '{conn_type}', not 'aws': its host and port are "
        "ignored. Change its type, or correct aws_conn_id"
    )
