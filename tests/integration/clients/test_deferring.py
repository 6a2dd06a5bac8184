"""Deferrable BatchOperator and BatchSensor of Airflow's amazon provider."""

import json
import os
import subprocess
import sys

from harness.process_environment import aws_environment
from tests.integration.clients.airflow_context import connection
from tests.integration.clients.environment import REPOSITORY, PinnedEnvironment
from tests.integration.cloud import Cloud
from tests.integration.scripts import scripted


def test_operator_and_sensor_defer_and_resume(stage: Cloud, clients: PinnedEnvironment) -> None:
    job_id = stage.submit(containerOverrides=scripted({"duration_seconds": 1}))
    scripts = [json.dumps({"duration_seconds": 2, "exit_code": code}) for code in (0, 3)]
    environment = {
        **os.environ,
        **aws_environment(stage.url),
        "AIRFLOW_CONN_AWS_DEFAULT": connection(stage.url, stage.region),
        "PYTHONPATH": os.pathsep.join([clients.packages, str(REPOSITORY)]),
    }

    command = [sys.executable, "-m", "tests.integration.clients.deferring", job_id, *scripts]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr
    sensor, succeeded, failed = json.loads(done.stdout.splitlines()[-1])
    assert (sensor, succeeded) == ("success", "success")
    assert "ResourceWaiter job_complete failed" in failed or "batch job" in failed
