"""``airflow-batch submit``, ``status`` and ``cancel``."""

import json
from pathlib import Path

import pytest

from airflow_batch_provider.cli.main import main

SPEC = """
workflow: nightly
airflow: {params: {size: 3}}
defaults: {job_queue: etl, job_definition: step}
jobs:
  load: {array_size: "{{ params.size }}", depends_on: [extract]}
  extract: {command: [extract, "{{ ds }}"]}
  report: {depends_on: [load]}
"""
RUN = ["nightly.yaml", "--date", "2008-01-31"]
FAST = ["--poll-interval", "0.02"]


@pytest.fixture(autouse=True)
def account(tmp_path, monkeypatch, local_batch):
    """A queue, a definition, and a spec for them."""
    local_batch.create_queue("etl")
    local_batch.client().register_job_definition(
        jobDefinitionName="step",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 512, "command": ["true"]},
    )
    (tmp_path / "nightly.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return local_batch


def jobs_of(account):
    """All jobs there are, by what their names begin with."""
    listed = account.client().list_jobs(
        jobQueue="etl", filters=[{"name": "JOB_NAME", "values": ["nightly-*"]}]
    )
    return listed["jobSummaryList"]


def statuses(capsys):
    main(["status", *RUN, "--json"])
    return {key: job and job["status"] for key, job in json.loads(capsys.readouterr().out).items()}


def test_jobs_are_submitted_in_order_with_ids_of_upstream_jobs(account, capsys):
    code = main(["submit", *RUN])

    lines = capsys.readouterr().out.splitlines()
    ids = [line.split()[2] for line in lines[1:]]
    described = {job["jobId"]: job for job in account.client().describe_jobs(jobs=ids)["jobs"]}
    assert code == 0
    assert lines[0] == "run 2008-01-31 of workflow nightly"
    assert [line.split()[:2] for line in lines[1:]] == [
        ["submitted", "extract"],
        ["submitted", "load"],
        ["submitted", "report"],
    ]
    assert [described[job_id]["dependsOn"] for job_id in ids] == [
        [],
        [{"jobId": ids[0]}],
        [{"jobId": ids[1]}],
    ]
    assert described[ids[0]]["container"]["command"] == ["extract", "2008-01-31"]
    assert described[ids[1]]["arrayProperties"]["size"] == 3


def test_wait_without_terminal_prints_line_per_change(capsys):
    code = main(["submit", *RUN, "--wait", *FAST])

    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines[lines.index(next(li for li in lines if li.startswith("job "))) :]]
    assert code == 0
    assert "extract SUCCEEDED" in lines
    assert "load SUCCEEDED: array: 3 of 3 succeeded" in lines
    assert [row[:2] for row in table[1:]] == [
        ["extract", "SUCCEEDED"],
        ["load", "SUCCEEDED"],
        ["report", "SUCCEEDED"],
    ]
    assert "\x1b[" not in "".join(lines)


def test_wait_on_terminal_shows_table(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    code = main(["submit", *RUN, "--wait", *FAST])

    shown = capsys.readouterr().out
    assert code == 0
    assert "\x1b[" in shown
    assert "array: 3 of 3 succeeded" in shown


def test_same_run_is_adopted(account, capsys):
    main(["submit", *RUN])
    first = capsys.readouterr().out.splitlines()[1:]

    code = main(["submit", *RUN])

    second = capsys.readouterr().out.splitlines()[1:]
    assert code == 0
    assert second == [line.replace("submitted", "adopted") for line in first]
    assert account.calls("SubmitJob") == 3


def test_other_date_parameter_or_name_is_another_run(account, capsys):
    for changed in ([], ["--date", "2008-02-01"], ["--set", "size=2"], ["--run-name", "again"]):
        main(["submit", *RUN, *changed])

    runs = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("run ")]
    assert len(set(runs)) == 4
    assert account.calls("SubmitJob") == 12


def test_failed_jobs_are_resubmitted_with_downstream_jobs(account, capsys):
    account.script({"job_name": "nightly-*-load-*", "index": 1, "exit_code": 3})
    main(["submit", *RUN, "--wait", *FAST])
    account.script()
    capsys.readouterr()

    code = main(["submit", *RUN, "--wait", *FAST])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["adopted", "extract"],
        ["submitted", "load"],
        ["submitted", "report"],
    ]


