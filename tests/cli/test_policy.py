"""``airflow-batch policy``."""

import json

import pytest

from airflow_batch_provider.cli.main import main

SPEC = "workflow: nightly\njobs: {a: {job_queue: etl, job_definition: step}}\n"
PLACE = ["--account", "123456789012", "--region", "eu-west-1"]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    (tmp_path / "nightly.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text("workflow: bad\n")
    monkeypatch.chdir(tmp_path)


def test_prints_all_policies_by_name(capsys):
    code = main(["policy", "nightly.yaml", *PLACE])

    shown = json.loads(capsys.readouterr().out)
    assert code == 0
    assert list(shown) == ["submit", "triggerer", "resources", "sweep"]
    assert shown["resources"] == {"Version": "2012-10-17", "Statement": []}


def test_single_policy_is_iam_document(capsys):
    code = main(["policy", "nightly.yaml", *PLACE, "--for", "triggerer"])

    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["Version"] == "2012-10-17"
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ([], {"aws:ResourceTag/airflow_dag_id": "nightly"}),
        (["--environment", "production"], {"aws:ResourceTag/airflow_environment": "production"}),
    ],
)
def test_sweep_may_terminate_the_jobs_of_one_environment_or_workflow(options, tags, capsys):
    main(["policy", "nightly.yaml", *PLACE, "--for", "sweep", *options])

    find, terminate = json.loads(capsys.readouterr().out)["Statement"]
    assert find["Action"] == ["batch:DescribeJobQueues", "batch:DescribeJobs", "batch:ListJobs"]
    assert terminate == {
        "Sid": "Terminate",
        "Effect": "Allow",
        "Action": ["batch:TerminateJob"],
        "Resource": ["arn:aws:batch:eu-west-1:123456789012:job/*"],
        "Condition": {"StringEquals": tags},
    }


def test_invalid_file_shows_its_findings(capsys):
    code = main(["policy", "bad.yaml", *PLACE])

    assert code == 1
    assert capsys.readouterr().err == "bad.yaml:1:1: E203 missing key 'jobs'\n"
