"""``python -m harness run | up | down``: what the Makefile calls."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from harness.airflow_api import AirflowApiError
from harness.commands import BusyError, down, run, up
from harness.progress import make_console
from harness.service import ServiceError
from harness.stack import REPOSITORY
from harness.workflow import WorkflowFailedError

_INTERRUPTED = 130
_TERMINATED = 143


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    console = make_console()
    try:
        match arguments.command:
            case "run":
                run(arguments.folder, console)
            case "up":
                up(arguments.folder, console, with_workflow=not arguments.idle)
            case _:
                down(arguments.folder, console)
    except (AirflowApiError, BusyError, ServiceError, WorkflowFailedError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness", description=__doc__)
    parser.add_argument("command", choices=["run", "up", "down"])
    parser.add_argument("--folder", type=Path, default=REPOSITORY / ".demo", help="for state and logs")
    parser.add_argument("--idle", action="store_true", help="up: don't run the workflow")
    return parser


if __name__ == "__main__":
    sys.exit(main())
