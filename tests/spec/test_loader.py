"""Reading specs from files and strings."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import load_workflow, parse_workflow
from airflow_batch_provider.spec.models import (
    ComputeEnvironment,
    ComputeResources,
    Dependency,
    DependencyType,
    Job,
    JobDefinition,
    JobQueue,
    JobSettings,
    Resources,
    SubmissionMode,
    Workflow,
)

HEAD = "workflow: w\ndefaults: {job_queue: etl, job_definition: step}\n"
DAGS = Path(__file__).parents[2] / "dags"


def job(text: str) -> Job:
    return parse_workflow(f"{HEAD}jobs:\n  a: {text}\n").jobs["a"]


def test_missing_file_is_a_finding(tmp_path):
    path = tmp_path / "nothing.yaml"

    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(path)

    assert str(raised.value) == f"\n{path}: E101 cannot be read: No such file or directory"


def test_file_that_is_not_utf8_is_a_finding(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("workflow: größe".encode("latin-1"))

    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(path, shown_as="latin.yaml")

    assert str(raised.value) == (
        "\nlatin.yaml:1:13: E101 cannot be read: not valid UTF-8 (invalid start byte at byte 12)"
    )


def test_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes(f"\ufeff{HEAD}jobs: {{a: {{}}}}\n".replace("\n", "\r\n").encode())

    workflow = load_workflow(path)

    assert workflow.workflow == "w"


def test_yaml_json_and_python_give_equal_workflows():
    from_yaml = load_workflow(DAGS / "post_trade.yaml")
    from_json = parse_workflow(json.dumps(from_yaml.model_dump(mode="json", exclude_unset=True)), "x.json")
    month = "{{ data_interval_start.strftime('%Y-%m') }}"

    def program(name: str) -> list[str]:
        return ["python", "-m", f"post_trade.{name}", "--month", month, "--bucket", "{{ params.bucket }}"]

    hosts = ComputeResources(
        type="EC2",
        min_vcpus=0,
        max_vcpus=16,
        allocation_strategy="BEST_FIT_PROGRESSIVE",
        instance_types=["optimal"],
        instance_role="ecsInstanceRole",
        subnets=["subnet-0a1b2c3d"],
        security_group_ids=["sg-0a1b2c3d"],
    )
    image = JobDefinition(
        image="public.ecr.aws/docker/library/python:3.12-slim", command=["true"], vcpus=1, memory="512MiB"
    )
    from_python = Workflow(
        workflow="post_trade",
        description="Clean, process and model a month's prices; store the insights.",
        airflow={
            "schedule": "0 6 1 * *",
            "start_date": datetime(2006, 1, 1),
            "end_date": datetime(2010, 3, 31),
            "max_active_runs": 4,
            "tags": ["trading", "example"],
            "params": {"bucket": "post-trade"},
        },
        defaults=JobSettings(
            job_queue="etl",
            attempts=2,
            timeout="10m",
            environment={"SYMBOLS": "AAPL,AMZN,GOOG,IBM,MSFT"},
        ),
        resources=Resources(
            compute_environments={"etl-on-demand": ComputeEnvironment(compute_resources=hosts)},
            job_queues={"etl": JobQueue(priority=1, compute_environment_order=["etl-on-demand"])},
            job_definitions={f"trade-{name}": image for name in ("clean", "process", "model", "store")},
        ),
        jobs={
            "clean": Job(job_definition="trade-clean", command=program("clean")),
            "process": Job(
                job_definition="trade-process", array_size=5, command=program("process"), depends_on=["clean"]
            ),
            "model": Job(
                job_definition="trade-model",
                array_size=5,
                command=program("model"),
                depends_on=[Dependency(job="process", type=DependencyType.N_TO_N)],
            ),
            "store": Job(job_definition="trade-store", command=program("store"), depends_on=["model"]),
        },
    )

    assert from_yaml == from_json == from_python


def test_surrogate_pairs_in_json_are_decoded():
    text = json.dumps(
        {
            "workflow": "w",
            "description": "up \N{CHART WITH UPWARDS TREND} C:\\ud83d\\ude00",
            "jobs": {"a": {"job_queue": "q", "job_definition": "d"}},
        }
    )

    workflow = parse_workflow(text, "w.json")

    assert workflow.description == "up \N{CHART WITH UPWARDS TREND} C:\\ud83d\\ude00"


def test_defaults_are_merged_key_by_key_into_mappings():
    text = """
workflow: w
defaults:
  job_queue: etl
  job_definition: step
  command: [echo, default]
  environment: {A: default, B: default}
  tags: {team: data}
  container_overrides: {instance_type: m5.large}
  retry_strategy: {evaluate_on_exit: [{on_exit_code: 1, action: exit}]}
jobs:
  a:
    command: [echo]
    environment: {B: own, C: own}
    container_overrides: {vcpus: 2}
    retry_strategy: {attempts: 3}
