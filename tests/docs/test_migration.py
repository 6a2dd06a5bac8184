"""The table of parameters on the migration page matches the signatures of both operators."""

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
    """List the arguments that operators add to those of every task."""
    found = {}
    for cls in classes:
        found.update(inspect.signature(cls.__init__).parameters)
    return found.keys() - {"self", "kwargs", "args"}


OURS = {name for cls in BatchJobOperator.__mro__[:4] for name in inspect.signature(cls.__init__).parameters}


def test_every_parameter_has_a_row():
    assert ROWS.keys() == arguments_of(BatchOperator, AwsBaseOperator)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0].startswith("the same")])
def test_a_parameter_with_the_same_name_exists(name):
    assert name in OURS


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0].startswith("`")])
def test_the_replacement_of_a_parameter_exists(name):
    (first, *_) = re.findall(r"`(\w+)", ROWS[name][0])

    assert first in OURS or first == "False"


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[-1].startswith("the same")])
def test_a_key_with_the_same_name_exists_in_a_spec(name):
    assert name in allowed_keys(("jobs", "a"))
