"""What a test decides in place of containers, hosts and time."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.wire import send


class Director:
    """The control API of a server, for the jobs of one Region."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    def end(self, job_id: str, exit_code: int = 0, reason: str | None = None) -> None:
        """End the running attempt of a job."""
        self._order(f"jobs/{job_id}/end?region={self._region}", {"exit_code": exit_code, "reason": reason})

    def reclaim(self, job_id: str, instance_id: str) -> None:
        """Take the host of a job away."""
        self._order(f"jobs/{job_id}/reclaim?region={self._region}", {"instance_id": instance_id})

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass at once."""
        self._order("clock", {"advance_seconds": seconds})

    def withhold(self, compute_environment: str, reason: str | None = None) -> None:
        """Let a compute environment launch no instance."""
        self._order(f"shortages/{compute_environment}?region={self._region}", {"reason": reason})

    def relent(self, compute_environment: str) -> None:
        """Let it launch instances again."""
        path = f"/_local/shortages/{compute_environment}?region={self._region}"
        assert send(self._url, "DELETE", path).status == 200

    def invalidate(self, compute_environment: str) -> None:
        """Make a compute environment INVALID."""
        self._order(f"defects/{compute_environment}?region={self._region}", {})

    def cure(self, compute_environment: str) -> None:
        """Make it VALID again."""
        path = f"/_local/defects/{compute_environment}?region={self._region}"
        assert send(self._url, "DELETE", path).status == 200

    def spoil(self, **fault: Any) -> None:
        """Order a fault, of the next call unless it says otherwise; all end with the test."""
        self._order("faults", fault)

    def forgive(self) -> None:
        """Withdraw all faults."""
        assert send(self._url, "DELETE", "/_local/faults").status == 200

    def _order(self, path: str, body: dict[str, Any]) -> None:
        reply = send(self._url, "POST", f"/_local/{path}", json.dumps(body).encode())
        assert reply.status == 200, reply.body