"""

    job = parse_workflow(text).jobs["a"]

    assert job == Job(
        job_queue="etl",
        job_definition="step",
        command=["echo"],
        environment={"A": "default", "B": "own", "C": "own"},
        tags={"team": "data"},
        container_overrides={"instance_type": "m5.large", "vcpus": 2},
        retry_strategy={"evaluate_on_exit": [{"on_exit_code": 1, "action": "exit"}], "attempts": 3},
    )


def test_null_removes_a_default():
    workflow = parse_workflow(
        "workflow: w\n"
        "defaults: {job_queue: q, job_definition: d, attempts: 3}\n"
        "jobs: {a: {attempts: ~}, b: {}}"
    )

    assert [job.attempts for job in workflow.jobs.values()] == [None, 3]


def test_job_can_consist_of_defaults():
    workflow = parse_workflow(f"{HEAD}jobs:\n  a: {{}}\n")

    assert workflow.jobs["a"] == Job(job_queue="etl", job_definition="step")


def test_null_is_not_a_job():
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(f"{HEAD}jobs:\n  a:\n  b: {{depends_on: [a]}}\n")

    assert list(map(str, raised.value.findings)) == [
        "workflow.yaml:4:5: E201 jobs.a: a job must be a mapping, not null; "
        "if the 'defaults' are all that it needs, write {}"
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("5", "5"),
        ("-5", "-5"),
        ("0.25", "0.25"),
        ("0777", "0777"),
        ("12:30", "12:30"),
        ("1.10", "1.10"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("+1", "+1"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("2006-01-01", "2006-01-01"),
        ("2006-01-01T06:00:00Z", "2006-01-01T06:00:00Z"),
        ("'true'", "true"),
    ],
)
def test_strings_in_jobs_stay_as_written(written, meant):
    assert job(f"{{command: [echo, {written}]}}").command == ["echo", meant]


def test_null_is_not_a_string():
    with pytest.raises(InvalidSpecError, match=r"E201 jobs\.a\.command\.1: must be a string"):
        job("{command: [echo, ~]}")


def test_numbers_outside_of_jobs_are_numbers():
    workflow = parse_workflow(HEAD + "airflow: {params: {jobs: {rate: 1.10, mode: 0777}}}\njobs: {a: {}}")

    assert workflow.airflow.params == {"jobs": {"rate": 1.1, "mode": 511}}


def test_keys_that_yaml_would_convert_are_strings():
    text = HEAD + "jobs:\n  on: {environment: {NO: x, 1: y, ~: z}}\n  1: {depends_on: ['on']}\n"

    jobs = parse_workflow(text).jobs

    assert jobs["on"].environment == {"NO": "x", "1": "y", "~": "z"}
    assert jobs["1"].depends_on == (Dependency(job="on"),)


@pytest.mark.parametrize(
    ("member", "written", "value"),
    [
        ("array_size", "12", 12),
        ("array_size", "'12'", 12),
        ("attempts", "'{{ params.attempts }}'", "{{ params.attempts }}"),
        ("array_size", "'{% if x %}2{% else %}3{% endif %}'", "{% if x %}2{% else %}3{% endif %}"),
        ("gpus", "2", 2),
        ("vcpus", "0.25", "0.25"),
        ("vcpus", "16", "16"),
        ("vcpus", "16.0", "16"),
        ("vcpus", "12345678", "12345678"),
        ("vcpus", "'{{ params.vcpus }}'", "{{ params.vcpus }}"),
        ("memory", "512", "512"),
        ("memory", "512MiB", "512"),
        ("memory", "2 GiB", "2048"),
        ("memory", "'{{ params.memory }}'", "{{ params.memory }}"),
        ("timeout", "90", 90),
        ("timeout", "1h30m", 5400),
        ("timeout", "'{{ params.timeout }}'", "{{ params.timeout }}"),
        ("scheduling_priority_override", "0", 0),
        ("propagate_tags", "true", True),
    ],
)
def test_values_are_converted_or_stay_templates(member, written, value):
    assert getattr(job(f"{{{member}: {written}}}"), member) == value


def test_dates_and_times_of_airflow_settings():
    settings = parse_workflow(
        HEAD + "airflow: {start_date: 2006-01-01, end_date: '2010-03-31T06:00:00+02:00'}\njobs: {a: {}}"
    ).airflow

    assert settings.start_date == datetime(2006, 1, 1)
    assert settings.end_date == datetime(2010, 3, 31, 4, tzinfo=UTC)


def test_omitted_settings_have_defaults():
    workflow = parse_workflow(HEAD + "jobs: {a: {}}")

    assert workflow.submission is SubmissionMode.AT_ONCE
    assert workflow.airflow.catchup is False
    assert workflow.connection.aws_conn_id == "aws_default"


def test_findings_do_not_depend_on_the_hash_seed():
    text = HEAD + "jobs:\n" + "".join(f"  {a}: {{depends_on: [{', '.join('abcdef')}]}}\n" for a in "abcdef")
    program = (
        "import sys; from airflow_batch_provider.spec.loader import parse_workflow\n"
        "try: parse_workflow(sys.argv[1])\nexcept Exception as e: print(e)"
    )

    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(outputs) == 1
    assert "E302" in outputs.pop()


def test_missing_libyaml_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.delattr("yaml.CSafeLoader")

    with pytest.raises(SpecError, match=r"installed without libyaml, .*pip install"):
        parse_workflow("workflow: w\n")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("job_name: x", "unknown key 'job_name'. Did you mean 'job_label'?"),
        ("jobName: x", "unknown key 'jobName'. Did you mean 'job_label'?"),
        ("image: x", "unknown key 'image'; it belongs to 'job_definition'"),
        ("jobQueue: x", "unknown key 'jobQueue'. Did you mean 'job_queue'?"),
        ("zzz: x", "unknown key 'zzz'; the workflow language reference lists the keys of 'jobs.a'"),
    ],
)
def test_unknown_key_comes_with_a_suggestion(text, hint):
    with pytest.raises(InvalidSpecError) as raised:
        job(f"{{{text}}}")

    assert [finding.text for finding in raised.value.findings] == [hint]
