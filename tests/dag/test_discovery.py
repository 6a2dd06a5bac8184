"""Loading of workflows from spec files."""

from pathlib import Path

import pytest
import structlog
from airflow.dag_processing import processor
from airflow.providers.standard.operators.empty import EmptyOperator

from airflow_batch_provider.dag import factory
from airflow_batch_provider.dag.discovery import UnloadableWorkflow, load_workflows
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from tests.airflow_versions import DagSerialization, dags_of

VALID_SPEC = "workflow: {name}\njobs:\n  a: {{job_queue: etl, job_definition: step}}\n"
INVALID_SPEC = "workflow: bad\njobs:\n  a: {job_queue: etl, job_definition: step, attempts: 11}\n"


@pytest.fixture
def folder(tmp_path):
    """Folder for specs next to a DAG file ``loader.py`` that loads them."""
    specs = tmp_path / "specs"
    specs.mkdir()
    (tmp_path / "loader.py").write_text(
        "from airflow_batch_provider import load_workflows\n"
        "globals().update(load_workflows('specs/*.yaml'))\n"
    )
    return specs


def write_spec(folder: Path, name: str, text: str | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text or VALID_SPEC.format(name=path.stem))
    return path


def serialization_error(dag) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        DagSerialization.to_dict(dag)
    return str(raised.value)


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_loads_spec_with_same_name_as_dag_file(tmp_path, suffix):
    text = (
        VALID_SPEC.format(name="w")
        if suffix != ".json"
        else ('{"workflow": "w", "jobs": {"a": {"job_queue": "etl", "job_definition": "step"}}}')
    )
    write_spec(tmp_path, f"my_dag{suffix}", text)

    dags = load_workflows(str(tmp_path / "my_dag.py"))

    assert list(dags) == ["w"]


def test_invalid_spec_is_an_import_error_of_its_dag_file(tmp_path):
    spec = write_spec(tmp_path, "my_dag.yaml", INVALID_SPEC)

    with pytest.raises(InvalidSpecError) as raised:
        load_workflows(tmp_path / "my_dag.py")

    assert str(raised.value) == f"\n{spec}:3:55: E403 job 'a' has attempts 11; AWS Batch accepts 1 to 10"


def test_missing_spec_error_lists_expected_file_names(tmp_path):
    with pytest.raises(SpecError) as raised:
        load_workflows(tmp_path / "my_dag.py")

    assert str(raised.value) == (
        "no spec file my_dag.yaml or my_dag.yml or my_dag.json in the folder of my_dag.py; "
        "give the spec file the same name as the DAG file"
    )


def test_pattern_loads_every_matching_spec(folder):
    write_spec(folder, "one.yaml")
    write_spec(folder, "two.yaml")
    write_spec(folder, "not_matched.json", "{}")

    dags = load_workflows(folder / "*.yaml")

    assert list(dags) == ["one", "two"]


def test_relative_pattern_is_relative_to_calling_file(folder, monkeypatch):
    write_spec(folder, "one.yaml")
    monkeypatch.chdir("/")
    namespace = {"__file__": str(folder.parent / "loader.py"), "load_workflows": load_workflows}

    exec("dags = load_workflows('specs/*.yaml')", namespace)

    assert list(namespace["dags"]) == ["one"]


def test_pattern_without_matches_is_an_error(folder):
    with pytest.raises(SpecError, match=r"^no file in .* matches '.*specs/\*\.yaml'; check the"):
        load_workflows(folder / "*.yaml")


def test_invalid_spec_does_not_prevent_loading_other_specs(folder):
    write_spec(folder, "one.yaml")
    bad = write_spec(folder, "bad.yaml", INVALID_SPEC)
    write_spec(folder, "two.yaml")

    dags = load_workflows(folder / "*.yaml")

    (unloadable,) = [dag for dag in dags.values() if isinstance(dag, UnloadableWorkflow)]
    assert {"one", "two"} < set(dags)
    assert serialization_error(unloadable).endswith(
        f"{bad}:3:55: E403 job 'a' has attempts 11; AWS Batch accepts 1 to 10"
    )


@pytest.mark.parametrize(
    ("settings", "expected_error"),
    [
        (
            "{schedule: every now and then}",
            "bad.yaml:4:21: E311 'every now and then' is not a valid cron expression",
        ),
        ("{schedule: {timetable: nowhere.At}}", "could not create the schedule's timetable 'nowhere.At'"),
        ("{shedule: '@daily'}", "bad.yaml:4:11: E202 unknown key 'shedule'. Did you mean 'schedule'?"),
        ("{dagrun_timeout: soon}", "bad.yaml:4:27: E201 airflow.dagrun_timeout: 'soon' is not a duration"),
    ],
)
def test_invalid_airflow_setting_is_reported_for_its_spec_file(folder, settings, expected_error):
    write_spec(folder, "bad.yaml", VALID_SPEC.format(name="bad") + f"airflow: {settings}\n")

    (unloadable,) = load_workflows(folder / "*.yaml").values()

    assert expected_error in serialization_error(unloadable)


