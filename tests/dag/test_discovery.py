"""From spec files to the DAGs of a DAG file."""

from pathlib import Path

import pytest
import structlog
from airflow.dag_processing import processor

from airflow_batch_provider.dag.discovery import UnloadableWorkflow, load_workflows
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from tests.airflow_versions import DagSerialization, dags_of

GOOD = "workflow: {name}\njobs:\n  a: {{job_queue: etl, job_definition: step}}\n"
BAD = "workflow: bad\njobs:\n  a: {job_queue: etl, job_definition: step, attempts: 11}\n"


@pytest.fixture
def folder(tmp_path):
    """A bundle with a DAG file ``loader.py`` and a folder of specs beside it."""
    specs = tmp_path / "specs"
    specs.mkdir()
    (tmp_path / "loader.py").write_text(
        "from airflow_batch_provider import load_workflows\n"
        "globals().update(load_workflows('specs/*.yaml'))\n"
    )
    return specs


def put(folder: Path, name: str, text: str | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text or GOOD.format(name=path.stem))
    return path


def serialization_error_of(dag) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        DagSerialization.to_dict(dag)
    return str(raised.value)


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_the_spec_of_the_same_name_is_loaded(tmp_path, suffix):
    text = (
        GOOD.format(name="w")
        if suffix != ".json"
        else ('{"workflow": "w", "jobs": {"a": {"job_queue": "etl", "job_definition": "step"}}}')
    )
    put(tmp_path, f"my_dag{suffix}", text)

    dags = load_workflows(str(tmp_path / "my_dag.py"))

    assert list(dags) == ["w"]


def test_a_bad_spec_is_the_dag_files_own_error(tmp_path):
    spec = put(tmp_path, "my_dag.yaml", BAD)

    with pytest.raises(InvalidSpecError) as raised:
        load_workflows(tmp_path / "my_dag.py")

    assert str(raised.value) == f"\n{spec}:3:55: E403 job 'a' has attempts 11; AWS Batch accepts 1 to 10"


def test_a_dag_file_without_a_spec_says_what_is_looked_for(tmp_path):
    with pytest.raises(SpecError) as raised:
        load_workflows(tmp_path / "my_dag.py")

    assert str(raised.value) == (
        "no spec file my_dag.yaml or my_dag.yml or my_dag.json in the folder of my_dag.py; "
        "give the spec file the same name as the DAG file"
    )


def test_a_pattern_loads_every_match(folder):
    put(folder, "one.yaml")
    put(folder, "two.yaml")
    put(folder, "not_matched.json", "{}")

    dags = load_workflows(folder / "*.yaml")

    assert list(dags) == ["one", "two"]


def test_a_relative_pattern_starts_at_the_file_that_calls(folder, monkeypatch):
    put(folder, "one.yaml")
    monkeypatch.chdir("/")
    namespace = {"__file__": str(folder.parent / "loader.py"), "load_workflows": load_workflows}

    exec("dags = load_workflows('specs/*.yaml')", namespace)

    assert list(namespace["dags"]) == ["one"]


def test_a_pattern_without_a_match_is_an_error(folder):
    with pytest.raises(SpecError, match=r"^no file in .* matches '.*specs/\*\.yaml'; check the"):
        load_workflows(folder / "*.yaml")


def test_a_broken_spec_becomes_an_unloadable_workflow_and_the_others_load(folder):
    put(folder, "one.yaml")
    bad = put(folder, "bad.yaml", BAD)
    put(folder, "two.yaml")

    dags = load_workflows(folder / "*.yaml")

    (unloadable,) = [dag for dag in dags.values() if isinstance(dag, UnloadableWorkflow)]
    assert {"one", "two"} < set(dags)
    assert serialization_error_of(unloadable).endswith(
        f"{bad}:3:55: E403 job 'a' has attempts 11; AWS Batch accepts 1 to 10"
    )


@pytest.mark.parametrize(
    ("settings", "text"),
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
def test_settings_that_airflow_refuses_are_the_spec_files_error(folder, settings, text):
    put(folder, "bad.yaml", GOOD.format(name="bad") + f"airflow: {settings}\n")

    (unloadable,) = load_workflows(folder / "*.yaml").values()

    assert text in serialization_error_of(unloadable)


def test_a_workflow_that_stands_in_two_files_is_loaded_once(folder):
    put(folder, "one.yaml", GOOD.format(name="same"))
    put(folder, "two.yaml", GOOD.format(name="same"))

    dags = load_workflows(folder / "*.yaml")

    (unloadable,) = [dag for dag in dags.values() if isinstance(dag, UnloadableWorkflow)]
    assert dags["same"] is not unloadable
    assert serialization_error_of(unloadable).endswith(
        "workflow 'same' is already defined in one.yaml; rename one of them"
    )


def test_broken_specs_of_one_name_in_two_folders_are_two_errors(folder):
    put(folder, "a/bad.yaml", BAD)
    put(folder, "b/bad.yaml", BAD)

    dags = load_workflows(folder / "*/*.yaml")

    assert len(dags) == 2


@pytest.mark.parametrize("name", ["with blank.yaml", "größe.yaml", "x" * 200 + ".yaml"])
def test_a_broken_spec_may_have_any_file_name(folder, name):
    put(folder, name, BAD)

    (unloadable,) = load_workflows(folder / "*.yaml").values()

    assert "E403" in serialization_error_of(unloadable)


def test_airflow_files_the_error_under_the_spec_file(folder):
    put(folder, "one.yaml")
    put(folder, "bad.yaml", BAD)
    put(folder, "worse.yaml", "workflow: []")

    bag = dags_of(folder.parent)
    serialized, errors = processor._serialize_dags(bag, structlog.get_logger())

    assert bag.import_errors == {}
    assert [(dag.dag_id, dag.relative_fileloc) for dag in serialized] == [("one", "loader.py")]
    assert {path: Path(path).name in error for path, error in errors.items()} == {
        "specs/bad.yaml": True,
        "specs/worse.yaml": True,
    }
