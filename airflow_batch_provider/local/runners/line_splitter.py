"""Splits a stream of bytes into log lines."""

from __future__ import annotations

from typing import Final

MAX_LINE_BYTES: Final = 256 * 1024
"""The maximum size of a CloudWatch Logs event. A longer line continues in the next event."""


class LineSplitter:
    """Buffers bytes and returns complete lines."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[str]:
        """Add bytes and return the lines that they complete."""
        *complete, self._buffer = (self._buffer + data).split(b"\n")
        lines = [line.removesuffix(b"\r").decode(errors="replace") for line in complete]
        while len(self._buffer) >= MAX_LINE_BYTES:
            lines.append(self._buffer[:MAX_LINE_BYTES].decode(errors="replace"))
            self._buffer = self._buffer[MAX_LINE_BYTES:]
        return lines

    def finish(self) -> list[str]:
        """Return the last line if it does not end with a newline."""
        last, self._buffer = self._buffer, b""
        return [last.decode(errors="replace")] if last else []
