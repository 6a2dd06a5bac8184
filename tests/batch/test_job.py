"""Jobs read from AWS's payloads."""

import json

import pytest

from airflow_batch_provider.batch.array_subset import ArraySubset
from airflow_batch_provider.batch.job import ArrayProgress, JobDescription, JobStatus

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/calcloud-jobqueue-2g"
DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/calcloud-jobdef-2g:3"
JOB_ID = "740ee3ee-5c4f-4a0b-8a3c-5d3bd2f8a2d1"


def attempt(number: int, exit_code: int | None, reason: str = "Essential container in task exited") -> dict:
    container = {
        "containerInstanceArn": "arn:aws:ecs:us-east-1:123456789012:container-instance/ce_Batch_1/a",
        "taskArn": f"arn:aws:ecs:us-east-1:123456789012:task/ce_Batch_1/{number:032x}",
        "logStreamName": f"calcloud-jobdef-2g/default/{number:032x}",
        "networkInterfaces": [],
    }
    if exit_code is not None:
        container["exitCode"] = exit_code
    return {
        "container": container,
        "startedAt": 1634590841754 + number,
        "stoppedAt": 1634603846539 + number,
        "statusReason": reason,
    }


def detail(status: str, **members) -> dict:
    return {
        "jobArn": f"arn:aws:batch:us-east-1:123456789012:job/{JOB_ID}",
        "jobName": "calcloud-j8f622010",
        "jobId": JOB_ID,
        "jobQueue": QUEUE,
        "status": status,
        "createdAt": 1634590800000,
        "dependsOn": [],
        "jobDefinition": DEFINITION,
        "parameters": {},
        "propagateTags": False,
        "platformCapabilities": [],
        "tags": {"resourceArn": f"arn:aws:batch:us-east-1:123456789012:job/{JOB_ID}"},
        "eksAttempts": [],
        "attempts": [],
        **members,
    }


RUNNABLE = detail(
    "RUNNABLE",
    container={
        "image": "busybox",
        "command": ["sleep", "600"],
        "volumes": [],
        "environment": [],
        "resourceRequirements": [{"value": "2", "type": "VCPU"}, {"value": "256", "type": "MEMORY"}],
    },
)
SUCCEEDED = detail(
    "SUCCEEDED",
    attempts=[attempt(1, 0)],
    statusReason="Essential container in task exited",
    startedAt=1634590841755,
    stoppedAt=1634603846540,
    container={**attempt(1, 0)["container"], "image": "x", "command": []},
)
OUT_OF_MEMORY_THRICE = detail(
    "FAILED",
    attempts=[attempt(1, 137), attempt(2, None, "Host EC2 (instance i-0123) terminated."), attempt(3, 137)],
    retryStrategy={"attempts": 3, "evaluateOnExit": []},
    statusReason="Essential container in task exited",
    startedAt=1634590841757,
    stoppedAt=1634603846542,
    timeout={"attemptDurationSeconds": 12970},
    container={
        **attempt(3, 137)["container"],
        "reason": "OutOfMemoryError: Container killed due to memory usage",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/own/group"}},
    },
)
NEVER_STARTED = detail(
    "FAILED",
    statusReason="Dependent Job failed",
    stoppedAt=1634590801000,
    dependsOn=[{"jobId": "p1", "type": "N_TO_N"}, {"jobId": "p2"}, {"type": "SEQUENTIAL"}],
    container={"image": "x", "command": []},
)
ARRAY = detail(
    "PENDING",
    arrayProperties={
        "statusSummary": {
            "STARTING": 0,
            "FAILED": 3,
            "RUNNING": 20,
            "SUCCEEDED": 412,
            "RUNNABLE": 65,
            "SUBMITTED": 0,
            "PENDING": 0,
        },
        "statusSummaryLastUpdatedAt": 1634590900000,
        "size": 500,
    },
)
CHILD = detail("RUNNING", jobId=f"{JOB_ID}:12", arrayProperties={"index": 12, "statusSummary": {}})

PAYLOADS = {
    "runnable": RUNNABLE,
    "succeeded": SUCCEEDED,
    "three attempts": OUT_OF_MEMORY_THRICE,
    "never started": NEVER_STARTED,
    "array": ARRAY,
    "child": CHILD,
}


