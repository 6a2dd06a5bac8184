"""Invalid specs and their findings, as golden files: ``golden/<rule>_<what>.yaml`` and ``.txt``."""

from pathlib import Path

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError, Severity
from airflow_batch_provider.spec.loader import load_workflow

GOLDEN = Path(__file__).parent / "golden"
SPECS = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".txt")


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.name)
def test_findings_match_golden_file(spec):
    expected = spec.with_suffix(".txt").read_text(encoding="utf-8")

    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(spec, shown_as=spec.name)

    assert "\n".join(map(str, raised.value.findings)) + "\n" == expected


def test_error_lists_every_finding_on_its_own_line():
    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(GOLDEN / "E203_missing_keys.yaml", shown_as="x.yaml")

    assert str(raised.value) == (
        "\nx.yaml:1:1: E203 missing key 'workflow'\nx.yaml:1:1: E203 missing key 'jobs'"
    )


def test_findings_are_sorted_by_position():
    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(GOLDEN / "all_at_once.yaml")

    positions = [finding.position for finding in raised.value.findings]
    assert positions == sorted(positions)


def test_finding_has_a_severity():
    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(GOLDEN / "E403_attempts.yaml")

    assert {finding.severity for finding in raised.value.findings} == {Severity.ERROR}
