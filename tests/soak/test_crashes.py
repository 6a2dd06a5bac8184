"""Processes that are killed or frozen at some point of runs of every shape, and what must come of it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import SCHEDULER, TRIGGERER, AirflowProcesses
from tests.soak.expected import Expected, Keys, first_jobs, undisturbed
from tests.soak.scene import Scene, check, eventually, finish_all
from tests.soak.shapes import KEYS, arrangement_of

TRIGGERERS = (TRIGGERER, f"{TRIGGERER}-2")
LONG_SECONDS = 55.0
"""How long an answer is on its way; a client waits for a minute."""
FREEZE_SECONDS = 40.0
CALM_SECONDS = 30.0
"""How long nothing may come up any more after a submission that was in flight when its run ended."""

Start = Callable[[int, str], list[Scene]]


@pytest.fixture
def start(airflow: AirflowProcesses, batch: LocalBatchRegion) -> Start:
    """Start a run of each shape; the number chooses which arrangement meets which shape."""

    def start_runs(number: int, suffix: str) -> list[Scene]:
        return [
            Scene.start(airflow.api, batch, f"{shape}_{arrangement_of(number, shape)}{suffix}", keys)
            for shape, keys in KEYS.items()
        ]

    return start_runs


@pytest.fixture(autouse=True)
def no_faults_left(batch: LocalBatchRegion) -> Iterator[None]:
    yield
    batch.clear_faults_and_scripts()


def test_a_worker_that_is_killed_before_it_submits(batch: LocalBatchRegion, start: Start) -> None:
    batch.inject_fault(operation="SubmitJob", kind="throttle", times=None)
    scenes = start(0, "_retried")
    wait_for_all(scenes, lambda scene: has_called(batch, scene), "has tried to submit")

    kill_workers(scenes, "submit")
    batch.clear_faults_and_scripts()

    finish_and_check(scenes, undisturbed)


def test_a_worker_that_is_killed_between_submitting_and_storing_the_id(
    batch: LocalBatchRegion, start: Start
) -> None:
    batch.inject_fault(operation="SubmitJob", kind="delay", phase="after", seconds=LONG_SECONDS, times=None)
    scenes = start(1, "_retried")

    kill_workers_that_have_submitted(batch, scenes)

    finish_and_check(scenes, undisturbed)


def kill_workers_that_have_submitted(batch: LocalBatchRegion, scenes: list[Scene]) -> None:
    """Kill them while they wait for the answer of SubmitJob."""
    wait_for_all(scenes, lambda scene: bool(scene.jobs("first")), "has submitted")
    kill_workers(scenes, "submit")
    batch.clear_faults_and_scripts()


def test_a_worker_that_is_killed_while_it_submits_and_is_not_tried_again(
    batch: LocalBatchRegion, start: Start
) -> None:
    batch.inject_fault(operation="SubmitJob", kind="delay", phase="after", seconds=LONG_SECONDS, times=None)
    scenes = start(0, "")

    kill_workers_that_have_submitted(batch, scenes)

    for scene in scenes:  # nobody ends their jobs here
        check(scene, nothing_left_of_a_submission(scene.keys))


def test_a_worker_that_is_killed_while_it_waits(start: Start) -> None:
    scenes = start(1, "_poking")
    wait_for_all(scenes, is_waiting_in_a_worker, "'first' waits in a worker")

    kill_workers(scenes, "wait")

    finish_and_check(scenes, undisturbed)


@pytest.mark.parametrize("number", [0, 1])
def test_a_run_that_is_marked_failed_while_a_submission_is_in_flight(
    batch: LocalBatchRegion, start: Start, number: int
) -> None:
    phase = ("before", "after")[number]
    batch.inject_fault(operation="SubmitJob", kind="delay", phase=phase, seconds=10.0, times=None)
    scenes = start(number, "")
    wait_for_all(scenes, lambda scene: is_running(scene, scene.submitting("first")), "'submit' runs")
    if phase == "after":
        wait_for_all(scenes, lambda scene: bool(scene.jobs("first")), "has submitted")
    else:
        time.sleep(3)

    for scene in scenes:
        scene.mark("failed")

    wait_for_calm(scenes)
    for scene in scenes:
        assert scene.wait_ended() == "failed"
        assert set(scene.task_states().values()) <= {"failed", "skipped"}
        assert set(scene.submitted().values()) <= {0, 1}
        assert scene.terminated() == first_jobs(key for key in scene.keys if scene.jobs(key))


@pytest.mark.parametrize("number", [0, 1])
def test_triggerers_that_are_killed_or_stopped_and_started_again(
    airflow: AirflowProcesses, start: Start, number: int
) -> None:
    scenes = start(number, "")
    wait_for_all(scenes, lambda scene: scene.task_state("first") == "deferred", "'first' waits")

    for name in TRIGGERERS:
        triggerer = airflow.service(name)
        (triggerer.kill if number else triggerer.stop)()
    for name in TRIGGERERS:
        airflow.start(name)

    finish_and_check(scenes, undisturbed)


def test_a_triggerer_that_is_frozen_and_replaced(airflow: AirflowProcesses, start: Start) -> None:
    airflow.service(TRIGGERERS[1]).stop()
    scenes = start(0, "")
    wait_for_all(scenes, is_watched_by_a_trigger, "a trigger watches 'first'")
    airflow.start(TRIGGERERS[1])

    airflow.service(TRIGGERER).signal(signal.SIGSTOP)
    time.sleep(FREEZE_SECONDS)
    airflow.service(TRIGGERER).signal(signal.SIGCONT)
    time.sleep(CALM_SECONDS)

    assert [scene.terminated() for scene in scenes] == [set()] * len(scenes)
    finish_and_check(scenes, undisturbed)


@pytest.mark.parametrize("number", [0, 1])
def test_a_scheduler_that_is_killed_with_its_workers_while_tasks_wait(
    airflow: AirflowProcesses, start: Start, number: int
) -> None:
    scenes = start(number, ("", "_poking")[number])
    waits = (lambda scene: scene.task_state("first") == "deferred", is_waiting_in_a_worker)[number]
    wait_for_all(scenes, waits, "'first' waits")

    airflow.service(SCHEDULER).kill()
    airflow.start(SCHEDULER)

    finish_and_check(scenes, undisturbed)


def test_a_scheduler_that_is_killed_with_its_workers_while_they_submit(
    airflow: AirflowProcesses, batch: LocalBatchRegion, start: Start
) -> None:
    batch.inject_fault(operation="SubmitJob", kind="delay", phase="after", seconds=LONG_SECONDS, times=None)
    scenes = start(1, "")
    wait_for_all(scenes, lambda scene: bool(scene.jobs("first")), "has submitted")

    airflow.service(SCHEDULER).kill()
    batch.clear_faults_and_scripts()
    airflow.start(SCHEDULER)

    finish_and_check(scenes, undisturbed)


def nothing_left_of_a_submission(keys: Keys) -> Expected:
    """The first job was submitted and is terminated; none of the others ever was."""
    first, *others = keys
    tasks = dict.fromkeys(keys, "upstream_failed")
    submitted = {first: 1, **dict.fromkeys(others, 0)}
    return Expected("failed", tasks, submitted, first_jobs([first]), submitting=("failed", "upstream_failed"))


def finish_and_check(scenes: Sequence[Scene], expected: Callable[[Keys], Expected]) -> None:
    finish_all(scenes)
    for scene in scenes:
        check(scene, expected(scene.keys))


def wait_for_all(scenes: Sequence[Scene], holds: Callable[[Scene], bool], what: str) -> None:
    for scene in scenes:
        eventually(lambda scene=scene: holds(scene), f"{scene.dag_id}: {what}")  # type: ignore[misc]


def wait_for_calm(scenes: Sequence[Scene]) -> None:
    """Wait until no job is live and none comes up for a while."""
    calm_since = time.monotonic()

    def is_calm() -> bool:
        nonlocal calm_since
        if any(scene.live() for scene in scenes):
            calm_since = time.monotonic()
        return time.monotonic() - calm_since > CALM_SECONDS

    eventually(is_calm, "no live job")


def has_called(batch: LocalBatchRegion, scene: Scene) -> bool:
    """Whether AWS Batch has been asked to make a job of this run."""
    prefix = JobIdentity(scene.dag_id, scene.run.run_id, "").run_prefix
    names = [call["request"].get("jobName", "") for call in batch.requests()]
    return any(name.startswith(prefix) for name in names)


def is_running(scene: Scene, task_id: str) -> bool:
    return scene.task_states().get(task_id) == "running"


def is_waiting_in_a_worker(scene: Scene) -> bool:
    return is_running(scene, scene.task("first")) and is_told_of(scene, "first")


def is_watched_by_a_trigger(scene: Scene) -> bool:
    return scene.task_state("first") == "deferred" and is_told_of(scene, "first")


def is_told_of(scene: Scene, key: str) -> bool:
    """Whether the log of the task that follows a job says how the job is: somebody has looked."""
    jobs = scene.jobs(key)
    return bool(jobs) and f"Job {jobs[0]['jobId']} '" in scene.log(key)


def kill_workers(scenes: Sequence[Scene], what: str) -> None:
    """Kill the process that submits or waits for the first job of each run."""
    for scene in scenes:
        task_id = scene.submitting("first") if what == "submit" else scene.task("first")
        process = scene.process_of(task_id)
        assert process is not None, f"no process runs '{task_id}' of {scene.dag_id}"
        process.kill()
