"""Which changes of a job are told."""

from dataclasses import replace

import pytest

from airflow_batch_provider.batch.change_filter import PROGRESS_PAUSE_SECONDS, ChangeFilter
from airflow_batch_provider.batch.job import ArrayProgress, JobDescription, JobStatus
from tests.fakes import FakeClock, job_detail

JOB = JobDescription.from_aws(job_detail("a", "RUNNABLE"))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def narrator(clock):
    return ChangeFilter(now=clock.now)


def array(succeeded, failed=0, status=JobStatus.PENDING):
    progress = ArrayProgress(1000, {JobStatus.SUCCEEDED: succeeded, JobStatus.FAILED: failed})
    return replace(JOB, status=status, array=progress)


def test_each_status_and_reason_is_told_once(narrator):
    changes = [JOB, JOB, replace(JOB, status_reason="CAPACITY"), replace(JOB, status=JobStatus.RUNNING)]

    assert [narrator.is_news(job) for job in changes] == [True, False, True, True]


def test_progress_is_told_every_half_minute(narrator, clock):
    told = []
    for done in range(0, 90):
        if narrator.is_news(array(done)):
            told.append(done)
        clock.sleep(1)

    assert told == [0, PROGRESS_PAUSE_SECONDS, 2 * PROGRESS_PAUSE_SECONDS]


def test_without_progress_nothing_is_told(narrator, clock):
    narrator.is_news(array(1))
    clock.sleep(1000)

    assert not narrator.is_news(array(1))


def test_the_first_failure_is_told_at_once_and_the_next_are_not(narrator):
    assert [narrator.is_news(array(5, failed)) for failed in (0, 1, 2)] == [True, True, False]


def test_the_end_is_told_at_once(narrator):
    narrator.is_news(array(999))

    assert narrator.is_news(array(1000, status=JobStatus.SUCCEEDED))


def test_jobs_are_told_of_apart(narrator):
    assert narrator.is_news(JOB)
    assert narrator.is_news(replace(JOB, job_id="b"))
