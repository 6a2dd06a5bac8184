"""Every rule has an example that breaks it, and nothing else, and one that keeps it."""

import re
from pathlib import Path

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import read_workflow
from airflow_batch_provider.spec.rules import rule_summaries

EXAMPLES = Path(__file__).parents[2] / "docs" / "rules"
WITHOUT_EXAMPLE = {"E104"}
"""A file of four mebibytes; `test_hostile_files` has one."""


def example_of(rule):
    text = (EXAMPLES / f"{rule}.yaml").read_text(encoding="utf-8")
    spelled_out = re.sub(r"⟨([\d,]+) letters⟩", lambda m: "x" * int(m[1].replace(",", "")), text)
    return spelled_out.split("---\n")


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
def test_the_wrong_example_breaks_its_rule_alone_and_the_repaired_one_none(rule, tmp_path):
    wrong, repaired = example_of(rule)

    broken = [finding.rule for finding in findings_in(wrong, tmp_path)]
    left = findings_in(repaired, tmp_path)

    assert broken == [rule]
    assert left == ()


@pytest.mark.parametrize("rule", rule_summaries())
def test_every_rule_says_in_one_sentence_what_it_demands(rule):
    assert re.fullmatch(r"[EW][1-5]\d\d", rule)
    assert rule_summaries()[rule].endswith(".")
