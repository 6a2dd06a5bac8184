"""Load the DAGs of spec files into a DAG file."""

from __future__ import annotations

import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from airflow.sdk import DAG, get_parsing_context

from airflow_batch_provider.dag.factory import dag_of, register
from airflow_batch_provider.dag.import_check import check_import
from airflow_batch_provider.dag.plan_cache import PlanCache
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.loader import FILE_SUFFIXES

_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")
"""Characters that a DAG ID must not contain."""


def load_workflows(where: str | Path) -> dict[str, DAG]:
    """
    Build the DAGs of spec files, for ``globals().update(load_workflows(__file__))``.

    A process that runs a single task gets only that task's DAG, with that task alone. In a DAG file that
    needs the DAGs' other tasks, use ``build_dag``.

    :param where: ``__file__`` of a DAG file loads the spec with the same name in the same folder; an invalid
        spec is an import error of the DAG file. A pattern such as ``"folder/*.yaml"``, absolute or
        relative to the calling DAG file, loads every matching spec; each invalid spec is an import error
        of its own, and the others load.
    :returns: DAGs by DAG ID.
    :raises InvalidSpecError: the one spec of a DAG file is invalid.
    :raises SpecError: no spec file exists, or no file matches the pattern.
    """
    path = Path(where)
    if path.suffix == ".py":
        dag = _wanted_dag(_beside(path), PlanCache.configured())
        return {dag.dag_id: register(dag)} if dag is not None else {}
    if path.is_absolute():
        return _load_all(Path(path.anchor), str(path.relative_to(path.anchor)))
    # The frame of the DAG file. inspect.stack() would read the source of every frame.
    caller = Path(sys._getframe(1).f_globals.get("__file__", ".")).parent
    return _load_all(caller, str(path))


def _beside(dag_file: Path) -> Path:
    candidates = [dag_file.with_suffix(suffix) for suffix in FILE_SUFFIXES]
    found = [candidate for candidate in candidates if candidate.exists()]
    if not found:
        names = " or ".join(candidate.name for candidate in candidates)
        raise SpecError(
            f"no spec file {names} in the folder of {dag_file.name}; give the spec file the same name as "
            "the DAG file"
        )
    return found[0]


def _load_all(folder: Path, pattern: str) -> dict[str, DAG]:
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise SpecError(f"no file in {folder} matches '{pattern}'; check the folder and the pattern")
    dags: dict[str, DAG] = {}
    origins: dict[str, Path] = {}
    cache = PlanCache.configured()
    for path in paths:
        try:
            dag = _wanted_dag(path, cache)
            if dag is None:
                continue
            check_import(dag)
            if dag.dag_id in dags:
                other = origins[dag.dag_id].name
                raise SpecError(f"workflow '{dag.dag_id}' is already defined in {other}; rename one of them")
        except Exception as error:
            dag = UnloadableWorkflow(path, error)
        dags[dag.dag_id] = register(dag)
        origins[dag.dag_id] = path
    return dags


def _wanted_dag(path: Path, cache: PlanCache) -> DAG | None:
    """Build the DAG of a spec; return None if this process runs a task of another DAG."""
    context = get_parsing_context()
    # A file's name does not show its DAG ID, so even a worker
    # has to read each spec; the cache makes that cheap.
    plan = cache.plan_of(path)
    if context.dag_id is not None and plan.workflow != context.dag_id:
        return None
    return dag_of(plan, only=context.task_id)


class UnloadableWorkflow(DAG):
    """
    A placeholder for a spec file that cannot be loaded, so that Airflow reports that file.

    Airflow assigns an import error to the DAG file that it read, and considers all DAGs of that file
    broken. A DAG that cannot be serialized is reported separately, under its ``relative_fileloc`` (before
    Airflow 3.2, its ``fileloc``). This DAG therefore names the spec file there and raises an error when
    it is serialized.
    """

    def __init__(self, path: Path, error: Exception) -> None:
        self._spec_path = path.resolve()
        readable = _ILLEGAL.sub("_", path.stem)[:100]
        distinct = sha256(str(self._spec_path).encode()).hexdigest()[:8]
        super().__init__(dag_id=f"unloadable__{readable}__{distinct}")
        self._reason = str(error) if isinstance(error, SpecError) else f"{path.name}: {error!r}"

    @property
    def relative_fileloc(self) -> str | None:
        """The spec file as Airflow names it: relative to the DAG bundle."""
        return self._relative_fileloc

    @relative_fileloc.setter
    def relative_fileloc(self, dag_file: str | None) -> None:
        """Receive the path of the DAG file; keep the path of the spec file in the same bundle."""
        self._relative_fileloc = dag_file
        if dag_file and self.fileloc.endswith(dag_file):
            bundle = Path(self.fileloc.removesuffix(dag_file)).resolve()
            self._relative_fileloc = os.path.relpath(self._spec_path, bundle)

    def get_serialized_fields(self) -> NoReturn:  # type: ignore[override]
        """Raise the error of the spec file."""
        # Set it this late: Airflow derives `relative_fileloc`
        # from the real path before it serializes the DAG.
        self.fileloc = self.relative_fileloc or self.fileloc
        raise SpecError(self._reason)
