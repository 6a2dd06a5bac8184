"""Choice of the job that a task follows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary
from airflow_batch_provider.following.decisions import (
    Decision,
    FollowerState,
    TaskJobs,
    choose_job_to_follow,
    decide_submission,
    predecessor,
)
from airflow_batch_provider.following.terminations import (
    HELD,
    RUN_ENDED,
    deleted,
    failed_by_scheduler,
    marked,
    process_stopped,
    removed,
    upstream_skipped,
)
from airflow_batch_provider.handover import FollowedJob

DEPENDENCY = "Dependent Job failed"


def job(job_id, status, created_at=1, **members):
    return JobDescription(job_id, "n", "q", "d", JobStatus(status), created_at=created_at, **members)


def running(job_id, created_at=1):
    return job(job_id, "RUNNING", created_at)


def ending(job_id, created_at=1):
    return job(job_id, "RUNNING", created_at, is_ending=True)


def succeeded(job_id, created_at=1):
    return job(job_id, "SUCCEEDED", created_at)


def failed(job_id, created_at=1):
    return job(job_id, "FAILED", created_at, status_reason="Essential container in task exited")


def dependency_failed(job_id, created_at=1):
    return job(job_id, "FAILED", created_at, status_reason=DEPENDENCY)


def terminated(job_id, reason):
    return job(job_id, "FAILED", status_reason=reason)


def task_jobs(epoch=0, *, retry=False, **members):
    return TaskJobs(epoch=epoch, try_number=2, is_first_try=not retry, **members)


def followed(root, job_id, epoch=0, *, try_number=1, has_succeeded=False):
    return FollowedJob(root, job_id, epoch, try_number, has_succeeded=has_succeeded)


SUBMIT_AGAIN = Decision()

CASES = {
    # First try.
    "no job": (task_jobs(), SUBMIT_AGAIN),
    "the published job runs": (task_jobs(root=running("r")), Decision("r")),
    "the published job has succeeded": (task_jobs(root=succeeded("r")), Decision("r")),
    "the published job has failed": (task_jobs(root=failed("r")), Decision("r")),
    "a dependency of the published job has failed": (task_jobs(root=dependency_failed("r")), SUBMIT_AGAIN),
    "the end of the run has terminated the published job": (
        task_jobs(root=terminated("r", RUN_ENDED)),
        SUBMIT_AGAIN,
    ),
    "a user's mark has terminated the published job": (
        task_jobs(root=terminated("r", marked("task 'a' as skipped"))),
        SUBMIT_AGAIN,
    ),
    "the delete of its task has terminated the published job": (
        task_jobs(root=terminated("r", deleted("task 'a'"))),
        SUBMIT_AGAIN,
    ),
    "the removal of its task has terminated the published job": (
        task_jobs(root=terminated("r", removed("task 'a'"))),
        SUBMIT_AGAIN,
    ),
    "a skip upstream has terminated the published job": (
        task_jobs(root=terminated("r", upstream_skipped("a"))),
        SUBMIT_AGAIN,
    ),
    "the scheduler has failed the task before it recorded its job, and a user cleared it": (
        task_jobs(root=terminated("r", failed_by_scheduler("task 'a'"))),
        SUBMIT_AGAIN,
    ),
    "the task was stopped where Airflow keeps no record (before 3.3), and a user cleared it": (
        task_jobs(root=terminated("r", process_stopped("a"))),
        SUBMIT_AGAIN,
    ),
    "someone else has terminated the published job": (
        task_jobs(root=terminated("r", "Terminated by the operator")),
        Decision("r"),
    ),
    "the published job is being terminated": (task_jobs(root=ending("r")), SUBMIT_AGAIN),
    # Retries.
    "retry, the published job runs": (
        task_jobs(retry=True, root=running("r"), recorded=FollowedJob("r", "r", 0)),
        Decision("r"),
    ),
    "retry after the published job failed": (
        task_jobs(retry=True, root=failed("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    "retry after the published job failed, no recorded job": (
        task_jobs(retry=True, root=failed("r")),
        SUBMIT_AGAIN,
    ),
    "retry, its own job runs": (
        task_jobs(retry=True, root=failed("r"), own=[running("o", 2)], recorded=FollowedJob("r", "r", 0)),
        Decision("o"),
    ),
    "retry, its own job is not recorded yet": (
        task_jobs(retry=True, own=[running("o")]),
        Decision("o"),
    ),
    "retry, its own job has succeeded": (
        task_jobs(retry=True, own=[succeeded("o")], recorded=FollowedJob(None, "o", 0)),
        Decision("o"),
    ),
    "retry, its own job has failed": (
        task_jobs(retry=True, own=[failed("o")], recorded=FollowedJob(None, "o", 0)),
        SUBMIT_AGAIN,
    ),
    "retry, two jobs of its own": (
        task_jobs(retry=True, own=[running("o2", 2), running("o1", 1)]),
        Decision("o2", ("o1",)),
    ),
    "retry, a newer job has been published": (
        task_jobs(
            retry=True, root=running("r2", 3), own=[running("o", 2)], recorded=FollowedJob("r1", "o", 0)
        ),
        Decision("r2", ("o",)),
    ),
    # Clears that change the epoch.
    "cleared while the published job runs": (
        task_jobs(1, root=running("r"), recorded=FollowedJob("r", "r", 0)),
        Decision(None, ("r",)),
    ),
    "cleared after success": (
        task_jobs(1, root=succeeded("r"), recorded=FollowedJob("r", "r", 0, has_succeeded=True)),
        SUBMIT_AGAIN,
    ),
    "cleared while its own job runs": (
        task_jobs(1, root=failed("r"), others=[running("o", 2)], recorded=FollowedJob("r", "o", 0)),
        Decision(None, ("o",)),
    ),
    "cleared with the submit task": (
        task_jobs(1, root=running("r2", 2), others=[running("r1")], recorded=FollowedJob("r1", "r1", 0)),
        Decision("r2", ("r1",)),
    ),
    "cleared with the submit task, published job has failed": (
        task_jobs(1, root=failed("r2", 2), recorded=FollowedJob("r1", "r1", 0)),
        Decision("r2"),
    ),
    "cleared, then retried while its own job runs": (
        task_jobs(
            1, retry=True, root=succeeded("r"), own=[running("o", 2)], recorded=FollowedJob("r", "r", 0)
        ),
        Decision("o"),
    ),
    "cleared before its first try": (task_jobs(1, root=running("r")), Decision("r")),
    # An edit of the workflow, which changed for which jobs the task waits.
    "edited, the published job runs": (
        task_jobs(root=running("r"), is_root_stale=True),
        Decision(None, ("r",)),
    ),
    "edited, its own job runs": (
        task_jobs(retry=True, root=succeeded("r"), own=[running("o", 2)], is_root_stale=True),
        Decision("o"),
    ),
    "held before it started": (task_jobs(root=terminated("r", HELD)), SUBMIT_AGAIN),
    # Clears that keep the epoch, as Airflow does for a running task.
    "cleared in the same epoch, after success": (
        task_jobs(root=succeeded("r"), recorded=FollowedJob("r", "r", 0, has_succeeded=True)),
        SUBMIT_AGAIN,
    ),
    "cleared in the same epoch, after failure": (
        task_jobs(root=failed("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    "cleared in the same epoch, its job is being terminated": (
        task_jobs(root=ending("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    # Clears that repeat an earlier epoch because `retries` was lowered in between.
    "cleared into an earlier epoch, after success": (
        task_jobs(root=succeeded("r"), recorded=followed("r", "r")),
        SUBMIT_AGAIN,
    ),
    "cleared into an earlier epoch, its own job has succeeded": (
        task_jobs(own=[succeeded("o")], recorded=followed(None, "o")),
        SUBMIT_AGAIN,
    ),
    "cleared into an earlier epoch, its own job runs": (
        task_jobs(own=[running("o")], recorded=followed(None, "o")),
        Decision(None, ("o",)),
    ),
    # The same try again, resumed by an event of an earlier try.
    "the same try, its job runs": (
        task_jobs(own=[running("o")], recorded=followed(None, "o", try_number=2)),
        Decision("o"),
    ),
    "the same try, its job has failed": (
        task_jobs(retry=True, own=[failed("o")], recorded=followed(None, "o", try_number=2)),
        Decision("o"),
    ),
    "the same try, its job has succeeded": (
        task_jobs(root=succeeded("r"), recorded=followed("r", "r", try_number=2)),
        Decision("r"),
    ),
}


@pytest.mark.parametrize(("task_jobs", "decision"), CASES.values(), ids=CASES.keys())
def test_choose_job_to_follow(task_jobs, decision):
    assert choose_job_to_follow(task_jobs) == decision


@pytest.mark.parametrize(
    ("task_jobs", "job_id"),
    [
        (task_jobs(), None),
        (task_jobs(retry=True, root=failed("r"), recorded=followed("r", "r")), "r"),
        (task_jobs(retry=True, root=failed("r")), "r"),
        (task_jobs(retry=True, root=failed("r"), own=[failed("o", 2)], recorded=followed("r", "o")), "o"),
        (task_jobs(1, root=failed("r"), recorded=followed("r", "r")), "r"),
        (task_jobs(1, root=failed("r"), own=[failed("o", 2)], recorded=followed("r", "o")), "o"),
        (task_jobs(1, root=failed("r"), recorded=followed("r", "r", has_succeeded=True)), None),
        (task_jobs(1, root=succeeded("r"), recorded=followed("r", "r")), None),
        (task_jobs(root=failed("r"), is_root_stale=True), None),
        (task_jobs(retry=True, root=failed("r"), own=[failed("o", 2)], is_root_stale=True), "o"),
    ],
    ids=[
        "first try",
        "retry",
        "retry without recorded job",
        "own job",
        "cleared after a failure",
        "cleared after a failure of the own job",
        "cleared after exit_codes let the task succeed",
        "cleared after a success",
        "the workflow was edited",
        "own job after the workflow was edited",
    ],
)
def test_predecessor_of_new_job(task_jobs, job_id):
    job = predecessor(task_jobs)

    assert (job.job_id if job else None) == job_id


STATUSES = st.sampled_from(JobStatus)


@st.composite
def task_jobs_strategy(draw):
    """Draw the jobs of a task; jobs of an earlier epoch are older than those of the current epoch."""

    def description(job_id, created_at):
        status = draw(STATUSES)
        reason = draw(st.sampled_from([None, DEPENDENCY])) if status is JobStatus.FAILED else None
        return job(job_id, status, created_at, status_reason=reason, is_ending=draw(st.booleans()))

    others = [description(f"other-{n}", n) for n in range(draw(st.integers(0, 2)))]
    own = [description(f"own-{n}", 20 - n) for n in range(draw(st.integers(0, 2)))]
    root = description("root", draw(st.integers(0, 30))) if draw(st.booleans()) else None
    epoch, recorded_epoch = draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))
    recorded_jobs = own if epoch == recorded_epoch else others
    ids = [each.job_id for each in ([root] if root else []) + recorded_jobs]
    recorded = None
    if ids and draw(st.booleans()):
        job_id = draw(st.sampled_from(ids))
        recorded = FollowedJob(
            root.job_id if root else None,
            job_id,
            recorded_epoch,
            try_number=draw(st.integers(0, 2)),
            has_succeeded=draw(st.booleans()),
        )
    return TaskJobs(
        epoch=epoch,
        try_number=3,
        is_first_try=draw(st.booleans()),
        root=root,
        recorded=recorded,
        own=own,
        others=others,
    )


def all_jobs(task_jobs):
    return [*([task_jobs.root] if task_jobs.root else []), *task_jobs.own, *task_jobs.others]


@settings(deadline=None)  # the machine may be busy
@given(task_jobs_strategy())
def test_task_never_follows_a_job_being_terminated(task_jobs):
    follow = choose_job_to_follow(task_jobs).follow

    ending_ids = [each.job_id for each in all_jobs(task_jobs) if each.is_ending and not each.status.is_final]
    assert follow not in ending_ids


@settings(deadline=None)  # the machine may be busy
@given(task_jobs_strategy())
def test_every_live_job_is_followed_or_terminated(task_jobs):
    decision = choose_job_to_follow(task_jobs)

    live = {each.job_id for each in all_jobs(task_jobs) if each.is_live}
    assert live == set(decision.terminate) | ({decision.follow} & live)
    assert decision.follow not in decision.terminate


@settings(deadline=None)  # the machine may be busy
@given(task_jobs_strategy())
def test_cleared_task_never_follows_its_recorded_job(task_jobs):
    decision = choose_job_to_follow(task_jobs)

    recorded = task_jobs.recorded
    if recorded is not None and task_jobs.was_cleared:
        assert decision.follow != recorded.job_id


def summary(job_id, name, status="RUNNING", *, is_ending=False):
    return JobSummary(job_id, name, JobStatus(status), is_ending=is_ending)


SUBMISSIONS = {
    "no job": ([], FollowerState.PENDING, SUBMIT_AGAIN),
    "running": ([summary("a", "current")], FollowerState.PENDING, Decision("a")),
    "succeeded": ([summary("a", "current", "SUCCEEDED")], FollowerState.PENDING, Decision("a")),
    "failed": ([summary("a", "current", "FAILED")], FollowerState.PENDING, SUBMIT_AGAIN),
    "being terminated": ([summary("a", "current", is_ending=True)], FollowerState.PENDING, SUBMIT_AGAIN),
    "running, from an earlier epoch": (
        [summary("a", "earlier")],
        FollowerState.PENDING,
        Decision(None, ("a",)),
    ),
    "succeeded in an earlier epoch": (
        [summary("a", "earlier", "SUCCEEDED")],
        FollowerState.PENDING,
        SUBMIT_AGAIN,
    ),
    "two running jobs": (
        [summary("b", "current"), summary("a", "current")],
        FollowerState.PENDING,
        Decision("b", ("a",)),
    ),
    "older job succeeded, newest job failed": (
        [summary("b", "current", "FAILED"), summary("a", "current", "SUCCEEDED")],
        FollowerState.PENDING,
        SUBMIT_AGAIN,
    ),
    "watched, from an earlier epoch": ([summary("a", "earlier")], FollowerState.WATCHING, Decision("a")),
    "watched, just ended": (
        [summary("a", "earlier", "FAILED")],
        FollowerState.WATCHING,
        Decision("a"),
    ),
    "watched, one of two jobs is live": (
        [summary("b", "current", "FAILED"), summary("a", "earlier")],
        FollowerState.WATCHING,
        Decision("a"),
    ),
    "task has ended": (
        [summary("a", "earlier", "SUCCEEDED")],
        FollowerState.ENDED,
        Decision("a", may_submit=False),
    ),
    "task has ended, no job": ([], FollowerState.ENDED, Decision(may_submit=False)),
    "task has ended, two jobs": (
        [summary("b", "current"), summary("a", "earlier")],
        FollowerState.ENDED,
        Decision("b", ("a",), may_submit=False),
    ),
}


@pytest.mark.parametrize(("existing", "follower", "decision"), SUBMISSIONS.values(), ids=SUBMISSIONS.keys())
def test_decide_submission(existing, follower, decision):
    assert decide_submission("current", existing, follower) == decision


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_job_downstream_of_replaced_job_is_replaced(status):
    existing = [summary("a", "current", status)]

    decision = decide_submission("current", existing, FollowerState.PENDING, is_upstream_renewed=True)

    assert decision == Decision(None, ("a",) if status == "RUNNING" else ())


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(st.tuples(st.sampled_from(["current", "earlier"]), STATUSES, st.booleans()), max_size=4),
    st.sampled_from(FollowerState),
    st.sampled_from([{}, {"is_upstream_renewed": True}, {"is_upstream_kept": True}]),
)
def test_submission_leaves_at_most_one_live_job(jobs, follower, upstream):
    existing = [
        summary(str(number), name, status, is_ending=is_ending)
        for number, (name, status, is_ending) in enumerate(jobs)
    ]

    decision = decide_submission("current", existing, follower, **upstream)

    live = {each.job_id for each in existing if each.is_live}
    assert live == set(decision.terminate) | ({decision.follow} & live)
    assert decision.follow not in decision.terminate


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(st.tuples(st.sampled_from(["current", "earlier"]), STATUSES, st.booleans()), max_size=4),
    st.sampled_from([{}, {"is_upstream_renewed": True}, {"is_upstream_kept": True}]),
)
def test_pending_task_never_gets_a_job_being_terminated(jobs, upstream):
    existing = [
        summary(str(number), name, status, is_ending=is_ending)
        for number, (name, status, is_ending) in enumerate(jobs)
    ]

    decision = decide_submission("current", existing, FollowerState.PENDING, **upstream)

    assert all(each.is_live or each.has_succeeded for each in existing if each.job_id == decision.follow)
