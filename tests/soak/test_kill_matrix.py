"""What people and accidents do to runs, and what must come of it, in every shape and both arrangements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from demo.airflow_processes import AirflowProcesses
from tests.soak.scene import Scene, eventually, finish_all

KEYS = {
    "plain": ("first",),
    "array": ("first",),
    "chain": ("first", "middle", "last"),
    "diamond": ("first", "left", "right", "last"),
    "pair": ("first", "second"),
}

Act = Callable[[Scene], None]


def leave_alone(scene: Scene) -> None:
    """Do nothing."""


def clear_alone(scene: Scene) -> None:
    scene.clear("first")
    eventually(lambda: len(scene.jobs("first")) == 2, "a new job for 'first'")


def clear_with_downstream(scene: Scene) -> None:
    scene.clear("first", downstream=True)
    eventually(lambda: len(scene.jobs("first")) == 2, "a new job for 'first'")


def clear_failed(scene: Scene) -> None:
    """Let the first job fail and its run with it, then clear what has failed."""
    for job in eventually(scene.jobs_that_run, "'first' runs"):
        scene.batch.end_job(job["jobId"], exit_code=1)
    assert scene.wait_ended() == "failed"
    scene.api.clear_run(scene.dag_id, scene.run.run_id, only_failed=True)
    eventually(lambda: len(scene.jobs("first")) == 2, "a new job for 'first'")


def clear_submit(scene: Scene) -> None:
    task = scene.submitting("first")
    scene.api.clear_tasks(scene.dag_id, scene.run.run_id, [task])
    eventually(
        lambda: scene.api.task_instance(scene.dag_id, scene.run.run_id, task).try_number == 2, "submit again"
    )
    scene.api.wait_for_task(scene.dag_id, scene.run.run_id, task, ["success"])


def mark_failed(scene: Scene) -> None:
    scene.mark("failed", "first")


def mark_success(scene: Scene) -> None:
    scene.mark("success", "first")


def mark_run_failed(scene: Scene) -> None:
    scene.mark("failed")


def mark_run_success(scene: Scene) -> None:
    scene.mark("success")


@dataclass(frozen=True)
class Case:
    """
    One thing that is done, and what must come of it.

    :param suffix: which settings of the DAG.
    :param deferred: whether the first task waits when it is done.
    :param again: for which keys a second job is submitted.
    :param none: for which keys none is ever submitted.
    :param spares: whether no job at all may be terminated.
    """

    act: Act
    shape: str
    arrangement: str
    state: str
    suffix: str = ""
    deferred: bool = True
    again: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    spares: bool = False

    @property
    def name(self) -> str:
        return f"{self.act.__name__}{self.suffix}-{self.shape}-{self.arrangement}"

    @property
    def goes_on(self) -> bool:
        """Whether the run has jobs whose end the test must bring about."""
        return self.state == "success" and self.act is not mark_run_success

    @property
    def dag_id(self) -> str:
        return f"{self.shape}_{self.arrangement}{self.suffix}"

    @property
    def submitted(self) -> dict[str, int]:
        return {key: 0 if key in self.none else 2 if key in self.again else 1 for key in KEYS[self.shape]}


def case(act: Act, of: str, state: str, **members: object) -> Case:
    shape, arrangement = of.split()
    if members.get("again") == "all":
        members["again"] = KEYS[shape]
    return Case(act, shape, arrangement, state, **members)  # type: ignore[arg-type]


CASES = [
    case(clear_alone, "chain at_once", "success", again="all"),
    case(clear_alone, "diamond per_job", "success", again="all"),
    case(clear_alone, "array at_once", "success", again="all"),
    case(clear_with_downstream, "diamond at_once", "success", again="all"),
    case(clear_with_downstream, "pair per_job", "success", again="all"),
    case(clear_failed, "pair at_once", "success", again="all"),
    case(clear_failed, "plain per_job", "success", again="all"),
    case(clear_submit, "chain at_once", "success", again=("middle", "last")),
    case(clear_submit, "array per_job", "success", spares=True),
    case(mark_failed, "diamond at_once", "failed"),
    case(mark_failed, "array per_job", "failed"),
    case(mark_success, "chain per_job", "success", again=("middle", "last")),
    case(mark_success, "pair at_once", "success", again=("second",)),
    case(mark_run_failed, "pair per_job", "failed"),
    case(mark_run_failed, "diamond at_once", "failed"),
    case(mark_run_success, "chain at_once", "success"),
    case(mark_run_failed, "chain at_once", "failed", suffix="_held", deferred=False),
    case(mark_run_failed, "array at_once", "failed", suffix="_held", deferred=False),
    case(leave_alone, "diamond at_once", "failed", suffix="_short", deferred=False),
    case(leave_alone, "pair per_job", "failed", suffix="_short", deferred=False),
    case(leave_alone, "chain at_once", "failed", suffix="_deadline", deferred=False),
    case(leave_alone, "array per_job", "failed", suffix="_deadline", deferred=False),
]


AT_ONCE = 6
"""How many runs are made at the same time: two cores have enough to do with them."""


@dataclass
class Played:
    """What became of a case: its run, or the error that stopped it."""

    scene: Scene | None = None
    error: Exception | None = None


@pytest.fixture(scope="module")
def played(airflow: AirflowProcesses, batch: LocalBatchRegion) -> dict[str, Played]:
    """Do each to a run of its own, some at the same time, and let what goes on come to its end."""
    all_played: dict[str, Played] = {}
    for start in range(0, len(CASES), AT_ONCE):
        cases = CASES[start : start + AT_ONCE]
        scenes = {each.name: Scene.start(airflow.api, batch, each.dag_id, KEYS[each.shape]) for each in cases}
        for each in cases:
            all_played[each.name] = act(each, scenes[each.name])
        going_on = [each for each in cases if each.goes_on and all_played[each.name].error is None]
        finish_all([scenes[each.name] for each in going_on])
    return all_played


def act(each: Case, scene: Scene) -> Played:
    try:
        if each.deferred:
            scene.wait_deferred()
            eventually(lambda: all(scene.submitted().values()), "all jobs are submitted")
        elif each.suffix == "_held":
            scene.api.wait_for_task(scene.dag_id, scene.run.run_id, "submit", ["success"])
        each.act(scene)
    except (TimeoutError, AssertionError) as error:
        return Played(scene, error)
    return Played(scene)


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_what_is_done_to_a_run_means_what_people_think(played: dict[str, Played], each: Case) -> None:
    scene, error = played[each.name].scene, played[each.name].error
    assert error is None
    assert scene is not None

    assert scene.wait_ended() == each.state
    eventually(lambda: not scene.live(), f"no live job of {each.name}")
    assert scene.submitted() == each.submitted
    if each.spares:
        assert scene.terminated() == set()
