"""
Every code block of the documentation runs here, names the test that runs it, or gives the reason why not.

A comment directly before the block covers the last two cases. In ``<!-- run by: tests/… -->``, the named file
contains the block or names its page; ``<!-- not run: why -->`` gives the reason.
"""

from __future__ import annotations

import json
import re

import pytest
import yaml

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.spec.loader import read_workflow
from tests.airflow_versions import dags_of
from tests.docs.markdown import PAGES, REPOSITORY, Block, blocks_of

GENERATED = {"language.md": "tests/spec/test_language.py", "rules.md": "tests/spec/test_rules.py"}
"""Generated pages, and the tests that run the files from which they are generated."""

WITHOUT_AWS = {"validate", "plan", "graph", "schema", "policy"}
RUN_BY = re.compile(r"run by: (\S+)$")
NOT_RUN = re.compile(r"not run: \S.{9,}$")
A_JOB = "jobs: {a: {job_queue: etl, job_definition: step}}\n"

BLOCKS = [block for page in PAGES if page.name not in GENERATED for block in blocks_of(page)]


def is_shown(block):
    """Return whether a block is output or a drawing, which cannot run."""
    return block.language in ("text", "mermaid")


def is_run_here(block):
    if block.note:
        return False
    return block.language in ("yaml", "json", "python") or (
        block.language == "console" and all(command[0] in WITHOUT_AWS for command, _ in commands_of(block))
    )


def of(language):
    return [block for block in BLOCKS if block.language == language and is_run_here(block)]


def commands_of(block):
    """Return the ``airflow-batch`` commands of a block, each with its expected output lines."""
    commands = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            program, *words = line.removeprefix("$ ").split()
            commands.append((words if program == "airflow-batch" else [program, *words], []))
        else:
            commands[-1][1].append(line)
    return commands


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_runs_or_says_why_not(block: Block):
    if run_by := RUN_BY.match(block.note):
        test = (REPOSITORY / run_by[1]).read_text(encoding="utf-8")
        assert block.text in test or block.page.name in test
        return
    assert is_shown(block) or is_run_here(block) or NOT_RUN.match(block.note), block.language


@pytest.mark.parametrize("page", GENERATED)
def test_pages_that_are_made_of_files_have_no_other_blocks(page):
    test = (REPOSITORY / GENERATED[page]).read_text(encoding="utf-8")

    assert {block.language for block in blocks_of(REPOSITORY / "docs" / page)} <= {"yaml", "text"}
    assert '"docs"' in test


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_a_spec_is_valid_and_has_no_warnings(block, workplace):
    folder = workplace(block.page)
    keys = yaml.safe_load(block.text)
    text = "".join(
        ["" if "workflow" in keys else "workflow: w\n", "" if "jobs" in keys else A_JOB, block.text]
    )
    path = folder / "dags" / "example.yaml"
    path.write_text(text, encoding="utf-8")

    assert read_workflow(path).warnings == ()


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_can_be_read(block):
    assert json.loads(block.text)


def has_tests(block):
    return "def test_" in block.text


@pytest.mark.parametrize("block", [block for block in of("python") if not has_tests(block)], ids=str)
def test_a_dag_file_makes_a_dag(block, workplace):
    path = workplace(block.page) / (block.place or "dags/example.py")
    path.write_text(block.text, encoding="utf-8")

    bag = dags_of(path.parent, only=path)

    assert bag.import_errors == {}
    assert bag.dags


@pytest.mark.parametrize("block", [block for block in of("python") if has_tests(block)], ids=str)
def test_a_test_passes(block, workplace, local_batch):
    workplace(block.page)
    names = {}

    exec(block.text, names)

    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    test(local_batch)


@pytest.mark.parametrize("page", sorted({block.page for block in of("console")}), ids=lambda page: page.name)
def test_commands_print_the_output_on_the_page(page, workplace, capsys):
    workplace(page)
    for block in (block for block in of("console") if block.page == page):
        for command, said in commands_of(block):
            target = command.index(">") if ">" in command else len(command)

            code = main(command[:target])

            printed = capsys.readouterr().out.splitlines()
            assert code == 0 or said
            assert not said or fits(printed, said), "\n".join(["it prints:", *printed])


def fits(printed, said):
    """Compare output with the expected lines, in which ``…`` matches any text."""
    pattern = "\n".join(re.escape(line) for line in said).replace("…", r"[\s\S]*?")
    return re.fullmatch(pattern, "\n".join(printed)) is not None
