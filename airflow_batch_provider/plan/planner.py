"""From the author's workflow to the plan of its submission."""

from __future__ import annotations

from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush

from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, WorkflowPlan
from airflow_batch_provider.plan.request import submit_request
from airflow_batch_provider.spec.models import Job, Workflow


def plan_workflow(workflow: Workflow) -> WorkflowPlan:
    """Put the jobs in the order of their submission, each with its request and dependencies."""
    return WorkflowPlan(
        workflow=workflow.workflow,
        description=workflow.description,
        arrangement=workflow.submission,
        airflow=workflow.airflow,
        connection=workflow.connection,
        jobs=tuple(_planned(key, workflow.jobs[key]) for key in submission_order(workflow)),
    )


def submission_order(workflow: Workflow) -> list[str]:
    """Order the job keys topologically; jobs that could go in either order keep the author's."""
    place = {key: index for index, key in enumerate(workflow.jobs)}
    sorter = TopologicalSorter(
        {key: [d.job for d in job.depends_on if d.job is not None] for key, job in workflow.jobs.items()}
    )
    sorter.prepare()
    ready = [(place[key], key) for key in sorter.get_ready()]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        _, key = heappop(ready)
        ordered.append(key)
        sorter.done(key)
        for freed in sorter.get_ready():
            heappush(ready, (place[freed], freed))
    return ordered


def _planned(key: str, job: Job) -> PlannedJob:
    return PlannedJob(
        key=key,
        request=submit_request(job),
        depends_on=tuple(PlannedDependency(d.job, d.type) for d in job.depends_on),
    )
