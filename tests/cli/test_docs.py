"""The examples of the documentation on what runs without Airflow."""

import re
from pathlib import Path

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.spec.loader import parse_workflow

DOCS = Path(__file__).parents[2] / "docs"


def examples(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / name).read_text(), re.DOTALL | re.MULTILINE)


def commands(name):
    lines = "\n".join(examples(name, "console")).splitlines()
    return [
        line.removeprefix("$ airflow-batch ").split() for line in lines if line.startswith("$ airflow-batch")
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_resources_of_the_example_can_be_made_and_deleted(folder, local_batch, capsys):
    (spec,) = examples("resources.md", "yaml")
    (folder / "nightly.yaml").write_text(spec)

    codes = [main(command) for command in commands("resources.md")]

    assert codes == [1, 0, 0]
    assert main(["resources", "delete", "nightly.yaml"]) == 0
    assert capsys.readouterr().out.endswith("nothing to delete\n")


@pytest.mark.parametrize("command", [*commands("master-job.md"), *commands("doctor.md")], ids=" ".join)
def test_the_commands_of_the_documentation_know_their_options(command, monkeypatch, capsys):
    monkeypatch.chdir(DOCS.parent)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    code = main(command)  # a wrong option would be exit code 2

    assert code == 3
    assert "no AWS Region is set" in capsys.readouterr().err


def test_the_definition_of_a_master_job_is_one(tmp_path):
    (example,) = examples("master-job.md", "yaml")
    job = "workflow: w\njobs: {a: {job_queue: etl, job_definition: master}}\n"

    master = parse_workflow(job + example).resources.job_definitions["master"]

    assert master.attempts == 3


@pytest.mark.parametrize("command", commands("iam.md"), ids=" ".join)
def test_the_policies_of_the_documentation_can_be_printed(command, monkeypatch, capsys):
    monkeypatch.chdir(DOCS.parent)

    code = main([word for word in command if word not in (">", "submit.json")])

    assert code == 0
    assert "batch:SubmitJob" in capsys.readouterr().out


@pytest.mark.parametrize("command", commands("plan.md"), ids=" ".join)
def test_the_plans_of_the_documentation_can_be_shown(command, monkeypatch, capsys):
    monkeypatch.chdir(DOCS.parent)

    code = main(command)

    assert code == 0
    assert "align" in capsys.readouterr().out


def test_the_dag_of_the_documentation_is_one_that_runs_in_the_tests():
    (example,) = examples("plan.md", "python")

    tested = (DOCS.parent / "tests" / "airflow" / "dags" / "mixed.py").read_text()
    assert tested.endswith(example)


@pytest.mark.parametrize("spec", examples("failures-logs-and-arrays.md", "yaml"))
def test_the_specs_of_what_failures_mean_are_valid(spec):
    assert parse_workflow(spec, "example.yaml").jobs
