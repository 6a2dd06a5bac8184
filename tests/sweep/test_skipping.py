"""Which tasks are skipped with others."""

from types import SimpleNamespace

import pytest

from airflow_batch_provider.sweep.skipping import skipped_with

TASKS = [
    SimpleNamespace(task_id="align", trigger_rule="all_success", downstream_task_ids={"call", "report"}),
    SimpleNamespace(task_id="call", trigger_rule="all_success", downstream_task_ids={"merge"}),
    SimpleNamespace(task_id="merge", trigger_rule="all_success", downstream_task_ids=set()),
    SimpleNamespace(task_id="report", trigger_rule="none_failed", downstream_task_ids={"archive"}),
    SimpleNamespace(task_id="archive", trigger_rule="all_success", downstream_task_ids=set()),
]
ALIGN = [("align", -1)]


def states(**changed):
    return {(task.task_id, -1): changed.get(task.task_id) for task in TASKS}


def test_tasks_with_all_success_are_skipped_and_those_behind_another_rule_are_not():
    assert skipped_with(ALIGN, TASKS, states()) == {("call", -1), ("merge", -1)}


@pytest.mark.parametrize("state", ["scheduled", "queued", "running", "deferred", "success"])
def test_a_task_that_has_started_keeps_its_job_and_those_behind_it_keep_theirs(state):
    assert skipped_with(ALIGN, TASKS, states(call=state)) == set()


def test_a_task_that_airflow_has_skipped_already_is_included():
    assert skipped_with(ALIGN, TASKS, states(call="skipped")) == {("call", -1), ("merge", -1)}


@pytest.mark.parametrize(
    ("upstream", "skipped"),
    [
        (("align", 1), {("call", 1), ("merge", -1)}),
        (("align", -1), {("call", 0), ("call", 1), ("merge", -1)}),
    ],
)
def test_in_a_mapped_group_only_the_same_map_index_is_skipped(upstream, skipped):
    mapped = {("call", 0): None, ("call", 1): None, ("merge", -1): None}

    assert skipped_with([upstream], TASKS, mapped) == skipped
