import argparse
from pathlib import Path

import pytest

from airflow_batch_provider.local.options import Options, add_arguments, options_from


def parse(*arguments: str) -> Options:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return options_from(parser.parse_args(arguments))


def test_the_defaults_are_those_of_amazon_and_bind_to_loopback() -> None:
    options = parse()

    assert (options.host, options.runner, options.control) == ("127.0.0.1", "process", False)
    assert (options.grace_seconds, options.min_timeout_seconds) == (30, 60)


def test_python_path_may_be_repeated_and_becomes_absolute(tmp_path: Path) -> None:
    options = parse("--python-path", str(tmp_path), "--python-path", "relative")

    assert options.python_path == (str(tmp_path.resolve()), str(Path("relative").resolve()))


def test_options_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="vcpus is 0"):
        parse("--vcpus", "0")
    with pytest.raises(ValueError, match="runner is 'podman'"):
        Options(runner="podman")
