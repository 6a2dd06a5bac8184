"""What the documentation of DAGs and tasks shows of specs and plans."""

import json

import pytest
from airflow.models.serialized_dag import SerializedDagModel

from airflow_batch_provider.dag import documentation
from airflow_batch_provider.dag.discovery import load_workflows
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.render import plan_as_text
from airflow_batch_provider.spec.loader import load_workflow, parse_workflow
from tests.airflow_versions import DagSerialization

SPEC = """\
# Aligns the reads.
workflow: w
description: Align reads.
defaults: {job_queue: q, job_definition: d}
jobs:
  a: {description: The first.}
  b: {depends_on: [a], pool: p, doc_md: "See the **wiki**."}
tasks:
  t: {python: a.b, depends_on: [b]}
"""


@pytest.fixture
def spec_file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(SPEC)
    return path


def test_documentation_shows_description_spec_and_plan(spec_file):
    plan = plan_as_text(plan_workflow(load_workflow(spec_file)))

    assert build_dag(spec_file).doc_md == (
        f"Align reads.\n\n## Spec `w.yaml`\n\n```yaml\n{SPEC.rstrip()}\n```\n\n"
        f"## Plan\n\n```text\n{plan}\n```\n"
    )


def test_documentation_of_the_author_comes_first(spec_file):
    spec_file.write_text(f"airflow: {{doc_md: '# Alignment'}}\n{SPEC}")

    assert build_dag(spec_file).doc_md.startswith("# Alignment\n\n## Spec `w.yaml`\n")
    assert build_dag(spec_file, doc_md="Own.").doc_md.startswith("Own.\n\n## Spec `w.yaml`\n")


@pytest.mark.parametrize("plan_cache", ["off", "plans"])
def test_documentation_of_loaded_workflows_is_the_same(spec_file, monkeypatch, tmp_path, plan_cache):
    folder = plan_cache if plan_cache == "off" else str(tmp_path / plan_cache)
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", folder)

    loaded = [load_workflows(spec_file.with_suffix(".py"))["w"].doc_md for _ in range(2)]

    assert loaded == [build_dag(spec_file).doc_md] * 2


def test_copy_of_a_file_shows_its_own_name(spec_file, monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", str(tmp_path / "plans"))
    copy = spec_file.with_name("copy.yaml")
    copy.write_text(SPEC)

    first, second = (load_workflows(path.with_suffix(".py"))["w"].doc_md for path in (spec_file, copy))

    assert "## Spec `w.yaml`" in first
    assert second == first.replace("w.yaml", "copy.yaml")


@pytest.mark.parametrize("submission", ["at_once", "per_job"])
def test_tasks_show_their_part_of_the_plan(spec_file, submission):
    spec_file.write_text(f"submission: {submission}\n{SPEC}")
    dag = build_dag(spec_file)

    first = "The first.\n\n```text\ndefinition d, queue q\n```"
    tasks_of_a = ["a"] if submission == "at_once" else ["a.submit", "a.wait"]
    assert [dag.get_task(task_id).doc_md for task_id in tasks_of_a] == [first] * len(tasks_of_a)
    assert dag.get_task("b").doc_md == (
        "See the **wiki**.\n\n```text\ndefinition d, queue q\n"
        "after a (Airflow: with a pool, its task first waits for free slots)\nsubmitted by its own task\n```"
    )
    assert dag.get_task("t").doc_md == (
        "```text\nPython task a.b\nafter b (Airflow: a Python task runs in Airflow)\n```"
    )


def test_documentation_from_default_args_is_kept(spec_file):
    spec_file.write_text(f"airflow: {{default_args: {{doc_md: Ours.}}}}\n{SPEC}")

    documented = {task.task_id: task.doc_md for task in build_dag(spec_file).tasks}

    assert documented["a"].startswith("The first.\n\nOurs.\n\n```text\n")
    assert documented["submit"] == "Ours."


def test_show_spec_false_leaves_only_what_the_author_wrote(spec_file):
    spec_file.write_text(f"airflow: {{show_spec: false}}\n{SPEC}")

    dag = build_dag(spec_file)

    assert dag.doc_md is None
    assert {task.task_id: task.doc_md for task in dag.tasks} == {
        "submit": None,
        "a": "The first.",
        "b": "See the **wiki**.",
        "t": None,
    }


@pytest.mark.parametrize(("own", "is_shown"), [("", False), ("airflow: {show_spec: true}\n", True)])
def test_configuration_turns_the_spec_off_unless_the_spec_wants_it(spec_file, monkeypatch, own, is_shown):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__SHOW_SPEC", "False")
    spec_file.write_text(own + SPEC)

    assert bool(build_dag(spec_file).doc_md) is is_shown


def test_code_block_of_the_spec_cannot_be_closed_by_its_text(spec_file):
    spec_file.write_text(SPEC + "# ```\n# ````` five\n")

    doc = build_dag(spec_file).doc_md

    assert "\n``````yaml\n" in doc
    assert "# ````` five\n``````\n\n## Plan" in doc


def test_json_is_highlighted_as_json(tmp_path):
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"workflow": "w", "jobs": {"a": {"job_queue": "q", "job_definition": "d"}}}))

    assert build_dag(path).doc_md.startswith("## Spec `w.json`\n\n```json\n{")


