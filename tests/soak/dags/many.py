"""DAGs with many jobs, for the soak tests."""

from collections.abc import Callable
from functools import partial

from airflow.sdk import DAG, get_parsing_context

from airflow_batch_provider import build_dag
from airflow_batch_provider.spec.models import Workflow

SCRIPT = '{"duration_seconds": {{ params.seconds }}}'
DEFAULTS = {"job_queue": "etl", "job_definition": "step", "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT}}
AIRFLOW = {"start_date": "2006-01-01", "params": {"seconds": 3600}, "max_active_tasks": 2000}


def many(name: str, count: int, **settings: object) -> DAG:
    """Return a DAG of independent jobs."""
    jobs = {f"j{number:03}": {} for number in range(count)}
    spec = {"workflow": name, "airflow": AIRFLOW, "defaults": DEFAULTS, "jobs": jobs, **settings}
    return build_dag(Workflow.model_validate(spec))


def eight() -> DAG:
    """Return a DAG of eight jobs whose tasks are retried."""
    jobs: dict[str, object] = {"a": {}}
    jobs |= {key: {"depends_on": ["a"]} for key in "bcd"}
    jobs |= {"e": {"depends_on": ["b", "c"]}, "f": {"depends_on": ["d"]}, "g": {"depends_on": ["e", "f"]}}
    jobs["h"] = {"depends_on": ["g"]}
    settings = {**AIRFLOW, "max_active_runs": 4, "default_args": {"retries": 20, "retry_delay": 1}}
    spec = {"workflow": "eight", "airflow": settings, "defaults": DEFAULTS, "jobs": jobs}
    return build_dag(Workflow.model_validate(spec))


def fan_in(count: int) -> DAG:
    """Return a DAG of independent jobs and one job that depends on all of them."""
    jobs: dict[str, object] = {f"j{number:03}": {} for number in range(count)}
    jobs["gather"] = {"depends_on": list(jobs)}
    spec = {"workflow": f"fan_in_{count}", "airflow": AIRFLOW, "defaults": DEFAULTS, "jobs": jobs}
    return build_dag(Workflow.model_validate(spec))


def monthly() -> DAG:
    """Return a DAG whose jobs get their month as a parameter."""
    month = {"parameters": {"from": "{{ data_interval_start | ds }}"}}
    spec = {
        "workflow": "monthly",
        "airflow": {**AIRFLOW, "schedule": "@monthly", "catchup": False},
        "defaults": DEFAULTS,
        "jobs": {"load": month, "store": {**month, "depends_on": ["load"]}},
        "backfill": {"max_active_runs": 3},
    }
    return build_dag(Workflow.model_validate(spec))


MAKERS: dict[str, Callable[[], DAG]] = {
    "eight": eight,
    "fan_in_401": partial(fan_in, 401),
    "five_hundred": partial(many, "five_hundred", 500),
    "hundred": partial(many, "hundred", 100),
    "monthly": monthly,
}

wanted = get_parsing_context().dag_id  # none in the DAG processor
for name, make in MAKERS.items():
    if wanted in (None, name):
        globals()[name] = make()
