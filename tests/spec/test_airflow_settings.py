"""Settings under ``airflow`` that Airflow would refuse (E201, E210 to E217, E307, E308)."""

from datetime import datetime, timedelta

import pytest

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow, validate_workflow
from airflow_batch_provider.spec.models import AirflowSettings, Job, Workflow

HEAD = "workflow: w\ndefaults: {job_queue: etl, job_definition: step}\njobs: {a: {}}\nairflow: {"
DATE_FORMS = "is not a valid date (YYYY-MM-DD) or time (YYYY-MM-DDThh:mm:ss+hh:mm)"


def findings(settings):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(f"{HEAD}{settings}}}", "w.yaml")
    return [str(finding) for finding in raised.value.findings]


def settings_of(text):
    return parse_workflow(f"{HEAD}{text}}}").airflow


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ("start_date: '20260101'", f"4:23: E201 airflow.start_date: '20260101' {DATE_FORMS}"),
        (
            "start_date: 0001-01-01T00:00:00+02:00",
            "4:23: E201 airflow.start_date: '0001-01-01T00:00:00+02:00' is outside of the years 1 to 9999 in "
            "UTC",
        ),
        (
            "on_failure_callback: notify",
            "4:32: E201 airflow.on_failure_callback: 'notify' is not the import path of a function, such as "
            "'package.module.function'; to send a notification, write 'alerts'",
        ),
        (
            "deadline: 2h",
            "4:21: E201 airflow.deadline: '2h' is not a DeadlineAlert, which only a spec in Python can "
            "contain; remove it",
        ),
        ("tags: [" + "x" * 101 + "]", "4:18: E201 airflow.tags.0: String should have at most 100 characters"),
        (
            "dagrun_timeout: 100000d",
            "4:27: E201 airflow.dagrun_timeout: '100000d' is not a duration from 0 seconds to 24,855 days",
        ),
        ("schedule: {assets: []}", "4:30: E201 airflow.schedule.assets: must not be empty"),
        (
            "schedule: {assets: [s3://]}",
            "4:31: E201 airflow.schedule.assets.0: 's3://' has no bucket; write s3://bucket/key",
        ),
        (
            "schedule: {cron: '@once', assets: [s3://b/k]}",
            "4:21: E201 airflow.schedule: '@once' cannot be combined with 'assets'; use a cron expression or "
            "'@daily'",
        ),
        ("schedule: {every: 0}", "4:21: E201 airflow.schedule: 'every' must be longer than 0 seconds"),
        (
            "schedule: {cron: '@daily', timezone: Europe/Zurick}",
            "4:48: E217 'Europe/Zurick' is not a timezone. Did you mean 'Europe/Zurich'?",
        ),
        (
            "schedule: '@continuous', max_active_runs: 2",
            "4:53: E211 max_active_runs is 2; with '@continuous', Airflow accepts only 1",
        ),
        (
            "schedule: '@daily', catchup: true",
            "4:40: E212 'catchup' requires a 'start_date', from which Airflow creates the missed runs; "
            "add a start_date",
        ),
        (
            "allowed_run_types: [backfill]",
            "4:30: E213 add 'manual' to allowed_run_types: without a schedule, Airflow requires it",
        ),
        (
            "jinja_environment_kwargs: {trim_block: true}",
            "4:38: E214 Jinja has no option 'trim_block'. Did you mean 'trim_blocks'?",
        ),
        (
            "fail_fast: true, default_args: {trigger_rule: all_done}",
            "4:57: E215 the trigger rule of default_args is 'all_done'; 'fail_fast' requires all_success",
        ),
        (
            "owner_links: {data: example.com}",
            "4:31: E216 the link of owner 'data', 'example.com', is not a URL; write https://… or mailto:…",
        ),
        (
            "start_date: 2026-01-01T23:00:00+00:00, end_date: 2026-01-02T00:00:00+02:00",
            "4:60: E307 end_date 2026-01-02 is before start_date 2026-01-01, so no run would ever start",
        ),
        (
            "start_date: 2026-02-01, default_args: {end_date: 2026-01-01}",
            "4:60: E307 end_date 2026-01-01 is before start_date 2026-02-01, so no run would ever start",
        ),
        (
            "params: {p: [1, 2026-01-01]}",
            "4:23: E308 the default of param 'p' is not a JSON value: YAML reads the value as a date; put "
            "it in quotes",
        ),
        (
            "params: {p: {default: x, $ref: 'https://example.com/x', type: string}}",
            "4:23: E308 param 'p' has an invalid JSON Schema: 'https://example.com/x' is outside of the "
            "param; include its definition and refer to it as '#/…'",
        ),
    ],
)
def test_setting_that_airflow_refuses_is_a_finding(settings, finding):
    assert findings(settings) == [f"w.yaml:{finding}"]


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        (
            "execution_timeout: soon",
            "4:45: E201 airflow.default_args.execution_timeout: 'soon' is not a duration",
        ),
        ("retry_delay: -5", "4:39: E201 airflow.default_args.retry_delay: -5 is not a duration"),
        ("retries: '3'", "4:35: E201 airflow.default_args.retries: must be an integer, not the string '3'"),
        ("start_date: soon", f"4:38: E201 airflow.default_args.start_date: 'soon' {DATE_FORMS}"),
        ("pool_slots: 0", "4:38: E201 airflow.default_args.pool_slots: must be greater than or equal to 1"),
        (
            "weight_rule: upsteam",
            "4:39: E201 airflow.default_args.weight_rule: 'upsteam' is not a weight rule. Did",
        ),
        (
            "on_retry_callback: [a.b, 3]",
            "4:45: E201 airflow.default_args.on_retry_callback: 3 is not the import path of a function",
        ),
        (
            "outlets: [s3://b/k]",
            "4:35: E201 airflow.default_args.outlets: ['s3://b/k'] is not an asset of Airflow",
        ),
        ("priority_weight: 3000000000", "4:43: E201 airflow.default_args.priority_weight: must be less than"),
        (
            "tags: {a: b}",
            "4:26: E210 'tags' cannot be a default argument; write it in 'defaults', which applies",
        ),
        (
            "backfill: {}",
            "4:26: E210 'backfill' cannot be a default argument; write 'backfill' at the top level",
        ),
        (
            "description: x",
            "4:26: E210 'description' cannot be a default argument; write it in each job, or 'doc_md' here",
        ),
        ("task_id: x", "4:26: E210 'task_id' cannot be a default argument, because it differs between tasks"),
        (
            "sla: 2h",
            "4:26: E210 'sla' cannot be a default argument; Airflow 3 has no SLAs; write 'alerts' or",
        ),
    ],
)
def test_default_argument_that_airflow_refuses_is_a_finding(arguments, finding):
    (found,) = findings(f"default_args: {{{arguments}}}")

    assert found.startswith(f"w.yaml:{finding}")


