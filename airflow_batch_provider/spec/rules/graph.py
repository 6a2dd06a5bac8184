"""E3xx: jobs and the dependencies between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from airflow_batch_provider.spec.models import Arrangement, DependencyType, Workflow
from airflow_batch_provider.spec.rules.violation import Violation

SUBMIT_TASK = "submit"
_JOB_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


def unknown_jobs(workflow: Workflow) -> Iterator[Violation]:
    """E301: a dependency names a job that is not in the workflow."""
    for key, job in workflow.jobs.items():
        for index, dependency in enumerate(job.depends_on):
            if dependency.job is None or dependency.job in workflow.jobs:
                continue
            near = get_close_matches(dependency.job, workflow.jobs, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; there are: {', '.join(workflow.jobs)}"
            text = f"job '{key}' depends on '{dependency.job}', which is no job of this workflow{hint}"
            yield Violation("E301", ("jobs", key, "depends_on", index), text)


def cycles(workflow: Workflow) -> Iterator[Violation]:
    """E302: jobs wait for each other in a circle."""
    upstream = {
        key: [d.job for d in job.depends_on if d.job in workflow.jobs and d.job != key]
        for key, job in workflow.jobs.items()
    }
    while circle := _circle(upstream):
        text = f"jobs wait for each other: {' → '.join(circle)}; remove one of these dependencies"
        yield Violation("E302", ("jobs", circle[1], "depends_on"), text, at_key=True)
        upstream = {
            key: [other for other in others if other not in circle]
            for key, others in upstream.items()
            if key not in circle
        }


def self_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """E303: a job depends on itself."""
    for key, job in workflow.jobs.items():
        for index, dependency in enumerate(job.depends_on):
            if dependency.job == key:
                text = f"job '{key}' depends on itself; children one after the other are {{type: SEQUENTIAL}}"
                yield Violation("E303", ("jobs", key, "depends_on", index), text)


def job_keys(workflow: Workflow) -> Iterator[Violation]:
    """E304: a job key that cannot be an Airflow task's id, or is taken."""
    for key in workflow.jobs:
        if not _JOB_KEY.fullmatch(key):
            text = (
                f"job key '{key}' becomes a task id: up to 100 letters, digits, '_' and '-'; rename the job"
            )
            yield Violation("E304", ("jobs", key), text, at_key=True)
        elif key == SUBMIT_TASK and workflow.submission is Arrangement.AT_ONCE:
            text = f"job key '{key}' is taken by the task that submits the jobs; rename the job"
            yield Violation("E304", ("jobs", key), text, at_key=True)


def array_dependencies(workflow: Workflow) -> Iterator[Violation]:
    """E305: N_TO_N or SEQUENTIAL where there is no array job; N_TO_N between unequal sizes."""
    for key, job in workflow.jobs.items():
        for index, dependency in enumerate(job.depends_on):
            path = ("jobs", key, "depends_on", index)
            if dependency.type is None:
                continue
            if job.array_size is None:
                text = f"{dependency.type} needs an array job, and job '{key}' has no array_size"
                yield Violation("E305", path, text)
                continue
            upstream = workflow.jobs.get(dependency.job or "")
            if dependency.type is DependencyType.N_TO_N and upstream is not None:
                sizes = (job.array_size, upstream.array_size)
                known = all(isinstance(size, int) for size in sizes)
                if upstream.array_size is None or (known and sizes[0] != sizes[1]):
                    text = (
                        f"N_TO_N pairs the children of '{key}' ({sizes[0]}) with those of '{dependency.job}' "
                        f"({sizes[1] or 'no array job'}); give both the same array_size"
                    )
                    yield Violation("E305", path, text)


def _circle(upstream: Mapping[str, Sequence[str]]) -> list[str]:
    try:
        TopologicalSorter(upstream).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


RULES = (unknown_jobs, cycles, self_dependencies, job_keys, array_dependencies)