def test_duplicate_workflow_is_loaded_once(folder):
    write_spec(folder, "one.yaml", VALID_SPEC.format(name="same"))
    write_spec(folder, "two.yaml", VALID_SPEC.format(name="same"))

    dags = load_workflows(folder / "*.yaml")

    (unloadable,) = [dag for dag in dags.values() if isinstance(dag, UnloadableWorkflow)]
    assert dags["same"] is not unloadable
    assert serialization_error(unloadable).endswith(
        "workflow 'same' is already defined in one.yaml; rename one of them"
    )


UNBUILDABLE = {
    "first task": "{default_args: {pool_slots: 0}}",
    "second task": "{fail_fast: true, default_args: {trigger_rule: all_done}}",
    "executor": "{default_args: {executor: nowhere}}",
    "serialization": "{default_args: {weight_rule: nowhere}}",
}
"""Settings that Airflow refuses at different times after DAG() has returned."""


@pytest.mark.parametrize("settings", UNBUILDABLE.values(), ids=UNBUILDABLE)
def test_spec_that_airflow_refuses_is_reported_for_its_file_alone(folder, settings):
    write_spec(folder, "one.yaml")
    write_spec(folder, "bad.yaml", VALID_SPEC.format(name="bad") + f"airflow: {settings}\n")

    bag = dags_of(folder.parent)
    serialized, errors = processor._serialize_dags(bag, structlog.get_logger())

    assert bag.import_errors == {}
    assert [dag.dag_id for dag in serialized] == ["one"]
    assert list(errors) == ["specs/bad.yaml"]


def test_error_while_tasks_are_built_leaves_no_dag(folder, monkeypatch):
    def fail_after_first_task(plan, **_):
        EmptyOperator(task_id="first")
        if plan.workflow == "bad":
            raise RuntimeError("second task")

    monkeypatch.setattr(factory, "add_tasks", fail_after_first_task)
    write_spec(folder, "one.yaml")
    write_spec(folder, "bad.yaml")

    dags = dags_of(folder.parent).dags

    assert {dag_id.partition("__")[0] for dag_id in dags} == {"one", "unloadable"}


def test_failed_build_dag_leaves_no_dag_if_the_dag_file_continues(tmp_path):
    write_spec(tmp_path, "good.yaml")
    write_spec(
        tmp_path, "bad.yaml", VALID_SPEC.format(name="bad") + f"airflow: {UNBUILDABLE['first task']}\n"
    )
    (tmp_path / "loader.py").write_text(
        "from pathlib import Path\n"
        "from airflow_batch_provider import build_dag\n"
        "for path in Path(__file__).parent.glob('*.yaml'):\n"
        "    try:\n"
        "        build_dag(path)\n"
        "    except Exception:\n"
        "        pass\n"
    )

    bag = dags_of(tmp_path)

    assert list(bag.dags) == ["good"]


def test_dags_are_loaded_without_variables_unless_spec_says_otherwise(folder):
    write_spec(folder, "one.yaml")
    write_spec(folder, "two.yaml", VALID_SPEC.format(name="two") + "airflow: {auto_register: false}\n")
    (folder.parent / "loader.py").write_text(
        "from airflow_batch_provider import load_workflows\nfound = load_workflows('specs/*.yaml')\n"
    )

    bag = dags_of(folder.parent)

    assert list(bag.dags) == ["one"]


def test_duplicate_workflow_is_loaded_once_by_airflow(folder):
    write_spec(folder, "one.yaml", VALID_SPEC.format(name="same"))
    text = VALID_SPEC.format(name="same") + "  b: {job_queue: etl, job_definition: step}\n"
    for number in range(5):
        write_spec(folder, f"two{number}.yaml", text)

    bag = dags_of(folder.parent)

    assert not bag.dags["same"].has_task("b")
    assert len(bag.dags) == 6


def test_invalid_specs_with_same_file_name_are_separate_errors(folder):
    write_spec(folder, "a/bad.yaml", INVALID_SPEC)
    write_spec(folder, "b/bad.yaml", INVALID_SPEC)

    dags = load_workflows(folder / "*/*.yaml")

    assert len(dags) == 2


@pytest.mark.parametrize("name", ["with blank.yaml", "größe.yaml", "x" * 200 + ".yaml"])
def test_invalid_spec_can_have_any_file_name(folder, name):
    write_spec(folder, name, INVALID_SPEC)

    (unloadable,) = load_workflows(folder / "*.yaml").values()

    assert "E403" in serialization_error(unloadable)


def test_airflow_reports_import_error_for_spec_file(folder):
    write_spec(folder, "one.yaml")
    write_spec(folder, "bad.yaml", INVALID_SPEC)
    write_spec(folder, "worse.yaml", "workflow: []")

    bag = dags_of(folder.parent)
    serialized, errors = processor._serialize_dags(bag, structlog.get_logger())

    assert bag.import_errors == {}
    assert [(dag.dag_id, dag.relative_fileloc) for dag in serialized] == [("one", "loader.py")]
    assert {path: Path(path).name in error for path, error in errors.items()} == {
        "specs/bad.yaml": True,
        "specs/worse.yaml": True,
    }
