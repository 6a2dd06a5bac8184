"""Jobs behind settings of Airflow that hold tasks back."""

import pytest

from airflow_batch_provider.plan.model import EdgeOwner
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.models import Job, Workflow

GATES = [
    {"depends_on_past": True},
    {"wait_for_downstream": True},
    {"max_active_tis_per_dag": 1},
    {"max_active_tis_per_dagrun": 1},
    {"pool": "licenses"},
    {"pool_slots": 2},
]
OPEN = [
    {"depends_on_past": False},
    {"wait_for_downstream": False},
    {"pool": "default_pool"},
    {"pool_slots": 1},
    {"priority_weight": 5},
    {"retries": 3},
]
CHAIN = {"a": {}, "b": {"depends_on": ["a"]}, "c": {"depends_on": ["b"]}}


def workflow(jobs, submission="at_once", default_args=None):
    return Workflow(
        workflow="w",
        submission=submission,
        airflow={"default_args": default_args},
        jobs={key: Job(**{"job_queue": "q", "job_definition": "d", **job}) for key, job in jobs.items()},
    )


def with_gate(gate):
    return {**CHAIN, "b": {**CHAIN["b"], **gate}}


def submissions(plan):
    return {job.key: job.submitted_with for job in plan.jobs}


def owner(plan, key):
    (dependency,) = next(job for job in plan.jobs if job.key == key).depends_on
    return dependency.owner


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_gated_job_is_submitted_by_its_own_task_and_the_next_is_chained_to_it(gate):
    plan = plan_workflow(workflow(with_gate(gate)))

    assert submissions(plan) == {"a": None, "b": "b", "c": "b"}
    assert (owner(plan, "b"), owner(plan, "c")) == (EdgeOwner.AIRFLOW, EdgeOwner.BATCH)


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_per_job_submits_the_next_job_when_a_gated_one_has_ended(gate):
    chain = {**with_gate(gate), "d": {"depends_on": ["c"]}}

    plan = plan_workflow(workflow(chain, "per_job"))

    assert (owner(plan, "b"), owner(plan, "c")) == (EdgeOwner.AIRFLOW, EdgeOwner.AIRFLOW)
    assert owner(plan, "d") is EdgeOwner.BATCH


@pytest.mark.parametrize("submission", ["at_once", "per_job"])
@pytest.mark.parametrize("setting", OPEN, ids=str)
def test_other_settings_leave_jobs_chained(setting, submission):
    plan = plan_workflow(workflow(with_gate(setting), submission))

    assert submissions(plan) == {"a": None, "b": None, "c": None}


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_gates_of_default_args_hold_every_job_back(gate):
    plan = plan_workflow(workflow(CHAIN, default_args=gate))

    assert submissions(plan) == {"a": "a", "b": "b", "c": "c"}


def test_job_overrides_default_args():
    jobs = {key: {**job, "depends_on_past": False} for key, job in CHAIN.items()}
    jobs["b"] = CHAIN["b"]

    plan = plan_workflow(workflow(jobs, default_args={"depends_on_past": True}))

    assert submissions(plan) == {"a": None, "b": "b", "c": "b"}


def test_trigger_rule_of_default_args_is_enforced_by_airflow():
    plan = plan_workflow(workflow(CHAIN, default_args={"trigger_rule": "none_failed"}))

    assert submissions(plan) == {"a": "a", "b": "b", "c": "c"}


def test_given_default_args_replace_those_of_the_spec():
    spec = workflow(CHAIN, default_args={"pool": "licenses"})

    assert submissions(plan_workflow(spec, default_args={})) == {"a": None, "b": None, "c": None}
    assert submissions(plan_workflow(spec, default_args={"pre_execute": print}))["a"] == "a"


def test_pre_execute_holds_until_the_end_because_airflow_calls_it_again():
    plan = plan_workflow(workflow(CHAIN, "per_job"), default_args={"pre_execute": print})

    assert all(job.is_held_until_end for job in plan.jobs)


def test_submitted_by_own_task():
    plan = plan_workflow(workflow(with_gate({"submitted_by": "own_task"})))

    assert submissions(plan) == {"a": None, "b": "b", "c": "b"}
    assert plan.jobs[1].own_reason == "the spec sets submitted_by: own_task"


def test_n_to_n_behind_a_gate_waits_for_the_whole_array():
    jobs = {
        "a": {"array_size": 3},
        "b": {"array_size": 3, "depends_on": [{"job": "a", "type": "N_TO_N"}], "pool": "p"},
    }

    assert owner(plan_workflow(workflow(jobs)), "b") is EdgeOwner.AIRFLOW


def test_every_slice_of_a_large_array_is_gated():
    plan = plan_workflow(workflow({"a": {"array_size": 20_001, "pool": "p"}}))

    assert submissions(plan) == {"a.0": "a.0", "a.1": "a.1", "a.2": "a.2"}


def test_a_run_without_airflow_has_no_gates():
    plan = plan_workflow(workflow(with_gate({"pool": "p"})), heeds_gates=False)

    assert submissions(plan) == {"a": None, "b": None, "c": None}
    assert [job.gates for job in plan.jobs] == [(), ("pool",), ()]
