"""Every rule is registered and documented, and has an example that breaks it and a corrected one."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from airflow_batch_provider.spec import rules
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import read_workflow
from airflow_batch_provider.spec.rules import rule_summaries
from airflow_batch_provider.spec.rules.registry import registered_rules

EXAMPLES = Path(__file__).parents[2] / "docs" / "rules"
WITHOUT_EXAMPLE = {"E104"}
"""A file of four mebibytes; `test_hostile_files` has one."""


def example_of(rule):
    text = (EXAMPLES / f"{rule}.yaml").read_text(encoding="utf-8")
    expanded = re.sub(r"⟨([\d,]+) letters⟩", lambda m: "x" * int(m[1].replace(",", "")), text)
    return expanded.split("---\n")


def findings_in(text, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        return read_workflow(path).warnings
    except InvalidSpecError as error:
        return error.findings


def test_every_rule_has_an_example():
    assert {path.stem for path in EXAMPLES.iterdir()} | WITHOUT_EXAMPLE == set(rule_summaries())


@pytest.mark.parametrize("rule", sorted(rule_summaries().keys() - WITHOUT_EXAMPLE))
def test_invalid_example_breaks_only_its_rule_and_corrected_example_breaks_none(rule, tmp_path):
    invalid, corrected = example_of(rule)

    found = [finding.rule for finding in findings_in(invalid, tmp_path)]
    remaining = findings_in(corrected, tmp_path)

    assert found == [rule]
    assert remaining == ()


@pytest.mark.parametrize("rule", rule_summaries())
def test_every_rule_has_a_summary(rule):
    assert re.fullmatch(r"[EW][1-5]\d\d", rule)
    assert re.fullmatch(r"[A-Z`].*\.", rule_summaries()[rule])


def test_every_id_of_a_registered_rule_is_documented():
    assert {rule_id for rule in registered_rules() for rule_id in rule.ids} <= rule_summaries().keys()


def test_importing_all_modules_registers_no_further_rules():
    before = registered_rules()

    for module in iter_modules(rules.__path__, f"{rules.__name__}."):
        import_module(module.name)

    assert registered_rules() == before
