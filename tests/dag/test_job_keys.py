"""Keys of a job reach its tasks, in both submission modes; some also reach the task that submits the job."""

from datetime import timedelta

import pytest

from airflow_batch_provider.dag import task_arguments
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.serialization import plan_from_json, plan_to_json
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import Job, Workflow
from tests.airflow_versions import DagSerialization

MODES = pytest.mark.parametrize("submission", ["at_once", "per_job"])
KEYS = {
    "owner": ("risk", "risk"),
    "retry_exponential_backoff": ("true", True),
    "max_retry_delay": ("1h", timedelta(hours=1)),
    "priority_weight": ("-5", -5),
    "weight_rule": ("upstream", "upstream"),
    "queue": ("small", "small"),
    "executor": ("CeleryExecutor", "CeleryExecutor"),
    "executor_config": ("{pod_template_file: small.yaml}", {"pod_template_file": "small.yaml"}),
    "run_as_user": ("batch", "batch"),
    "map_index_template": ("'{{ task.task_id }}'", "{{ task.task_id }}"),
    "doc_md": ("'**Text**'", "**Text**"),
}


def dag_of(jobs, submission="at_once", airflow="", defaults=""):
    return build_dag(
        parse_workflow(
            f"workflow: w\nsubmission: {submission}\nairflow: {{show_spec: false{airflow}}}\n"
            f"defaults: {{job_queue: q, job_definition: d{defaults}}}\njobs: {{{jobs}}}\n"
        )
    )


def tasks_of(dag, key):
    return [task for task in dag.tasks if task.task_id.partition(".")[0] == key]


def value_of(task, name):
    value = getattr(task, name)
    if name == "weight_rule" and not isinstance(value, str):  # before Airflow 3.2
        return type(value).__name__.removeprefix("_").removesuffix("PriorityWeightStrategy").lower()
    return value


@MODES
@pytest.mark.parametrize("name", KEYS)
def test_key_of_a_job_reaches_its_tasks(name, submission):
    written, expected = KEYS[name]

    dag = dag_of(f"a: {{{name}: {written}}}, b: {{depends_on: [a]}}", submission)

    number = 1 if submission == "at_once" else 2
    assert [value_of(task, name) for task in tasks_of(dag, "a")] == [expected] * number
    assert expected not in [value_of(task, name) for task in tasks_of(dag, "b")]


@MODES
@pytest.mark.parametrize("name", KEYS)
def test_key_can_be_a_default_of_all_jobs_or_of_all_tasks(name, submission):
    written, expected = KEYS[name]
    other = "other" if name in ("queue", "owner", "run_as_user", "doc_md") else written

    in_defaults = dag_of("a: {}, b: {depends_on: [a]}", submission, defaults=f", {name}: {written}")
    in_default_args = dag_of(
        f"a: {{}}, b: {{{name}: {other}}}", submission, f", default_args: {{{name}: {written}}}"
    )

    for key in "ab":
        assert {repr(value_of(task, name)) for task in tasks_of(in_defaults, key)} == {repr(expected)}
    assert {repr(value_of(task, name)) for task in tasks_of(in_default_args, "a")} == {repr(expected)}
    if other == "other":
        assert {getattr(task, name) for task in tasks_of(in_default_args, "b")} == {"other"}


@MODES
def test_keys_survive_the_plan_cache(submission):
    settings = ", ".join(f"{name}: {written}" for name, (written, _) in KEYS.items())
    plan = plan_workflow(
        parse_workflow(
            f"workflow: w\nsubmission: {submission}\ndefaults: {{job_queue: q, job_definition: d}}\n"
            f"jobs: {{a: {{{settings}, on_failure_callback: [a.b], description: Text}}}}\n"
        )
    )

    assert plan_from_json(plan_to_json(plan)) == plan


def test_submit_runs_where_all_its_jobs_run():
    dag = dag_of("a: {}, b: {run_as_user: other}, c: {}", defaults=", queue: small, run_as_user: batch")

    submit = dag.get_task("submit")
    assert (submit.queue, submit.run_as_user, submit.executor) == ("small", None, None)


def test_submit_does_not_run_where_jobs_run_that_it_does_not_submit():
    dag = dag_of("a: {queue: small}, b: {queue: large, submitted_by: own_task}")

    assert dag.get_task("submit").queue == "small"


