"""What an author wants done about exit codes."""

import pytest

from airflow_batch_provider.exit_codes import ExitCodeActions

RULES = ExitCodeActions.parse({3: "skip", "64-78": "fail", "75": "retry", 9: "succeed"})


@pytest.mark.parametrize(
    ("exit_code", "action"),
    [(3, "skip"), (64, "fail"), (78, "fail"), (75, "retry"), (9, "succeed"), (79, None), (None, None)],
)
def test_a_jobs_exit_code_chooses_the_action(exit_code, action):
    assert RULES.action_for([exit_code]) == action


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
def test_of_an_arrays_children_the_gravest_counts_and_an_unknown_one_is_no_success(exit_codes, action):
    assert RULES.action_for(exit_codes) == action


def test_no_rules_say_nothing():
    assert ExitCodeActions.parse(None).action_for([1]) is None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({0: "skip"}, "0 is no exit code of a failure; write 1 to 255, or '64-78'"),
        ({256: "skip"}, "256 is no exit code of a failure"),
        ({"9-3": "skip"}, "'9-3' is no exit code of a failure"),
        ({"three": "skip"}, "'three' is no exit code of a failure"),
        ({True: "skip"}, "True is no exit code of a failure"),
        ({3: "ignore"}, "'ignore' for exit code 3 is none of fail, retry, skip, succeed"),
    ],
)
def test_what_is_no_rule_is_named(written, text):
    with pytest.raises(ValueError, match=r"^" + text):
        ExitCodeActions.parse(written)
