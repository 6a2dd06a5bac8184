"""``airflow`` settings become arguments of ``DAG()`` with the types that Airflow requires."""

from datetime import UTC, datetime, timedelta

import pytest

from airflow_batch_provider.dag import dag_arguments, task_arguments
from airflow_batch_provider.dag.dag_arguments import as_dag_arguments, default_arguments
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import AirflowSettings, SubmissionMode
from tests.airflow_versions import DagSerialization

JOBS = """
defaults: {job_queue: q, job_definition: d}
jobs: {a: {}, b: {depends_on: [a]}, c: {depends_on: [t], retry_delay: 1m}}
tasks: {t: {python: a.b, depends_on: [b]}}
"""


def dag_of_settings(text, mode=SubmissionMode.AT_ONCE):
    return build_dag(parse_workflow(f"workflow: w\nsubmission: {mode}\nairflow: {text}\n{JOBS}"))


@pytest.mark.parametrize("mode", SubmissionMode)
def test_default_args_reach_every_task(mode):
    dag = dag_of_settings(
        "{default_args: {execution_timeout: 2h, retry_delay: 5m, max_retry_delay: 60, weight_rule: absolute,"
        " pool: slow, runnable_timeout: 30m, start_date: '2026-01-01'}}",
        mode,
    )

    assert {task.execution_timeout for task in dag.tasks} == {timedelta(hours=2)}
    assert {task.retry_delay for task in dag.tasks} == {timedelta(minutes=5), timedelta(minutes=1)}
    assert {task.max_retry_delay for task in dag.tasks} == {timedelta(seconds=60)}
    assert {task.pool for task in dag.tasks} == {"slow"}
    assert {task.start_date for task in dag.tasks} == {datetime(2026, 1, 1, tzinfo=UTC)}
    # With a pool, a job has one task in both modes.
    assert dag.get_task("b").runnable_timeout == timedelta(minutes=30)


@pytest.mark.parametrize("mode", SubmissionMode)
def test_trigger_rule_and_start_in_triggerer_can_be_defaults(mode):
    dag = dag_of_settings("{default_args: {trigger_rule: all_done, start_in_triggerer: true}}", mode)

    submitting = [task for task in dag.tasks if not task.task_id.endswith(".wait")]
    assert {task.trigger_rule.value for task in submitting} == {"all_done"}


def test_results_of_submit_tasks_are_published_without_do_xcom_push():
    dag = dag_of_settings("{default_args: {do_xcom_push: false}}", SubmissionMode.PER_JOB)

    assert {task.task_id: task.do_xcom_push for task in dag.tasks} == {
        "a.submit": True,
        "a.wait": False,
        "b.submit": True,
        "b.wait": False,
        "c.submit": True,
        "c.wait": False,
        "t": False,
    }


def test_null_is_like_absent_except_where_airflow_gives_it_a_meaning():
    arguments = default_arguments(
        {"pool": None, "pool_slots": None, "aws_conn_id": None, "execution_timeout": None}
    )

    assert arguments == {"aws_conn_id": None, "execution_timeout": None}


def test_dates_without_offset_are_in_utc_whatever_the_default_timezone(monkeypatch):
    monkeypatch.setattr("airflow.settings.TIMEZONE", datetime.now().astimezone().tzinfo)
    settings = AirflowSettings(start_date="2026-01-01", end_date="2026-02-01T00:00+02:00")

    arguments = as_dag_arguments(settings)

    assert arguments["start_date"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert arguments["end_date"] == datetime.fromisoformat("2026-02-01T00:00+02:00")


def test_timezone_of_dag_without_offset_is_utc():
    dag = dag_of_settings("{start_date: 2026-01-01}")

    assert DagSerialization.serialize_dag(dag)["timezone"] == "UTC"


def test_continuous_schedule_allows_one_run():
    assert dag_of_settings("{schedule: '@continuous'}").max_active_runs == 1


@pytest.mark.parametrize("text", ["README.md", "long " * 100 + ".md", "a\0.md"])
def test_documentation_that_ends_like_a_file_is_shown_as_text(text):
    assert as_dag_arguments(AirflowSettings(doc_md=text))["doc_md"].strip() == text


def test_documentation_can_be_the_name_of_a_file(tmp_path):
    file = tmp_path / "about.md"
    file.write_text("# About")

    dag = build_dag(parse_workflow(f"workflow: w\nairflow: {{doc_md: {file}, show_spec: false}}\n{JOBS}"))

    assert dag.doc_md == "# About"


def test_setting_of_a_later_airflow_is_an_error(monkeypatch):
    known = dag_arguments._known()
    monkeypatch.setattr(dag_arguments, "_known", lambda: known - {"tags"})

    with pytest.raises(SpecError, match=r"'airflow\.tags' requires a later version of Airflow than 3"):
        as_dag_arguments(AirflowSettings(tags=["a"]))


def test_backoff_factor_requires_airflow_3_2(monkeypatch):
    monkeypatch.setattr(task_arguments, "_IS_BACKOFF_BOOLEAN", True)

    with pytest.raises(SpecError, match=r"of default_args requires Airflow 3\.2 or later; write true"):
        default_arguments({"retry_exponential_backoff": 2.0})
    assert default_arguments({"retry_exponential_backoff": True}) == {"retry_exponential_backoff": True}
