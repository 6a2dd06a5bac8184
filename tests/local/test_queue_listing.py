import pytest

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.listing import QueueListing, name_position
from tests.local.simulation import Simulation


@pytest.fixture
def jobs(simulation: Simulation) -> list[Job]:
    queue = simulation.queue("q", simulation.environment(vcpus=2))
    return [simulation.submit(queue, job_name=name) for name in ("align", "Align-2", "sort", "align")]


@pytest.fixture
def listing(simulation: Simulation, jobs: list[Job]) -> QueueListing:
    return simulation.region.listing(jobs[0].spec.queue)


def test_a_status_lists_the_newest_job_first(
    simulation: Simulation, listing: QueueListing, jobs: list[Job]
) -> None:
    simulation.settle()

    assert list(listing.with_status(JobStatus.RUNNING, None)) == [jobs[1], jobs[0]]
    assert list(listing.with_status(JobStatus.RUNNABLE, None)) == [jobs[3], jobs[2]]


def test_a_page_goes_on_where_the_last_one_ended_although_jobs_have_moved(
    simulation: Simulation, listing: QueueListing, jobs: list[Job]
) -> None:
    simulation.settle()
    last_of_page = next(listing.with_status(JobStatus.RUNNABLE, None))

    simulation.end(jobs[0])

    assert last_of_page is jobs[3]
    assert list(listing.with_status(JobStatus.RUNNABLE, last_of_page.sequence)) == []
    assert list(listing.newest_first(last_of_page.sequence)) == [jobs[2], jobs[1], jobs[0]]


def test_names_are_found_whatever_their_case_newest_first(listing: QueueListing, jobs: list[Job]) -> None:
    assert list(listing.named("ALIGN", None)) == [jobs[3], jobs[0]]


def test_a_prefix_lists_names_grouped(listing: QueueListing, jobs: list[Job]) -> None:
    assert list(listing.named("al*", None)) == [jobs[3], jobs[0], jobs[1]]
    assert list(listing.named("al*", name_position(jobs[3]))) == [jobs[0], jobs[1]]


def test_an_expired_job_is_listed_no_more(
    simulation: Simulation, listing: QueueListing, jobs: list[Job]
) -> None:
    simulation.settle()
    simulation.end(jobs[0])

    simulation.pass_seconds(7 * 24 * 3600 + 1)

    assert list(listing.newest_first(None)) == [jobs[3], jobs[2], jobs[1]]
    assert list(listing.named("align", None)) == [jobs[3]]