def test_display_name_is_the_name_of_the_task_or_of_the_group_of_tasks():
    job = "a: {task_display_name: Align reads}"

    assert dag_of(job).get_task("a").task_display_name == "Align reads"
    per_job = dag_of(job, "per_job")
    assert per_job.task_group.children["a"].group_display_name == "Align reads"
    assert [task.task_display_name for task in per_job.tasks] == ["a.submit", "a.wait"]


@MODES
def test_display_name_of_a_split_array_is_the_name_of_the_group_of_its_slices(submission):
    dag = dag_of("a: {array_size: 20000, task_display_name: Align reads}", submission)

    group = dag.task_group.children["a"]
    assert group.group_display_name == "Align reads"
    assert "Align reads" not in [task.task_display_name for task in dag.tasks]


def test_description_is_the_tooltip_of_the_group_of_tasks():
    assert dag_of("a: {description: Aligns.}", "per_job").task_group.children["a"].tooltip == "Aligns."


def test_growing_delay_is_a_factor_of_two_for_the_scheduler():
    dag = dag_of("a: {retries: 3, retry_exponential_backoff: true}")

    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag)).get_task("a")

    assert stored.retry_exponential_backoff == (True if task_arguments._IS_BACKOFF_BOOLEAN else 2.0)


def test_factor_of_a_job_requires_airflow_3_2(monkeypatch):
    monkeypatch.setattr(task_arguments, "_IS_BACKOFF_BOOLEAN", True)

    with pytest.raises(SpecError) as raised:
        dag_of("a: {retry_exponential_backoff: 1.5}")

    assert str(raised.value) == (
        "a number for 'retry_exponential_backoff' of job 'a' requires Airflow 3.2 or later; write true"
    )


def test_python_spec_can_contain_objects():
    class Pod:
        """An object that only an executor understands."""

    pod = Pod()
    job = Job(job_queue="q", job_definition="d", executor_config={"pod_override": pod})

    dag = build_dag(Workflow(workflow="w", jobs={"a": job}))

    assert dag.get_task("a").executor_config == {"pod_override": pod}
    assert f"{Pod.__module__}." in dag.doc_md


@pytest.mark.parametrize(
    ("setting", "starts_in_triggerer"),
    [
        ("queue: small", True),
        ("on_success_callback: builtins.print", True),
        ("on_execute_callback: builtins.print", False),
        ("map_index_template: '{{ 1 }}'", False),
    ],
)
def test_task_starts_in_the_triggerer_unless_a_setting_needs_a_worker(setting, starts_in_triggerer):
    dag = dag_of(f"a: {{start_in_triggerer: true, {setting}}}")

    assert dag.get_task("a").start_from_trigger is starts_in_triggerer


@pytest.mark.parametrize(
    ("setting", "ends_in_triggerer"),
    [("on_failure_callback: builtins.print", True), ("on_success_callback: builtins.print", False)],
)
def test_task_with_a_success_callback_ends_in_a_worker(setting, ends_in_triggerer):
    from airflow.triggers.base import BaseTrigger

    task = dag_of(f"a: {{{setting}}}").get_task("a")

    is_possible = hasattr(BaseTrigger, "on_kill")  # since Airflow 3.3
    assert task._trigger_arguments()["ends_task"] is (ends_in_triggerer and is_possible)


@MODES
def test_group_of_tasks_has_the_keys_too(submission):
    from airflow.sdk import DAG

    from airflow_batch_provider.dag.factory import build_task_group

    workflow = parse_workflow(
        f"workflow: w\nsubmission: {submission}\ndefaults: {{job_queue: q, job_definition: d}}\n"
        "jobs: {a: {queue: small, description: Aligns., on_failure_callback: builtins.print}}\n"
    )
    with DAG("outer", schedule=None, doc_md="Own.") as dag:
        build_task_group(workflow, group_id="g")

    assert {task.queue for task in dag.tasks} == {"small"}
    assert all(
        print in task.on_failure_callback for task in dag.tasks if not task.task_id.endswith("g.submit")
    )
    assert dag.get_task("g.a" if submission == "at_once" else "g.a.wait").doc_md.startswith("Aligns.\n\n```")
    assert dag.doc_md == "Own."