def test_failure_shows_last_log_lines_of_each_child(account, capsys):
    account.script(
        {"job_name": "nightly-*-load-*", "index": 0, "exit_code": 3, "log": ["no such symbol AAPL"]},
        {"job_name": "nightly-*-load-*", "index": 2, "exit_code": 4, "log": ["no such symbol IBM"]},
    )

    code = main(["submit", *RUN, "--wait", *FAST])

    shown = capsys.readouterr()
    first, second = shown.err.splitlines()
    assert code == 1
    assert "2 of 3 children failed" in first
    assert "job 'load:0'" in first
    assert "no such symbol AAPL" in first
    assert "job 'load:2'" in second
    assert "exit code 4" in second
    assert "no such symbol IBM" in second
    assert "report FAILED (Dependent Job failed)" in shown.out


def test_rejected_job_is_reported_and_downstream_jobs_are_not_submitted(account, capsys, tmp_path):
    (tmp_path / "nightly.yaml").write_text(SPEC.replace("load: {", "load: {job_definition: nowhere, "))

    code = main(["submit", *RUN])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[1].startswith("submitted extract ")
    assert lines[2].startswith("not submitted load: AWS Batch rejected")
    assert lines[3] == "not submitted report: it depends on job 'load', which was not submitted"


def test_template_that_needs_airflow_submits_nothing(account, capsys):
    code = main(["submit", "nightly.yaml"])

    assert code == 1
    assert "'ds' is not known; set it with --date" in capsys.readouterr().err
    assert account.calls("SubmitJob") == 0


def test_dependency_that_needs_airflow_submits_nothing(account, capsys, tmp_path):
    needs_airflow = SPEC.replace("report: {", "report: {trigger_rule: all_done, ")
    (tmp_path / "nightly.yaml").write_text(
        needs_airflow + "tasks: {check: {python: m.f, depends_on: [load]}}\n"
    )

    code = main(["submit", *RUN])

    said = capsys.readouterr().err
    assert code == 1
    assert "workflow 'nightly' cannot be submitted without Airflow" in said
    assert "- 'check' is a Python task" in said
    assert "- Airflow enforces the dependency of job 'report' on 'load': its trigger rule is all_done" in said
    assert "run the workflow in Airflow" in said
    assert account.calls("SubmitJob") == 0


def test_submission_waits_while_throttled(account, capsys):
    account.inject_fault(operation="SubmitJob", kind="throttle", times=2)

    code = main(["submit", *RUN])

    assert code == 0
    assert len(jobs_of(account)) == 3


EXPIRED = {
    "operation": "SubmitJob",
    "kind": "refuse",
    "code": "ExpiredTokenException",
    "status": 403,
    "message": "The security token included in the request is expired",
    "times": None,
}


def test_refused_credentials_end_the_command_as_a_failure_of_aws(account, capsys):
    account.inject_fault(**EXPIRED)

    code = main(["submit", *RUN])

    assert code == 3
    assert "The security token included in the request is expired (ExpiredTokenException); " in (
        capsys.readouterr().err
    )
    assert account.calls("SubmitJob") == 1


def test_credentials_that_expire_in_between_keep_the_jobs_and_the_next_call_submits_the_rest(account, capsys):
    account.inject_fault(**{**EXPIRED, "skip": 1})
    first = main(["submit", *RUN])
    lines = capsys.readouterr().out.splitlines()
    account.clear_faults_and_scripts()

    second = main(["submit", *RUN])

    assert (first, second) == (1, 0)
    assert lines[1].startswith("submitted extract ")
    assert lines[2].startswith("not submitted load: AWS Batch did not accept job ")
    assert lines[3] == "not submitted report: it depends on job 'load', which was not submitted"
    assert capsys.readouterr().out.splitlines()[1].startswith("adopted extract ")
    assert len(jobs_of(account)) == 3


def test_missing_permission_for_one_job_is_reported_for_it(account, capsys):
    denied = {
        **EXPIRED,
        "code": "AccessDeniedException",
        "message": "not authorized to perform: batch:SubmitJob",
    }
    account.inject_fault(**{**denied, "containing": "report"})

    code = main(["submit", *RUN])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert [line.split()[0] for line in lines[1:]] == ["submitted", "submitted", "not"]
    assert "allow the action" in lines[3]


def test_lost_response_creates_no_second_job(account, capsys):
    account.inject_fault(operation="SubmitJob", kind="drop", phase="after", skip=1)

    code = main(["submit", *RUN])

    assert code == 0
    assert len(jobs_of(account)) == 3


