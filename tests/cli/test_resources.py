"""``airflow-batch resources``."""

import pytest

from airflow_batch_provider.cli.main import main

SPEC = """
workflow: nightly
resources:
  compute_environments:
    hosts: {compute_resources: {type: EC2, min_vcpus: 0, max_vcpus: 4, subnets: [s], instance_role: r}}
  job_queues:
    etl: {priority: 1, compute_environment_order: [hosts]}
jobs: {only: {job_queue: etl, job_definition: step}}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, local_batch):
    (tmp_path / "nightly.yaml").write_text(SPEC)
    (tmp_path / "other.yaml").write_text(
        SPEC.replace("nightly", "other").replace("priority: 1", "priority: 2")
    )
    (tmp_path / "bare.yaml").write_text("workflow: bare\njobs: {only: {job_queue: q, job_definition: d}}\n")
    monkeypatch.chdir(tmp_path)


def test_apply_and_delete_leave_empty_account(capsys):
    codes = [
        main(["resources", verb, "nightly.yaml"]) for verb in ("apply", "diff", "apply", "delete", "delete")
    ]

    assert codes == [0, 0, 0, 0, 0]
    assert capsys.readouterr() == (
        "created compute environment 'hosts'\n"
        "created job queue 'etl'\n"
        "2 of 2 resources match the spec\n"
        "2 of 2 resources match the spec\n"
        "2 of 2 resources match the spec; no changes made\n"
        "deleted job queue 'etl'\n"
        "deleted compute environment 'hosts'\n"
        "nothing to delete\n",
        "",
    )


def test_diff_shows_missing_resources_and_exits_with_1(capsys):
    code = main(["resources", "diff", "nightly.yaml"])

    assert code == 1
    assert capsys.readouterr().out == (
        "compute environment 'hosts': will be created\n"
        '  + type: "MANAGED"\n'
        '  + state: "ENABLED"\n'
        '  + compute_resources.type: "EC2"\n'
        "  + compute_resources.max_vcpus: 4\n"
        "  + compute_resources.min_vcpus: 0\n"
        '  + compute_resources.subnets: ["s"]\n'
        '  + compute_resources.instance_role: "r"\n'
        "job queue 'etl': will be created\n"
        "  + priority: 1\n"
        '  + state: "ENABLED"\n'
        '  + compute_environment_order: [{"order": 1, "computeEnvironment": "hosts"}]\n'
    )


def test_resources_of_other_owners_are_not_changed_or_deleted(capsys):
    main(["resources", "apply", "nightly.yaml"])
    capsys.readouterr()

    codes = [main(["resources", verb, "other.yaml"]) for verb in ("diff", "apply", "delete")]

    shown = capsys.readouterr()
    assert codes == [1, 1, 0]
    assert "job queue 'etl': differs, but this spec does not own it\n  ~ priority: 1 → 2\n" in shown.out
    assert "kept job queue 'etl': this spec does not own it\n" in shown.out
    assert shown.err.startswith("airflow-batch: nothing was changed:\n- job queue 'etl' differs in priority")


def test_spec_without_resources_is_an_error(capsys):
    code = main(["resources", "apply", "bare.yaml"])

    assert code == 1
    assert capsys.readouterr().err == (
        "airflow-batch: bare.yaml has no 'resources'; define the resources of the workflow there\n"
    )


def test_rejected_aws_call_is_reported_with_exit_code_3(capsys, local_batch):
    local_batch.inject_fault(operation="CreateJobQueue", kind="throttle", times=None)

    code = main(["resources", "apply", "nightly.yaml"])

    assert code == 3
    assert "AWS rejected CreateJobQueue: Too Many Requests" in capsys.readouterr().err


def test_missing_region_is_reported(capsys, monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    code = main(["resources", "diff", "nightly.yaml"])

    assert code == 3
    assert capsys.readouterr().err.startswith("airflow-batch: no AWS Region is set; use --region")
