"""The exit codes of all commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit code of ``airflow-batch`` means."""

    DONE = 0
    """Done; nothing found, nothing failed."""
    FOUND = 1
    """The answer is no: findings in a spec, differences, failed jobs; or it cannot be done as asked."""
    USAGE = 2
    """The command line is wrong (argparse's own code)."""
    AWS = 3
    """AWS could not be reached, or refused a call."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""
