"""Warnings about settings of Airflow that do not limit what they seem to limit."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow, read_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"

RESOURCES = "resources: {job_queues: {small: {priority: 1, compute_environment_order: [c]}}}\n"


@pytest.fixture
def warnings_of(tmp_path):
    def read(job: str, head: str = "") -> list[str]:
        path = tmp_path / "w.yaml"
        path.write_text(f"{HEAD}{head}jobs: {{a: {{}}, b: {job}}}\n")
        return [finding.rule for finding in read_workflow(path).warnings]

    return read


@pytest.mark.parametrize(
    "reason", ["pool: p", "depends_on_past: true", "trigger_rule: all_done", "submitted_by: own_task"]
)
def test_start_in_triggerer_of_a_job_that_its_own_task_submits(warnings_of, reason):
    assert warnings_of(f"{{start_in_triggerer: true, {reason}}}") == ["W517"]


@pytest.mark.parametrize("other", ["retries: 3", "trigger_rule: all_success", "pool: default_pool"])
def test_start_in_triggerer_of_a_chained_job(warnings_of, other):
    assert warnings_of(f"{{start_in_triggerer: true, {other}}}") == []


@pytest.mark.parametrize(
    ("size", "gate", "expected"),
    [
        (10_000, "depends_on_past: true", []),
        (10_001, "depends_on_past: true", ["W518"]),
        (10_001, "max_active_tis_per_dag: 1", ["W518"]),
        (10_001, "pool: p", []),
    ],
)
def test_gates_of_arrays_that_are_split(warnings_of, size, gate, expected):
    assert warnings_of(f"{{array_size: {size}, {gate}}}") == expected


def test_gates_of_default_args_hold_slices_too(warnings_of):
    head = "airflow: {default_args: {wait_for_downstream: true}}\n"

    assert warnings_of("{array_size: 20000}", head) == ["W518"]


@pytest.mark.parametrize(("limit", "expected"), [(1, ["W516"]), (2, [])])
def test_max_active_tasks(warnings_of, limit, expected):
    assert warnings_of("{}", f"airflow: {{max_active_tasks: {limit}}}\n") == expected


@pytest.mark.parametrize("setting", ["on_execute_callback: a.b", "map_index_template: '{{ 1 }}'"])
def test_start_in_triggerer_of_a_task_that_needs_a_worker(warnings_of, setting):
    assert warnings_of(f"{{start_in_triggerer: true, {setting}}}") == ["W517"]
    assert warnings_of("{start_in_triggerer: true}", f"airflow: {{default_args: {{{setting}}}}}\n") == [
        "W517"
    ]


def test_callback_before_a_task_of_per_job_does_not_need_the_worker_of_the_following_task(warnings_of):
    head = "submission: per_job\n"

    assert warnings_of("{start_in_triggerer: true, on_execute_callback: a.b}", head) == []
    assert warnings_of("{start_in_triggerer: true, map_index_template: '{{ 1 }}'}", head) == ["W517"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("queue: small", ["W521"]),
        ("executor: CeleryExecutor, run_as_user: batch", ["W521", "W521"]),
        ("on_success_callback: a.b", []),
    ],
)
def test_settings_of_workers_of_a_task_that_starts_without_one(warnings_of, setting, expected):
    assert warnings_of(f"{{start_in_triggerer: true, {setting}}}") == expected
    assert warnings_of(f"{{{setting}}}") == []


@pytest.mark.parametrize(
    ("setting", "head", "expected"),
    [
        ("max_retry_delay: 1h", "", ["W522"]),
        ("max_retry_delay: 1h, retry_exponential_backoff: false", "", ["W522"]),
        ("max_retry_delay: 1h, retry_exponential_backoff: true", "", []),
        ("max_retry_delay: 1h", "airflow: {default_args: {retry_exponential_backoff: true}}\n", []),
    ],
)
def test_limit_of_a_delay_that_does_not_grow(warnings_of, setting, head, expected):
    assert warnings_of(f"{{{setting}}}", head) == expected


def test_limit_of_a_delay_of_a_python_task(warnings_of):
    head = "tasks: {t: {python: a.b, max_retry_delay: 1h}}\n"

    assert warnings_of("{}", head) == ["W522"]


@pytest.mark.parametrize(
    ("queue", "head", "expected"),
    [
        ("q", "", ["W523"]),
        ("small", "", []),
        (
            "small",
            "resources: {job_queues: {small: {priority: 1, compute_environment_order: [c]}}}\n",
            ["W523"],
        ),
    ],
)
def test_queue_of_workers_that_is_a_job_queue(warnings_of, queue, head, expected):
    found = warnings_of(f"{{queue: {queue}}}", head)

    assert [rule for rule in found if rule == "W523"] == expected


def test_job_with_a_queue_of_workers_still_needs_a_job_queue():
    spec = "workflow: w\ndefaults: {job_definition: d}\njobs: {a: {queue: etl}}\n"

    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(spec, "w.yaml")

    assert [str(finding) for finding in raised.value.findings] == [
        "w.yaml:3:8: E407 job 'a' has no job_queue; set it on the job or under 'defaults' ('queue' is a "
        "queue of Airflow's workers)"
    ]


@pytest.mark.parametrize(("template", "rule"), [("{{ ti.map_index", "E309"), ("{{ tj.map_index }}", "W502")])
def test_label_of_a_mapped_task_is_checked_as_a_template(template, rule):
    spec = f"{HEAD}jobs: {{a: {{map_index_template: '{template}', retries: x}}}}\n"

    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(spec)

    assert rule in [finding.rule for finding in raised.value.findings]
