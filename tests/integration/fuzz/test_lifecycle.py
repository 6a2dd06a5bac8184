"""Random operations and clock changes: the state stays consistent, and all jobs end."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.integration.fuzz.account import CONTAINER, create_resources
from tests.integration.fuzz.consistency import check_state
from tests.integration.fuzz.in_process import InProcessBatch

SIZE = 3
FINAL = ("SUCCEEDED", "FAILED")
SCRIPTS = [
    {},
    {"duration_seconds": 30},
    {"start_seconds": 20, "duration_seconds": 100},
    {"duration_seconds": 10, "exit_code": 1},
    {"index": 1, "exit_code": 1},
    {"attempt": 1, "host_lost": "i-0abc"},
    {"start_failure": "CannotPullContainerError: x"},
]
RULES = [[], [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]]


class Client(RuleBasedStateMachine):
    """
    Submits, ends and watches jobs.

    :ivar ended: descriptions of jobs that have ended, by id: they may never change again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.batch = InProcessBatch()
        create_resources(self.batch.call)
        self.batch.send("UpdateComputeEnvironment", computeEnvironment="ce", computeResources={"maxvCpus": 3})
        self.batch.settle()
        self.requests: dict[str, dict[str, Any]] = {}
        self.ended: dict[str, dict[str, Any]] = {}

    def job_ids(self) -> list[str]:
        children = [
            f"{job_id}:{index}"
            for job_id, request in self.requests.items()
            if "arrayProperties" in request
            for index in range(SIZE)
        ]
        return [*self.requests, *children]

    def describe(self, *job_ids: str) -> dict[str, dict[str, Any]]:
        jobs = self.batch.read("DescribeJobs", jobs=list(job_ids)[:100])["jobs"]
        return {job["jobId"]: job for job in jobs}

    # What a client does.

    @precondition(lambda self: len(self.requests) < 12)
    @rule(data=st.data(), script=st.sampled_from(SCRIPTS), attempts=st.integers(1, 3))
    def submit(self, data: st.DataObject, script: dict[str, Any], attempts: int) -> None:
        is_fair, is_array = data.draw(st.booleans()), data.draw(st.booleans())
        request: dict[str, Any] = {
            "jobName": "job",
            "jobQueue": "fair" if is_fair else "q",
            "jobDefinition": "d",
            "dependsOn": self._dependencies(data, is_array=is_array),
            "retryStrategy": {"attempts": attempts, "evaluateOnExit": data.draw(st.sampled_from(RULES))},
            "timeout": {"attemptDurationSeconds": data.draw(st.sampled_from([60, 600]))},
            "containerOverrides": {
                "environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": json.dumps(script)}],
                "vcpus": data.draw(st.integers(1, 3)),
            },
        }
        if is_fair:
            request["shareIdentifier"] = data.draw(st.sampled_from("ab"))
        if is_array:
            request["arrayProperties"] = {"size": SIZE}
        self.requests[self.batch.send("SubmitJob", **request)["jobId"]] = request

    def _dependencies(self, data: st.DataObject, *, is_array: bool) -> list[dict[str, str]]:
        if not self.requests:
            return []
        # Drawn from all children, because it depends on the speed of the
        # machine whether those of an array that was just submitted exist.
        drawn = data.draw(st.lists(st.sampled_from(self.job_ids()), max_size=2))
        existing = self.describe(*drawn)
        depends_on = [{"jobId": job_id} for job_id in drawn if job_id in existing]
        arrays = [job_id for job_id, request in self.requests.items() if "arrayProperties" in request]
        if is_array and arrays and data.draw(st.booleans()):
            depends_on.append({"jobId": data.draw(st.sampled_from(arrays)), "type": "N_TO_N"})
        if is_array and data.draw(st.booleans()):
            depends_on.append({"type": "SEQUENTIAL"})
        return depends_on

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), operation=st.sampled_from(["CancelJob", "TerminateJob"]))
    def end(self, data: st.DataObject, operation: str) -> None:
        self.batch.send(operation, jobId=data.draw(st.sampled_from(self.job_ids())), reason="not needed")

    @rule(seconds=st.sampled_from([0.5, 10, 25, 70]))
    def pass_time(self, seconds: float) -> None:
        self.batch.pass_seconds(seconds)

    @rule()
    def settle(self) -> None:
        self.batch.settle()

    @rule(state=st.sampled_from(["ENABLED", "DISABLED"]))
    def switch_the_environment(self, state: str) -> None:
        self.batch.send("UpdateComputeEnvironment", computeEnvironment="ce", state=state)

    @rule(priority=st.integers(0, 5))
    def change_the_priority(self, priority: int) -> None:
        self.batch.send("UpdateJobQueue", jobQueue="q", priority=priority)

    @rule()
    def register_another_revision(self) -> None:
        self.batch.send(
            "RegisterJobDefinition", jobDefinitionName="d", type="container", containerProperties=CONTAINER
        )

    # What must hold.

    @invariant()
    def state_fits_together(self) -> None:
        check_state(self.batch)

    @invariant()
    def what_has_ended_never_changes(self) -> None:
        jobs = self.describe(*self.job_ids())
        for job_id, job in self.ended.items():
            assert _without_marks(jobs[job_id]) == _without_marks(job)
        self.ended.update({job_id: job for job_id, job in jobs.items() if job["status"] in FINAL})

    @invariant()
    def nothing_starts_before_its_dependencies_have_succeeded(self) -> None:
        jobs = self.describe(*self.job_ids())
        for job_id, request in self.requests.items():
            first = _first_start(jobs, job_id)
            for dependency in request["dependsOn"]:
                if first is None or "jobId" not in dependency or dependency.get("type") == "N_TO_N":
                    continue
                target = jobs[dependency["jobId"]]
                assert target["status"] == "SUCCEEDED"
                assert target["stoppedAt"] <= first

    def teardown(self) -> None:
        """Once enough time has passed, every job has ended."""
        self.batch.send("UpdateComputeEnvironment", computeEnvironment="ce", state="ENABLED")
        for _ in range(200):
            if all(job["status"] in FINAL for job in self.describe(*self.job_ids()).values()):
                break
            self.batch.pass_seconds(700)
        statuses = {job["status"] for job in self.describe(*self.job_ids()).values()}
        check_state(self.batch)
        self.batch.close()
        assert statuses <= set(FINAL)


def _without_marks(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in ("isCancelled", "isTerminated")}


def _first_start(jobs: dict[str, dict[str, Any]], job_id: str) -> int | None:
    """Return when the first attempt of a job, or of a child of it, has started."""
    own = [job for each, job in jobs.items() if each.split(":")[0] == job_id]
    starts = [job["startedAt"] for job in own if "startedAt" in job]
    starts += [attempt["startedAt"] for job in own for attempt in job["attempts"] if "startedAt" in attempt]
    return min(starts, default=None)


Client.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestClient = Client.TestCase
