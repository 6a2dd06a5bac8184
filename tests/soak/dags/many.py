"""DAGs of many jobs, made for the soak tests."""

from airflow.sdk import DAG

from airflow_batch_provider import build_dag
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.spec.models import Workflow

SCRIPT = '{"duration_seconds": {{ params.seconds }}}'
DEFAULTS = {"job_queue": "etl", "job_definition": "step", "environment": {"LOCAL_BATCH_SCRIPT": SCRIPT}}
AIRFLOW = {"start_date": "2006-01-01", "params": {"seconds": 3600}, "max_active_tasks": 2000}


def many(name: str, count: int, **settings: object) -> DAG:
    """Make a DAG of independent jobs."""
    jobs = {f"j{number:03}": {} for number in range(count)}
    spec = {"workflow": name, "airflow": AIRFLOW, "defaults": DEFAULTS, "jobs": jobs, **settings}
    return build_dag(Workflow.model_validate(spec))


def eight() -> DAG:
    """Make a DAG of eight jobs in three layers, whose tasks are tried again."""
    jobs: dict[str, object] = {"a": {}}
    jobs |= {key: {"depends_on": ["a"]} for key in "bcd"}
    jobs |= {"e": {"depends_on": ["b", "c"]}, "f": {"depends_on": ["d"]}, "g": {"depends_on": ["e", "f"]}}
    jobs["h"] = {"depends_on": ["g"]}
    settings = {**AIRFLOW, "max_active_runs": 4, "default_args": {"retries": 5, "retry_delay": 1}}
    spec = {"workflow": "eight", "airflow": settings, "defaults": DEFAULTS, "jobs": jobs}
    return build_dag(Workflow.model_validate(spec))


def fan_in(count: int) -> DAG:
    """Make a DAG of independent jobs and one that follows them all."""
    jobs: dict[str, object] = {f"j{number:03}": {} for number in range(count)}
    jobs["gather"] = {"depends_on": list(jobs)}
    spec = {"workflow": f"fan_in_{count}", "airflow": AIRFLOW, "defaults": DEFAULTS, "jobs": jobs}
    return build_dag(Workflow.model_validate(spec))


fan_in_401 = fan_in(401)
hundred = many("hundred", 100)
five_hundred = many("five_hundred", 500)
eight_jobs = eight()
monthly = build_dag(
    Workflow.model_validate(
        {
            "workflow": "monthly",
            "airflow": {**AIRFLOW, "schedule": "@monthly", "catchup": False},
            "defaults": DEFAULTS,
            "jobs": {
                "load": {"parameters": {"from": "{{ data_interval_start | ds }}"}},
                "store": {
                    "parameters": {"from": "{{ data_interval_start | ds }}"},
                    "depends_on": ["load"],
                },
            },
        }
    )
)

with DAG("thousand", schedule=None, max_active_tasks=2000):
    BatchJobOperator.partial(
        task_id="wait",
        job_queue="etl",
        job_definition="step",
        container_overrides={
            "environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": '{"duration_seconds": 3600}'}]
        },
        poll_interval_seconds=5,
    ).expand(parameters=[{"number": str(number)} for number in range(1000)])
