"""When full collections are made, with counts played by hand."""

import pytest

from airflow_batch_provider.local.garbage import OVERDUE, WORTHWHILE, FullCollections


class Interpreter:
    def __init__(self) -> None:
        self.young = 0
        self.full = 0

    def collect(self) -> None:
        self.full += 1


@pytest.fixture
def interpreter() -> Interpreter:
    return Interpreter()


@pytest.fixture
def collections(interpreter: Interpreter) -> FullCollections:
    return FullCollections(lambda: interpreter.young, interpreter.collect)


def test_nothing_is_collected_in_the_middle_of_the_work(
    interpreter: Interpreter, collections: FullCollections
) -> None:
    for _ in range(10):
        interpreter.young += WORTHWHILE
        collections.look()

    assert interpreter.full == 0


def test_it_is_made_up_for_once_when_the_work_is_done(
    interpreter: Interpreter, collections: FullCollections
) -> None:
    interpreter.young += WORTHWHILE

    for _ in range(3):
        collections.look()

    assert interpreter.full == 1


def test_a_little_garbage_is_left_alone(interpreter: Interpreter, collections: FullCollections) -> None:
    interpreter.young += WORTHWHILE - 1

    for _ in range(3):
        collections.look()

    assert interpreter.full == 0


def test_it_is_not_put_off_for_ever(interpreter: Interpreter, collections: FullCollections) -> None:
    interpreter.young += OVERDUE
    collections.look()

    assert interpreter.full == 1
