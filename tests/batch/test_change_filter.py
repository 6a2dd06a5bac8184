"""Selection of the changes to log."""

from dataclasses import replace

import pytest

from airflow_batch_provider.batch.change_filter import ChangeFilter
from airflow_batch_provider.batch.job import ArrayProgress, JobDescription, JobStatus
from airflow_batch_provider.defaults import PROGRESS_INTERVAL_SECONDS
from tests.fakes import FakeClock, job_detail

JOB = JobDescription.from_aws(job_detail("a", "RUNNABLE"))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def change_filter(clock):
    return ChangeFilter(now=clock.now)


def array(succeeded, failed=0, status=JobStatus.PENDING):
    progress = ArrayProgress(1000, {JobStatus.SUCCEEDED: succeeded, JobStatus.FAILED: failed})
    return replace(JOB, status=status, array=progress)


def test_each_status_and_reason_is_logged_once(change_filter):
    changes = [JOB, JOB, replace(JOB, status_reason="CAPACITY"), replace(JOB, status=JobStatus.RUNNING)]

    assert [change_filter.should_log(job) for job in changes] == [True, False, True, True]


def test_progress_is_logged_every_30_seconds(change_filter, clock):
    logged = []
    for done in range(0, 90):
        if change_filter.should_log(array(done)):
            logged.append(done)
        clock.sleep(1)

    assert logged == [0, PROGRESS_INTERVAL_SECONDS, 2 * PROGRESS_INTERVAL_SECONDS]


def test_unchanged_progress_is_not_logged(change_filter, clock):
    change_filter.should_log(array(1))
    clock.sleep(1000)

    assert not change_filter.should_log(array(1))


def test_first_failed_child_is_logged_immediately_and_the_next_ones_are_not(change_filter):
    assert [change_filter.should_log(array(5, failed)) for failed in (0, 1, 2)] == [True, True, False]


def test_end_is_logged_immediately(change_filter):
    change_filter.should_log(array(999))

    assert change_filter.should_log(array(1000, status=JobStatus.SUCCEEDED))


def test_jobs_are_filtered_independently(change_filter):
    assert change_filter.should_log(JOB)
    assert change_filter.should_log(replace(JOB, job_id="b"))
