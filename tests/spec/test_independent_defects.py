"""Defects at independent places of a spec: each is reported, and nothing that only follows from one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow

SECTIONS = """\
workflow: w
description: Six jobs
submission: at_once
variables: {level: info}
connection: {region_name: eu-west-1}
airflow:
  schedule: "@daily"
  start_date: 2026-01-01
  end_date: 2026-12-31
  catchup: true
  max_active_runs: 4
  params: {size: 10}
defaults:
  job_definition: step
  propagate_tags: true
  environment: {LEVEL: "${{ level }}"}
resources:
  job_queues:
    etl:
      priority: 1
      compute_environment_order: [hosts]
tasks:
  report:
    python: trading.report
    retries: 1
alerts:
  on_failure: [{sns: {topic_arn: topic}}]
backfill:
  attempts: 1
jobs:
"""
JOB = """\
  job{n}:
    job_queue: etl
    command: [echo, "{{{{ params.size }}}}"]
    attempts: 2
    timeout: 1h
    memory: 512MiB
    vcpus: 1
    environment: {{DEBUG: "yes"}}
    tags: {{team: data}}
    array_size: 10
    trigger_rule: all_success
    depends_on: [{{job: job{upstream}, type: N_TO_N}}]
"""
JOBS = 6


@dataclass(frozen=True)
class Defect:
    """
    A line that replaces the good line with the same start.

    :param rule: the rule that the line breaks.
    :param old: the start of the good line.
    :param new: the lines in its place; the last is the one with the finding.
    """

    rule: str
    old: str
    new: str
    at_job: bool = False
    """Whether the finding is at the key of the job."""

    def __str__(self) -> str:
        return f"{self.rule} {self.new.splitlines()[-1].strip() if self.new else 'without ' + self.old}"


IN_JOBS = [
    Defect("E201", "command", "command: echo hello"),
    Defect("E205", "command", "command: []"),
    Defect("E201", "command", "command: [echo, true]"),
    Defect("E309", "command", "command: ['{{ params.size']"),
    Defect("W503", "command", "command: ['{{ params.height }}']"),
    Defect("E106", "command", "command: ['${{ height }}']"),
    Defect("E202", "command", "comand: [echo]"),
    Defect("E201", "attempts", "attempts: three"),
    Defect("E403", "attempts", "attempts: 11"),
    Defect("E102", "attempts", "attempts: 2\nattempts: 3"),
    Defect("E402", "timeout", "timeout: 5"),
    Defect("E101", "timeout", "timeout: !hours 1h"),
    Defect("E201", "memory", "memory: 512MB"),
    Defect("E106", "memory", "memory: ${{ memory }}"),
    Defect("E414", "memory", "memory: 1MiB"),
    Defect("E202", "vcpus", "image: busybox"),
    Defect("E202", "vcpus", "zzz: 1"),
    Defect("E201", "vcpus", "vcpus: [1]"),
    Defect("E410", "environment", "environment: {AWS_BATCH_JOB_ID: x}"),
    Defect("E201", "environment", "environment: {DEBUG: yes}"),
    Defect("E201", "tags", "tags: [team]"),
    Defect("E411", "tags", "tags: {'aws:team': x}"),
    Defect("E101", "array_size", "array_size: {{ params.size }}"),
    Defect("E201", "array_size", "array_size: ten"),
    Defect("E106", "array_size", "array_size: ${{ size }}"),
    Defect("E107", "vcpus", "for_each: 5"),
    Defect("E106", "vcpus", "for_each: ['${{ nobody }}']"),
    Defect("E201", "trigger_rule", "trigger_rule: all_dne"),
    Defect("E301", "depends_on", "depends_on: [nowhere]"),
    Defect("E301", "depends_on", "depends_on: [nowhere, report]"),
    Defect("E201", "depends_on", "depends_on: [true, report]"),
    Defect("E202", "depends_on", "depend_on: []"),
    Defect("E305", "depends_on", "depends_on: [{job: report, type: N_TO_N}]"),
    Defect("E407", "job_queue", "", at_job=True),
    Defect("E412", "job_queue", "job_queue: a queue"),
    Defect("E201", "job_queue", "job_queue: [etl]"),
    Defect("E202", "job_queue", "jobQueu: etl"),
    Defect("E101", "job_queue", "job_queue: etl\n<<: 5"),
]
IN_SECTIONS = [
    Defect("E201", "workflow", "workflow: two words"),
    Defect("E202", "workflow", "workflw: w"),
    Defect("E201", "description", "description: [no, text]"),
    Defect("E202", "description", "schedule: daily"),
    Defect("E201", "submission", "submission: at-once"),
    Defect("E202", "connection", "connection: {region: eu}"),
    Defect("E106", "connection", "connection: {region_name: '${{ region }}'}"),
    Defect("E311", "  schedule", "  schedule: every day"),
    Defect("E202", "  schedule", "  timezone: Europe/Zurich"),
    Defect("E102", "  schedule", '  schedule: "@hourly"\n  schedule: "@daily"'),
    Defect("E108", "  start_date", "  start_date: 2026-13-01"),
    Defect("E201", "  start_date", "  start_date: soon"),
    Defect("E307", "  end_date", "  end_date: 2025-12-31"),
    Defect("E201", "  max_active_runs", '  max_active_runs: "4"'),
    Defect("E201", "  params", "  params: [size]"),
    Defect("E202", "  propagate_tags", "  array_size: 5"),
    Defect("E201", "      priority", "      priority: high"),
    Defect("E201", "    python", "    python: not a path"),
    Defect("E201", "    retries", "    retries: -1"),
    Defect("E201", "  on_failure", "  on_failure: [{}]"),
    Defect("E202", "  attempts", "  queue: low"),
]


def spec_with(
    in_sections: list[Defect], in_jobs: dict[int, list[Defect]]
) -> tuple[str, list[tuple[str, int]]]:
    """Return a spec with defects, and the rule and line of each."""
    lines: list[str] = []
    expected: list[tuple[str, int]] = []
    _add(SECTIONS, in_sections, "", lines, expected)
    for n in range(JOBS):
        job = JOB.format(n=n, upstream=n - 1)
        if n == 0:
            job = job.replace("[{job: job-1, type: N_TO_N}]", "[report]")
        _add(job, in_jobs.get(n, []), "    ", lines, expected)
    return "\n".join(lines) + "\n", sorted(expected)


def _add(
    good: str, defects: list[Defect], indent: str, lines: list[str], expected: list[tuple[str, int]]
) -> None:
    start = len(lines) + 1
    for line in good.splitlines():
        defect = next((each for each in defects if line.startswith(f"{indent}{each.old}:")), None)
        if defect is None:
            lines.append(line)
            continue
        lines += [f"{indent}{new}" for new in defect.new.splitlines()]
        expected.append((defect.rule, start if defect.at_job else len(lines)))


def findings_of(text: str) -> list[Finding]:
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(text)
    return list(raised.value.findings)


def found_in(text: str) -> list[tuple[str, int]]:
    return sorted((found.rule, found.position.line) for found in findings_of(text) if found.position)


def test_spec_without_defects_is_valid() -> None:
    assert parse_workflow(spec_with([], {})[0]).workflow == "w"


@pytest.mark.parametrize("defect", IN_JOBS, ids=str)
@pytest.mark.parametrize("other", [Defect("E403", "attempts", "attempts: 11"), IN_JOBS[0]], ids=str)
def test_defect_of_a_job_is_reported_with_that_of_another_job(defect: Defect, other: Defect) -> None:
    text, expected = spec_with([], {2: [defect], 4: [other]})

    assert found_in(text) == expected


@pytest.mark.parametrize("defect", IN_SECTIONS, ids=str)
def test_defect_of_a_section_is_reported_with_that_of_a_job(defect: Defect) -> None:
    text, expected = spec_with([defect], {1: [IN_JOBS[0]], 3: [Defect("E403", "attempts", "attempts: 11")]})

    assert found_in(text) == expected


def distinct(defects: list[Defect]) -> list[Defect]:
    """Return defects of different lines."""
    return list({defect.old: defect for defect in defects}.values())


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(IN_SECTIONS), max_size=5).map(distinct),
    st.dictionaries(
        st.integers(0, JOBS - 1),
        st.lists(st.sampled_from(IN_JOBS), min_size=1, max_size=4).map(distinct),
        min_size=1,
    ),
)
def test_exactly_the_defects_are_reported(
    in_sections: list[Defect], in_jobs: dict[int, list[Defect]]
) -> None:
    places = {defect.old for defect in in_sections}
    if "  start_date" in places:  # no end is before an unknown start
        in_sections = [defect for defect in in_sections if defect.rule != "E307"]
    if "  params" in places:  # nor is a param missing from unknown params
        in_jobs = {n: [each for each in defects if each.rule != "W503"] for n, defects in in_jobs.items()}
    # An error that is always there: warnings alone are not raised.
    text, expected = spec_with(in_sections, {**in_jobs, JOBS - 1: [IN_JOBS[0]]})

    assert found_in(text) == expected


def rules_of(text: str) -> list[str]:
    return [found.rule for found in findings_of(text)]


def test_section_that_is_written_twice_has_the_keys_of_both() -> None:
    text = (
        "workflow: w\ndefaults: {job_queue: q}\njobs: {a: {attempts: 11}, b: {}}\n"
        "defaults: {job_definition: d}\njobs: {c: {depends_on: [a]}}\n"
    )

    assert rules_of(text) == ["E403", "E102", "E102"]


def test_both_values_of_a_duplicate_key_are_read() -> None:
    text = (
        "workflow: w\ndefaults: {job_queue: q, job_definition: d}\njobs: {a: {tags: {b: 1, b: 2}}, a: {}}\n"
    )

    assert rules_of(text) == ["E102", "E102"]


@pytest.mark.parametrize("jobs", ["", "jobs: [a]\n", "jobs: {}\n", "jobs: ${{ nowhere }}\n"])
def test_spec_without_jobs_is_checked(jobs: str) -> None:
    rest = "airflow: {schedule: every day}\ntasks: {t: {python: a.b, depends_on: [a]}}\n"
    text = f"workflow: w\n{jobs}{rest}"

    assert len(rules_of(text)) == 2


def test_variable_with_an_unknown_value_is_reported_once() -> None:
    text = (
        "workflow: w\nvariables: {n: '${{ many }}', m: '${{ n }}'}\n"
        "jobs: {a: {job_queue: q, job_definition: d, attempts: '${{ m }}', array_size: '${{ n }}'},"
        " b: {job_queue: q, job_definition: d, array_size: 2, depends_on: [{job: a, type: N_TO_N}]}}\n"
    )

    assert found_in(text) == [("E106", 2)]


def test_job_that_cannot_be_expanded_is_checked() -> None:
    text = (
        "workflow: w\ndefaults: {job_queue: q, job_definition: d}\njobs:\n"
        "  a: {for_each: [], attempts: '${{ item.n }}', timeout: 5, memory: '${{ unknown }}'}\n"
        "  b: {depends_on: [a, a_x]}\n"
    )

    assert sorted(rules_of(text)) == ["E106", "E107", "E402"]


def test_value_of_a_job_that_is_invalid_is_not_inherited() -> None:
    text = (
        "workflow: w\ndefaults: {job_queue: q, job_definition: d, timeout: 5}\njobs: {a: {timeout: soon}}\n"
    )

    assert rules_of(text) == ["E201"]


def test_alias_in_its_own_value_does_not_hide_the_rest() -> None:
    text = "workflow: w\ndescription: 5\nx-a: &a\n  b: *a\njobs: {c: {memory: lots}}\n"

    assert found_in(text) == [("E101", 4), ("E201", 2), ("E201", 5), ("E407", 5), ("E407", 5)]


@pytest.mark.parametrize("tag", ["!!set", "!own", "!!python/object:os.system"])
def test_tags_do_not_hide_the_rest(tag: str) -> None:
    text = (
        f"{tag}\nworkflow: w\ndescription: {tag} text\ndefaults: {{job_queue: q, job_definition: d}}\n"
        f"jobs:\n  a: {tag} {{attempts: 11}}\n  b: {{timeout: 5}}\n"
    )

    assert found_in(text) == [("E101", 1), ("E101", 3), ("E101", 6), ("E402", 7), ("E403", 6)]
