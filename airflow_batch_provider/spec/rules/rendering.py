"""E220, E221, E222: settings that change how templates render, and templates that stand for a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case
from airflow_batch_provider.spec.models import JobDefinition, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import jobs, subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_whole_template

_FIXED: Final = (
    *("block_start_string", "block_end_string", "variable_start_string", "variable_end_string"),
    *("comment_start_string", "comment_end_string", "line_statement_prefix", "line_comment_prefix"),
    *("newline_sequence", "keep_trailing_newline", "autoescape", "enable_async"),
)
_OVERRIDES: Final = ("container_overrides", "ecs_properties_override", "eks_properties_override")
_SHORT_FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "environment": ("environment",),
    "secrets": ("secrets",),
    "resource_requirements": ("vcpus", "memory", "gpus"),
}
"""Lists of a container, with the short forms that are merged into them."""


@rule("E220")
def jinja_options(workflow: Workflow) -> Iterator[Violation]:
    """`jinja_environment_kwargs` contains no options that change the syntax of templates."""
    for name in workflow.airflow.jinja_environment_kwargs or {}:
        path = ("airflow", "jinja_environment_kwargs", name)
        if name in _FIXED:
            text = (
                f"jinja_environment_kwargs sets '{name}', but all strings of a workflow are rendered in the "
                "same way: "
                "{{ … }} and {% … %} are templates, and everything else stays as written; remove it"
            )
            yield Violation("E220", path, text, at_key=True)


@rule("E221")
def merged_templates(workflow: Workflow) -> Iterator[Violation]:
    """A list that is merged with a short form, such as `environment`, is not a template."""
    for subject in subjects(workflow):
        is_definition = isinstance(subject.members, JobDefinition)
        member = "container_properties" if is_definition else "container_overrides"
        full = _members(subject.get(member))
        for name, short_forms in _SHORT_FORMS.items():
            written = [short for short in short_forms if subject.get(short) is not None]
            values = [full.get(camel_case(name)), *(subject.get(short) for short in written)]
            has_both = values[0] is not None and bool(written)
            if has_both and any(map(is_whole_template, values)):
                text = (
                    f"{member}.{name} and {' and '.join(written)} of {subject.name} become one list, but one "
                    "of them is a template, whose result is not known yet; write all entries in one of them"
                )
                yield Violation("E221", (*subject.path, written[0]), text)


@rule("E222")
def variables_of_split_arrays(workflow: Workflow) -> Iterator[Violation]:
    """The environment of an array of more than 10,000 children is not a template."""
    for subject in jobs(workflow):
        size = subject.get("array_size")
        if not isinstance(size, int) or size <= limits.ARRAY_SIZE_MAX:
            continue
        overrides = {name: subject.get(name) for name in ("environment", *_OVERRIDES)}
        if _has_template_for_variables(overrides):
            text = (
                f"the environment of {subject.name} is a template, but its {size:,} children are split into "
                "several array jobs, each with variables of its own; write the environment as a mapping"
            )
            yield Violation("E222", (*subject.path, "array_size"), text)


def _members(full: Any) -> dict[str, Any]:
    """Return the members of a member in full by their names in AWS's API."""
    return {camel_case(name): value for name, value in full.items()} if isinstance(full, dict) else {}


def _has_template_for_variables(value: Any) -> bool:
    """Return whether a template takes the place of a list of environment variables, at any depth."""
    if isinstance(value, dict):
        return any(
            (name in ("environment", "env") and is_whole_template(item)) or _has_template_for_variables(item)
            for name, item in value.items()
        )
    return isinstance(value, list) and any(map(_has_template_for_variables, value))
