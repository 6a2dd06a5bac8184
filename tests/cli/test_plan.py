"""``airflow-batch plan``."""

import json

import pytest

from airflow_batch_provider.cli.main import main

SPEC = """
workflow: nightly
defaults: {job_queue: q, job_definition: d}
jobs:
  load: {array_size: 3, depends_on: [extract]}
  extract: {}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    (tmp_path / "nightly.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text("workflow: bad\n")
    monkeypatch.chdir(tmp_path)


def test_plan_as_text(capsys):
    code = main(["plan", "nightly.yaml"])

    assert code == 0
    assert capsys.readouterr() == (
        "workflow nightly: 2 jobs, submission at_once\n"
        "  1. extract  definition d, queue q\n"
        "  2. load     array of 3, definition d, queue q\n"
        "              after extract\n",
        "",
    )


def test_plan_as_json(capsys):
    code = main(["plan", "--json", "nightly.yaml"])

    assert code == 0
    assert json.loads(capsys.readouterr().out) == {
        "workflow": "nightly",
        "submission": "at_once",
        "jobs": [
            {
                "job": "extract",
                "submitted_by": "submit",
                "request": {"jobName": "<name of extract>", "jobDefinition": "d", "jobQueue": "q"},
                "dependencies": [],
            },
            {
                "job": "load",
                "submitted_by": "submit",
                "request": {
                    "jobName": "<name of load>",
                    "jobDefinition": "d",
                    "jobQueue": "q",
                    "arrayProperties": {"size": 3},
                    "dependsOn": [{"jobId": "<id of extract>"}],
                },
                "dependencies": [
                    {
                        "job": "extract",
                        "type": None,
                        "owner": "batch",
                        "why": "dependsOn: the job starts when the other has succeeded",
                    }
                ],
            },
        ],
    }


def test_findings_of_invalid_file_go_to_stderr(capsys):
    code = main(["plan", "--json", "bad.yaml"])

    assert code == 1
    assert capsys.readouterr() == ("", "bad.yaml:1:1: E203 missing key 'jobs'\n")
