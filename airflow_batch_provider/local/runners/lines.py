"""Bytes of a stream, cut into log lines."""

from __future__ import annotations

from typing import Final

MAX_LINE_BYTES: Final = 256 * 1024
"""CloudWatch Logs takes no longer event; what is longer goes on in the next line."""


class LineCutter:
    """Collects bytes and returns the lines that are complete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        *complete, self._rest = (self._rest + data).split(b"\n")
        lines = [line.removesuffix(b"\r").decode(errors="replace") for line in complete]
        while len(self._rest) >= MAX_LINE_BYTES:
            lines.append(self._rest[:MAX_LINE_BYTES].decode(errors="replace"))
            self._rest = self._rest[MAX_LINE_BYTES:]
        return lines

    def finish(self) -> list[str]:
        """Return the last line if it did not end with a line break."""
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []
