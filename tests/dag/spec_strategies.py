"""Whole specs at random: most are valid, and some have a setting that only looks valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.dag.setting_samples import (
    DEFAULT_ARGS,
    NEARLY_VALID_DEFAULT_ARGS,
    NEARLY_VALID_SETTINGS,
    SETTINGS,
)

Strategy = st.SearchStrategy[Any]
TRIGGER_RULES = ["all_success", "all_done", "one_success", "none_failed", "always", "all_failed"]
TEMPLATES = [
    "{{ ds }}",
    "m-{{ params.n }}",
    "{{ run_id }}",
    "{{ data_interval_end | ds }}",
    "{% if 1 %}x{% endif %}",
]
ON_FARGATE = {
    "image": "busybox",
    "vcpus": 0.5,
    "memory": "1GiB",
    "platform_capabilities": ["FARGATE"],
    "execution_role_arn": "arn:aws:iam::123456789012:role/pull",
    "job_role_arn": "arn:aws:iam::123456789012:role/job",
    "secrets": {"PASSWORD": "arn:aws:ssm:eu-west-1:123456789012:parameter/p"},
}
DEFINITIONS = [
    *("d", "d:1"),
    {"image": "busybox", "vcpus": 1, "memory": "512MiB", "command": ["echo", "hi"]},
    {"image": "busybox:{{ params.n }}", "vcpus": "1", "memory": 512, "environment": {"A": 1}, "attempts": 2},
    {"container_properties": {"image": "busybox", "command": ["x"]}, "vcpus": 2, "memory": "2GiB"},
    {
        "container_properties": {
            "image": "busybox",
            "resource_requirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
            "log_configuration": {"log_driver": "awslogs", "options": {"awslogs-group": "g"}},
        },
        "retry_strategy": {"attempts": 3, "evaluate_on_exit": [{"on_exit_code": 137, "action": "RETRY"}]},
        "timeout": "1h",
        "tags": {"team": "data"},
        "scheduling_priority": 3,
        "parameters": {"x": "1"},
    },
    {
        "container_properties": {
            "image": "busybox",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
            "environment": [{"name": "A", "value": "1"}],
        },
        "propagate_tags": True,
    },
    ON_FARGATE,
    {
        "ecs_properties": {
            "task_properties": [
                {
                    "containers": [
                        {
                            "name": "main",
                            "image": "busybox",
                            "essential": True,
                            "resource_requirements": [
                                {"type": "VCPU", "value": "1"},
                                {"type": "MEMORY", "value": "512"},
                            ],
                        }
                    ]
                }
            ]
        }
    },
]
NAMED_OR_ON_EC2 = DEFINITIONS[:7]
"""Job definitions with one container whose resources a job may override."""

JOB_SETTINGS: Mapping[str, Sequence[Any]] = {
    "timeout": [60, "2h", "{{ params.n }}h"],
    "attempts": [1, 10, "{{ params.n }}"],
    "retry_strategy": [{"attempts": 2, "evaluate_on_exit": [{"on_reason": "Host*", "action": "RETRY"}]}],
    "tags": [{"team": "data", "month": "{{ ds }}"}],
    "propagate_tags": [True, False],
    "parameters": [{"x": "1", "y": "{{ ds }}"}],
    "job_label": ["label", "m-{{ params.n }}"],
    "trigger_rule": TRIGGER_RULES,
    "owner": ["data"],
    "execution_timeout": ["2h", 60],
    "retries": [0, 3],
    "retry_delay": ["1m"],
    "pool": ["slow"],
    "pool_slots": [2],
    "priority_weight": [5],
    "max_active_tis_per_dag": [1],
    "description": ["Aligns the reads.", "```"],
    "doc_md": ["# Title"],
    "task_display_name": ["Align"],
    "retry_exponential_backoff": [True, False],
    "max_retry_delay": ["1h"],
    "weight_rule": ["downstream", "upstream", "absolute"],
    "queue": ["small"],
    "executor_config": [{"pod": {"cpu": 1}}],
    "run_as_user": ["batch"],
    "max_active_tis_per_dagrun": [2],
    "map_index_template": ["{{ task.task_id }}"],
    "on_execute_callback": ["builtins.print"],
    "on_success_callback": [["builtins.print", "pprint.pprint"]],
    "on_failure_callback": ["builtins.print"],
    "on_retry_callback": ["builtins.print"],
    "on_skipped_callback": ["builtins.print"],
    "produces": [["s3://bucket/out"], [{"uri": "s3://bucket/out", "name": "out"}]],
    "runnable_timeout": ["30m"],
    "refused_timeout": ["4h"],
    "fail_when_misconfigured": [False],
    "exit_codes": [{3: "skip", "64-78": "fail", "1": "retry"}],
    "array_retry": ["all", "failed"],
    "start_in_triggerer": [True, False],
    "log_lines": [10],
    "failed_children_logs": [0],
    "connection": [{"aws_conn_id": "other"}, {"region_name": "us-east-1"}],
}
OVERRIDES: Mapping[str, Sequence[Any]] = {
    "command": [["echo", "hi"], ["echo", "{{ ds }}", 1]],
    "environment": [{"A": 1, "B": "{{ params.n }}"}],
    "vcpus": [1, "2"],
    "memory": [512, "2GiB", "{{ params.n }}GiB"],
    "container_overrides": [
        {"command": ["x"], "environment": [{"name": "C", "value": "{{ ds }}"}]},
        {"resourceRequirements": [{"type": "VCPU", "value": "2"}], "instanceType": "m5.large"},
    ],
}


def specs() -> Strategy:
    """Draw the text of a spec with the job queues ``q``, ``fair``, ``fargate`` and the definition ``d``."""
    valid = _specs(st.just(""), st.just(""))
    nearly = _specs(st.sampled_from(NEARLY_VALID_SETTINGS), st.just("")) | _specs(
        st.just(""), st.sampled_from(NEARLY_VALID_DEFAULT_ARGS)
    )
    return st.integers(0, 9).flatmap(lambda number: valid if number < 8 else nearly)


@st.composite
def _specs(draw: st.DrawFn, setting: Strategy, default_argument: Strategy) -> str:
    airflow = draw(_some(SETTINGS, 5))
    airflow.update(yaml.safe_load(f"{{{draw(setting)}}}"))
    arguments = {**draw(_some(DEFAULT_ARGS, 5)), **yaml.safe_load(f"{{{draw(default_argument)}}}")}
    airflow.setdefault("params", {"n": 2})
    if arguments:
        airflow.setdefault("default_args", arguments)
    if airflow.get("catchup"):
        airflow.setdefault("start_date", "2026-01-01")
    spec = {
        "workflow": draw(st.sampled_from(["w", "post_trade", "a.b-c_1"])),
        "submission": draw(st.sampled_from(["at_once", "per_job"])),
        "airflow": airflow,
        "defaults": {"job_queue": "q", "job_definition": "d", **draw(_some(JOB_SETTINGS, 2))},
        **draw(_members(is_fail_fast=bool(airflow.get("fail_fast")))),
        **draw(_some(_OTHERS, 2)),
    }
    return yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)


_OTHERS: Mapping[str, Sequence[Any]] = {
    "description": ["A workflow."],
    "connection": [{"aws_conn_id": None}, {"region_name": "eu-west-1", "verify": False}],
    "backfill": [{"attempts": 1, "environment": {"LOW": 1}, "max_active_runs": 2}, {"job_queue": "fair"}],
    "alerts": [
        {"on_failure": [{"sns": {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:t"}}]},
        {"on_success": [{"notifier": "package.Notifier", "arguments": {"text": "{{ alert.message }}"}}]},
    ],
}


def _some(samples: Mapping[str, Sequence[Any]], most: int) -> Strategy:
    """Draw a few of the settings, each with one of its samples."""
    one = st.sampled_from([(name, value) for name, values in samples.items() for value in values])
    return st.lists(one, max_size=most).map(dict)


@st.composite
def _members(draw: st.DrawFn, *, is_fail_fast: bool) -> dict[str, Any]:
    jobs: dict[str, Any] = {}
    tasks: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 7))):
        known = [*jobs, *tasks]
        if known and draw(st.integers(0, 6)) == 0:
            tasks[f"t{number}"] = {
                "python": "package.module.function",
                "arguments": {"month": "{{ ds }}"},
                "depends_on": draw(st.lists(st.sampled_from(known), unique=True, max_size=2)),
            }
            continue
        jobs[f"j{number}"] = draw(_job(jobs, tasks))
    if is_fail_fast:
        for job in jobs.values():
            job.pop("trigger_rule", None)
    expanded = draw(st.integers(0, 9))
    if expanded == 0:
        jobs["each"] = {"for_each": ["a", "b"], "environment": {"X": "${{ item }}"}}
    elif expanded == 1:
        jobs["m"] = {
            "matrix": {"x": [1, 2], "y": ["a"]},
            "command": ["${{ matrix.x }}"],
        }
    return {"jobs": jobs, **({"tasks": tasks} if tasks else {})}


@st.composite
def _job(draw: st.DrawFn, jobs: Mapping[str, Any], tasks: Mapping[str, Any]) -> dict[str, Any]:
    job = draw(_some(JOB_SETTINGS, 3))
    definition = draw(st.sampled_from(DEFINITIONS))
    if definition in NAMED_OR_ON_EC2:
        job.update(draw(_some(OVERRIDES, 2)))
    if definition != "d":
        job["job_definition"] = definition
    if definition is ON_FARGATE:
        job["job_queue"] = "fargate"
    elif draw(st.integers(0, 5)) == 0:
        job.update({"job_queue": "fair", "share_identifier": "a", "scheduling_priority_override": 5})
    size = draw(st.sampled_from([None, None, None, 1, 2, 3, 3, "{{ params.n }}"]))
    if size is not None:
        job["array_size"] = size
    upstream = draw(st.lists(st.sampled_from([*jobs, *tasks]), unique=True, max_size=3)) if jobs else []
    job["depends_on"] = [draw(_dependency(key, size, jobs)) for key in upstream]
    if isinstance(size, int) and size > 1 and draw(st.booleans()):
        job["depends_on"].append({"type": "SEQUENTIAL"})
    return job


def _dependency(key: str, size: Any, jobs: Mapping[str, Any]) -> Strategy:
    forms: list[Any] = [key, {"job": key}, {"job": key, "owner": "airflow"}]
    if isinstance(size, int) and size > 1 and jobs.get(key, {}).get("array_size") == size:
        forms += [{"job": key, "type": "N_TO_N"}] * 3
    return st.sampled_from(forms)
