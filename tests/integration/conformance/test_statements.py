"""Every statement has a test, and every test a statement."""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parents[2] / "docs" / "local-batch-conformance.md"


def stated() -> list[str]:
    return re.findall(r"^- \*\*(C\d+\.\d\d)\*\* [HM?] ", DOCUMENT.read_text(), re.MULTILINE)


def proved() -> set[str]:
    """Return the numbers in the marks of all tests in this folder, even if only some of them run."""
    calls = (
        node
        for path in sorted(FOLDER.glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _name(node.func) == "conformance"
    )
    return {ast.literal_eval(argument) for call in calls for argument in call.args}


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_number_is_unique() -> None:
    numbers = stated()

    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == DOCUMENT.read_text().count("- **C")


def test_every_statement_has_a_test() -> None:
    assert sorted(set(stated()) - proved()) == []


def test_every_test_names_a_statement_that_exists() -> None:
    assert sorted(proved() - set(stated())) == []
