import pytest

from airflow_batch_provider.local.lifecycle.job_index import JobIndex, name_position
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from tests.local.simulation import Simulation


@pytest.fixture
def jobs(simulation: Simulation) -> list[Job]:
    queue = simulation.queue("q", simulation.environment(vcpus=2))
    return [simulation.submit(queue, job_name=name) for name in ("align", "Align-2", "sort", "align")]


@pytest.fixture
def index(simulation: Simulation, jobs: list[Job]) -> JobIndex:
    return simulation.region.job_index(jobs[0].spec.queue)


def test_a_status_lists_the_newest_job_first(
    simulation: Simulation, index: JobIndex, jobs: list[Job]
) -> None:
    simulation.settle()

    assert list(index.with_status(JobStatus.RUNNING, None)) == [jobs[1], jobs[0]]
    assert list(index.with_status(JobStatus.RUNNABLE, None)) == [jobs[3], jobs[2]]


def test_the_next_page_starts_after_the_last_one_although_statuses_have_changed(
    simulation: Simulation, index: JobIndex, jobs: list[Job]
) -> None:
    simulation.settle()
    last_of_page = next(index.with_status(JobStatus.RUNNABLE, None))

    simulation.end(jobs[0])

    assert last_of_page is jobs[3]
    assert list(index.with_status(JobStatus.RUNNABLE, last_of_page.sequence)) == []
    assert list(index.newest_first(last_of_page.sequence)) == [jobs[2], jobs[1], jobs[0]]


def test_names_are_case_insensitive_and_newest_first(index: JobIndex, jobs: list[Job]) -> None:
    assert list(index.named("ALIGN", None)) == [jobs[3], jobs[0]]


def test_a_prefix_lists_names_grouped(index: JobIndex, jobs: list[Job]) -> None:
    assert list(index.named("al*", None)) == [jobs[3], jobs[0], jobs[1]]
    assert list(index.named("al*", name_position(jobs[3]))) == [jobs[0], jobs[1]]


def test_an_expired_job_is_no_longer_listed(simulation: Simulation, index: JobIndex, jobs: list[Job]) -> None:
    simulation.settle()
    simulation.end(jobs[0])

    simulation.pass_seconds(7 * 24 * 3600 + 1)

    assert list(index.newest_first(None)) == [jobs[3], jobs[2], jobs[1]]
    assert list(index.named("align", None)) == [jobs[3]]
