"""`a_to_f` in both submission modes: AWS Batch chains the jobs by the job ids of the current run."""

from __future__ import annotations

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from harness.process_environment import REGION
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.airflow.statsd import StatsdListener

EDGES = ("AB", "AC", "AD", "BD", "CE", "DF", "EF")
SUBMISSION_MODES = pytest.mark.parametrize(
    ("dag_id", "per_job"), [("a_to_f", True), ("a_to_f_at_once", False)], ids=["per_job", "at_once"]
)


@pytest.fixture
def start(airflow: AirflowProcesses, local_batch: LocalBatchProcess):
    """Start runs whose jobs take a given number of seconds."""

    def start_run(dag_id: str, seconds: int) -> RunUnderTest:
        airflow.api.wait_for_dag(dag_id)
        run = airflow.api.trigger(dag_id, conf={"seconds": seconds})
        return RunUnderTest(airflow.api, local_batch.url, run)

    return start_run


@SUBMISSION_MODES
def test_jobs_start_after_their_dependencies(start, dag_id: str, per_job: bool) -> None:
    run = start(dag_id, 1)

    state = run.wait()

    jobs = {key: run.describe(job_id) for key, job_id in run.job_ids("ABCDEF", per_job=per_job).items()}
    assert state == "success"
    for upstream, downstream in EDGES:
        assert jobs[upstream]["stoppedAt"] <= jobs[downstream]["startedAt"], f"{upstream} → {downstream}"


@SUBMISSION_MODES
def test_each_run_chains_its_own_new_jobs(start, dag_id: str, per_job: bool) -> None:
    first, second = start(dag_id, 0), start(dag_id, 0)

    states = (first.wait(), second.wait())

    ids, later_ids = (run.job_ids("ABCDEF", per_job=per_job) for run in (first, second))
    assert states == ("success", "success")
    assert first.describe(ids["F"])["dependsOn"] == [{"jobId": ids["D"]}, {"jobId": ids["E"]}]
    assert second.describe(later_ids["F"])["dependsOn"] == [
        {"jobId": later_ids["D"]},
        {"jobId": later_ids["E"]},
    ]
    assert set(ids.values()).isdisjoint(later_ids.values())


@SUBMISSION_MODES
def test_last_job_is_submitted_while_first_runs(start, dag_id: str, per_job: bool) -> None:
    run = start(dag_id, 60)
    last_submit = "F.submit" if per_job else "submit"

    run.wait_for_task(last_submit, "success")

    ids = run.job_ids("ABCDEF", per_job=per_job)
    statuses = {key: run.describe(job_id)["status"] for key, job_id in ids.items()}
    run.terminate(ids["A"])
    assert statuses == {"A": "RUNNING", **dict.fromkeys("BCDEF", "PENDING")}
    assert run.wait() == "failed"


def test_rendered_fields_show_upstream_job_ids(start, airflow: AirflowProcesses) -> None:
    run = start("a_to_f", 0)
    run.wait()

    path = f"/api/v2/dags/a_to_f/dagRuns/{run.run.run_id}/taskInstances/F.submit"
    rendered = airflow.api.call("GET", path)["rendered_fields"]

    ids = run.job_ids("DE", per_job=True)
    assert rendered["depends_on"] == [ids["D"], ids["E"]]


def test_deferred_task_links_to_its_job(start) -> None:
    run = start("a_to_f_at_once", 60)
    run.wait_for_task("A", "deferred")

    links = run.links("A")

    job_id = run.job_ids("A", per_job=False)["A"]
    run.terminate(job_id)
    run.wait()
    assert links["Batch job"] == (
        f"https://{REGION}.console.aws.amazon.com/batch/home?region={REGION}#jobs/detail/{job_id}"
    )


def test_metrics_are_sent_to_airflows_statsd_server(start, statsd: StatsdListener) -> None:
    start("a_to_f_at_once", 0).wait()

    expected = {
        "airflow.batch_provider.submits,queue=etl",
        "airflow.batch_provider.jobs_ended,queue=etl,status=SUCCEEDED",
        "airflow.batch_provider.queue_time,queue=etl",
        "airflow.batch_provider.run_time,queue=etl",
        "airflow.batch_provider.polls,connection=aws_default",
        "airflow.batch_provider.jobs_waiting,connection=aws_default",
    }
    assert eventually(lambda: expected <= statsd.names)
