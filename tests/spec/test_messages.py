"""Messages for errors that newcomers make: what is wrong, and what to write instead."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"
JOBS = "jobs: {a: {}}\n"


def findings_of(text, file="w.yaml"):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(text, file)
    return [str(finding) for finding in raised.value.findings]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("schedule: '@daily'", "3:1: E202 unknown key 'schedule'; it belongs to 'airflow'"),
        (
            "image: x",
            "3:1: E202 unknown key 'image'; it belongs to 'defaults.job_definition', "
            "'resources.job_definitions' or 'job_definition' of a job",
        ),
        ("timezone: UTC", "3:1: E202 unknown key 'timezone'; it belongs to 'airflow.schedule'"),
        (
            "airflow: {timezone: UTC}",
            "3:11: E202 unknown key 'timezone'; it belongs to 'airflow.schedule'",
        ),
        (
            "airflow: {retries: 3}",
            "3:11: E202 unknown key 'retries'; it belongs to 'defaults', a job, a Python task "
            "or 'airflow.default_args'",
        ),
        (
            "airflow: {email: x}",
            "3:11: E202 unknown key 'email'; it belongs to 'airflow.default_args'",
        ),
        ("backfill: {queue: x}", "3:12: E202 unknown key 'queue'. Did you mean 'job_queue'?"),
        (
            "alerts: {on_failure: [{topicArn: x}]}",
            "3:24: E202 unknown key 'topicArn'; it belongs to 'sns'",
        ),
        (
            "tasks: {t: {python: a.b, for_each: [1]}}",
            "3:26: E202 unknown key 'for_each'; it belongs to a job",
        ),
        (
            "resources: {job_queues: {x: {priority: 1, maxVcpus: 2, compute_environment_order: [e]}}}",
            "3:43: E202 unknown key 'maxVcpus'; it belongs to "
            "'resources.compute_environments.compute_resources'",
        ),
    ],
)
def test_key_in_a_wrong_section_comes_with_the_right_one(line, finding):
    found = findings_of(HEAD + line + "\n" + JOBS)

    assert found[0] == f"w.yaml:{finding}"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("image", "; it belongs to 'job_definition'"),
        ("executionRoleArn", "; it belongs to 'job_definition'"),
        ("instanceType", "; it belongs to 'container_overrides'"),
        ("containerProperties", "; it belongs to 'job_definition'"),
        ("catchup", "; it belongs to 'airflow'"),
        ("cron", "; it belongs to 'airflow.schedule'"),
        ("jobQueue", ". Did you mean 'job_queue'?"),
        ("attempt", ". Did you mean 'attempts'?"),
        ("type", "; the workflow language reference lists the keys of 'jobs.a'"),
    ],
)
def test_unknown_key_of_a_job(key, hint):
    found = findings_of(f"{HEAD}jobs: {{a: {{{key}: x}}}}\n")

    assert found == [f"w.yaml:3:12: E202 unknown key '{key}'{hint}"]


def test_key_in_defaults_that_belongs_to_the_job_definition_is_the_only_finding():
    found = findings_of("workflow: w\ndefaults: {job_queue: q, image: x}\njobs: {a: {}}\n")

    assert found == ["w.yaml:2:26: E202 unknown key 'image'; it belongs to 'job_definition'"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("jobs: {a: {trigger_rule: all_dne}}", "not 'all_dne'. Did you mean 'all_done'?"),
        ("jobs: {a: {array_retry: Failed}}", "not 'Failed'. Did you mean 'failed'?"),
        (
            "jobs: {a: {array_size: 2}, b: {array_size: 2, depends_on: [{job: a, type: n_to_n}]}}",
            "not 'n_to_n'. Did you mean 'N_TO_N'?",
        ),
        ("jobs: {a: {}, b: {depends_on: [{job: a, owner: Airflow}]}}", "must be 'airflow', not 'Airflow'"),
        (
            JOBS + "submission: at-once",
            "must be 'at_once' or 'per_job', not 'at-once'. Did you mean",
        ),
        (JOBS + "submission: 5", "must be 'at_once' or 'per_job', not 5"),
        (
            JOBS + "airflow: {schedule: {assets: [s3://a], when: every}}",
            "must be 'all' or 'any', not 'every'",
        ),
        (
            "jobs: {a: {job_definition: {image: x, vcpus: 1, memory: 5, platform_capabilities: [fargate]}}}",
            "must be 'EC2' or 'FARGATE', not 'fargate'. Did you mean 'FARGATE'?",
        ),
        (
            JOBS + "resources: {compute_environments: {e: {type: managed}}}",
            "not 'managed'. Did you mean 'MANAGED'?",
        ),
        (
            "jobs: {a: {container_overrides: {resource_requirements: [{type: CPU, value: 1}]}}}",
            "'CPU' is not one of GPU, VCPU, MEMORY. Did you mean 'VCPU'?",
        ),
    ],
)
def test_unknown_word_is_shown_with_the_closest_known_one(spec, message):
    (found,) = findings_of(HEAD + spec)

    assert message in found


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[true]", "0: must be a job key, or a mapping such as {job: clean}, not true; put it in quotes"),
        ("[1]", "0: must be a job key, or a mapping such as {job: clean}, not 1; put it in quotes"),
        ("[null]", "0: must be a job key, or a mapping such as {job: clean}, not null"),
        ("[[a]]", "0: must be a job key, or a mapping such as {job: clean}, not a list"),
        ("[{job: true}]", "0.job: must be a string, not true; put it in quotes if it is a string"),
    ],
)
def test_dependency_of_a_wrong_type(written, message):
    (found,) = findings_of(f"{HEAD}jobs: {{a: {{}}, b: {{depends_on: {written}}}}}\n")

    assert f"E201 jobs.b.depends_on.{message}" in found


def test_wrong_dependency_does_not_hide_the_others():
    found = findings_of(f"{HEAD}jobs: {{a: {{}}, b: {{depends_on: [true, z, {{}}, a, b]}}}}\n")

    assert [text[: len("w.yaml:3:32: E201")] for text in found] == [
        "w.yaml:3:32: E201",
        "w.yaml:3:38: E301",
        "w.yaml:3:41: E201",
        "w.yaml:3:48: E303",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "{start_date: 2026-13-01}",
            "3:23: E108 '2026-13-01' is not a valid date (YYYY-MM-DD): month must be in 1..12; "
            "put it in quotes if it is a string",
        ),
        (
            "{end_date: None}",
            "3:21: E201 airflow.end_date: 'None' is not a valid date (YYYY-MM-DD) or time "
            "(YYYY-MM-DDThh:mm:ss+hh:mm); for no value, write null",
        ),
        ("{params: {day: 2026-02-30}}", "3:25: E108 '2026-02-30' is not a valid date (YYYY-MM-DD): "),
        ("{catchup: !!bool maybe}", "3:20: E108 'maybe' is not a valid boolean; put it in quotes"),
        ("{params: {n: !!int many}}", "3:23: E108 'many' is not a valid number: "),
    ],
)
def test_value_that_is_not_what_its_form_says(settings, message):
    (found,) = findings_of(f"{HEAD}airflow: {settings}\n{JOBS}")

    assert found.startswith(f"w.yaml:{message}")


def test_memory_in_megabytes_is_rejected():
    assert findings_of(f"{HEAD}jobs: {{a: {{memory: 512MB}}}}\n") == [
        "w.yaml:3:20: E201 jobs.a.memory: '512MB' is not an amount of memory; "
        "AWS Batch counts in MiB, so write '512MiB'"
    ]


@pytest.mark.parametrize("member", ["command: []", "container_overrides: {command: []}"])
def test_empty_command_is_rejected(member):
    (found,) = findings_of(f"{HEAD}jobs: {{a: {{{member}}}}}\n")

    assert "command of job 'a' is empty; leave it out, or write null to remove the command" in found


def test_every_exit_code_is_checked():
    found = findings_of(f"{HEAD}jobs: {{a: {{exit_codes: {{0: skip, 3: skp, 4: retry, 900: fail}}}}}}\n")

    assert found == [
        "w.yaml:3:25: E201 jobs.a.exit_codes.0: '0' is not a failure exit code; use 1 to 255, "
        "or a range such as '64-78'",
        "w.yaml:3:37: E201 jobs.a.exit_codes.3: must be 'fail', 'retry', 'skip' or 'succeed', not 'skp'. "
        "Did you mean 'skip'?",
        "w.yaml:3:52: E201 jobs.a.exit_codes.900: '900' is not a failure exit code; use 1 to 255, "
        "or a range such as '64-78'",
    ]


def test_every_resource_is_checked():
    found = findings_of(
        f"{HEAD}{JOBS}resources:\n  scheduling_policies:\n    a b: {{}}\n    c: {{tags: {{managed-by: x}}}}\n"
        "    d: {share_decay_seconds: soon}\n    größe: {}\n  job_definitions:\n"
        "    e: {image: x, vcpus: '{{ 1 }}', memory: '{{ 2 }}'}\n"
    )

    name = "is not a valid name in AWS Batch; use up to 128 letters, digits, '_' and '-'"
    assert found == [
        f"w.yaml:6:5: E201 resources.scheduling_policies.a b: 'a b' {name}",
        "w.yaml:7:8: E201 resources.scheduling_policies.c: the provider sets the tag 'managed-by' itself; "
        "remove it",
        "w.yaml:8:30: E201 resources.scheduling_policies.d.share_decay_seconds: must be an integer, "
        "not the string 'soon'",
        f"w.yaml:9:5: E201 resources.scheduling_policies.größe: 'größe' {name}",
        "w.yaml:11:8: E201 resources.job_definitions.e: resources are created before any run, so templates "
        "have no values; write literal values, because vcpus is '{{ 1 }}' and memory is '{{ 2 }}'",
    ]
