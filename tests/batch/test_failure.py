"""Why a job failed, in one sentence."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.failure import array_failure_sentence, failure_sentence, index_ranges
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
            ),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "OutOfMemoryError: Container killed due to memory usage.",
        ),
        (
            replace(EXITED, exit_code=None, status_reason="Host EC2 (instance i-0123) terminated."),
            "job 'align' (3f2a) failed on attempt 2 of 3: Host EC2 (instance i-0123) terminated.",
        ),
        (
            replace(
                FAILED,
                status_reason="Task failed to start",
                container_reason="CannotPullContainerError: pull image manifest has been retried 5 time(s)",
                attempts_made=1,
            ),
            "job 'align' (3f2a) failed on attempt 1 of 1: Task failed to start: "
            "CannotPullContainerError: pull image manifest has been retried 5 time(s).",
        ),
        (
            replace(EXITED, exit_code=137, status_reason="Job attempt duration exceeded timeout"),
            "job 'align' (3f2a) failed on attempt 2 of 3 with exit code 137: "
            "Job attempt duration exceeded timeout.",
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


def test_an_array_says_how_many_children_failed_and_which():
    array = replace(
        FAILED, array=ArrayProgress(10, {JobStatus.FAILED: 4}), status_reason="Array Child Job failed"
    )

    sentence = array_failure_sentence("align", array, [0, 1, 2, 7], first="job 'align:0' (3f2a:0) failed.")

    assert sentence == (
        "array job 'align' (3f2a) failed: 4 of 10 children failed (index 0-2, 7). "
        "First of them: job 'align:0' (3f2a:0) failed."
    )


def test_an_array_whose_children_are_unknown_says_its_own_reason():
    array = replace(FAILED, array=ArrayProgress(10, {}), status_reason="JobQueue deleted")

    assert array_failure_sentence("align", array, []) == "array job 'align' (3f2a) failed: JobQueue deleted."


@pytest.mark.parametrize(
    ("indices", "text"),
    [
        ([], ""),
        ([4], "4"),
        ([0, 1], "0-1"),
        ([0, 1, 2, 3, 7, 9, 10], "0-3, 7, 9-10"),
        ([0, 2, 4], "0, 2, 4"),
        (list(range(10_000)), "0-9999"),
    ],
)
def test_index_ranges(indices, text):
    assert index_ranges(indices) == text


@settings(deadline=None)  # a busy machine is no error
@given(st.sets(st.integers(0, 50)))
def test_index_ranges_name_each_index_once(indices):
    text = index_ranges(sorted(indices))

    spans = [part.split("-") for part in text.split(", ") if part]
    named = [index for span in spans for index in range(int(span[0]), int(span[-1]) + 1)]
    assert named == sorted(indices)
