"""Which job a task follows when it starts."""

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


def found(epoch=0, *, retry=False, **members):
    return TaskJobs(epoch=epoch, try_number=2, is_first_try=not retry, **members)


def followed(root, job_id, epoch=0, *, try_number=1):
    return FollowedJob(root, job_id, epoch, try_number)


SUBMIT_AGAIN = Decision()

CASES = {
    # The first time that the task runs.
    "nothing is there": (found(), SUBMIT_AGAIN),
    "the published job runs": (found(root=running("r")), Decision("r")),
    "the published job has succeeded": (found(root=succeeded("r")), Decision("r")),
    "the published job has failed": (found(root=failed("r")), Decision("r")),
    "a dependency of the published job failed": (found(root=dependency_failed("r")), SUBMIT_AGAIN),
    "the published job is being terminated": (found(root=ending("r")), SUBMIT_AGAIN),
    # A retry.
    "a retry, the published job runs": (
        found(retry=True, root=running("r"), recorded=FollowedJob("r", "r", 0)),
        Decision("r"),
    ),
    "a retry after the published job failed": (
        found(retry=True, root=failed("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    "a retry after it failed, without a record": (found(retry=True, root=failed("r")), SUBMIT_AGAIN),
    "a retry, its own job runs": (
        found(retry=True, root=failed("r"), own=[running("o", 2)], recorded=FollowedJob("r", "r", 0)),
        Decision("o"),
    ),
    "a retry, its own job is not recorded yet": (
        found(retry=True, own=[running("o")]),
        Decision("o"),
    ),
    "a retry, its own job has succeeded meanwhile": (
        found(retry=True, own=[succeeded("o")], recorded=FollowedJob(None, "o", 0)),
        Decision("o"),
    ),
    "a retry, its own job has failed": (
        found(retry=True, own=[failed("o")], recorded=FollowedJob(None, "o", 0)),
        SUBMIT_AGAIN,
    ),
    "a retry, the newest of its own jobs counts": (
        found(retry=True, own=[running("o2", 2), running("o1", 1)]),
        Decision("o2", ("o1",)),
    ),
    "a retry, a newer job has been published": (
        found(retry=True, root=running("r2", 3), own=[running("o", 2)], recorded=FollowedJob("r1", "o", 0)),
        Decision("r2", ("o",)),
    ),
    # After a clear: another epoch.
    "cleared while the published job runs": (
        found(1, root=running("r"), recorded=FollowedJob("r", "r", 0)),
        Decision(None, ("r",)),
    ),
    "cleared after success": (
        found(1, root=succeeded("r"), recorded=FollowedJob("r", "r", 0, has_succeeded=True)),
        SUBMIT_AGAIN,
    ),
    "cleared while its own job runs": (
        found(1, root=failed("r"), others=[running("o", 2)], recorded=FollowedJob("r", "o", 0)),
        Decision(None, ("o",)),
    ),
    "cleared with the task that submits": (
        found(1, root=running("r2", 2), others=[running("r1")], recorded=FollowedJob("r1", "r1", 0)),
        Decision("r2", ("r1",)),
    ),
    "cleared with the task that submits, which failed at it": (
        found(1, root=failed("r2", 2), recorded=FollowedJob("r1", "r1", 0)),
        Decision("r2"),
    ),
    "cleared, then retried while its own job runs": (
        found(1, retry=True, root=succeeded("r"), own=[running("o", 2)], recorded=FollowedJob("r", "r", 0)),
        Decision("o"),
    ),
    "cleared before it ever ran": (found(1, root=running("r")), Decision("r")),
    # A clear that left the epoch as it was: Airflow does that to a running task.
    "cleared in the same epoch, after success": (
        found(root=succeeded("r"), recorded=FollowedJob("r", "r", 0, has_succeeded=True)),
        SUBMIT_AGAIN,
    ),
    "cleared in the same epoch, after a failure": (
        found(root=failed("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    "cleared in the same epoch, its job is being terminated": (
        found(root=ending("r"), recorded=FollowedJob("r", "r", 0)),
        SUBMIT_AGAIN,
    ),
    # A clear that brought an epoch again, since the author had lowered `retries` meanwhile.
    "cleared into an epoch that was there before, after success": (
        found(root=succeeded("r"), recorded=followed("r", "r")),
        SUBMIT_AGAIN,
    ),
    "cleared into an epoch that was there before, its own job has succeeded": (
        found(own=[succeeded("o")], recorded=followed(None, "o")),
        SUBMIT_AGAIN,
    ),
    "cleared into an epoch that was there before, its own job runs": (
        found(own=[running("o")], recorded=followed(None, "o")),
        Decision(None, ("o",)),
    ),
    # The same try again, woken by an event of an earlier one.
    "the same try, its job runs": (
        found(own=[running("o")], recorded=followed(None, "o", try_number=2)),
        Decision("o"),
    ),
    "the same try, its job has failed": (
        found(retry=True, own=[failed("o")], recorded=followed(None, "o", try_number=2)),
        Decision("o"),
    ),
    "the same try, its job has succeeded": (
        found(root=succeeded("r"), recorded=followed("r", "r", try_number=2)),
        Decision("r"),
    ),
}


@pytest.mark.parametrize(("found", "decision"), CASES.values(), ids=CASES.keys())
def test_the_job_that_a_task_follows(found, decision):
    assert choose_job_to_follow(found) == decision


@pytest.mark.parametrize(
    ("found", "job_id"),
    [
        (found(), None),
        (found(retry=True, root=failed("r"), recorded=followed("r", "r")), "r"),
        (found(retry=True, root=failed("r")), "r"),
        (found(retry=True, root=failed("r"), own=[failed("o", 2)], recorded=followed("r", "o")), "o"),
        (found(1, root=failed("r"), recorded=followed("r", "r")), None),
        (found(1, root=failed("r"), own=[failed("o", 2)], recorded=followed("r", "o")), None),
    ],
    ids=["first try", "retry", "retry without a record", "its own", "cleared", "cleared, its own"],
)
def test_whose_place_a_new_job_takes(found, job_id):
    job = predecessor(found)

    assert (job.job_id if job else None) == job_id


STATUSES = st.sampled_from(JobStatus)


@st.composite
def founds(draw):
    """Draw what a task could find; an earlier epoch's jobs are older than this one's."""

    def description(job_id, created_at):
        status = draw(STATUSES)
        reason = draw(st.sampled_from([None, DEPENDENCY])) if status is JobStatus.FAILED else None
        return job(job_id, status, created_at, status_reason=reason, is_ending=draw(st.booleans()))

    others = [description(f"other-{n}", n) for n in range(draw(st.integers(0, 2)))]
    own = [description(f"own-{n}", 20 - n) for n in range(draw(st.integers(0, 2)))]
    root = description("root", draw(st.integers(0, 30))) if draw(st.booleans()) else None
    epoch, recorded_epoch = draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))
    of_then = own if epoch == recorded_epoch else others
    ids = [each.job_id for each in ([root] if root else []) + of_then]
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


def jobs_in(found):
    return [*([found.root] if found.root else []), *found.own, *found.others]


@settings(deadline=None)  # a busy machine is no error
@given(founds())
def test_no_task_follows_a_job_whose_end_somebody_has_asked_for(found):
    follow = choose_job_to_follow(found).follow

    ending_ids = [each.job_id for each in jobs_in(found) if each.is_ending and not each.status.is_final]
    assert follow not in ending_ids


@settings(deadline=None)  # a busy machine is no error
@given(founds())
def test_every_live_job_of_a_task_is_followed_or_terminated(found):
    decision = choose_job_to_follow(found)

    live = {each.job_id for each in jobs_in(found) if each.is_live}
    assert live == set(decision.terminate) | ({decision.follow} & live)
    assert decision.follow not in decision.terminate


@settings(deadline=None)  # a busy machine is no error
@given(founds())
def test_a_cleared_task_never_follows_the_job_on_record(found):
    decision = choose_job_to_follow(found)

    recorded = found.recorded
    if recorded is not None and found.was_cleared:
        assert decision.follow != recorded.job_id


def summary(job_id, name, status="RUNNING", *, is_ending=False):
    return JobSummary(job_id, name, JobStatus(status), is_ending=is_ending)


SUBMISSIONS = {
    "nothing is there": ([], FollowerState.PENDING, SUBMIT_AGAIN),
    "it runs": ([summary("a", "now")], FollowerState.PENDING, Decision("a")),
    "it has succeeded": ([summary("a", "now", "SUCCEEDED")], FollowerState.PENDING, Decision("a")),
    "it has failed": ([summary("a", "now", "FAILED")], FollowerState.PENDING, SUBMIT_AGAIN),
    "it is being terminated": ([summary("a", "now", is_ending=True)], FollowerState.PENDING, SUBMIT_AGAIN),
    "it is of an earlier epoch": ([summary("a", "then")], FollowerState.PENDING, Decision(None, ("a",))),
    "it has succeeded in an earlier epoch": (
        [summary("a", "then", "SUCCEEDED")],
        FollowerState.PENDING,
        SUBMIT_AGAIN,
    ),
    "there are two, the newest is followed": (
        [summary("b", "now"), summary("a", "now")],
        FollowerState.PENDING,
        Decision("b", ("a",)),
    ),
    "an older one succeeded, the newest failed": (
        [summary("b", "now", "FAILED"), summary("a", "now", "SUCCEEDED")],
        FollowerState.PENDING,
        SUBMIT_AGAIN,
    ),
    "it is watched, of whichever epoch": ([summary("a", "then")], FollowerState.WATCHING, Decision("a")),
    "it is watched and has just ended": (
        [summary("a", "then", "FAILED")],
        FollowerState.WATCHING,
        Decision("a"),
    ),
    "the live one of two is watched": (
        [summary("b", "now", "FAILED"), summary("a", "then")],
        FollowerState.WATCHING,
        Decision("a"),
    ),
    "its task has ended": (
        [summary("a", "then", "SUCCEEDED")],
        FollowerState.ENDED,
        Decision("a", may_submit=False),
    ),
    "its task has ended without it": ([], FollowerState.ENDED, Decision(may_submit=False)),
    "its task has ended and left two": (
        [summary("b", "now"), summary("a", "then")],
        FollowerState.ENDED,
        Decision("b", ("a",), may_submit=False),
    ),
}


@pytest.mark.parametrize(("known", "follower", "decision"), SUBMISSIONS.values(), ids=SUBMISSIONS.keys())
def test_what_a_submitting_task_does_about_a_job(known, follower, decision):
    assert decide_submission("now", known, follower) == decision


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_a_job_downstream_of_a_renewed_one_is_renewed(status):
    known = [summary("a", "now", status)]

    decision = decide_submission("now", known, FollowerState.PENDING, is_upstream_renewed=True)

    assert decision == Decision(None, ("a",) if status == "RUNNING" else ())


@settings(deadline=None)  # a busy machine is no error
@given(
    st.lists(st.tuples(st.sampled_from(["now", "then"]), STATUSES, st.booleans()), max_size=4),
    st.sampled_from(FollowerState),
    st.sampled_from([{}, {"is_upstream_renewed": True}, {"is_upstream_kept": True}]),
)
def test_a_submission_leaves_one_live_job_at_most(jobs, follower, upstream):
    known = [
        summary(str(number), name, status, is_ending=is_ending)
        for number, (name, status, is_ending) in enumerate(jobs)
    ]

    decision = decide_submission("now", known, follower, **upstream)

    live = {each.job_id for each in known if each.is_live}
    assert live == set(decision.terminate) | ({decision.follow} & live)
    assert decision.follow not in decision.terminate


@settings(deadline=None)  # a busy machine is no error
@given(
    st.lists(st.tuples(st.sampled_from(["now", "then"]), STATUSES, st.booleans()), max_size=4),
    st.sampled_from([{}, {"is_upstream_renewed": True}, {"is_upstream_kept": True}]),
)
def test_a_task_that_is_to_come_never_gets_a_job_that_is_ending(jobs, upstream):
    known = [
        summary(str(number), name, status, is_ending=is_ending)
        for number, (name, status, is_ending) in enumerate(jobs)
    ]

    decision = decide_submission("now", known, FollowerState.PENDING, **upstream)

    assert all(each.is_live or each.has_succeeded for each in known if each.job_id == decision.follow)
