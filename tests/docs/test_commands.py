"""The documentation's commands that call AWS, by page."""

import re
import shlex

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.spec.loader import parse_workflow
from tests.docs.accounts import create_account
from tests.docs.markdown import REPOSITORY, examples

DOCS = REPOSITORY / "docs"


def commands(page, program="airflow-batch"):
    """Return the commands of a page, without the program name and output redirections."""
    lines = "\n".join(examples(f"docs/{page}", "console")).splitlines()
    written = [shlex.split(line.removeprefix("$ ")) for line in lines if line.startswith(f"$ {program} ")]
    return [words[1 : words.index(">")] if ">" in words else words[1:] for words in written]


CALLS_AWS = {"submit", "status", "cancel", "sweep", "doctor"}
OF_PAGES = [
    pytest.param(DOCS / page, command, id=f"{page} {' '.join(command)}")
    for page in ("master-job.md", "doctor.md", "quick-start.md", "sweep.md")
    for command in commands(page)
    if command[0] in CALLS_AWS
]


@pytest.mark.parametrize(("page", "command"), OF_PAGES)
def test_the_commands_of_the_documentation_use_valid_options(page, command, workplace, monkeypatch, capsys):
    workplace(page)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    code = main(command)  # an invalid option would exit with 2

    assert code == 3
    assert "no AWS Region is set" in capsys.readouterr().err


def test_the_first_workflow_runs_without_airflow(workplace, local_batch, capsys):
    workplace(DOCS / "quick-start.md")
    create_account(local_batch, queues={"etl": False})
    (command,) = (words for words in commands("quick-start.md") if words[0] == "submit")

    code = main([*command, "--poll-interval", "0.02"])

    assert code == 0
    assert "load SUCCEEDED: array: 3 of 3 succeeded" in capsys.readouterr().out


def test_the_resources_of_the_example_can_be_created_and_deleted(tmp_path, monkeypatch, local_batch, capsys):
    monkeypatch.chdir(tmp_path)
    (spec,) = examples("docs/resources.md", "yaml")
    (tmp_path / "nightly.yaml").write_text(spec)

    codes = [main(command) for command in commands("resources.md")]

    assert codes == [1, 0, 0]
    assert main(["resources", "delete", "nightly.yaml"]) == 0
    assert capsys.readouterr().out.endswith("nothing to delete\n")


def test_the_job_definition_of_the_master_job_is_valid():
    (example,) = examples("docs/master-job.md", "yaml")
    job = "workflow: w\njobs: {a: {job_queue: etl, job_definition: master}}\n"

    master = parse_workflow(job + example).resources.job_definitions["master"]

    assert master.attempts == 3


@pytest.mark.parametrize("command", commands("iam.md"), ids=" ".join)
def test_the_policies_of_the_documentation_can_be_printed(command, monkeypatch, capsys):
    monkeypatch.chdir(REPOSITORY)

    code = main(command)

    assert code == 0
    assert "batch:SubmitJob" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option", re.findall(r"^\| `(--[a-z-]+)", (DOCS / "master-job.md").read_text(), re.M)
)
def test_the_options_of_the_master_job_exist(option, capsys):
    with pytest.raises(SystemExit):
        main(["submit", "--help"])

    assert option in capsys.readouterr().out