def test_a_job_that_has_not_run_yet():
    assert JobDescription.from_aws(RUNNABLE) == JobDescription(
        job_id=JOB_ID,
        job_name="calcloud-j8f622010",
        job_queue=QUEUE,
        job_definition=DEFINITION,
        status=JobStatus.RUNNABLE,
        job_arn=f"arn:aws:batch:us-east-1:123456789012:job/{JOB_ID}",
        created_at=1634590800000,
        memory_mib=256,
    )


def test_a_job_that_succeeded():
    job = JobDescription.from_aws(SUCCEEDED)

    assert job.has_succeeded
    assert (job.exit_code, job.attempts_made, job.attempts_allowed) == (0, 1, 1)
    assert (job.started_at, job.stopped_at) == (1634590841755, 1634603846540)
    assert job.log_stream == f"calcloud-jobdef-2g/default/{1:032x}"
    assert job.log_group is None


def test_failed_job_shows_its_last_attempt():
    job = JobDescription.from_aws(OUT_OF_MEMORY_THRICE)

    assert not job.has_succeeded
    assert (job.exit_code, job.attempts_made, job.attempts_allowed) == (137, 3, 3)
    assert job.container_reason == "OutOfMemoryError: Container killed due to memory usage"
    assert job.log_stream == f"calcloud-jobdef-2g/default/{3:032x}"
    assert job.log_group == "/own/group"


def test_a_job_that_never_started():
    job = JobDescription.from_aws(NEVER_STARTED)

    assert (job.attempts_made, job.exit_code, job.started_at, job.log_stream) == (0, None, None, None)
    assert job.status_reason == "Dependent Job failed"
    assert job.depends_on == ("p1", "p2")


def test_an_array_job_has_progress_and_no_container():
    job = JobDescription.from_aws(ARRAY)

    assert job.array.size == 500
    assert str(job.array) == "array: 412 of 500 succeeded, 3 failed, 20 running"
    assert (job.exit_code, job.attempts_made) == (None, 0)


def test_child_is_not_an_array():
    assert JobDescription.from_aws(CHILD).array is None


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_description_survives_json(payload):
    job = JobDescription.from_aws(payload)

    again = JobDescription.from_json(json.loads(json.dumps(job.to_json())))

    assert again == job
    assert type(again.status) is JobStatus


RETRY = {
    **RUNNABLE,
    "container": {
        "environment": [
            {"name": "BATCH_ORIGINAL_ARRAY_SIZE", "value": "10"},
            {"name": "BATCH_ORIGINAL_ARRAY_INDICES", "value": "3,7-9"},
        ]
    },
}


def test_description_reads_the_children_that_run_again():
    job = JobDescription.from_aws(RETRY)

    assert job.subset == ArraySubset(10, (3, 7, 8, 9))
    assert str(job) == f"Job {JOB_ID} 'calcloud-j8f622010' is RUNNABLE, retry of 4 of 10 children"


def test_description_reads_the_json_of_older_versions():
    job = JobDescription.from_aws(RETRY)
    written = job.to_json()

    older = {("part" if name == "subset" else name): value for name, value in written.items()}

    assert "part" in older
    assert JobDescription.from_json(older) == job


def test_json_leaves_out_unknown_fields():
    assert None not in JobDescription.from_aws(RUNNABLE).to_json().values()


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (RUNNABLE, f"Job {JOB_ID} 'calcloud-j8f622010' is RUNNABLE"),
        (NEVER_STARTED, f"Job {JOB_ID} 'calcloud-j8f622010' is FAILED (Dependent Job failed)"),
        (
            ARRAY,
            f"Job {JOB_ID} 'calcloud-j8f622010' is PENDING, "
            "array: 412 of 500 succeeded, 3 failed, 20 running",
        ),
    ],
)
def test_str_is_a_log_line(payload, line):
    assert str(JobDescription.from_aws(payload)) == line


def test_progress_leaves_out_zero_counts():
    assert str(ArrayProgress(5, {JobStatus.RUNNABLE: 5, JobStatus.FAILED: 0})) == "array: 0 of 5 succeeded"


@pytest.mark.parametrize("status", JobStatus)
def test_final_statuses(status):
    assert status.is_final == (status in ("SUCCEEDED", "FAILED"))
