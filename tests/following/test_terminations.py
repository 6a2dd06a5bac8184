"""The reasons with which the provider terminates jobs, and what they say about the work of a job."""

import pytest

from airflow_batch_provider.following import terminations
from airflow_batch_provider.following.terminations import was_held_back

KILL = terminations.kill_reason("align")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (terminations.RUN_ENDED, "The run of this job's workflow has ended in Airflow"),
        (terminations.marked("task 'align' as skipped"), "A user marked task 'align' as skipped in Airflow"),
        (
            terminations.failed_by_scheduler("task 'align'"),
            "The scheduler of Airflow failed task 'align', which had not reported its end",
        ),
        (
            terminations.upstream_skipped("align"),
            "This job's task is skipped in Airflow, because task 'align' was skipped",
        ),
        (
            terminations.upstream_marked_skipped(),
            "This job's task is skipped in Airflow, because a user marked a task upstream of it as skipped",
        ),
        (
            terminations.process_stopped("align"),
            "Task 'align' no longer follows this job: its process was stopped",
        ),
        (
            terminations.killed_while_submitting("align"),
            "Task 'align' no longer follows this job: its process was stopped while it submitted the job",
        ),
        (
            terminations.no_longer_deferred(KILL, "failed", exists=True),
            "Task 'align' no longer follows this job: its state is failed",
        ),
        (
            terminations.no_longer_deferred(KILL, None, exists=True),
            "Task 'align' no longer follows this job: it was cleared",
        ),
        (
            terminations.no_longer_deferred(KILL, None, exists=False),
            "Task 'align' no longer follows this job: it was deleted",
        ),
    ],
)
def test_a_job_that_the_provider_terminated_because_of_its_task_was_held_back(reason, text):
    assert reason == text
    assert was_held_back(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "Task 'align' was killed in Airflow",
        "Task 'a.b-c' was killed in Airflow: its state is failed",
        "A user marked task 'align' as success, failed or skipped in Airflow",
        "A user marked the DAG run of this job as success or failed in Airflow",
        "The run of this job's workflow has ended in Airflow",
        "This job's task is skipped in Airflow, because task 'align' was skipped",
        "Dependent Job failed",
    ],
)
def test_reasons_of_earlier_versions_and_of_aws_batch_are_recognized(reason):
    assert was_held_back(reason)


@pytest.mark.parametrize(
    "reason",
    [
        None,
        "",
        "Essential container in task exited",
        "Terminated by the operator",
        "Task 'align' stopped waiting: the task's execution_timeout expired",
        "Task 'align' was killed by the OOM killer",
        "Terminated: task 'align' was killed in Airflow",
    ],
)
def test_a_failure_of_the_job_itself_was_not_held_back(reason):
    assert not was_held_back(reason)


def test_a_job_is_restarted_only_by_a_later_try():
    later, first = (terminations.restarted("align", is_first_try=is_first) for is_first in (False, True))

    assert later == "Task 'align' was restarted"
    assert first == "Superseded: task 'align' submits this job again"


def test_a_job_that_another_one_replaces_is_not_said_to_be_submitted_again():
    assert terminations.superseded("align", "job-1") == "Superseded: task 'align' keeps job job-1"
