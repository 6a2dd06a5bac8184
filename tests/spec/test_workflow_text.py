"""The text of a workflow that was built in Python."""

import yaml

from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from airflow_batch_provider.spec.workflow_text import workflow_text


def notify(context):
    """Be a callback whose address changes with every parse."""
    return context


class Notifier:
    def __call__(self, context):
        return context


def workflow(**jobs):
    return Workflow(workflow="w", defaults=JobSettings(job_queue="q", job_definition="d"), jobs=jobs)


def test_text_is_the_workflow_as_yaml():
    text = workflow_text(workflow(a=Job(), b=Job(depends_on=["a"], environment={"A": 1}))).text

    assert yaml.safe_load(text) == {
        "workflow": "w",
        "defaults": {"job_queue": "q", "job_definition": "d"},
        "jobs": {"a": {}, "b": {"depends_on": ["a"], "environment": {"A": "1"}}},
    }
    assert workflow_text(parse_workflow(text)).text == text


def test_order_of_jobs_and_dependencies_does_not_change_the_text():
    one = workflow(a=Job(), b=Job(), c=Job(depends_on=["a", {"job": "b", "owner": "airflow"}]))
    other = workflow(c=Job(depends_on=[{"job": "b", "owner": "airflow"}, "a"]), b=Job(), a=Job())

    assert workflow_text(one).text == workflow_text(other).text


def test_python_objects_are_shown_by_name():
    a = Job(on_success_callback=notify, on_failure_callback=[Notifier(), "a.b"])

    text = workflow_text(workflow(a=a)).text

    assert yaml.safe_load(text)["jobs"]["a"] == {
        "on_success_callback": f"{__name__}.notify",
        "on_failure_callback": [f"{__name__}.Notifier", "a.b"],
    }


def test_secrets_are_hidden():
    text = workflow_text(workflow(a=Job(environment={"DB_PASSWORD": "hunter2", "B": "1"}))).text

    assert yaml.safe_load(text)["jobs"]["a"]["environment"] == {"B": "1", "DB_PASSWORD": "***"}
