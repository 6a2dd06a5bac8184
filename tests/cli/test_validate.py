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


def test_a_good_file(capsys):
    code = main(["validate", "good.yaml"])

    assert code == 0
    assert capsys.readouterr() == ("good.yaml: workflow 'good', 2 jobs, no errors\n", "")


def test_a_bad_file_shows_all_findings_on_stdout(capsys):
    code = main(["validate", "bad.yaml"])

    assert code == 1
    assert capsys.readouterr() == (
        "bad.yaml:3:50: E403 job 'a' has attempts 11; AWS Batch takes 1 to 10 attempts\n"
        "bad.yaml:3:54: E202 unknown key 'memry'; did you mean 'memory'?\n",
        "",
    )


def test_one_bad_file_among_others_makes_the_exit_code_and_stops_nothing(capsys):
    code = main(["validate", "bad.yaml", "missing.yaml", "good.yaml"])

    assert code == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "missing.yaml:1:1: E101 cannot be read: No such file or directory",
        "good.yaml: workflow 'good', 2 jobs, no errors",
    ]


def test_a_folder_is_no_file(capsys, tmp_path):
    code = main(["validate", str(tmp_path)])

    assert code == 1
    assert capsys.readouterr().out == f"{tmp_path}:1:1: E101 cannot be read: Is a directory\n"
