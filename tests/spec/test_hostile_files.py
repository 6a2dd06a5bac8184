"""Files that would take too much time or memory are rejected before they are parsed."""

from time import process_time

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import load_workflow, parse_workflow


def finding_of(path):
    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(path, shown_as="w.yaml")
    (found,) = raised.value.findings
    return str(found)


def test_large_file_is_rejected(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("workflow: w\n" + "# nothing\n" * 1_000_000)

    assert finding_of(path) == "w.yaml: E104 the file has 9.5 MiB; the limit is 4 MiB"


def test_file_whose_aliases_expand_to_billions_of_values_is_rejected(tmp_path):
    path = tmp_path / "w.yaml"
    levels = "".join(f"  l{i + 1}: &l{i + 1} [{', '.join([f'*l{i}'] * 10)}]\n" for i in range(30))
    path.write_text(f"workflow: w\njobs: {{a: {{}}}}\nx-bomb:\n  l0: &l0 [lol]\n{levels}")

    before = process_time()
    found = finding_of(path)

    assert found.startswith("w.yaml: E103 the file expands to 2,")
    assert found.endswith(" values, aliases included; the limit is 500,000")
    assert process_time() - before < 60  # expanding the aliases would never finish


@pytest.mark.parametrize(
    "jobs",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1, 200)),
        "\n " + "- " * 5_000 + "a",
        "\n " + "- " * 400 + "a",
    ],
    ids=["lists", "mappings", "indented", "dashes", "fewer dashes"],
)
def test_deep_nesting_is_rejected(jobs, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(f"workflow: w\njobs: {jobs}")

    assert "E101 values are nested too deeply; the limit is 100 levels" in finding_of(path)


def test_ordinary_aliases_are_allowed():
    workflow = parse_workflow(
        "workflow: w\n"
        "x-job: &job {job_queue: q, job_definition: d, environment: &env {A: b}}\n"
        "jobs: {a: *job, b: {<<: *job, environment: *env}}\n"
    )

    assert workflow.jobs["a"] == workflow.jobs["b"]
