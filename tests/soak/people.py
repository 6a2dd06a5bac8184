"""What people do to runs by hand, and what clocks do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.soak.expected import (
    Expected,
    Keys,
    ended,
    first_counts_as_success,
    first_fails,
    healed,
    redone,
    undisturbed,
)
from tests.soak.scene import Scene, eventually


@dataclass(frozen=True)
class Deed:
    """
    One thing that is done to a run whose first task waits and whose jobs are all submitted.

    :param suffix: which settings of the DAG.
    :param deferred: whether the first task waits; otherwise only its job is submitted.
    :param in_per_job: whether it can be done where each job is submitted by a task of its own.
    :param goes_on: whether jobs are left whose end the test must bring about.
    """

    name: str
    do: Callable[[Scene], None]
    expected: Callable[[Keys], Expected]
    suffix: str = ""
    deferred: bool = True
    in_per_job: bool = True
    goes_on: bool = False


def nothing(scene: Scene) -> None:
    """Let the clock do it."""


def clear(scene: Scene) -> None:
    scene.clear("first")
    _wait_for_a_new_job(scene)


def clear_with_downstream(scene: Scene) -> None:
    scene.clear("first", downstream=True)
    _wait_for_a_new_job(scene)


def clear_failed(scene: Scene) -> None:
    """Let the first job fail and its run with it, then clear what has failed."""
    for job in eventually(scene.jobs_that_run, "'first' runs"):
        scene.batch.end_job(job["jobId"], exit_code=1)
    assert scene.wait_ended() == "failed"
    scene.api.clear_run(scene.dag_id, scene.run.run_id, only_failed=True)
    _wait_for_a_new_job(scene)


def clear_submit(scene: Scene) -> None:
    task = scene.submitting("first")
    scene.api.clear_tasks(scene.dag_id, scene.run.run_id, [task])
    eventually(
        lambda: scene.api.task_instance(scene.dag_id, scene.run.run_id, task).try_number == 2, "submit again"
    )
    scene.api.wait_for_task(scene.dag_id, scene.run.run_id, task, ["success"], timeout_seconds=600)


def mark_task(state: str) -> Callable[[Scene], None]:
    def mark(scene: Scene) -> None:
        scene.mark(state, "first")
        eventually(lambda: "first#1" in scene.terminated(), "the job of 'first' is terminated")

    return mark


def mark_run(state: str) -> Callable[[Scene], None]:
    return lambda scene: scene.mark(state)


def _wait_for_a_new_job(scene: Scene) -> None:
    eventually(lambda: len(scene.jobs("first")) == 2, "a new job for 'first'")


def run_failed_first(keys: Keys) -> Expected:
    return ended(keys, "failed", "failed")


def run_succeeded_first(keys: Keys) -> Expected:
    return ended(keys, "success", "success")


def run_failed_before(keys: Keys) -> Expected:
    return ended(keys, "failed", "skipped")


DEEDS = [
    Deed("clear", clear, redone, goes_on=True),
    Deed("clear_with_downstream", clear_with_downstream, redone, goes_on=True),
    Deed("clear_failed", clear_failed, healed, goes_on=True),
    Deed("clear_submit", clear_submit, undisturbed, goes_on=True),
    Deed("mark_failed", mark_task("failed"), first_fails),
    Deed("mark_success", mark_task("success"), first_counts_as_success, goes_on=True),
    Deed("mark_run_failed", mark_run("failed"), run_failed_first),
    Deed("mark_run_success", mark_run("success"), run_succeeded_first),
    Deed(
        "mark_run_failed_before_it_waits",
        mark_run("failed"),
        run_failed_before,
        suffix="_held",
        deferred=False,
        in_per_job=False,
    ),
    Deed("dagrun_timeout", nothing, run_failed_before, suffix="_short"),
    Deed("execution_timeout", nothing, first_fails, suffix="_deadline", deferred=False),
]
