"""A job that was published before an edit of the workflow, which changed for which jobs it waits."""

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import waits_for_value
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators import edits
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

RUN = "scheduled__2006-01-01"
OBSOLETE = (
    "This job's task submits it again, because task '{}' waits for other jobs since the workflow was edited"
)


class Workflow:
    """The published jobs ``call``, which waits for ``align``, and ``merge``, which waits for ``call``."""

    def __init__(self, monkeypatch, publisher: PublishedJob, prefix: str = "", wait: str = "") -> None:
        self.api = FakeBatchApi()
        self.publisher, self.prefix, self.wait = publisher, prefix, wait
        self.ti = FakeTaskInstance(
            f"{prefix}call{wait}", published={(publisher.task_id, publisher.key): "root"}
        )
        self.ti.states = {f"{prefix}call{wait}": "running", f"{prefix}merge{wait}": None}
        self.published = {}
        monkeypatch.setattr(edits, "publish_for", self.publish)

    def publish(self, task_id, map_index, context, xcoms):
        self.published |= {(task_id, key): value for key, value in xcoms.items()}

    def put(self, job_id, key, status, waits_for=(), depends_on=(), **members):
        job_key = self.prefix + key
        self.api.put(
            job_id,
            status,
            jobName=JobIdentity("post_trade", RUN, job_key).job_name,
            jobQueue="q",
            dependsOn=[{"jobId": other} for other in depends_on],
            tags={"airflow_task_id": job_key, "airflow_waits_for": waits_for_value(waits_for)},
            **members,
        )

    def follow(self, *waits_for: str) -> list[str]:
        """Follow the job of the task ``call``, which now waits for these jobs."""
        dependencies = tuple(PlannedDependency(key) for key in waits_for)
        with DAG("d", schedule=None):
            operator = BatchJobOperator(
                task_id=self.ti.task_id, adopt=self.publisher, job_key=f"{self.prefix}call"
            )
        operator.use_plan(PlannedJob("call", {"jobDefinition": "d", "jobQueue": "q"}, dependencies))
        operator.close_upstream("")
        operator.render_template_fields({"ti": self.ti})
        operator.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        try:
            return [operator.execute({"ti": self.ti})]
        except TaskDeferred as deferred:
            return deferred.trigger.job_ids


@pytest.fixture(
    params=[
        (PublishedJob("submit", "call"),),
        (PublishedJob("group.submit", "call"), "group."),
        (PublishedJob("group.align", "job.call"), "group."),
        (PublishedJob("call.submit", "return_value"), "", ".wait"),
    ],
    ids=["at_once", "group", "chain", "per_job"],
)
def workflow(request, monkeypatch):
    return Workflow(monkeypatch, *request.param)


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUCCEEDED"])
def test_a_job_that_waits_for_the_same_jobs_is_followed(workflow, status):
    workflow.put("root", "call", status, ["align", "sort"])

    assert workflow.follow("sort", "align") == ["root"]
    assert workflow.api.submitted == []


@pytest.mark.parametrize("waits_for", [["align", "added"], ["added"], []])
@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_job_that_waits_for_other_jobs_is_submitted_again(workflow, waits_for, status):
    workflow.put("root", "call", status, ["align"])

    assert workflow.follow(*waits_for) != ["root"]
    assert len(workflow.api.submitted) == 1
    assert set(workflow.api.terminated) == (set() if status in ("SUCCEEDED", "FAILED") else {"root"})


def test_the_first_job_of_a_workflow_is_submitted_again_after_a_job_that_was_put_before_it(workflow):
    workflow.put("root", "call", "SUCCEEDED")

    assert workflow.follow("added") != ["root"]


def test_a_job_without_the_tag_is_followed(workflow):
    workflow.put("root", "call", "SUCCEEDED", ["align"])
    del workflow.api.jobs["root"]["tags"]["airflow_waits_for"]

    assert workflow.follow("added") == ["root"]


def test_jobs_that_depend_on_an_obsolete_job_are_withdrawn(workflow):
    workflow.put("root", "call", "SUCCEEDED", ["align"])
    workflow.put("later", "merge", "SUCCEEDED", ["call"], ["root"])
    publisher = workflow.publisher

    workflow.follow("align", "added")

    merge = {
        "call.submit": ("merge.submit", "return_value"),
        "group.align": ("group.align", "job.merge"),
    }.get(publisher.task_id, (publisher.task_id, "merge"))
    assert workflow.published == {merge: None}


def test_live_jobs_that_depend_on_an_obsolete_job_are_terminated(workflow):
    workflow.put("root", "call", "SUCCEEDED", ["align"])
    workflow.put("later", "merge", "RUNNING", ["call"], ["root"])

    workflow.follow("align", "added")

    assert workflow.api.terminated == {"later": OBSOLETE.format(workflow.ti.task_id)}


def test_a_job_that_a_task_follows_is_not_withdrawn(workflow):
    workflow.put("root", "call", "SUCCEEDED", ["align"])
    workflow.put("later", "merge", "RUNNING", ["call"], ["root"])
    workflow.ti.states[f"{workflow.prefix}merge{workflow.wait}"] = "deferred"

    workflow.follow("align", "added")

    assert workflow.published == {}
    assert workflow.api.terminated == {}


def test_a_new_job_has_the_jobs_for_which_it_waits_in_a_tag(workflow):
    workflow.put("root", "call", "SUCCEEDED", ["align"])

    workflow.follow("sort", "added")

    (request,) = workflow.api.submitted
    assert request["tags"]["airflow_waits_for"] == "added sort"
