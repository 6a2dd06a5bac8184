"""Which changes of a job are told."""

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


def test_each_status_and_reason_is_told_once(change_filter):
    changes = [JOB, JOB, replace(JOB, status_reason="CAPACITY"), replace(JOB, status=JobStatus.RUNNING)]

    assert [change_filter.should_log(job) for job in changes] == [True, False, True, True]


def test_progress_is_told_every_half_minute(change_filter, clock):
    told = []
    for done in range(0, 90):
        if change_filter.should_log(array(done)):
            told.append(done)
        clock.sleep(1)

    assert told == [0, PROGRESS_INTERVAL_SECONDS, 2 * PROGRESS_INTERVAL_SECONDS]


def test_without_progress_nothing_is_told(change_filter, clock):
    change_filter.should_log(array(1))
    clock.sleep(1000)

    assert not change_filter.should_log(array(1))


def test_the_first_failure_is_told_at_once_and_the_next_are_not(change_filter):
    assert [change_filter.should_log(array(5, failed)) for failed in (0, 1, 2)] == [True, True, False]


def test_the_end_is_told_at_once(change_filter):
    change_filter.should_log(array(999))

    assert change_filter.should_log(array(1000, status=JobStatus.SUCCEEDED))


def test_jobs_are_told_of_apart(change_filter):
    assert change_filter.should_log(JOB)
    assert change_filter.should_log(replace(JOB, job_id="b"))
