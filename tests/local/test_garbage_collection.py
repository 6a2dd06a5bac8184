"""When full collections run, with simulated counts of young collections."""

import pytest

from airflow_batch_provider.local.garbage_collection import DUE, OVERDUE, IdleGarbageCollector


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
def collector(interpreter: Interpreter) -> IdleGarbageCollector:
    return IdleGarbageCollector(lambda: interpreter.young, interpreter.collect)


def test_no_full_collection_while_busy(interpreter: Interpreter, collector: IdleGarbageCollector) -> None:
    for _ in range(10):
        interpreter.young += DUE
        collector.check()

    assert interpreter.full == 0


def test_one_full_collection_once_idle(interpreter: Interpreter, collector: IdleGarbageCollector) -> None:
    interpreter.young += DUE

    for _ in range(3):
        collector.check()

    assert interpreter.full == 1


def test_no_full_collection_unless_due(interpreter: Interpreter, collector: IdleGarbageCollector) -> None:
    interpreter.young += DUE - 1

    for _ in range(3):
        collector.check()

    assert interpreter.full == 0


def test_an_overdue_full_collection_runs_while_busy(
    interpreter: Interpreter, collector: IdleGarbageCollector
) -> None:
    interpreter.young += OVERDUE
    collector.check()

    assert interpreter.full == 1