def test_all_findings_of_default_args_are_reported_at_once():
    found = findings("default_args: {retries: '3', pool_slots: 0, tags: {}, trigger_rule: all_dne}")

    assert [finding.split()[1] for finding in found] == ["E201", "E201", "E210", "E201"]


def test_fail_fast_requires_the_default_trigger_rule_of_every_task():
    spec = (
        "workflow: w\nairflow: {fail_fast: true}\ndefaults: {job_queue: q, job_definition: d}\n"
        "jobs:\n  a: {}\n  b: {depends_on: [a], trigger_rule: all_done}\n"
        "tasks:\n  t: {python: a.b, depends_on: [a], trigger_rule: always}\n"
    )

    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(spec, "w.yaml")

    assert [str(finding) for finding in raised.value.findings] == [
        "w.yaml:6:38: E215 the trigger rule of job 'b' is 'all_done'; 'fail_fast' requires all_success",
        "w.yaml:8:51: E215 the trigger rule of task 't' is 'always'; 'fail_fast' requires all_success",
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01", datetime(2026, 1, 1)),
        ("'2026-01-01'", datetime(2026, 1, 1)),
        ("'2026-01-01T06:30'", datetime(2026, 1, 1, 6, 30)),
        ("'2026-01-01 06:30:00Z'", datetime.fromisoformat("2026-01-01T06:30:00+00:00")),
        ("'2026-01-01 06:30:00 +02:00'", datetime.fromisoformat("2026-01-01T06:30:00+02:00")),
    ],
)
def test_dates_can_be_texts(written, read):
    settings = settings_of(f"start_date: {written}, default_args: {{start_date: {written}}}")

    assert settings.start_date == settings.default_args["start_date"] == read


def test_default_args_are_a_mapping_of_what_the_author_set():
    arguments = settings_of("default_args: {retry_delay: 5m, owner: 7, pool: null, poll_interval_seconds: 3}")

    assert arguments.default_args == {
        "retry_delay": 300,
        "owner": "7",
        "pool": None,
        "poll_interval_seconds": 3,
    }
    assert list(arguments.default_args) == ["retry_delay", "owner", "pool", "poll_interval_seconds"]


def test_python_specs_can_contain_objects():
    def notify(context):
        return context

    arguments = {"on_failure_callback": [notify], "retry_delay": timedelta(minutes=5), "pre_execute": notify}
    settings = AirflowSettings(
        default_args=arguments, on_success_callback=notify, user_defined_filters={"f": notify}
    )

    assert settings.default_args == {**arguments, "retry_delay": 300}
    assert settings.on_success_callback is notify


def test_sets_of_python_specs_stay_sets_whose_order_does_not_matter():
    access = {"Op": {"can_read", "can_edit"}, "Viewer": {"DAGs": {"can_read"}}}

    assert AirflowSettings(access_control=access).access_control == access


def test_rules_apply_to_python_specs():
    job = Job(job_queue="q", job_definition="d")
    workflow = Workflow(workflow="w", airflow={"default_args": {"timeout": 60}}, jobs={"a": job})

    with pytest.raises(SpecError, match="E210 'timeout' cannot be a default argument"):
        validate_workflow(workflow)


def test_continuous_schedule_needs_no_max_active_runs():
    assert settings_of("schedule: '@continuous'").max_active_runs is None
