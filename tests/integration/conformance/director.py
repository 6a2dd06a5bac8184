"""Controls what containers, hosts and time would do otherwise."""

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
        self._post(f"jobs/{job_id}/end?region={self._region}", {"exit_code": exit_code, "reason": reason})

    def reclaim(self, job_id: str, instance_id: str) -> None:
        """Terminate the host of a job."""
        self._post(f"jobs/{job_id}/reclaim?region={self._region}", {"instance_id": instance_id})

    def pass_seconds(self, seconds: float) -> None:
        """Advance the clock."""
        self._post("clock", {"advance_seconds": seconds})

    def start_shortage(self, compute_environment: str, reason: str | None = None) -> None:
        """Stop a compute environment from launching instances."""
        self._post(f"shortages/{compute_environment}?region={self._region}", {"reason": reason})

    def end_shortage(self, compute_environment: str) -> None:
        """Allow a compute environment to launch instances again."""
        path = f"/_local/shortages/{compute_environment}?region={self._region}"
        assert send(self._url, "DELETE", path).status == 200

    def start_defect(self, compute_environment: str) -> None:
        """Make a compute environment INVALID."""
        self._post(f"defects/{compute_environment}?region={self._region}", {})

    def end_defect(self, compute_environment: str) -> None:
        """Make a compute environment VALID again."""
        path = f"/_local/defects/{compute_environment}?region={self._region}"
        assert send(self._url, "DELETE", path).status == 200

    def inject_fault(self, **fault: Any) -> None:
        """Inject a fault, by default into the next call. All faults end with the test."""
        self._post("faults", fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        assert send(self._url, "DELETE", "/_local/faults").status == 200

    def _post(self, path: str, body: dict[str, Any]) -> None:
        reply = send(self._url, "POST", f"/_local/{path}", json.dumps(body).encode())
        assert reply.status == 200, reply.body
