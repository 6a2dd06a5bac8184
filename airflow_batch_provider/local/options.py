"""The options of the local Batch, as a value and as command line arguments."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from airflow_batch_provider.local.api.open_questions import read_answers

RUNNERS: Final = ("process", "docker", "script")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    How a local Batch is run.

    :param host: address to listen on. Whoever reaches it runs commands on this machine.
    :param port: 0 chooses a free one.
    :param runner: ``process`` runs commands; ``docker`` runs images; ``script`` plays declared outcomes.
    :param docker_network: the network of containers: ``host``, or one from where this server is reached as
        ``host.docker.internal``.
    :param python_path: folders that become ``PYTHONPATH`` of process jobs.
    :param region: Region of requests without a signature; signed ones name theirs.
    :param account_id: twelve digits, the account of all resources.
    :param vcpus: what this machine offers to all compute environments of a Region together;
        ``None`` leaves it to their ``maxvCpus``.
    :param grace_seconds: from SIGTERM to SIGKILL when a job is stopped; AWS's is 30.
    :param min_timeout_seconds: least timeout that is accepted; AWS's is 60. For tests.
    :param open_questions: answers to what is not known of AWS, as ``U5=accept``; see
        :mod:`api.open_questions`.
    :param state: file that keeps AWS Batch's own state across restarts; without one it is in memory.
    :param control: whether ``/_local/`` is open for fault injection, clock moves and the like.
    """

    host: str = "127.0.0.1"
    port: int = 0
    runner: str = "process"
    docker_network: str = "host"
    python_path: tuple[str, ...] = ()
    region: str = "us-east-1"
    account_id: str = "123456789012"
    vcpus: int | None = None
    grace_seconds: float = 30.0
    min_timeout_seconds: int = 60
    open_questions: tuple[str, ...] = ()
    control: bool = False
    state: Path | None = None

    def __post_init__(self) -> None:
        if self.runner not in RUNNERS:
            raise ValueError(f"runner is {self.runner!r}; it must be one of {', '.join(RUNNERS)}")
        if self.vcpus is not None and self.vcpus < 1:
            raise ValueError(f"vcpus is {self.vcpus}; it must be at least 1")
        read_answers(self.open_questions)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    defaults = Options()
    parser.add_argument("--port", type=int, default=4566, help="0 chooses a free port (default: %(default)s)")
    parser.add_argument("--host", default=defaults.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--region", default=defaults.region, help="Region of unsigned requests (%(default)s)")
    parser.add_argument("--account-id", default=defaults.account_id, help="account id (%(default)s)")
    _add_runner_arguments(parser, defaults)
    _add_rule_arguments(parser, defaults)
    parser.add_argument(
        "--control", action="store_true", help="open /_local/ for faults, clock and call counts"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep jobs, queues and definitions in this file (default: in memory)",
    )


def options_from(arguments: argparse.Namespace) -> Options:
    """
    Read the options from parsed arguments.

    :raises ValueError: if one of them makes no sense.
    """
    return Options(
        host=arguments.host,
        port=arguments.port,
        runner=arguments.runner,
        docker_network=arguments.docker_network,
        python_path=tuple(str(Path(folder).resolve()) for folder in arguments.python_path),
        region=arguments.region,
        account_id=arguments.account_id,
        vcpus=arguments.vcpus,
        grace_seconds=arguments.grace_seconds,
        min_timeout_seconds=arguments.min_timeout_seconds,
        open_questions=tuple(arguments.open_question),
        control=arguments.control,
        state=arguments.state,
    )


def _add_runner_arguments(parser: argparse.ArgumentParser, defaults: Options) -> None:
    parser.add_argument(
        "--runner",
        choices=RUNNERS,
        default=defaults.runner,
        help="process: run commands on this machine; docker: run images in containers;"
        " script: play declared outcomes (default: %(default)s)",
    )
    parser.add_argument(
        "--docker-network",
        default=defaults.docker_network,
        metavar="NAME",
        help="network of the docker runner's containers (default: %(default)s)",
    )
    parser.add_argument(
        "--python-path",
        action="append",
        default=[],
        metavar="DIR",
        help="folder for PYTHONPATH of process jobs; may be repeated",
    )
    parser.add_argument(
        "--vcpus", type=int, metavar="N", help="vCPUs that all jobs share (default: no limit)"
    )
    parser.add_argument(
        "--grace-seconds",
        type=float,
        default=defaults.grace_seconds,
        metavar="S",
        help="from SIGTERM to SIGKILL when a job is stopped (default: %(default)s, as on AWS)",
    )


def _add_rule_arguments(parser: argparse.ArgumentParser, defaults: Options) -> None:
    parser.add_argument(
        "--min-timeout-seconds",
        type=int,
        default=defaults.min_timeout_seconds,
        metavar="S",
        help="least job timeout that is accepted (default: %(default)s, as on AWS)",
    )
    parser.add_argument(
        "--open-question",
        action="append",
        default=[],
        metavar="U5=accept",
        help="answer a question that AWS's documentation leaves open; may be repeated",
    )