def test_status_shows_progress_of_arrays(account, capsys):
    account.script({"job_name": "nightly-*-load-*", "index": 2, "duration_seconds": 3600})
    main(["submit", *RUN])
    main(["cancel", *RUN, "--run-name", "another"])
    capsys.readouterr()
    account.wait(next(job["jobId"] for job in jobs_of(account) if "-extract-" in job["jobName"]))

    code = main(["status", *RUN])

    header, extract, load, report = capsys.readouterr().out.splitlines()
    assert code == 0
    assert header.split() == ["job", "status", "children", "attempt", "time", "reason", "job", "id"]
    assert extract.split()[:2] == ["extract", "SUCCEEDED"]
    assert load.split()[:2] == ["load", "PENDING"]
    assert "of 3 succeeded" in load
    assert report.split()[:2] == ["report", "PENDING"]


def test_status_of_unknown_run_is_an_error(capsys):
    code = main(["status", *RUN])

    assert code == 1
    assert capsys.readouterr().err == (
        "airflow-batch: AWS Batch has no jobs of run '2008-01-31'; check --run-name (or --date and --set), "
        "--region and --profile\n"
    )


@pytest.mark.parametrize("command", ["status", "cancel"])
def test_status_requires_run(capsys, command):
    code = main([command, "nightly.yaml"])

    assert code == 1
    assert "specify the run: --run-name NAME, or the --date" in capsys.readouterr().err


def test_cancel_terminates_only_jobs_of_the_run(account, capsys):
    account.script({"job_name": "*", "duration_seconds": 3600})
    main(["submit", *RUN])
    main(["submit", *RUN, "--run-name", "other"])
    capsys.readouterr()

    code = main(["cancel", *RUN, "--wait", *FAST])

    assert code == 0
    assert capsys.readouterr().out == "run 2008-01-31: 3 jobs terminated\n"
    assert statuses(capsys) == dict.fromkeys(("extract", "load", "report"), "FAILED")
    live = [job for job in jobs_of(account) if job["status"] not in ("SUCCEEDED", "FAILED")]
    assert len(live) == 3


def test_second_cancel_does_nothing(account, capsys):
    account.script({"job_name": "*", "duration_seconds": 3600})
    main(["submit", *RUN])
    main(["cancel", *RUN, "--wait", *FAST])
    capsys.readouterr()

    code = main(["cancel", *RUN])

    assert code == 0
    assert capsys.readouterr().out == "run 2008-01-31: no jobs to terminate\n"


def test_invalid_date_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["submit", "nightly.yaml", "--date", "yesterday"])

    assert ended.value.code == 2
    assert "'yesterday' is not a valid date; use YYYY-MM-DD" in capsys.readouterr().err


def test_templates_give_lists_and_mappings(account):
    Path("whole.yaml").write_text("""
workflow: nightly
airflow:
  params: {words: [sh, -c, "echo ${#x}\\n"], variables: {A: b}, mem: 1024.0}
  jinja_environment_kwargs: {trim_blocks: true}
defaults: {job_queue: etl, job_definition: step}
jobs:
  a:
    command: "{{ params.words }}"
    environment: "{{ params.variables }}"
    tags: "{{ params.variables }}"
    container_overrides: {memory: "{{ params.mem }}"}
  b: {command: [sh, -c, "echo ${#f[@]}: {% if ds %}\\n{{ ds }}{% endif %}.\\n"]}
""")

    assert main(["submit", "whole.yaml", "--date", "2008-01-31"]) == 0

    client = account.client()
    described = client.describe_jobs(jobs=[job["jobId"] for job in jobs_of(account)])["jobs"]
    first, second = sorted(described, key=lambda job: job["jobName"])
    assert first["container"]["command"] == ["sh", "-c", "echo ${#x}\n"]
    assert {"name": "A", "value": "b"} in first["container"]["environment"]
    assert first["tags"]["A"] == "b"
    assert second["container"]["command"] == ["sh", "-c", "echo ${#f[@]}: 2008-01-31.\n"]


def test_template_that_gives_no_list_is_an_error(capsys):
    Path("wrong.yaml").write_text(
        "{workflow: nightly, jobs: {a: {job_queue: etl, job_definition: step, command: '{{ ds }}'}}}"
    )

    assert main(["submit", "wrong.yaml", "--date", "2008-01-31"]) != 0

    assert "command is '2008-01-31', a string; the template must give a list" in str(capsys.readouterr())


def test_settings_that_hold_jobs_back_only_in_airflow_are_named(account, capsys, tmp_path):
    gated = SPEC.replace("report: {", "report: {pool: licenses, ").replace(
        "extract: {", "extract: {pool: p, "
    )
    (tmp_path / "nightly.yaml").write_text(gated)

    code = main(["submit", *RUN])

    shown = capsys.readouterr()
    assert code == 0
    assert shown.err == (
        "warning: pool has no effect without Airflow; job 'extract' and 1 more will not be held back\n"
    )
    assert len(jobs_of(account)) == 3
