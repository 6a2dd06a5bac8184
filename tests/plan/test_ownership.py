"""Owners of dependencies, their reasons, and the submission that a job belongs to."""

import pytest

from airflow_batch_provider.plan.model import EdgeOwner, WorkflowPlan
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.models import Job, PythonTask, Workflow

BATCH, IMPLIED, AIRFLOW = EdgeOwner.BATCH, EdgeOwner.IMPLIED, EdgeOwner.AIRFLOW


def plan_of(*, tasks=None, submission="at_once", connection=None, **jobs) -> WorkflowPlan:
    return plan_workflow(
        Workflow(
            workflow="w",
            submission=submission,
            connection=connection or {},
            jobs={key: Job(**{"job_queue": "q", "job_definition": "d", **job}) for key, job in jobs.items()},
            tasks={key: PythonTask(**task) for key, task in (tasks or {}).items()},
        )
    )


def owners(plan, key):
    (job,) = [job for job in plan.jobs if job.key == key]
    return {each.job_key: each.owner for each in job.depends_on}


def reasons(plan, key):
    (job,) = [job for job in plan.jobs if job.key == key]
    return {each.job_key: each.reason for each in job.depends_on}


def submissions(plan):
    return {job.key: job.submitted_with for job in plan.jobs}


def fan_in(count, **merge):
    sources = {f"e{number}": {} for number in range(count)}
    return {**sources, "merge": {"depends_on": list(sources), **merge}}


def test_batch_owns_dependencies_by_default():
    plan = plan_of(a={}, b={"depends_on": ["a"]}, c={"depends_on": ["a", "b"]})

    assert owners(plan, "c") == {"a": BATCH, "b": BATCH}
    assert submissions(plan) == {"a": None, "b": None, "c": None}


@pytest.mark.parametrize("rule", ["all_done", "one_failed", "none_failed", "always"])
def test_airflow_owns_dependencies_with_unsupported_trigger_rule(rule):
    plan = plan_of(a={}, b={"depends_on": ["a"], "trigger_rule": rule})

    assert reasons(plan, "b") == {
        "a": f"its trigger rule is {rule}, and AWS Batch supports only all_success",
    }
    assert submissions(plan) == {"a": None, "b": "b"}


def test_batch_owns_dependencies_with_all_success():
    plan = plan_of(a={}, b={"depends_on": ["a"], "trigger_rule": "all_success"})

    assert owners(plan, "b") == {"a": BATCH}


def test_downstream_jobs_are_submitted_with_airflow_owned_job():
    plan = plan_of(
        a={},
        b={"depends_on": ["a"], "trigger_rule": "all_done"},
        c={"depends_on": ["b"]},
        d={"depends_on": ["c"]},
        e={"depends_on": ["a"]},
    )

    assert submissions(plan) == {"a": None, "b": "b", "c": "b", "d": "b", "e": None}
    assert [job.key for job in plan.chain_of("b")] == ["c", "d"]
    assert owners(plan, "d") == {"c": BATCH}


def test_one_airflow_owned_dependency_makes_all_airflow_owned():
    plan = plan_of(a={}, b={}, c={"depends_on": [{"job": "a", "owner": "airflow"}, "b"]})

    assert owners(plan, "c") == {"a": AIRFLOW, "b": AIRFLOW}
    assert reasons(plan, "c")["a"] == "the spec sets owner: airflow"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ti.xcom_pull('a') }}",
        "{{ task_instance.xcom_pull(task_ids='a') }}",
        "{% set x = ti['x'] %}",
        "{{ params.f(xcom_pull) }}",
    ],
)
def test_airflow_owns_dependencies_of_job_that_reads_xcom(template):
    plan = plan_of(a={}, b={"depends_on": ["a"], "environment": {"X": template}})

    assert owners(plan, "b") == {"a": AIRFLOW}


@pytest.mark.parametrize("template", ["{{ params.ti }}", "ti.xcom_pull", "{{ multi.x }}"])
def test_batch_owns_dependencies_of_job_that_reads_no_xcom(template):
    plan = plan_of(a={}, b={"depends_on": ["a"], "environment": {"X": template}})

    assert owners(plan, "b") == {"a": BATCH}


def test_airflow_owns_dependency_on_python_task():
    plan = plan_of(
        a={},
        b={"depends_on": ["t"]},
        c={"depends_on": ["b"]},
        tasks={"t": {"python": "os.getcwd", "depends_on": ["a"]}},
    )

    assert reasons(plan, "b") == {"t": "'t' is a Python task, not a job"}
    assert submissions(plan) == {"a": None, "b": "b", "c": "b"}
    assert [each.owner for each in plan.tasks[0].depends_on] == [AIRFLOW]


