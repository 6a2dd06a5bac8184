"""The import errors of spec files in Airflow's DAG processor."""

from inspect import signature
from types import ModuleType

import pytest
from airflow.dag_processing import manager

from airflow_batch_provider.plugin import spec_errors

DAG_FILES = {"pattern.py", "other.py"}


class Processor:
    """Airflow's DAG processor, with its import errors in memory."""

    def __init__(self) -> None:
        self.errors: dict[tuple[str, str], str] = {}
        self.fails = False

        errors = self.errors

        class DagFileProcessorManager:
            def clear_orphaned_import_errors(self, bundle_name: str, observed_filelocs: set[str]) -> None:
                for file in list(errors):
                    if file[0] == bundle_name and file[1] not in observed_filelocs:
                        del errors[file]

        def update_dag_parsing_results_in_db(*, import_errors, files_parsed, **_) -> None:
            if self.fails:
                raise RuntimeError("the database is locked")
            for file in files_parsed:
                errors.pop(file, None)
            errors.update(import_errors)

        self.module = ModuleType("manager")
        self.module.update_dag_parsing_results_in_db = update_dag_parsing_results_in_db
        self.module.DagFileProcessorManager = DagFileProcessorManager

    def parse(self, dag_file: str, *broken: str) -> None:
        errors = {("bundle", path): "error" for path in broken}
        files = {("bundle", dag_file), *errors}
        self.module.update_dag_parsing_results_in_db(
            bundle_name="bundle", import_errors=errors, files_parsed=files
        )

    def refresh(self, dag_files: set[str] = DAG_FILES) -> None:
        self.module.DagFileProcessorManager().clear_orphaned_import_errors(
            bundle_name="bundle", observed_filelocs=dag_files
        )

    @property
    def files(self) -> list[str]:
        return sorted(path for _, path in self.errors)


@pytest.fixture
def processor() -> Processor:
    processor = Processor()
    spec_errors.extend(processor.module)
    return processor


def test_errors_of_specs_survive_a_refresh(processor):
    processor.parse("pattern.py", "specs/a.yaml", "specs/b.json")

    processor.refresh()

    assert processor.files == ["specs/a.yaml", "specs/b.json"]


def test_error_of_repaired_spec_disappears_when_the_dag_file_is_parsed(processor):
    processor.parse("pattern.py", "specs/a.yaml", "specs/b.yaml")

    processor.parse("pattern.py", "specs/b.yaml")

    assert processor.files == ["specs/b.yaml"]


def test_other_dag_files_do_not_clear_the_errors(processor):
    processor.parse("pattern.py", "specs/a.yaml")

    processor.parse("other.py")
    processor.refresh()

    assert processor.files == ["specs/a.yaml"]


def test_error_stays_while_another_dag_file_reports_it(processor):
    processor.parse("pattern.py", "specs/a.yaml")
    processor.parse("other.py", "specs/a.yaml")

    processor.parse("other.py")

    assert processor.files == ["specs/a.yaml"]


def test_errors_disappear_with_their_dag_file(processor):
    processor.parse("pattern.py", "specs/a.yaml")

    processor.refresh(DAG_FILES - {"pattern.py"})

    assert processor.files == []


def test_error_of_the_dag_file_replaces_those_of_its_specs(processor):
    processor.parse("pattern.py", "specs/a.yaml")

    processor.parse("pattern.py", "pattern.py")

    assert processor.files == ["pattern.py"]


def test_result_that_was_not_written_is_not_remembered(processor):
    processor.parse("pattern.py", "specs/a.yaml")
    processor.fails = True
    with pytest.raises(RuntimeError):
        processor.parse("pattern.py")
    processor.fails = False

    processor.parse("pattern.py")

    assert processor.files == []


def test_calls_in_another_form_pass_unchanged(processor):
    processor.parse("pattern.py", "specs/a.yaml")

    processor.module.update_dag_parsing_results_in_db(import_errors={}, files_parsed=set(), version=5)
    processor.module.DagFileProcessorManager().clear_orphaned_import_errors("bundle", {"other.py"})

    assert processor.files == []


def test_repeated_start_of_components_extends_the_processor_once():
    module = Processor().module

    spec_errors.extend(module)
    extended = module.update_dag_parsing_results_in_db
    spec_errors.extend(module)

    assert module.update_dag_parsing_results_in_db is extended


def test_processor_without_the_functions_is_left_alone(monkeypatch, caplog):
    monkeypatch.setitem(spec_errors.sys.modules, "airflow.dag_processing.manager", ModuleType("manager"))

    spec_errors.on_starting(component=None)

    assert "disappear when the DAG bundle is refreshed" in caplog.text


def test_installed_airflow_has_the_functions():
    write = signature(manager.update_dag_parsing_results_in_db).parameters
    clear = signature(manager.DagFileProcessorManager.clear_orphaned_import_errors).parameters

    assert {"import_errors", "files_parsed"} <= set(write)
    assert {"bundle_name", "observed_filelocs"} <= set(clear)
