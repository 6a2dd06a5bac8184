"""The environment variables that started processes inherit."""

import os
import sys
from pathlib import Path

import pytest

from harness.process_environment import aws_environment, inherited_environment


@pytest.mark.parametrize(
    "name", ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR"]
)
def test_aws_and_airflow_settings_of_user_are_not_inherited(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "mine")

    assert name not in inherited_environment()


def test_programs_of_current_python_come_first():
    first = inherited_environment()["PATH"].split(os.pathsep)[0]

    assert first == str(Path(sys.executable).parent)


def test_aws_configuration_files_of_user_are_ignored():
    variables = aws_environment("http://127.0.0.1:4000")

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4000"
    assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_proxy_of_user_is_not_used_between_processes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "intranet")

    assert inherited_environment()["NO_PROXY"] == "intranet,127.0.0.1,localhost"
