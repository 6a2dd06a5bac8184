"""Rendering the strings of a job: what is not a template stays as written."""

import pytest
from jinja2 import Environment
from jinja2.sandbox import SandboxedEnvironment

from airflow_batch_provider.spec.rendering import for_texts, render_text

WORDS = [
    "echo ${#f}",
    "echo ${#f[@]} {# no comment #}",
    "{#",
    "line\n",
    "line\n\n",
    "a\r\nb\r",
    "# for x in y",
    "## note",
    "1.10",
    "['a', 'b']",
    "<a & b>",
    "",
]
HOSTILE = {
    "comment_start_string": "#",
    "comment_end_string": "$",
    "line_statement_prefix": "#",
    "line_comment_prefix": "##",
    "newline_sequence": "\r\n",
    "keep_trailing_newline": False,
    "autoescape": True,
    "trim_blocks": True,
    "lstrip_blocks": True,
}


def environments():
    return [Environment(), SandboxedEnvironment(), Environment(**HOSTILE)]


@pytest.mark.parametrize("word", WORDS)
def test_word_stays_as_written(word):
    assert [render_text(for_texts(each), word, {}) for each in environments()] == [word] * 3


@pytest.mark.parametrize("word", WORDS)
def test_word_beside_a_template_stays_as_written(word):
    results = [render_text(for_texts(each), f"{{{{ x }}}}|{word}", {"x": 1}) for each in environments()]

    assert results == [f"1|{word}"] * 3


def test_value_is_not_escaped():
    environment = for_texts(Environment(autoescape=True))

    assert render_text(environment, "{{ x }}", {"x": "<a>"}) == "<a>"


def test_options_of_the_author_apply_to_templates():
    text = "{% if true %}\nx\n{% endif %}\n"

    assert render_text(for_texts(Environment()), text, {}) == "\nx\n\n"
    assert render_text(for_texts(Environment(trim_blocks=True)), text, {}) == "x\n"
