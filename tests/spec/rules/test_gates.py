"""Warnings about settings of Airflow that do not limit what they seem to limit."""

import pytest

from airflow_batch_provider.spec.loader import read_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"


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
