"""``jobStateTimeLimitActions``, through boto3 and with an adjustable clock."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.wire import send

REASON = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
ACTION = {"reason": REASON, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
TOO_MANY_VCPUS = {
    "resourceRequirements": [{"type": "VCPU", "value": "32"}, {"type": "MEMORY", "value": "512"}]
}


def pass_seconds(cloud: Cloud, seconds: int) -> None:
    body = json.dumps({"advance_seconds": seconds}).encode()
    assert send(cloud.url, "POST", "/_local/clock", body).status == 200


def test_the_actions_of_a_queue_are_described(stage: Cloud) -> None:
    stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[ACTION])

    (queue,) = stage.batch.describe_job_queues(jobQueues=["q"])["jobQueues"]

    assert queue["jobStateTimeLimitActions"] == [ACTION]


def test_a_blocked_head_is_cancelled_in_time(stage: Cloud) -> None:
    stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[ACTION])
    blocked = stage.submit(containerOverrides=TOO_MANY_VCPUS)
    behind = stage.submit()
    before = stage.wait(blocked, "RUNNABLE")

    pass_seconds(stage, 600)

    assert before["statusReason"].startswith(f"{REASON} - ")
    assert stage.wait(blocked)["statusReason"] == (
        f"Canceled by JobStateTimeLimit action due to reason: {REASON}"
    )
    assert stage.wait(behind)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maxTimeSeconds": 599}, "600 to 86400"),
        ({"maxTimeSeconds": 86_401}, "600 to 86400"),
        ({"action": "TERMINATE"}, "only support CANCEL"),
        ({"reason": ""}, "empty reason"),
        ({"state": "RUNNING"}, "must be one of RUNNABLE"),
    ],
)
def test_an_action_out_of_range_is_refused(stage: Cloud, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stage.batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[{**ACTION, **change}])
