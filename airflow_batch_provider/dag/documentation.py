"""Show a workflow's spec and plan in the documentation of its DAG and tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import get_parsing_context

from airflow_batch_provider.hooks.settings import shows_specs
from airflow_batch_provider.plan.planner import in_key_order
from airflow_batch_provider.plan.render import member_as_text, plan_as_text
from airflow_batch_provider.spec.spec_text import SpecText, first_lines

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from airflow_batch_provider.plan.model import PlannedJob, PlannedTask, WorkflowPlan
    from airflow_batch_provider.spec.models import AirflowSettings

PLAN_TEXT_MAX: Final = 15_000
"""Characters of a plan that Airflow shows: it stores them with every version of the DAG."""

_BACKTICKS: Final = re.compile("`+")


def shows_spec(settings: AirflowSettings) -> bool:
    """Whether to show the spec; a process that runs a task needs no documentation."""
    if get_parsing_context().dag_id is not None:
        return False
    return shows_specs(settings.show_spec)


def document_dag(dag: DAG, plan: WorkflowPlan) -> None:
    """Add the spec and its plan to the documentation of a DAG, after what the author wrote."""
    if plan.source is None or not shows_spec(plan.airflow):
        return
    parts = [dag.doc_md or plan.description, *_spec(plan.source), *_plan(plan, plan.source.file)]
    dag.doc_md = "\n\n".join(filter(None, parts)) + "\n"


def document_tasks(tasks: Iterable[Any], planned: PlannedJob | PlannedTask, *, shows_plan: bool) -> None:
    """Document the tasks of a job or Python task: what the author wrote, then its part of the plan."""
    part = _code(member_as_text(planned), "text") if shows_plan else None
    for task in tasks:
        parts = [planned.task_settings.get("description"), task.doc_md, part]
        task.doc_md = "\n\n".join(filter(None, parts)) or None


def _spec(source: SpecText) -> Iterable[str]:
    kind = "json" if source.file.endswith(".json") else "yaml"
    yield f"## Spec `{source.file}`" if source.file else "## Spec, written in Python"
    yield _code(source.text, kind)
    if source.lines_left_out:
        where = f"`{source.file}`" if source.file else "the Python code"
        yield f"{_lines(source.lines_left_out)} left out; see {where}."
    if source.fragments:
        names = ", ".join(f"`{name}`" for name in source.fragments)
        yield f"The spec extends {names}, not shown here."


def _plan(plan: WorkflowPlan, file: str) -> Iterable[str]:
    text, left_out = first_lines(plan_as_text(plan if file else in_key_order(plan)), PLAN_TEXT_MAX)
    yield "## Plan"
    yield _code(text, "text")
    if left_out:
        how = f"; `airflow-batch plan {file}` prints them" if file else ""
        yield f"{_lines(left_out)} left out{how}."


def _lines(count: int) -> str:
    return f"{count:,} more line is" if count == 1 else f"{count:,} more lines are"


def _code(text: str, language: str) -> str:
    """Return a Markdown code block, whose fence is longer than any in the text."""
    fence = "`" * max([3, *(len(run) + 1 for run in _BACKTICKS.findall(text))])
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
