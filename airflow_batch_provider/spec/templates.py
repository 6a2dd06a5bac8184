"""Jinja templates in a spec: whether they can be read, and which names they use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MARKS: Final = ("{{", "{%", "{#")

CONTEXT_NAMES: Final = frozenset(
    {
        "conn",
        "dag",
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "expanded_ti_count",
        "inlet_events",
        "inlets",
        "logical_date",
        "macros",
        "map_index_template",
        "outlet_events",
        "outlets",
        "params",
        "partition_date",
        "partition_key",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_end_date_success",
        "prev_start_date_success",
        "run_id",
        "task",
        "task_instance",
        "task_instance_key_str",
        "task_reschedule_count",
        "task_state_store",
        "test_mode",
        "ti",
        "triggering_asset_events",
        "try_number",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "var",
    }
)
"""What Airflow puts into a task's templates."""

NEEDS_LOGICAL_DATE: Final = frozenset(
    {
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "logical_date",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
    }
)
"""What is not there in a run without a ``logical_date``."""

AIRFLOW_FILTERS: Final = frozenset({"ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz"})


@dataclass(frozen=True, slots=True)
class Template:
    """
    What a template uses.

    :param error: why it cannot be read, if it cannot.
    :param names: the names that must be given to it.
    :param params: the members of ``params`` that it reads.
    :param filters: the filters that are neither Jinja's nor Airflow's.
    """

    error: str | None = None
    names: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def read_template(text: str) -> Template:
    """Read a template as Airflow will; many jobs share one."""
    from jinja2 import TemplateSyntaxError, nodes

    environment, known_filters, own_names = _jinja()
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        return Template(error=error.message or "it cannot be read")
    names = list(tree.find_all(nodes.Name))
    stored = {name.name for name in names if name.ctx != "load"}
    return Template(
        names=frozenset(name.name for name in names) - stored - own_names,
        params=frozenset(_params_read(tree)),
        filters=frozenset(each.name for each in tree.find_all(nodes.Filter)) - known_filters,
    )


def _params_read(tree: Any) -> set[str]:
    from jinja2 import nodes

    found = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        if not isinstance(node.node, nodes.Name) or node.node.name != "params":
            continue
        if isinstance(node, nodes.Getattr):
            found.add(node.attr)
        elif isinstance(node.arg, nodes.Const):
            found.add(str(node.arg.value))
    return found


@lru_cache(maxsize=1)
def _jinja() -> tuple[Any, frozenset[str], frozenset[str]]:
    from jinja2 import Environment

    environment = Environment(extensions=["jinja2.ext.do"], cache_size=0)
    return environment, frozenset(environment.filters) | AIRFLOW_FILTERS, frozenset(environment.globals)
