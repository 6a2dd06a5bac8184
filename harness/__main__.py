"""``python -m harness run | up | down``, called by the Makefile."""

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
    parser = argparse.ArgumentParser(
        prog="python -m harness", description="Run the demo on a local AWS Batch and Airflow."
    )
    parser.add_argument(
        "command",
        choices=["run", "up", "down"],
        help="run: run the demo and stop; up: run it and keep Airflow running; down: stop what up started",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPOSITORY / ".demo",
        help="folder for state and logs (default: %(default)s)",
    )
    parser.add_argument("--idle", action="store_true", help="with up: do not run the workflow")
    return parser


if __name__ == "__main__":
    sys.exit(main())
