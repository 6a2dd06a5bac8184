"""``airflow-batch graph``."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from airflow_batch_provider.cli.main import main

REPOSITORY = Path(__file__).parents[2]
SPECS = sorted((REPOSITORY / "tests" / "plan" / "golden").glob("*.yaml"))
SVG = "{http://www.w3.org/2000/svg}"
SPEC = """
workflow: nightly
defaults: {job_queue: etl, job_definition: step}
jobs:
  extract: {}
  align: {array_size: 25000, depends_on: [extract]}
  sort: {array_size: 25000, depends_on: [{job: align, type: N_TO_N}]}
  call: {array_size: "{{ params.size }}", depends_on: [check]}
  report: {depends_on: [sort, call], trigger_rule: all_done}
tasks:
  check: {python: json.loads, depends_on: [extract]}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    (tmp_path / "nightly.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text("workflow: bad\n")
    monkeypatch.chdir(tmp_path)


def test_text_format(capsys):
    code = main(["graph", "nightly.yaml"])

    assert code == 0
    assert capsys.readouterr().out == (
        "nightly (at_once)\n"
        "\n"
        "extract        queue etl\n"
        "align ×25,000  queue etl               ◀── extract\n"
        "sort ×25,000   queue etl               ◀══ align  [N_TO_N]\n"
        "call ×…        queue etl               ◀╌╌ check\n"
        "report         queue etl               ◀╌╌ call, sort  [all_done]\n"
        "check          Python task json.loads  ◀╌╌ extract\n"
        "\n"
        "◀── AWS Batch (dependsOn)   ◀══ AWS Batch, child by child (N_TO_N)   ◀╌╌ Airflow\n"
    )


def test_mermaid_format(capsys):
    code = main(["graph", "nightly.yaml", "--format", "mermaid"])

    assert code == 0
    assert capsys.readouterr().out == (
        "---\n"
        'title: "nightly (at_once)"\n'
        "---\n"
        "flowchart LR\n"
        '  n0["<b>extract</b><br/>queue etl<br/>definition step"]:::job\n'
        '  n1[["<b>align ×25,000</b><br/>queue etl<br/>split into 3 jobs"]]:::job\n'
        '  n2[["<b>sort ×25,000</b><br/>queue etl<br/>split into 3 jobs"]]:::job\n'
        '  n3[["<b>call ×…</b><br/>queue etl<br/>size set at run time"]]:::job\n'
        '  n4["<b>report</b><br/>queue etl<br/>definition step"]:::job\n'
        '  n5(["<b>check</b><br/>Python task json.loads"]):::task\n'
        "  n0 --> n1\n"
        '  n1 ==>|"N_TO_N"| n2\n'
        "  n5 -.-> n3\n"
        '  n3 -.->|"all_done"| n4\n'
        '  n2 -.->|"all_done"| n4\n'
        "  n0 -.-> n5\n"
        "  classDef job fill:#fff7ec,stroke:#d9730d,color:#222\n"
        "  classDef task fill:#eaf4fe,stroke:#0b74d1,color:#222\n"
        "  linkStyle 0,1 stroke:#d9730d\n"
        "  linkStyle 2,3,4,5 stroke:#0b74d1\n"
    )


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_svg_shows_every_job(spec, capsys):
    code = main(["graph", str(spec), "--format", "svg"])

    drawn = ET.fromstring(capsys.readouterr().out)
    plan_text = _text(spec, capsys)
    titles = {text.text for text in drawn.iter(f"{SVG}text") if text.get("class") == "title"}
    assert code == 0
    assert titles
    assert all(title in plan_text for title in titles)


def _text(spec, capsys):
    main(["graph", str(spec)])
    return capsys.readouterr().out


def test_svg_tooltip_shows_owner_and_reason_of_dependency(capsys):
    main(["graph", "nightly.yaml", "--format", "svg"])

    tooltips = {title.text for title in ET.fromstring(capsys.readouterr().out).iter(f"{SVG}title")}
    assert (
        "sort → report: airflow. its trigger rule is all_done, and AWS Batch supports only all_success"
    ) in tooltips
    assert "align ×25,000; queue etl; split into 3 jobs; definition step" in tooltips


def test_values_from_spec_are_escaped(capsys, tmp_path):
    (tmp_path / "nightly.yaml").write_text(SPEC.replace("etl", "\"{{ '<script>&' }}\""))

    main(["graph", "nightly.yaml", "--format", "svg"])
    svg = capsys.readouterr().out
    main(["graph", "nightly.yaml", "--format", "mermaid"])
    mermaid = capsys.readouterr().out

    assert "<script>" not in svg
    assert ET.fromstring(svg).tag == f"{SVG}svg"
    assert "<script>" not in mermaid


def test_image_in_docs_matches_command_output(capsys):
    main(["graph", str(REPOSITORY / "docs" / "examples" / "owners.yaml"), "--format", "svg"])

    assert capsys.readouterr().out == (REPOSITORY / "docs" / "images" / "owners.svg").read_text()


def test_findings_of_invalid_file_go_to_stderr(capsys):
    code = main(["graph", "bad.yaml"])

    assert code == 1
    assert capsys.readouterr() == ("", "bad.yaml:1:1: E203 missing key 'jobs'\n")