def test_airflow_owns_dependency_on_job_in_another_region():
    plan = plan_of(
        a={},
        b={"depends_on": ["a"], "connection": {"region_name": "us-east-1"}},
        c={"depends_on": ["b"], "connection": {"region_name": "us-east-1"}},
    )

    assert reasons(plan, "b") == {"a": "'a' uses a different connection or Region"}
    assert owners(plan, "c") == {"b": BATCH}
    assert submissions(plan)["c"] == "b"


def test_batch_owns_dependency_on_job_in_another_queue():
    plan = plan_of(a={}, b={"depends_on": ["a"], "job_queue": "other"})

    assert owners(plan, "b") == {"a": BATCH}


def test_job_with_own_connection_is_submitted_by_its_own_task():
    plan = plan_of(a={"connection": {"aws_conn_id": "other"}})

    assert submissions(plan) == {"a": "a"}


def test_per_job_mode_needs_no_extra_task_for_own_connection():
    plan = plan_of(a={"connection": {"aws_conn_id": "other"}}, submission="per_job")

    assert submissions(plan) == {"a": None}


@pytest.mark.parametrize(("count", "owner"), [(1, BATCH), (20, BATCH), (21, AIRFLOW), (401, AIRFLOW)])
def test_airflow_owns_fan_in_above_limit(count, owner):
    plan = plan_of(**fan_in(count))

    assert set(owners(plan, "merge").values()) == {owner}


def test_sequential_dependency_counts_toward_limit():
    jobs = fan_in(20, array_size=2)
    jobs["merge"]["depends_on"].append({"type": "SEQUENTIAL"})

    plan = plan_of(**jobs)

    assert owners(plan, "merge")["e0"] is AIRFLOW
    assert owners(plan, "merge")[None] is BATCH


def test_implied_dependencies_above_limit_are_omitted():
    jobs = {"e0": {}, **{f"e{n}": {"depends_on": [f"e{n - 1}"]} for n in range(1, 21)}}
    jobs["merge"] = {"depends_on": [f"e{n}" for n in range(21)]}

    plan = plan_of(**jobs)

    assert owners(plan, "merge") == {f"e{n}": IMPLIED for n in range(20)} | {"e20": BATCH}
    assert [each.job_key for each in plan.jobs[-1].batch_dependencies] == ["e20"]


def test_implied_dependencies_within_limit_are_kept():
    plan = plan_of(a={}, b={"depends_on": ["a"]}, c={"depends_on": ["a", "b"]})

    assert owners(plan, "c")["a"] is BATCH


def test_implied_dependency_on_earlier_submission_is_omitted():
    plan = plan_of(a={}, b={"depends_on": [{"job": "a", "owner": "airflow"}]}, c={"depends_on": ["a", "b"]})

    assert owners(plan, "c") == {"a": IMPLIED, "b": BATCH}
    assert submissions(plan)["c"] == "b"


def test_job_with_other_trigger_rule_implies_no_dependencies():
    plan = plan_of(a={}, b={"depends_on": ["a"], "trigger_rule": "all_done"}, c={"depends_on": ["a", "b"]})

    assert owners(plan, "c") == {"a": AIRFLOW, "b": AIRFLOW}


def test_airflow_owns_dependencies_on_jobs_of_different_submissions():
    plan = plan_of(
        a={},
        x={},
        b={"depends_on": ["a"], "trigger_rule": "all_done"},
        c={"depends_on": ["b", "x"]},
    )

    assert reasons(plan, "c") == {
        "b": "it is submitted with 'b', and other dependencies of this job at another time",
        "x": "it is submitted first, and other dependencies of this job at another time",
    }


def test_per_job_batch_owns_dependencies_on_jobs_of_different_tasks():
    plan = plan_of(
        submission="per_job",
        a={},
        x={},
        b={"depends_on": ["a"], "trigger_rule": "all_done"},
        c={"depends_on": ["b", "x"]},
    )

    assert owners(plan, "c") == {"b": BATCH, "x": BATCH}


def test_duplicate_dependency_is_merged():
    plan = plan_of(a={}, b={"depends_on": ["a", "a"]})

    assert owners(plan, "b") == {"a": BATCH}
    assert plan.jobs[1].upstream_keys == ("a",)
