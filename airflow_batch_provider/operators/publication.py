"""Read the job that another task published for this one, or find that this task has to submit it itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from airflow_batch_provider.following.decisions import ENDED_STATES
from airflow_batch_provider.handover import map_index_of
from airflow_batch_provider.operators.follower_states import known_task_states
from airflow_batch_provider.operators.refused_job import adopt_unless_refused
from airflow_batch_provider.operators.task_try import is_single_task_test

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.handover import PublishedJob
    from airflow_batch_provider.operators.job_submission import TaskJobSubmitter
    from airflow_batch_provider.operators.roles import FollowingTask


def published_job(task: FollowingTask, context: Context, submitter: TaskJobSubmitter) -> str | None:
    """
    Return the ID of the job that another task submitted for this one; None if this task has to submit it.

    The other task publishes nothing for a job that was added to the workflow after that task had run, or if a
    user marked that task as success. A task of a planned workflow can then submit its job itself: the
    tasks of all jobs that its job depends on are upstream of it, and have succeeded.

    :raises TaskDeferred: the other task is about to publish; this task starts again when it has ended.
    :raises SubmissionRejectedError: the job was refused, and this task lacks what it needs to submit it.
    """
    publisher = task.publisher
    if publisher is None or not task.is_planned or not submitter.can_submit:
        return adopt_unless_refused(task, submitter)
    if _will_publish(task, context, publisher.task_id):
        _wait_for(task, context, publisher)
    if task.adopt is not None:
        return adopt_unless_refused(task, submitter)
    task.log.info(
        "Task '%s' published no job ID for job '%s'; this task submits the job",
        publisher.task_id,
        task.job_key,
    )
    return None


def _will_publish(task: FollowingTask, context: Context, publisher_id: str) -> bool:
    """
    Whether the submitting task is about to run again, for example because a user has cleared both tasks.

    Both tasks would otherwise submit the job at the same time: not every task has an edge from the
    submitting one. The first try of a task runs after it in any case.
    """
    if is_single_task_test(context["ti"].run_id):
        return False
    if task.adopt is not None and task.current_try(context).is_new_work:
        return False
    return _is_to_end(context, publisher_id)


def _is_to_end(context: Context, task_id: str) -> bool:
    states = known_task_states(context, [task_id])
    return task_id in states and states[task_id] not in ENDED_STATES


def _wait_for(task: FollowingTask, context: Context, publisher: PublishedJob) -> None:
    """Wait until the submitting task has ended; read what it has published."""
    from airflow_batch_provider.triggers.task import POLL_SECONDS, TaskEndTrigger

    ti = context["ti"]
    if task.deferrable:
        index = map_index_of(ti)
        trigger = TaskEndTrigger(
            dag_id=ti.dag_id, run_id=ti.run_id, awaited_task_id=publisher.task_id, map_index=index
        )
        task.defer(trigger=trigger, method_name="submit_after_wait", timeout=task.execution_timeout)
    task.log.info("Waiting for task '%s', which submits the job of this task", publisher.task_id)
    while _is_to_end(context, publisher.task_id):
        task.stop_if_killed()
        time.sleep(POLL_SECONDS)
    task.adopt = publisher.resolve(context)
