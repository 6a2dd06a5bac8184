"""Interventions and timeouts in runs of every shape, and their expected effects."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import AirflowProcesses
from tests.soak.interventions import INTERVENTIONS, Intervention
from tests.soak.run_under_test import RunUnderTest, check, eventually, finish_all
from tests.soak.shapes import KEYS, SUBMISSION_MODES, submission_mode_of

AT_ONCE = 6
"""The number of concurrent runs, chosen for two cores."""


@dataclass(frozen=True)
class Case:
    """One intervention, in one shape and submission mode."""

    intervention: Intervention
    shape: str
    submission_mode: str

    @property
    def name(self) -> str:
        return f"{self.intervention.name}-{self.shape}-{self.submission_mode}"

    @property
    def dag_id(self) -> str:
        return f"{self.shape}_{self.submission_mode}{self.intervention.suffix}"


CASES = [
    Case(
        intervention,
        shape,
        submission_mode_of(number, shape) if intervention.allowed_per_job else SUBMISSION_MODES[0],
    )
    for number, intervention in enumerate(INTERVENTIONS)
    for shape in KEYS
]


@dataclass
class Outcome:
    """The result of a case: its run, or the error that stopped it."""

    tested: RunUnderTest | None = None
    error: Exception | None = None


@pytest.fixture(scope="module")
def outcomes(
    airflow: AirflowProcesses, batch: LocalBatchRegion, request: pytest.FixtureRequest
) -> dict[str, Outcome]:
    """Apply each intervention to a separate run, some concurrently, and end the remaining jobs."""
    wanted = {item.callspec.params["each"].name for item in request.session.items if is_of(item, request)}
    chosen = [each for each in CASES if each.name in wanted]
    found: dict[str, Outcome] = {}
    for start in range(0, len(chosen), AT_ONCE):
        cases = chosen[start : start + AT_ONCE]
        tested_runs = {
            each.name: RunUnderTest.start(airflow.api, batch, each.dag_id, KEYS[each.shape]) for each in cases
        }
        for each in cases:
            found[each.name] = intervene(each, tested_runs[each.name])
        unfinished = [
            each for each in cases if each.intervention.leaves_jobs and found[each.name].error is None
        ]
        finish_all([tested_runs[each.name] for each in unfinished])
    return found


def is_of(item: pytest.Item, request: pytest.FixtureRequest) -> bool:
    return item.path == request.path and hasattr(item, "callspec")


def intervene(each: Case, tested: RunUnderTest) -> Outcome:
    try:
        if each.intervention.waits_for is not None:
            tested.wait_for_state(each.intervention.waits_for)
        eventually(lambda: all(tested.submitted().values()), "all jobs are submitted")
        eventually(lambda: submitting_has_ended(tested), "the submitting tasks have succeeded")
        each.intervention.apply(tested)
    except (TimeoutError, AssertionError) as error:
        return Outcome(tested, error)
    return Outcome(tested)


def submitting_has_ended(tested: RunUnderTest) -> bool:
    """Return whether the submitting tasks have succeeded: they end a little later than their last call."""
    states = tested.task_states()
    return {states[task_id] for task_id in tested.submit_tasks()} == {"success"}


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_interventions_have_their_expected_effects(outcomes: dict[str, Outcome], each: Case) -> None:
    tested, error = outcomes[each.name].tested, outcomes[each.name].error

    assert error is None
    assert tested is not None
    check(tested, each.intervention.expected(KEYS[each.shape]))
