"""The options of the local Batch, as a value and as command-line arguments."""

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
    How the local Batch runs.

    :param host: the address to listen on. Anyone who can reach it can run commands on this machine.
    :param port: 0 chooses a free port.
    :param runner: ``process`` runs commands; ``docker`` runs images; ``script`` plays scripted outcomes.
    :param docker_network: the network of containers: ``host``, or a network from which this server is
        reachable as ``host.docker.internal``.
    :param python_path: folders for the ``PYTHONPATH`` of process jobs.
    :param region: the Region of unsigned requests; signed ones carry their own.
    :param account_id: twelve digits, the account of all resources.
    :param vcpus: the vCPUs that all compute environments of a Region share; ``None`` for no limit other
        than their ``maxvCpus``.
    :param grace_seconds: the time from SIGTERM to SIGKILL when a job is stopped; 30 on AWS.
    :param min_timeout_seconds: the shortest job timeout accepted; 60 on AWS.
    :param open_questions: non-default answers to questions that AWS's documentation leaves open, such as
        ``U5=accept``; see :mod:`api.open_questions`.
    :param state: the file that keeps AWS Batch's state across restarts; ``None`` keeps it in memory only.
    :param control: whether to enable the control API at ``/_local/``: fault injection, clock and so on.
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
    """Add the options to a command-line parser."""
    defaults = Options()
    parser.add_argument(
        "--port", type=int, default=4566, help="port to listen on; 0 chooses one (default: %(default)s)"
    )
    parser.add_argument("--host", default=defaults.host, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--region", default=defaults.region, help="Region of unsigned requests (default: %(default)s)"
    )
    parser.add_argument(
        "--account-id", default=defaults.account_id, help="account of all resources (default: %(default)s)"
    )
    _add_runner_arguments(parser, defaults)
    _add_rule_arguments(parser, defaults)
    parser.add_argument(
        "--control",
        action="store_true",
        help="enable the control API at /_local/: faults, clock, call counts",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep jobs, queues and job definitions in this file (default: in memory)",
    )


def options_from(arguments: argparse.Namespace) -> Options:
    """
    Build the options from parsed arguments.

    :raises ValueError: if an option is invalid.
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
        " script: play scripted outcomes (default: %(default)s)",
    )
    parser.add_argument(
        "--docker-network",
        default=defaults.docker_network,
        metavar="NAME",
        help="network for the docker runner's containers (default: %(default)s)",
    )
    parser.add_argument(
        "--python-path",
        action="append",
        default=[],
        metavar="DIR",
        help="folder to add to the PYTHONPATH of process jobs; repeatable",
    )
    parser.add_argument(
        "--vcpus", type=int, metavar="N", help="vCPUs that all running jobs share (default: no limit)"
    )
    parser.add_argument(
        "--grace-seconds",
        type=float,
        default=defaults.grace_seconds,
        metavar="S",
        help="seconds from SIGTERM to SIGKILL when a job is stopped (default: %(default)s, as on AWS)",
    )


def _add_rule_arguments(parser: argparse.ArgumentParser, defaults: Options) -> None:
    parser.add_argument(
        "--min-timeout-seconds",
        type=int,
        default=defaults.min_timeout_seconds,
        metavar="S",
        help="shortest job timeout accepted (default: %(default)s, as on AWS)",
    )
    parser.add_argument(
        "--open-question",
        action="append",
        default=[],
        metavar="U5=accept",
        help="change the answer to a question that AWS's documentation leaves open; repeatable",
    )
