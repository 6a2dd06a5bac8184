"""Actions by exit code."""

import pytest

from airflow_batch_provider.exit_codes import ExitCodeActions

ACTIONS = ExitCodeActions.parse({3: "skip", "64-78": "fail", "75": "retry", 9: "succeed"})


@pytest.mark.parametrize(
    ("exit_code", "action"),
    [(3, "skip"), (64, "fail"), (78, "fail"), (75, "retry"), (9, "succeed"), (79, None), (None, None)],
)
def test_exit_code_selects_the_action(exit_code, action):
    assert ACTIONS.action_for([exit_code]) == action


@pytest.mark.parametrize(
    ("exit_codes", "action"),
    [
        ((3, 64, 9), "fail"),
        ((3, 64, None), "fail"),
        ((9, 75, 3), "retry"),
        ((9, 3), "skip"),
        ((9, 9), "succeed"),
        ((9, 1), None),
        ((9, None), None),
        ((), None),
    ],
)
def test_array_job_has_the_most_severe_action_of_its_children(exit_codes, action):
    assert ACTIONS.action_for(exit_codes) == action


def test_no_actions_select_no_action():
    assert ExitCodeActions.parse(None).action_for([1]) is None


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({0: "skip"}, "0 is not a failure exit code; use 1 to 255, or a range such as '64-78'"),
        ({256: "skip"}, "256 is not a failure exit code"),
        ({"9-3": "skip"}, "'9-3' is not a failure exit code"),
        ({"three": "skip"}, "'three' is not a failure exit code"),
        ({True: "skip"}, "True is not a failure exit code"),
        ({3: "ignore"}, "'ignore' is not an action for exit code 3; use fail, retry, skip or succeed"),
    ],
)
def test_invalid_exit_code_or_action_is_an_error(actions, message):
    with pytest.raises(ValueError, match=r"^" + message):
        ExitCodeActions.parse(actions)
