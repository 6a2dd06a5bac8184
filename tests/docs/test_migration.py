"""The table of parameters is complete: told from the signatures of both operators."""

import inspect
import re

import pytest
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.operators.batch import BatchOperator

from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.spec.language.known_keys import allowed_keys
from tests.docs.markdown import REPOSITORY

PAGE = (REPOSITORY / "docs" / "migration.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for line in re.findall(r"^\| (`\w+` \| .*) \|$", PAGE, re.MULTILINE)
    if len(cells := line.split(" | ")) >= 2
}


def arguments_of(*classes):
    """List the arguments of operators' own, not those of every task."""
    found = {}
    for cls in classes:
        found.update(inspect.signature(cls.__init__).parameters)
    return found.keys() - {"self", "kwargs", "args"}


OURS = {name for cls in BatchJobOperator.__mro__[:4] for name in inspect.signature(cls.__init__).parameters}


def test_every_parameter_has_its_row():
    assert ROWS.keys() == arguments_of(BatchOperator, AwsBaseOperator)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0].startswith("the same")])
def test_what_is_the_same_is_there(name):
    assert name in OURS


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0].startswith("`")])
def test_what_stands_in_its_place_is_there(name):
    (first, *_) = re.findall(r"`(\w+)", ROWS[name][0])

    assert first in OURS or first == "False"


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[-1].startswith("the same")])
def test_what_is_the_same_in_a_spec_is_a_key_there(name):
    assert name in allowed_keys(("jobs", "a"))
