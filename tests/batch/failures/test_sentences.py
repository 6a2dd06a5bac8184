"""Why a job failed, in one sentence."""

from dataclasses import replace

import pytest

from airflow_batch_provider.batch.failures.array_result import ArrayResult, failed_child
from airflow_batch_provider.batch.failures.sentences import array_failure_sentence, failure_sentence
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
    ("job", "sentence"),
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
            "OutOfMemoryError (the container reached its 2048 MiB). Raise 'memory' of job 'align'.",
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
            "Its host was taken away; with more 'attempts' AWS Batch starts job 'align' on another "
            "by itself.",
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
            "Check the image of job definition 'step:7', and that its execution role may pull it.",
        ),
        (
            replace(EXITED, exit_code=137, status_reason="Job attempt duration exceeded timeout"),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "Job attempt duration exceeded timeout. Raise 'timeout' of job 'align', or give it less to do.",
        ),
        (
            replace(FAILED, status_reason="Dependent Job failed"),
            "job 'align' (3f2a) failed: Dependent Job failed.",
        ),
        (replace(EXITED, exit_code=0), "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 0."),
        (FAILED, "job 'align' (3f2a) failed."),
    ],
)
def test_the_sentence_says_which_job_when_and_why(job, sentence):
    assert failure_sentence("align", job) == sentence


def test_the_sentence_ends_with_what_the_job_printed_last():
    sentence = failure_sentence("align", EXITED, ["reading", "no such file: x.csv\n"])

    assert sentence == (
        "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 3. "
        "Its last log lines: reading | no such file: x.csv"
    )


ARRAY = replace(
    FAILED, array=ArrayProgress(10, {JobStatus.FAILED: 4}), status_reason="Array Child Job failed"
)


def result_of(*indices):
    failed = tuple(failed_child(EXITED, f"3f2a:{index}", index) for index in indices)
    return ArrayResult(10, failed, 10 - len(failed))


def test_an_array_says_how_many_children_failed_and_which():
    sentence = array_failure_sentence(
        "align", ARRAY, result_of(0, 1, 2, 7), first="job 'align:0' (3f2a:0) failed."
    )

    assert sentence == (
        "array job 'align' (3f2a) failed: 4 of 10 children failed (index 0-2, 7). "
        "First of them: job 'align:0' (3f2a:0) failed."
    )


def test_an_array_with_many_gaps_names_the_first_of_them():
    sentence = array_failure_sentence("align", ARRAY, result_of(*range(0, 100, 2)))

    assert sentence.endswith("34, 36, 38, … 30 more).")


def test_an_array_whose_children_are_unknown_says_its_own_reason():
    array = replace(ARRAY, status_reason="JobQueue deleted")

    assert (
        array_failure_sentence("align", array, ArrayResult(10, (), None))
        == "array job 'align' (3f2a) failed: JobQueue deleted."
    )
