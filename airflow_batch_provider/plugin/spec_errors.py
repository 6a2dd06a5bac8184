"""
Keep the import errors of spec files until the files are repaired.

``load_workflows("folder/*.yaml")`` reports each invalid spec under its own path. Airflow's DAG processor
knows only Python files and archives. Whenever it refreshes a DAG bundle, it deletes the import errors of all
other files, until the DAG file is parsed again. An error of the DAG file itself would stay, but Airflow
deactivates all DAGs of such a file.

The listener therefore adds the reported spec files to the arguments of two functions of the DAG processor.
If a later Airflow does not have them, its refreshes delete the errors again.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection
from functools import cache
from types import ModuleType
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)

File = tuple[str, str]
"""A bundle's name and a path in this bundle."""


@hookimpl
def on_starting(component: Any) -> None:  # noqa: ARG001
    """Extend the DAG processor; other components have not imported it."""
    manager = sys.modules.get("airflow.dag_processing.manager")
    if manager is None:
        return
    try:
        extend(manager)
    except AttributeError:
        log.warning("Import errors of spec files disappear when the DAG bundle is refreshed", exc_info=True)


@cache
def extend(manager: ModuleType) -> None:
    """Let the DAG processor's module keep the import errors of spec files."""
    specs = ReportedSpecs()
    write: Callable[..., None] = manager.update_dag_parsing_results_in_db
    clear: Callable[..., None] = manager.DagFileProcessorManager.clear_orphaned_import_errors

    # A call in another form, from a later Airflow, passes unchanged.
    def write_results(*unknown: Any, **arguments: Any) -> None:
        if unknown or not {"files_parsed", "import_errors"} <= arguments.keys():
            write(*unknown, **arguments)
            return
        parsed, reported = set(arguments["files_parsed"] or ()), set(arguments["import_errors"])
        write(**arguments | {"files_parsed": parsed | specs.repaired(parsed, reported)})
        specs.record(parsed, reported)

    def clear_errors(self: Any, *unknown: Any, **arguments: Any) -> None:
        if not unknown and {"bundle_name", "observed_filelocs"} <= arguments.keys():
            observed = arguments["observed_filelocs"]
            reported = specs.of_dag_files(arguments["bundle_name"], observed)
            arguments = {**arguments, "observed_filelocs": {*observed, *reported}}
        clear(self, *unknown, **arguments)

    manager.update_dag_parsing_results_in_db = write_results  # type: ignore[attr-defined]
    manager.DagFileProcessorManager.clear_orphaned_import_errors = clear_errors


class ReportedSpecs:
    """The spec files that each DAG file reported as invalid when it was last parsed."""

    def __init__(self) -> None:
        self._by_dag_file: dict[File, set[File]] = {}

    def record(self, parsed: set[File], reported: set[File]) -> None:
        """Record the result of a DAG file, which is in ``parsed``."""
        specs = _specs(reported)
        for dag_file in parsed - specs:
            self._by_dag_file[dag_file] = specs

    def repaired(self, parsed: set[File], reported: set[File]) -> set[File]:
        """Return the files that no DAG file reports after this result."""
        dag_files = parsed - _specs(reported)
        before = [specs for dag_file, specs in self._by_dag_file.items() if dag_file in dag_files]
        others = [specs for dag_file, specs in self._by_dag_file.items() if dag_file not in dag_files]
        return set[File]().union(*before).difference(reported, *others)

    def of_dag_files(self, bundle_name: str, dag_files: Collection[str]) -> set[str]:
        """Return the paths that the DAG files of a bundle report."""
        reported = [self._by_dag_file.get((bundle_name, path), set()) for path in dag_files]
        return {path for specs in reported for _, path in specs}


def _specs(files: set[File]) -> set[File]:
    # Too slow to import in processes that only load the plugin.
    from airflow_batch_provider.spec.loader import FILE_SUFFIXES

    return {(bundle, path) for bundle, path in files if path.endswith(FILE_SUFFIXES)}
