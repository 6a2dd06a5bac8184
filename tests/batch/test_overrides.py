"""Members of a request laid over others."""

from airflow_batch_provider.batch.overrides import merge_overrides

REQUEST = {
    "jobQueue": "etl",
    "retryStrategy": {"attempts": 3, "evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]},
    "containerOverrides": {
        "command": ["run"],
        "environment": [{"name": "A", "value": "own"}, {"name": "B", "value": "own"}],
    },
}


def test_members_are_replaced_and_mappings_merged():
    result = merge_overrides(
        REQUEST, {"jobQueue": "low", "retryStrategy": {"attempts": 1}, "tags": {"a": "b"}}
    )

    assert result == {
        **REQUEST,
        "jobQueue": "low",
        "retryStrategy": {"attempts": 1, "evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]},
        "tags": {"a": "b"},
    }


def test_environment_variables_are_merged_by_name():
    over = {
        "containerOverrides": {"environment": [{"name": "B", "value": "new"}, {"name": "C", "value": "new"}]}
    }

    result = merge_overrides(REQUEST, over)

    assert result["containerOverrides"] == {
        "command": ["run"],
        "environment": [
            {"name": "A", "value": "own"},
            {"name": "B", "value": "new"},
            {"name": "C", "value": "new"},
        ],
    }


def test_the_request_itself_stays_as_it_is():
    before = str(REQUEST)

    merge_overrides(REQUEST, {"containerOverrides": {"environment": [{"name": "A", "value": "new"}]}})

    assert str(REQUEST) == before
