"""``airflow-batch`` itself."""

import os
import subprocess
import sys

import pytest

from airflow_batch_provider import __version__
from airflow_batch_provider.cli.main import main


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(
        command in shown
        for command in (
            "validate",
            "plan",
            "policy",
            "doctor",
            "resources",
            "submit",
            "status",
            "cancel",
            "sweep",
            "local",
        )
    )


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"airflow-batch {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["validate"], ["plan"], ["plan", "a", "b"]])
def test_wrong_usage_exits_with_2_and_usage_on_stderr(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: airflow-batch")


def test_closed_pipe_prints_no_traceback():
    read, write = os.pipe()
    os.close(read)

    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "airflow_batch_provider.cli.main", "schema"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (141, "")
