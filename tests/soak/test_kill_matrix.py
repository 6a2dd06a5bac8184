"""What people and clocks do to runs, and what must come of it, in every shape."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import AirflowProcesses
from tests.soak.people import DEEDS, Deed
from tests.soak.scene import Scene, check, eventually, finish_all
from tests.soak.shapes import ARRANGEMENTS, KEYS, arrangement_of

AT_ONCE = 6
"""How many runs are made at the same time: two cores have enough to do with them."""


@dataclass(frozen=True)
class Case:
    """One deed, in one shape and arrangement."""

    deed: Deed
    shape: str
    arrangement: str

    @property
    def name(self) -> str:
        return f"{self.deed.name}-{self.shape}-{self.arrangement}"

    @property
    def dag_id(self) -> str:
        return f"{self.shape}_{self.arrangement}{self.deed.suffix}"


CASES = [
    Case(deed, shape, arrangement_of(number, shape) if deed.in_per_job else ARRANGEMENTS[0])
    for number, deed in enumerate(DEEDS)
    for shape in KEYS
]


@dataclass
class Played:
    """What became of a case: its run, or the error that stopped it."""

    scene: Scene | None = None
    error: Exception | None = None


@pytest.fixture(scope="module")
def played(
    airflow: AirflowProcesses, batch: LocalBatchRegion, request: pytest.FixtureRequest
) -> dict[str, Played]:
    """Do each to a run of its own, some at the same time, and let what goes on come to its end."""
    wanted = {item.callspec.params["each"].name for item in request.session.items if is_of(item, request)}
    chosen = [each for each in CASES if each.name in wanted]
    all_played: dict[str, Played] = {}
    for start in range(0, len(chosen), AT_ONCE):
        cases = chosen[start : start + AT_ONCE]
        scenes = {each.name: Scene.start(airflow.api, batch, each.dag_id, KEYS[each.shape]) for each in cases}
        for each in cases:
            all_played[each.name] = act(each, scenes[each.name])
        going_on = [each for each in cases if each.deed.goes_on and all_played[each.name].error is None]
        finish_all([scenes[each.name] for each in going_on])
    return all_played


def is_of(item: pytest.Item, request: pytest.FixtureRequest) -> bool:
    return item.path == request.path and hasattr(item, "callspec")


def act(each: Case, scene: Scene) -> Played:
    try:
        if each.deed.deferred:
            scene.wait_deferred()
        eventually(lambda: all(scene.submitted().values()), "all jobs are submitted")
        each.deed.do(scene)
    except (TimeoutError, AssertionError) as error:
        return Played(scene, error)
    return Played(scene)


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_what_is_done_to_a_run_means_what_people_think(played: dict[str, Played], each: Case) -> None:
    scene, error = played[each.name].scene, played[each.name].error

    assert error is None
    assert scene is not None
    check(scene, each.deed.expected(KEYS[each.shape]))
