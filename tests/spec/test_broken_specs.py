"""Fuzz specs: a broken spec gives findings at existing positions, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow

REPOSITORY = Path(__file__).parents[2]
GOOD = [
    path.read_text(encoding="utf-8")
    for path in sorted(
        [
            *(REPOSITORY / "dags").glob("*.yaml"),
            *(REPOSITORY / "docs" / "language").glob("*.yaml"),
            *(REPOSITORY / "tests" / "plan" / "golden").glob("*.yaml"),
        ]
    )
    if path.stem not in ("fragment", "fragments")
]
UNUSUAL_STRINGS = (
    *("", " ", "~", "x" * 300, "{{", "{% if %}", "{{ a b }}", "${{ x }}", "${{ }}", "${{ item.a }}"),
    *("arn:", "größe", "\x85", "*", "&a", "!!python/object:os.system", "<<", "1e999", "0x", "2006-99-99"),
)
UNUSUAL_CHARACTERS = (
    "",
    "\t",
    "{",
    "}",
    "[",
    "]",
    ":",
    "'",
    '"',
    "\n",
    "- ",
    "&a ",
    "*a",
    "#",
    "|",
    ">",
    "?",
)
UNUSUAL_KEYS = (
    "submit",
    "for_each",
    "matrix",
    "job_definition",
    "depends_on",
    "variables",
    "array_properties",
)
UNUSUAL_VALUES = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 10**30, 1.5, float("1e308"), [], {}, [[]], [None], {"a": []}]),
    st.sampled_from(UNUSUAL_STRINGS),
    st.dictionaries(
        st.sampled_from(["job", "type", "cron", "sns", "image", "a"]), st.sampled_from(UNUSUAL_STRINGS)
    ),
    st.lists(st.sampled_from(["clean", 1, None, {}]), max_size=3),
)
MANY_EXAMPLES = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def is_valid(text: str, file: str) -> bool:
    """Read and plan a text; every problem must be a finding at a position in the text."""
    try:
        plan_workflow(parse_workflow(text, file))
    except InvalidSpecError as error:
        findings = error.findings
    except SpecError:
        return False
    else:
        return True
    assert findings
    for finding in findings:
        assert finding.file == file
        assert finding.position is not None or finding.rule == "E103"
        if finding.position is None:
            continue
        assert 1 <= finding.position.line <= len(text.splitlines()) + 2
        assert finding.position.column >= 1
        assert finding.text.strip()
    return False


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container and key in the data where a value can be replaced."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


@MANY_EXAMPLES
@given(st.sampled_from(GOOD), st.data())
def test_spec_with_unusual_values(good: str, data: st.DataObject) -> None:
    spec = yaml.load(good, yaml.BaseLoader)
    for _ in range(data.draw(st.integers(1, 3))):
        everywhere = list(places(spec)) or [(spec, "jobs")]
        container, key = data.draw(st.sampled_from(everywhere))
        how = data.draw(st.sampled_from(["replace", "remove", "rename", "add"]))
        if key not in (container if isinstance(container, dict) else range(len(container))):
            continue
        if how == "replace":
            container[key] = deepcopy(data.draw(UNUSUAL_VALUES))
        elif how == "remove":
            del container[key]
        elif isinstance(container, dict):
            new = data.draw(
                st.sampled_from([*UNUSUAL_STRINGS, f"{key}s", str(key)[1:], "submit", "for_each", "matrix"])
            )
            container[new] = deepcopy(data.draw(UNUSUAL_VALUES)) if how == "add" else container.pop(key)

    is_valid(json.dumps(spec), "w.json")


@MANY_EXAMPLES
@given(st.sampled_from(GOOD), st.data())
def test_spec_with_unusual_characters(good: str, data: st.DataObject) -> None:
    text = good
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        odd = data.draw(
            st.sampled_from(
                ["", "\t", "{", "}", "[", "]", ":", "'", '"', "\n", "- ", "&a ", "*a", *UNUSUAL_STRINGS]
            )
        )
        text = text[:at] + odd + text[at + length :]

    is_valid(text, "w.yaml")


@MANY_EXAMPLES
@given(st.text(max_size=200))
@example("workflow: w\njobs: {a: {job_queue: q, job_definition: d}}")
def test_text_that_is_not_a_spec(text: str) -> None:
    is_valid(text, "w.yaml")


def test_unmodified_specs_are_valid() -> None:
    assert all(is_valid(good, "w.yaml") for good in GOOD)
