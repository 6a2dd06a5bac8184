"""Parse the Jinja templates in a spec: their syntax errors, and the names that they use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from airflow_batch_provider.spec.rendering import for_texts

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
"""The names in the template context of an Airflow task."""

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
"""The names that are missing in runs without a ``logical_date``."""

AIRFLOW_FILTERS: Final = frozenset({"ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz"})


@dataclass(frozen=True, slots=True)
class Template:
    """
    What a template uses.

    :param error: the syntax error, or None.
    :param names: the names that the template context must define.
    :param params: the params that the template reads: ``x`` of ``params.x``.
    :param filters: the filters that neither Jinja nor Airflow defines.
    """

    error: str | None = None
    names: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Parse a template as it is rendered. Results are cached, because many jobs share a template."""
    from jinja2 import TemplateSyntaxError, nodes

    environment, known_filters, own_names = _jinja()
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        return Template(error=error.message or "invalid syntax")
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

    environment = for_texts(Environment(extensions=["jinja2.ext.do"], cache_size=0))
    return environment, frozenset(environment.filters) | AIRFLOW_FILTERS, frozenset(environment.globals)
