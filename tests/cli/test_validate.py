"""``airflow-batch validate``."""

import pytest

from airflow_batch_provider.cli.main import main

GOOD = "workflow: good\ndefaults: {job_queue: q, job_definition: d}\njobs: {a: {}, b: {depends_on: [a]}}\n"
BAD = "workflow: bad\njobs:\n  a: {job_queue: q, job_definition: d, attempts: 11, memry: 1}\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)


def test_valid_file(capsys):
    code = main(["validate", "good.yaml"])

    assert code == 0
    assert capsys.readouterr() == ("good.yaml: workflow 'good', 2 jobs, no errors\n", "")


def test_invalid_file_shows_all_findings_on_stdout(capsys):
    code = main(["validate", "bad.yaml"])

    assert code == 1
    assert capsys.readouterr() == (
        "bad.yaml:3:50: E403 job 'a' has attempts 11; AWS Batch accepts 1 to 10\n"
        "bad.yaml:3:54: E202 unknown key 'memry'. Did you mean 'memory'?\n",
        "",
    )


def test_one_invalid_file_sets_exit_code_but_others_are_checked(capsys):
    code = main(["validate", "bad.yaml", "missing.yaml", "good.yaml"])

    assert code == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "missing.yaml: E101 cannot be read: No such file or directory",
        "good.yaml: workflow 'good', 2 jobs, no errors",
    ]


def test_folder_is_an_error(capsys, tmp_path):
    code = main(["validate", str(tmp_path)])

    assert code == 1
    assert capsys.readouterr().out == f"{tmp_path}: E101 cannot be read: it is a folder, not a file\n"


def test_warnings_do_not_fail(capsys, tmp_path):
    (tmp_path / "warned.yaml").write_text(
        "workflow: w\njobs:\n"
        "  a: {job_queue: q, job_definition: d, command: ['{{ dss }}', '{{ params.x }}']}\n"
    )

    code = main(["validate", "warned.yaml"])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "warned.yaml:3:50: W502 command.0 of job 'a' uses 'dss', which Airflow's template context does not "
        "define. Did you mean 'ds'?",
        "warned.yaml:3:63: W503 command.1 of job 'a' uses params.x, which is not defined; "
        "define it under 'airflow.params'",
        "warned.yaml: workflow 'w', 1 job, no errors, 2 warnings",
    ]


NINE = """\
workflow: nine
colour: red
airflow: {shedule: "@daily", start_date: 2026-01-01}
defaults: {job_queue: etl, job_definition: step, timeout: soon}
jobs:
  align: {attempts: 11}
  merge: {depends_on: [alingn], timeout: 60}
  first: {depends_on: [second], timeout: 60}
  second: {depends_on: [first], timeout: 60}
  store: {command: [store, "{{ ds "], timeout: 30s}
  load: {timeout: 60, environment: {AWS_BATCH_X: 1}}
"""


def test_nine_errors_are_reported_together_with_positions(capsys, tmp_path):
    (tmp_path / "nine.yaml").write_text(NINE)

    code = main(["validate", "nine.yaml"])

    shown = [line.split(" ")[:2] for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert shown == [
        ["nine.yaml:2:1:", "E202"],
        ["nine.yaml:3:11:", "E202"],
        ["nine.yaml:4:59:", "E201"],
        ["nine.yaml:6:21:", "E403"],
        ["nine.yaml:7:24:", "E301"],
        ["nine.yaml:9:12:", "E302"],
        ["nine.yaml:10:28:", "E309"],
        ["nine.yaml:10:48:", "E402"],
        ["nine.yaml:11:37:", "E410"],
    ]
