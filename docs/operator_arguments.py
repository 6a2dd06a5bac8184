"""The page of the operators' arguments: which are templates, take XComs and can be mapped."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

HEAD: Final = """\
# Arguments of the operators

[The guide](guide.md#map-tasks-and-use-results-of-other-tasks) has examples. In the table:

- **template**: Airflow renders the argument's strings.
- **XCom**: the argument may be the output of another task (`other.output`).
- **mapped over**: what `partial(…).expand(…)` and `expand_kwargs(…)` take for it: a list in the DAG file,
  or also the output of another task.

Set the arguments of Airflow's own `BaseOperator`, such as `retries`, `execution_timeout` and
`map_index_template`, in `partial()`; Airflow does not map most of them.
"""

_NOTES: Final = {
    "aws_conn_id": "if another task gives it, the end of a run or a mark terminates no jobs",
    "region_name": "as `aws_conn_id`",
    "verify": "as `aws_conn_id`",
    "botocore_config": "as `aws_conn_id`",
    "job_key": "if another task gives it, marking a task terminates its job only while the task waits",
    "plan": "the jobs' requests may contain templates",
    "chain": "the jobs' requests may contain templates",
    "workflow": "an XCom may hold the path of a spec",
    "start_in_triggerer": "no effect on a task that is mapped with `expand()`: it starts in a worker",
}

_NOT_IN_XCOMS: Final = frozenset({"plan", "chain"})
"""Arguments whose values an XCom cannot hold."""


def operators() -> str:
    """Return the page."""
    classes: dict[tuple[str, bool, bool], list[str]] = {}
    for operator in all_operators():
        for name in own_arguments(operator):
            kind = (name, name in operator.template_fields, operator.takes_output(name))
            classes.setdefault(kind, []).append(operator.__name__)
    rows = [_row(*kind, classes[kind]) for kind in sorted(classes)]
    legend = [f"| {short} | `{name}` |" for name, short in _short_names().items()]
    return "\n".join(
        [
            HEAD,
            "| in the table | class |",
            "|---|---|",
            *legend,
            "",
            "| argument | of | template | XCom | mapped over | note |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "`make generated` creates this page from the operators.",
            "",
        ]
    )


def all_operators() -> list[Any]:
    """Return the public operators and sensors."""
    from airflow_batch_provider.operators import batch as operators
    from airflow_batch_provider.sensors import batch, resources

    return [
        *(getattr(operators, name) for name in operators.__all__),
        batch.BatchJobSensor,
        resources.BatchComputeEnvironmentSensor,
        resources.BatchJobQueueSensor,
    ]


def own_arguments(operator: Any) -> Iterator[str]:
    """List the arguments that the provider's classes define, without those of Airflow's base classes."""
    for base in operator.__mro__:
        if base.__module__.startswith("airflow_batch_provider.") and "__init__" in vars(base):
            for name, parameter in inspect.signature(base.__init__).parameters.items():
                if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                    yield name


def _short_names() -> dict[str, str]:
    names = [operator.__name__ for operator in all_operators()]
    return {name: name.removeprefix("Batch").removesuffix("Operator") for name in names}


def _row(name: str, is_template: bool, takes_output: bool, classes: list[str]) -> str:
    short = _short_names()
    of = "all" if len(classes) == len(short) else ", ".join(short[each] for each in classes)
    mapped = "a list" if name in _NOT_IN_XCOMS else "a list or an XCom"
    cells = (f"`{name}`", of, _yes(is_template), _yes(takes_output), mapped, _NOTES.get(name, ""))
    return f"| {' | '.join(cells)} |"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