def test_fragments_are_named(tmp_path, spec_file):
    (tmp_path / "base.yaml").write_text("connection: {region_name: eu-west-1}\n")
    spec_file.write_text(f"extends: base.yaml\n{SPEC}")

    assert "```\n\nThe spec extends `base.yaml`, not shown here.\n\n## Plan" in build_dag(spec_file).doc_md


def test_long_spec_and_plan_are_cut_with_a_note(tmp_path):
    path = tmp_path / "long.yaml"
    jobs = "".join(f"  job_{number}: {{command: [run, '{number}']}}\n" for number in range(1_000))
    path.write_text(f"workflow: w\ndefaults: {{job_queue: q, job_definition: d}}\njobs:\n{jobs}")

    doc = build_dag(path).doc_md

    lines = doc.splitlines()
    spec_lines = sum(line.startswith("  job_") for line in lines)
    plan_lines = sum("definition d, queue q" in line for line in lines)
    assert 100 < spec_lines < 1_000
    assert 100 < plan_lines < 1_000
    assert f"{1_000 - spec_lines} more lines are left out; see `long.yaml`." in doc
    assert f"{1_000 - plan_lines} more lines are left out; `airflow-batch plan long.yaml` prints them." in doc
    assert len(doc) < 46_000


def test_spec_in_python_is_shown_as_yaml():
    dag = build_dag(parse_workflow(SPEC))

    assert dag.doc_md.startswith("Align reads.\n\n## Spec, written in Python\n\n```yaml\nworkflow: w\n")


def test_order_in_python_does_not_change_the_version():
    head = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"
    orders = ["a: {}, b: {}, c: {depends_on: [a, b]}", "c: {depends_on: [b, a]}, b: {}, a: {}"]

    versions = {
        SerializedDagModel.hash(DagSerialization.to_dict(build_dag(parse_workflow(head + jobs))))
        for jobs in (f"jobs: {{{order}}}\n" for order in orders)
    }

    assert len(versions) == 1


def test_version_is_the_same_from_another_folder(tmp_path):
    versions = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "w.yaml"
        path.write_text(SPEC)
        versions.add(SerializedDagModel.hash(DagSerialization.to_dict(build_dag(path))))

    assert len(versions) == 1


def test_process_that_runs_a_task_makes_no_documentation(spec_file, monkeypatch):
    class Context:
        dag_id = "w"
        task_id = "a"

    monkeypatch.setattr(documentation, "get_parsing_context", Context)

    assert build_dag(spec_file).doc_md is None
