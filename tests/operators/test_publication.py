"""How job ids travel from the submitting task to the tasks that follow the jobs."""

import pytest

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.errors import JobNotPublishedError, SubmissionRejectedError
from airflow_batch_provider.operators.publication import PublishedJob, adopted_job_id, published
from airflow_batch_provider.submission import Submission
from tests.airflow_fakes import FakeTaskInstance


def test_an_accepted_job_is_published_as_its_id():
    value = published(Submission("a", job=SubmittedJob("job-1", "w-a")))

    assert adopted_job_id(value, "a") == "job-1"


def test_a_refused_job_is_published_as_what_aws_said():
    value = published(Submission("a", refusal="no such queue"))

    with pytest.raises(SubmissionRejectedError, match=r"^no such queue$"):
        adopted_job_id(value, "a")


@pytest.mark.parametrize("value", [None, "", {}, 5, ["job-1"]])
def test_anything_else_is_no_publication(value):
    with pytest.raises(JobNotPublishedError, match="the task that submits job 'a' has published no job id"):
        adopted_job_id(value, "a")


def test_a_reference_pulls_the_other_tasks_xcom():
    ti = FakeTaskInstance(published={("group.submit", "a"): "job-1"})

    assert PublishedJob("group.submit", "a").resolve({"ti": ti}) == "job-1"


def test_a_reference_can_be_written_into_the_serialized_dag():
    assert PublishedJob("submit", "a").serialize() == {"task_id": "submit", "key": "a"}
