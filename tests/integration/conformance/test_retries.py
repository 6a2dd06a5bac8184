"""Section 6: retries and timeouts."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance
EXIT_3 = {"exit_code": 3, "reason": "OutOfMemoryError: Container killed due to memory usage"}


def attempts(cloud: Cloud, script: dict[str, object], *rules: dict[str, str], most: int = 3) -> int:
    """Return the number of attempts of a job that always fails."""
    strategy = {"attempts": most, "evaluateOnExit": list(rules)}
    return len(cloud.run(retryStrategy=strategy, containerOverrides=scripted(script))["attempts"])


def refused(cloud: Cloud, **request: object) -> bool:
    with pytest.raises(ClientError) as refusal:
        cloud.submit(**request)
    return bool(refusal.value.response["Error"]["Code"] == "ClientException")


@conformance("C6.01", "C12.06")
def test_a_job_has_one_to_ten_attempts(stage: Cloud) -> None:
    once = stage.run(containerOverrides=scripted({"exit_code": 1}))

    assert len(once["attempts"]) == 1
    assert attempts(stage, {"exit_code": 1}, most=10) == 10
    assert all(refused(stage, retryStrategy={"attempts": number}) for number in (0, 11))


@conformance("C6.02")
def test_the_strategy_of_the_submission_replaces_the_definitions(stage: Cloud) -> None:
    rules = [{"onExitCode": "1", "action": "EXIT"}]
    stage.define("retrying", retryStrategy={"attempts": 4, "evaluateOnExit": rules})
    failing = {"jobDefinition": "retrying", "containerOverrides": scripted({"exit_code": 1})}

    assert len(stage.run(**failing)["attempts"]) == 1
    assert len(stage.run(**failing, retryStrategy={"attempts": 2})["attempts"]) == 2


@conformance("C6.03")
def test_exit_rules_need_attempts(stage: Cloud) -> None:
    assert refused(stage, retryStrategy={"evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]})


@conformance("C6.04", "C6.05")
@pytest.mark.parametrize(
    "script", [{"exit_code": 1}, {"host_lost": "i-0abc"}, {"start_failure": "CannotPullContainerError: x"}]
)
def test_failures_are_retried(stage: Cloud, script: dict[str, object]) -> None:
    assert attempts(stage, script) == 3


@conformance("C6.06", "C6.15")
def test_a_timeout_is_not_retried_whatever_a_rule_says(stage: Cloud, director: Director) -> None:
    rule = {"onStatusReason": "Job attempt duration exceeded timeout", "action": "RETRY"}
    job_id = stage.submit(
        containerOverrides=FOREVER,
        timeout={"attemptDurationSeconds": 60},
        retryStrategy={"attempts": 3, "evaluateOnExit": [rule]},
    )
    stage.wait(job_id, "RUNNING")

    director.pass_seconds(60)
    job = stage.wait(job_id)

    assert (job["status"], len(job["attempts"])) == ("FAILED", 1)


@conformance("C6.07")
def test_the_first_rule_that_matches_decides(stage: Cloud) -> None:
    retry, leave = {"onExitCode": "3", "action": "RETRY"}, {"onReason": "Out*", "action": "EXIT"}

    assert attempts(stage, EXIT_3, retry, leave) == 3
    assert attempts(stage, EXIT_3, leave, retry) == 1


@conformance("C6.08")
def test_a_rule_matches_when_all_its_conditions_do(stage: Cloud) -> None:
    both = {"onExitCode": "3", "onReason": "Cannot*", "action": "EXIT"}

    assert attempts(stage, EXIT_3, both) == 3
    assert attempts(stage, EXIT_3, {**both, "onReason": "OutOfMemoryError:*"}) == 1


@conformance("C6.09")
def test_without_a_match_a_failure_is_retried_within_the_attempts(stage: Cloud) -> None:
    assert attempts(stage, EXIT_3, {"onExitCode": "4", "action": "EXIT"}) == 3


@conformance("C6.10")
@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"onExitCode": "3"}, True),
        ({"onExitCode": "33"}, False),
        ({"onExitCode": "3*"}, True),
        ({"onStatusReason": "Essential container in task exited"}, True),
        ({"onStatusReason": "Essential"}, False),
        ({"onStatusReason": "Essential*"}, True),
        ({"onReason": "OutOfMemoryError: Container killed due to memory usage"}, True),
        ({"onReason": "*memory usage"}, None),
    ],
)
def test_a_pattern_is_a_text_or_the_beginning_of_one(
    stage: Cloud, pattern: dict[str, str], matches: bool | None
) -> None:
    rule = {**pattern, "action": "EXIT"}
    if matches is None:
        assert refused(stage, retryStrategy={"attempts": 2, "evaluateOnExit": [rule]})
        return

    assert attempts(stage, EXIT_3, rule) == (1 if matches else 3)


@conformance("C6.11")
@pytest.mark.parametrize(
    "condition",
    [{"onReason": "x" * 513}, {"onReason": "a(b)"}, {"onStatusReason": "a/b"}, {"onExitCode": "1x"}],
)
def test_a_pattern_has_512_characters_of_a_few_kinds(stage: Cloud, condition: dict[str, str]) -> None:
    rule = {**condition, "action": "RETRY"}
    longest = {"onReason": "a.b: " + "x" * 506 + "*", "onExitCode": "1" * 512, "action": "RETRY"}
    assert stage.submit(retryStrategy={"attempts": 2, "evaluateOnExit": [longest]})

    assert refused(stage, retryStrategy={"attempts": 2, "evaluateOnExit": [rule]})


@conformance("C6.12")
def test_a_lost_host_is_told_apart_by_its_beginning(stage: Cloud) -> None:
    rules = ({"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"})

    assert attempts(stage, {"host_lost": "i-0abc"}, *rules) == 3
    assert attempts(stage, {"exit_code": 1}, *rules) == 1


@conformance("C6.13")
@pytest.mark.parametrize("action", ["EXIT", "exit", "Exit"])
def test_an_action_is_taken_in_any_case(stage: Cloud, action: str) -> None:
    assert attempts(stage, EXIT_3, {"onExitCode": "3", "action": action}) == 1


@conformance("C6.14")
def test_a_timeout_counts_anew_for_every_attempt(stage: Cloud, director: Director) -> None:
    job_id = stage.submit(
        containerOverrides=scripted({"duration_seconds": 50, "exit_code": 1}),
        timeout={"attemptDurationSeconds": 60},
        retryStrategy={"attempts": 2},
    )
    for _ in range(2):
        stage.wait(job_id, "RUNNING")
        director.pass_seconds(50)

    assert stage.wait(job_id)["statusReason"] == "Essential container in task exited"


@conformance("C6.16", "C12.06")
def test_a_timeout_has_a_least_and_no_most(stage: Cloud) -> None:
    assert refused(stage, timeout={"attemptDurationSeconds": 59})
    assert stage.submit(timeout={"attemptDurationSeconds": 60})
    assert stage.submit(timeout={"attemptDurationSeconds": 2**31 - 1})


@conformance("C6.17")
def test_the_timeout_of_the_submission_wins(stage: Cloud) -> None:
    stage.define("slow", timeout={"attemptDurationSeconds": 600})

    plain = stage.describe(stage.submit(jobDefinition="slow"))
    own = stage.describe(stage.submit(jobDefinition="slow", timeout={"attemptDurationSeconds": 60}))

    assert plain["timeout"] == {"attemptDurationSeconds": 600}
    assert own["timeout"] == {"attemptDurationSeconds": 60}


@conformance("C6.18")
def test_a_process_is_told_the_number_of_its_attempt(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "echo $AWS_BATCH_JOB_ATTEMPT; exit 1", retryStrategy={"attempts": 2})

    assert [cloud.lines(attempt) for attempt in job["attempts"]] == [["1"], ["2"]]
