import os
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-batch.md"


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def documented(beginning: str) -> str:
    """Return the documentation's example that starts with this text."""
    (block,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
        if block.startswith(beginning)
    ]
    return str(block)


def test_the_documented_example_runs(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(documented("pytest_plugins"))
    (tmp_path / "test_client.py").write_text(documented("import boto3\nimport pytest"))

    result = run_pytest(tmp_path)

    assert "3 passed" in result.stdout, result.stdout


def test_options_can_be_overridden(tmp_path: Path) -> None:
    imports = "import pytest\nfrom airflow_batch_provider.local.options import Options\n"
    (tmp_path / "conftest.py").write_text(
        documented("pytest_plugins") + imports + documented("@pytest.fixture(scope")
    )
    (tmp_path / "test_process.py").write_text(
        "def test_a_command_runs(local_batch):\n"
        "    local_batch.create_queue('q')\n"
        "    batch = local_batch.client()\n"
        "    container = {'image': 'x', 'vcpus': 1, 'memory': 64, 'command': ['sh', '-c', 'exit 3']}\n"
        "    batch.register_job_definition(\n"
        "        jobDefinitionName='d', type='container', containerProperties=container)\n"
        "    job_id = batch.submit_job(jobName='j', jobQueue='q', jobDefinition='d')['jobId']\n"
        "    assert local_batch.wait(job_id)['container']['exitCode'] == 3\n"
    )

    result = run_pytest(tmp_path)

    assert "1 passed" in result.stdout, result.stdout


def test_each_test_has_a_region_and_the_environment_leads_there(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(documented("pytest_plugins"))
    (tmp_path / "test_regions.py").write_text(
        "import os, boto3, pytest\n"
        "from airflow_batch_provider.local.control_client import ControlRefusedError\n"
        "@pytest.mark.parametrize('number', [1, 2])\n"
        "def test_nothing_is_left_of_another_test(local_batch, number):\n"
        "    local_batch.create_queue('same-name')\n"
        "    assert len(boto3.client('batch').describe_job_queues()['jobQueues']) == 1\n"
        "    local_batch.inject_fault(operation='DescribeJobQueues', times=None)\n"
        "def test_refusals_are_errors(local_batch):\n"
        "    with pytest.raises(ControlRefusedError, match='job x does not exist'):\n"
        "        local_batch.end_job('x')\n"
        "    local_batch.advance_clock(5)\n"
        "def test_without_the_fixture_nothing_is_set():\n"
        "    assert 'AWS_ENDPOINT_URL' not in os.environ\n"
    )

    result = run_pytest(tmp_path)

    assert "4 passed" in result.stdout, result.stdout


def test_nothing_of_the_plugin_is_loaded_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text("def test_none(local_batch): pass\n")

    assert "fixture 'local_batch' not found" in run_pytest(tmp_path).stdout
