"""Samples of settings: valid ones, and ones that only look valid or have an unusual form."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

ZURICH: Final = timezone(timedelta(hours=2))
ASSETS: Final = ["s3://bucket/key", {"uri": "s3://bucket/other", "name": "other"}, "x-data"]

SETTINGS: Final[dict[str, list[Any]]] = {
    "schedule": [
        None,
        *("@daily", "@once", "@continuous", "0 6 1 * *", "*/5 * * * 1-5", "0 0 L * *"),
        {"cron": "@monthly", "timezone": "Europe/Zurich"},
        {"cron": "0 3 * * *", "assets": ASSETS[:1]},
        {"every": "90m"},
        {"every": 3600},
        {"assets": ASSETS, "when": "any"},
        {"assets": ASSETS[:2]},
        {"timetable": "airflow.timetables.trigger.CronTriggerTimetable"}
        | {"arguments": {"cron": "@daily", "timezone": "UTC"}},
    ],
    "start_date": [
        date(2026, 1, 1),
        datetime(2026, 1, 1, 6, 30),
        datetime(2026, 1, 1, tzinfo=ZURICH),
        *("2026-01-01", "2026-01-01T06:30", "2026-01-01T06:30:00Z", "2026-01-01 06:30:00+02:00"),
    ],
    "end_date": [date(2027, 1, 1), "2027-01-01", date(9999, 12, 31)],
    "catchup": [True, False],
    "params": [
        {"n": 3, "month": {"type": "string", "default": "2026-01", "description": "The month."}},
        {"n": {"type": "integer", "minimum": 1, "default": 2}, "list": [1, {"a": None}], "none": None},
        {"n": {"enum": [1, 2], "default": 1}, "maybe": {"type": ["null", "string"]}},
        {"n": {"type": "integer", "default": 5}, "day": {"type": "string", "format": "date"}},
    ],
    "max_active_runs": [1, 16],
    "max_active_tasks": [1, 64],
    "max_consecutive_failed_dag_runs": [0, 3],
    "dagrun_timeout": ["2h", 60, "1d12h"],
    "tags": [[], ["a", "b"], ["x" * 100]],
    "doc_md": ["# Title", "See README.md", "long " * 200 + ".md", ""],
    "dag_display_name": ["Post-trade", "x" * 2000],
    "owner_links": [{"data": "https://example.com/data", "ops": "mailto:ops@example.com"}, {}],
    "access_control": [{"Viewer": ["can_read"], "Op": {"DAGs": ["can_edit"], "DAG Runs": []}}],
    "is_paused_upon_creation": [True, False],
    "fail_fast": [True, False],
    "auto_register": [True, False],
    "render_template_as_native_obj": [True, False],
    "template_searchpath": ["/templates", ["/a", "/b"]],
    "jinja_environment_kwargs": [{"trim_blocks": True, "lstrip_blocks": True}, {}],
    "disable_bundle_versioning": [True, False],
    "user_defined_macros": [{"limit": 3}],
    "on_success_callback": ["builtins.print"],
    "on_failure_callback": [["builtins.print", "pprint.pprint"]],
    "show_spec": [True, False],
}
DEFAULT_ARGS: Final[dict[str, list[Any]]] = {
    "owner": ["data", 7],
    "retries": [0, 2, None],
    "retry_delay": ["5m", 30, 0],
    "retry_exponential_backoff": [True, False],
    "max_retry_delay": ["1h", 60],
    "execution_timeout": ["2h", 30, None],
    "start_date": [date(2026, 1, 1), "2026-01-01T06:30:00Z"],
    "end_date": [date(2027, 1, 1), "2027-01-01"],
    "depends_on_past": [True, False],
    "wait_for_downstream": [True, False],
    "ignore_first_depends_on_past": [True],
    "wait_for_past_depends_before_skipping": [True],
    "trigger_rule": ["all_success", "all_done", "none_failed", None],
    "pool": ["slow", None],
    "pool_slots": [1, 3],
    "priority_weight": [-5, 0, 100],
    "weight_rule": ["downstream", "upstream", "absolute"],
    "queue": ["default"],
    "executor_config": [{"pod": {"cpu": 1}}],
    "run_as_user": ["batch"],
    "max_active_tis_per_dag": [1, 5],
    "max_active_tis_per_dagrun": [2],
    "resources": [{"cpus": 1, "ram": 512}],
    "email": ["a@example.com", ["a@example.com", "b@example.com"]],
    "email_on_failure": [True, False],
    "email_on_retry": [False],
    "do_xcom_push": [True, False],
    "multiple_outputs": [False],
    "map_index_template": ["{{ task.task_id }}"],
    "render_template_as_native_obj": [False],
    "task_display_name": ["Task"],
    "logger_name": ["batch"],
    "allow_nested_operators": [True],
    "doc": ["text"],
    "doc_md": ["# text"],
    "on_execute_callback": ["builtins.print"],
    "on_success_callback": ["builtins.print"],
    "on_failure_callback": [["builtins.print", "pprint.pprint"]],
    "on_retry_callback": ["builtins.print"],
    "on_skipped_callback": ["builtins.print"],
    "aws_conn_id": ["aws", None],
    "region_name": ["eu-west-1"],
    "verify": [False],
    "botocore_config": [{"connect_timeout": 5}],
    "deferrable": [True, False],
    "poll_interval_seconds": [3, 0.5],
    "end_in_triggerer": [True, False],
    "runnable_timeout": ["30m"],
    "refused_timeout": ["4h"],
    "fail_when_misconfigured": [False],
    "exit_codes": [{3: "skip", "64-78": "fail"}],
    "array_retry": ["failed", "all"],
    "start_in_triggerer": [True, False],
    "log_lines": [0, 100],
    "failed_children_logs": [0],
    "unknown_here": [date(2026, 1, 1)],
}

NEARLY_VALID_SETTINGS: Final = """
schedule: {cron: '@continuous', timezone: Europe/Zurich}, max_active_runs: 2
schedule: {cron: '@daily', timezone: Nowhere/X}
schedule: {cron: '@daily', timezone: '+02:00'}
schedule: {cron: '@daily', timezone: ''}
schedule: {cron: '@once', assets: [s3://b/k]}
schedule: {cron: '@continuous', assets: [s3://b/k]}
schedule: {cron: '@once', partitioned: true}
schedule: {every: 0}
schedule: {every: 100000000000d}
schedule: {assets: [s3://]}
schedule: {assets: ['']}
schedule: {assets: ['airflow://x']}
schedule: {assets: [{uri: s3://b/k, name: self}]}
schedule: {assets: ['http://[']}
schedule: {assets: []}
schedule: 'R * * * *'
schedule: '0 0 30 2 *'
start_date: '20260101'
start_date: tomorrow
start_date: 0001-01-01T00:00:00+02:00
start_date: 2026-01-01T23:00:00+00:00, end_date: 2026-01-02T00:00:00+02:00
end_date: 9999-12-31T23:00:00-02:00
catchup: true, schedule: '@daily'
catchup: true, schedule: {assets: [s3://b/k]}
catchup: true, schedule: '@daily', default_args: {start_date: 2026-01-01}
max_active_runs: 0
max_active_tasks: 99999999999
dagrun_timeout: 100000000000d
tags: [123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 1]
doc_md: README.md
doc_md: "a\\0.md"
dag_display_name: ''
owner_links: {a: b}
owner_links: {a: 'mailto:'}
owner_links: {a: 'http://['}
access_control: {a: can_read}
access_control: {a: [[x]]}
access_control: {a: {DAGs: 3}}
fail_fast: true, default_args: {trigger_rule: all_done}
allowed_run_types: [nightly]
jinja_environment_kwargs: {trim_block: true}
jinja_environment_kwargs: {block_start_string: '{{'}
jinja_environment_kwargs: {undefined: jinja2.Undefined}
jinja_environment_kwargs: {finalize: x}
jinja_environment_kwargs: {newline_sequence: x}
deadline: 2h
deadline: {}
template_undefined: jinja2.Undefined
user_defined_filters: {a: b}
on_success_callback: print
on_failure_callback: [a.b, 3]
on_failure_callback: {call: a.b}
params: {a: {type: integer, default: x}}
params: {a: 2026-01-01}
params: {a: [2026-01-01]}
params: {a: {default: [2026-01-01], type: array}}
params: {a: {default: 3, schema: 3}}
params: {a: {default: 3, self: 4}}
params: {a: {default: 3, description: [x]}}
params: {a: !!binary aGVsbG8=}
params: {a: !!set {x}}
params: {a: .nan}
params: {a: {type: string, $ref: 'http://x/y', default: x}}
params: {a: {default: x, type: string, $ref: '#/definitions/x'}}
params: {a: {default: x, type: string, $schema: 3}}
params: {a: {type: string}}, schedule: '@daily'
params: {a: {type: 'null'}}, schedule: '@daily'
params: {a: {type: ['null', string]}}, schedule: {assets: [s3://b/k]}
""".strip().splitlines()

NEARLY_VALID_DEFAULT_ARGS: Final = """
owner: true
email: 3
email: {a: b}
email_on_failure: 3
retries: '3'
retries: -1
retries: 1.5
retry_delay: -5
retry_delay: soon
retry_exponential_backoff: x
max_retry_delay: 1 hour
retry_policy: x
start_date: tomorrow
start_date: 3
start_date: 2026-02-01, end_date: 2026-01-01
depends_on_past: often
priority_weight: 99999999999
priority_weight: 1.5
weight_rule: sideways
weight_rule: 3
pool: ''
pool_slots: 0
pool_slots: '1'
execution_timeout: 2 h
on_failure_callback: print
on_execute_callback: [a.b, 3]
description: x
pre_execute: a.b
trigger_rule: all_dne
trigger_rule: all_done_setup_success
resources: {cores: 1}
resources: 3
max_active_tis_per_dag: 0
max_active_tis_per_dagrun: x
executor_config: 3
do_xcom_push: x
inlets: [a]
outlets: s3://b/k
render_template_as_native_obj: x
aws_conn_id: 3
verify: 3
botocore_config: 3
deferrable: x
poll_interval_seconds: 0
poll_interval_seconds: 1m
exit_codes: {x: skip}
exit_codes: 3
array_retry: nope
log_lines: -1
failed_children_logs: x
adopt: x
backfill: {job_queue: low}
dag: x
default_args: {retries: 1}
depends_on: [a]
job_definition: d
job_name: x
params: {a: 1}
produces: [s3://b/k]
sla: 2h
tags: {a: b}
task_id: x
timeout: 2h
1: 3
""".strip().splitlines()

# One setting for a job with the job queue `q` and the job definition `d` each.
NEARLY_VALID_JOBS: Final = """
job_definition: {image: busybox}
job_definition: {image: busybox, vcpus: 1}
job_definition: {image: busybox, memory: 512}
job_definition: {vcpus: 1, memory: 512}
job_definition: {image: busybox, vcpus: 0.5, memory: 512}
job_definition: {image: busybox, vcpus: 1, memory: 3}
job_definition: {image: busybox, vcpus: 1, memory: 512, command: ['']}
job_definition: {image: busybox, vcpus: 1, memory: 512, gpus: 1}
job_definition: {image: busybox, vcpus: 1, memory: 512, attempts: 11}
job_definition: {image: busybox, vcpus: 1, memory: 512, timeout: 30}
job_definition: {image: busybox, vcpus: 1, memory: 512, environment: {AWS_BATCH_X: 1}}
job_definition: {image: busybox, vcpus: 1, memory: 512, environment: {'': 1}}
job_definition: {image: busybox, vcpus: 1, memory: 512, tags: {'aws:x': y}}
job_definition: {image: busybox, vcpus: 1, memory: 512, tags: {'a<b': y}}
job_definition: {image: busybox, vcpus: 1, memory: 512, scheduling_priority: 10000}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {privileged: true}}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {vcpus: 2, memory: 600}}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {resource_requirements: [{type: VCPU, value: 1}]}}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {ulimits: [{name: nofile, hard_limit: 1, soft_limit: 1}]}}
job_definition: {image: busybox, vcpus: 1, memory: 1GiB, platform_capabilities: [FARGATE]}, job_queue: fargate
job_definition: {image: busybox, vcpus: 1, memory: 512, platform_capabilities: [FARGATE], execution_role_arn: r}, job_queue: fargate
job_definition: {image: busybox, vcpus: 1, memory: 2GiB, platform_capabilities: [FARGATE], execution_role_arn: r, gpus: 1}, job_queue: fargate
job_definition: {image: busybox, vcpus: 1, memory: 512, platform_capabilities: [EC2, FARGATE]}
job_definition: ''
job_definition: 'd:0'
job_definition: 'a b'
job_queue: ''
command: ['']
environment: {AWS_BATCH_X: 1}
environment: {'': 1}
memory: 3
gpus: 1
timeout: 59
attempts: 0
attempts: 11
tags: {'aws:x': y}
tags: {'a<b': y}
tags: {'': y}
share_identifier: 'a b', job_queue: fair
scheduling_priority_override: 10000, share_identifier: a, job_queue: fair
job_label: 'a b'
job_label: ''
array_size: 0
container_overrides: {vcpus: 2}
container_overrides: {vcpus: 2, memory: 600}
container_overrides: {memory: 600}
container_overrides: {instance_type: m5.large}
container_overrides: {environment: [{name: A}]}
container_overrides: {resource_requirements: [{type: CPU, value: 1}]}
container_overrides: {resource_requirements: [{type: VCPU}]}
retry_strategy: {attempts: 2, evaluate_on_exit: []}
retry_strategy: {attempts: 2, evaluate_on_exit: [{on_reason: 'a*b', action: RETRY}]}
retry_strategy: {attempts: 2, evaluate_on_exit: [{on_reason: 'a', action: again}]}
retry_strategy: {}
array_properties: {size: 1}
array_properties: {size: 3}
consumable_resource_properties_override: {consumable_resource_list: [{consumable_resource: cr, quantity: 1}]}
consumable_resource_properties_override: {consumable_resource_list: []}
propagate_tags: true
depends_on: [{type: SEQUENTIAL}]
job_definition: {container_properties: {image: x, resource_requirements: [{type: VCPU, value: 1}, {type: MEMORY, value: 2048}]}}
job_definition: {container_properties: {image: busybox}}
job_definition: {image: '', vcpus: 1, memory: 512}
job_definition: {image: busybox, vcpus: 1, memory: 512, gpus: 0}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {user: 'a b:c'}}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {environment: [{name: A, value: 1}]}}
job_definition: {image: busybox, vcpus: 1, memory: 512, container_properties: {log_configuration: {log_driver: awslogs, options: {max-buffer-size: 4}}}}
job_definition: {image: busybox, vcpus: 1, memory: 2GiB, platform_capabilities: [FARGATE], execution_role_arn: r}, job_queue: fargate, memory: 5000MiB
job_definition: {ecs_properties: {task_properties: []}}
job_definition: {ecs_properties: {task_properties: [{containers: []}]}}
job_definition: {ecs_properties: {task_properties: [{containers: [{image: x}]}]}}
job_definition: {ecs_properties: {task_properties: [{containers: [{name: a, image: x, resource_requirements: [{type: VCPU, value: '1'}, {type: MEMORY, value: '512'}]}]}]}}, environment: {A: 1}
job_definition: {ecs_properties: {task_properties: [{containers: [{name: a, image: x, resource_requirements: [{type: VCPU, value: '1'}, {type: MEMORY, value: '512'}]}]}]}}, command: [x]
job_definition: {image: x, vcpus: 1, memory: 512, ecs_properties: {task_properties: [{containers: [{name: a, image: x}]}]}}
gpus: 0
""".strip().splitlines()  # noqa: E501
