"""The text of a spec that Airflow shows: without secrets, and cut if it is long."""

import pytest

from airflow_batch_provider.spec import spec_text as module
from airflow_batch_provider.spec.loader import read_workflow
from airflow_batch_provider.spec.spec_text import first_lines, spec_text

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"


@pytest.fixture
def shown(tmp_path):
    def show(text: str, name: str = "w.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return spec_text(read_workflow(tmp_path / name))

    return show


def test_text_of_file_is_shown_as_written(shown):
    text = f"# Aligns reads: `a`.\n{HEAD}jobs:\n  a: {{}}  # ä\n"

    found = shown(text)

    assert (found.file, found.text, found.lines_left_out, found.fragments) == ("w.yaml", text, 0, ())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("environment: {DB_PASSWORD: hunter2, B: 1}", 'environment: {DB_PASSWORD: "***", B: 1}'),
        ("environment: {Ä: ü, DB_PASSWORD: 'x y'}", 'environment: {Ä: ü, DB_PASSWORD: "***"}'),
        (
            "environment: [{name: API_KEY, value: abc}, {name: B, value: c}]",
            'environment: [{name: API_KEY, value: "***"}, {name: B, value: c}]',
        ),
        (
            "environment: [{value: abc, name: API_KEY}]",
            'environment: [{value: "***", name: API_KEY}]',
        ),
        ("command: [psql, 'postgres://me:pw@db/x']", 'command: [psql, "***"]'),
        ("command: [run, --password=secret]", 'command: [run, "***"]'),
        ("parameters: {token: &t abc}", 'parameters: {token: "***"}'),
    ],
)
def test_secrets_are_hidden(shown, written, expected):
    assert shown(f"{HEAD}jobs: {{a: {{{written}}}}}\n").text == f"{HEAD}jobs: {{a: {{{expected}}}}}\n"


@pytest.mark.parametrize(
    "written",
    [
        "environment: {TOKEN: '{{ var.value.token }}'}",
        "environment: {TOKEN: 'arn:aws:ssm:eu-west-1:123456789012:parameter/p'}",
        "job_definition: {image: i, vcpus: 1, memory: 512, secrets: {PASSWORD: my-password}}",
    ],
)
def test_references_to_secrets_are_shown(shown, written):
    text = f"{HEAD}jobs: {{a: {{{written}}}}}\n"

    assert shown(text).text == text


def test_default_of_a_secret_param_is_hidden(shown):
    text = "airflow: {params: {password: {default: abc, type: string}, token: abc}}\n"

    assert shown(f"{text}{HEAD}jobs: {{a: {{}}}}\n").text.splitlines()[0] == (
        'airflow: {params: {password: {default: "***", type: string}, token: "***"}}'
    )


def test_secret_of_several_lines_is_hidden(shown):
    job = "  a:\n    environment:\n      KEY_SECRET: |\n        one\n        two\n      B: 1\n"

    text = shown(f"{HEAD}jobs:\n{job}").text

    assert text == f'{HEAD}jobs:\n  a:\n    environment:\n      KEY_SECRET: "***"\n      B: 1\n'


def test_secret_at_the_end_of_the_file_is_hidden(shown):
    text = shown(f"{HEAD}jobs:\n  a:\n    environment:\n      TOKEN: |\n        one\n        two").text

    assert text.endswith('      TOKEN: "***"')


def test_secret_in_json_is_hidden(shown):
    text = (
        '{"workflow": "w",\t"jobs": {"a": {"job_queue": "q", "job_definition": "d", '
        '"environment": {"E": "\\ud83d\\ude00", "TOKEN": "x"}}}}'
    )

    assert '"E": "😀", "TOKEN": "***"}' in shown(text, "w.json").text


def test_text_is_cut_after_a_line(shown, monkeypatch):
    monkeypatch.setattr(module, "SPEC_TEXT_MAX", 65)

    found = shown(f"{HEAD}jobs:\n  a: {{}}\n  b: {{}}\n")

    assert (found.text, found.lines_left_out) == (f"{HEAD}jobs:\n", 2)


def test_very_long_line_is_cut():
    assert first_lines("x" * 100, 10) == ("x" * 10 + "…", 1)


def test_fragments_are_named_relative_to_the_spec(shown, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.yaml").write_text("defaults: {job_queue: q, job_definition: d}\n")

    found = shown("workflow: w\nextends: parts/base.yaml\njobs: {a: {}}\n")

    assert found.fragments == ("parts/base.yaml",)
    assert "defaults" not in found.text
