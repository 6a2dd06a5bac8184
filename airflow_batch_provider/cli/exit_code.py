"""The exit codes of all commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of ``airflow-batch``."""

    DONE = 0
    """Success: no errors, no differences, no failed jobs."""
    FOUND = 1
    """A negative result (errors in a spec, differences, failed jobs), or the command failed."""
    USAGE = 2
    """Invalid command line (set by argparse)."""
    AWS = 3
    """AWS could not be reached, or rejected a call."""
    INTERRUPTED = 130
    """Interrupted by Ctrl-C."""
