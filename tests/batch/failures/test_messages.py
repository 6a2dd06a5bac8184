"""The messages of failed jobs."""

from dataclasses import replace

import pytest

from airflow_batch_provider.batch.failures.array_result import ArrayResult, classify_child
from airflow_batch_provider.batch.failures.messages import array_failure_message, job_failure_message
from airflow_batch_provider.batch.job import ArrayProgress, JobDescription, JobStatus
from tests.fakes import job_detail

FAILED = JobDescription.from_aws(job_detail("3f2a", "FAILED"))
EXITED = replace(
    FAILED,
    status_reason="Essential container in task exited",
    exit_code=3,
    attempts_made=2,
    attempts_allowed=3,
)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (EXITED, "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 3."),
        (
            replace(
                EXITED,
                exit_code=137,
                container_reason="OutOfMemoryError: Container killed due to memory usage",
                memory_mib=2048,
            ),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "OutOfMemoryError (the container reached its limit of 2048 MiB). Raise 'memory' of job 'align'.",
        ),
        (
            replace(
                EXITED,
                exit_code=137,
                container_reason="OutOfMemoryError: Container killed due to memory usage",
            ),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "OutOfMemoryError: Container killed due to memory usage. Raise 'memory' of job 'align'.",
        ),
        (
            replace(EXITED, exit_code=None, status_reason="Host EC2 (instance i-0123) terminated."),
            "job 'align' (3f2a) failed on attempt 2 of 3: Host EC2 (instance i-0123) terminated. "
            "Its host was reclaimed or lost. Raise 'attempts' of job 'align' to let AWS Batch retry it.",
        ),
        (
            replace(
                FAILED,
                status_reason="Task failed to start",
                container_reason="CannotPullContainerError: pull image manifest has been retried 5 time(s)",
                attempts_made=1,
            ),
            "job 'align' (3f2a) failed on attempt 1 of 1: Task failed to start: "
            "CannotPullContainerError: pull image manifest has been retried 5 time(s). "
            "Check that the image of job definition 'step:7' exists, and that the execution role "
            "(on EC2, the instance role) can pull it.",
        ),
        (
            replace(EXITED, exit_code=137, status_reason="Job attempt duration exceeded timeout"),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "Job attempt duration exceeded timeout. "
            "Raise 'timeout' of job 'align', or split its work into several jobs.",
        ),
        (
            replace(FAILED, status_reason="Dependent Job failed"),
            "job 'align' (3f2a) failed: Dependent Job failed.",
        ),
        (replace(EXITED, exit_code=0), "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 0."),
        (FAILED, "job 'align' (3f2a) failed."),
    ],
)
def test_message_names_the_job_the_attempt_and_the_reason(job, message):
    assert job_failure_message("align", job) == message


def test_message_ends_with_the_last_log_lines():
    message = job_failure_message("align", EXITED, ["reading", "no such file: x.csv\n"])

    assert message == (
        "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 3. "
        "Last log lines: reading | no such file: x.csv"
    )


ARRAY = replace(
    FAILED, array=ArrayProgress(10, {JobStatus.FAILED: 4}), status_reason="Array Child Job failed"
)


def result_of(*indices):
    failed = tuple(classify_child(EXITED, f"3f2a:{index}", index) for index in indices)
    return ArrayResult(10, failed, 10 - len(failed))


def test_array_message_counts_and_lists_the_failed_children():
    message = array_failure_message(
        "align", ARRAY, result_of(0, 1, 2, 7), first="job 'align:0' (3f2a:0) failed."
    )

    assert message == (
        "array job 'align' (3f2a) failed: 4 of 10 children failed (indices 0-2, 7). "
        "First failed child: job 'align:0' (3f2a:0) failed."
    )


def test_array_message_limits_the_ranges():
    message = array_failure_message("align", ARRAY, result_of(*range(0, 100, 2)))

    assert message.endswith("34, 36, 38, … 30 more).")


def test_array_message_without_known_children_gives_the_reason_of_the_array():
    array = replace(ARRAY, status_reason="JobQueue deleted")

    assert (
        array_failure_message("align", array, ArrayResult(10, (), None))
        == "array job 'align' (3f2a) failed: JobQueue deleted."
    )
