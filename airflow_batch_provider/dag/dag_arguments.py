"""Turn a spec's ``airflow`` settings into arguments of ``DAG()``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import airflow
from airflow.sdk import DAG

from airflow_batch_provider.dag.callbacks import imported_callbacks
from airflow_batch_provider.dag.params import airflow_params
from airflow_batch_provider.dag.schedule import airflow_schedule
from airflow_batch_provider.dag.task_arguments import moment, task_arguments
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.language.schedule import is_continuous

if TYPE_CHECKING:
    from airflow_batch_provider.spec.models import AirflowSettings

_NULLABLE: Final = frozenset({"aws_conn_id", "execution_timeout", "retries"})
"""Default arguments for which null means something else than leaving them out."""

_CALLBACKS: Final = frozenset({"on_success_callback", "on_failure_callback"})
_OWN: Final = frozenset({"show_spec"})
"""Settings that are no arguments of ``DAG()``."""


def as_dag_arguments(settings: AirflowSettings) -> dict[str, Any]:
    """
    Return the arguments that the author has set, with the types that Airflow requires.

    :raises SpecError: this version of Airflow lacks a setting, or the timetable cannot be created or a
        callback cannot be imported.
    """
    arguments = {name: value for name, value in settings if value is not None and name not in _OWN}
    for name in arguments.keys() - _known():
        raise SpecError(
            f"'airflow.{name}' requires a later version of Airflow than {airflow.__version__}; remove it"
        )
    arguments["schedule"] = airflow_schedule(settings.schedule)
    if is_continuous(settings.schedule):
        arguments.setdefault("max_active_runs", 1)
    for name in ("start_date", "end_date"):
        if name in arguments:
            arguments[name] = moment(arguments[name])
    if settings.params is not None:
        arguments["params"] = airflow_params(settings.params)
    if "dagrun_timeout" in arguments:
        arguments["dagrun_timeout"] = timedelta(seconds=arguments["dagrun_timeout"])
    if settings.default_args is not None:
        arguments["default_args"] = default_arguments(settings.default_args)
    if settings.allowed_run_types is not None:
        arguments["allowed_run_types"] = [str(kind) for kind in settings.allowed_run_types]
    if settings.doc_md is not None:
        arguments["doc_md"] = _documentation(settings.doc_md)
    return imported_callbacks(arguments, _CALLBACKS, "'airflow'")


def default_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``default_args`` of a DAG, with the types that Airflow's operators require."""
    nulls = {name: None for name in _NULLABLE & arguments.keys() if arguments[name] is None}
    return {**task_arguments(arguments), **nulls}


@cache
def _known() -> frozenset[str]:
    return frozenset(signature(DAG.__init__).parameters)


def _documentation(text: str) -> str:
    """Return documentation that Airflow shows, or the name of a file that it can read."""
    # Airflow opens any text that ends in `.md`; some texts are no possible names.
    return text if not text.endswith(".md") or _is_readable(text) else text + "\n"


def _is_readable(name: str) -> bool:
    try:
        return Path(name).is_file() and os.access(name, os.R_OK)
    except (OSError, ValueError):
        return False
