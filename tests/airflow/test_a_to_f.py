"""`a_to_f` in both submission modes: ids of this very run, handed over, chained inside AWS Batch."""

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
    """Start a run whose jobs last that long."""

    def start_run(dag_id: str, seconds: int) -> RunUnderTest:
        airflow.api.wait_for_dag(dag_id)
        run = airflow.api.trigger(dag_id, conf={"seconds": seconds})
        return RunUnderTest(airflow.api, local_batch.url, run)

    return start_run


@SUBMISSION_MODES
def test_jobs_start_in_an_order_that_respects_the_edges(start, dag_id: str, per_job: bool) -> None:
    run = start(dag_id, 1)

    state = run.wait()

    jobs = {key: run.describe(job_id) for key, job_id in run.job_ids("ABCDEF", per_job=per_job).items()}
    assert state == "success"
    for upstream, downstream in EDGES:
        assert jobs[upstream]["stoppedAt"] <= jobs[downstream]["startedAt"], f"{upstream} → {downstream}"


@SUBMISSION_MODES
def test_f_depends_on_this_runs_d_and_e_and_the_next_run_has_new_ids(
    start, dag_id: str, per_job: bool
) -> None:
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
def test_the_last_job_is_submitted_while_the_first_still_runs(start, dag_id: str, per_job: bool) -> None:
    run = start(dag_id, 60)
    last_submit = "F.submit" if per_job else "submit"

    run.wait_for_task(last_submit, "success")

    ids = run.job_ids("ABCDEF", per_job=per_job)
    statuses = {key: run.describe(job_id)["status"] for key, job_id in ids.items()}
    run.terminate(ids["A"])
    assert statuses == {"A": "RUNNING", **dict.fromkeys("BCDEF", "PENDING")}
    assert run.wait() == "failed"


def test_each_hand_over_can_be_seen_in_airflow(start, airflow: AirflowProcesses) -> None:
    run = start("a_to_f", 0)
    run.wait()

    path = f"/api/v2/dags/a_to_f/dagRuns/{run.run.run_id}/taskInstances/F.submit"
    rendered = airflow.api.call("GET", path)["rendered_fields"]

    ids = run.job_ids("DE", per_job=True)
    assert rendered["depends_on"] == [ids["D"], ids["E"]]


def test_a_job_is_linked_while_its_task_is_deferred(start) -> None:
    run = start("a_to_f_at_once", 60)
    run.wait_for_task("A", "deferred")

    links = run.links("A")

    job_id = run.job_ids("A", per_job=False)["A"]
    run.terminate(job_id)
    run.wait()
    assert links["Batch job"] == (
        f"https://{REGION}.console.aws.amazon.com/batch/home?region={REGION}#jobs/detail/{job_id}"
    )


def test_the_metrics_of_a_run_go_where_airflows_own_go(start, statsd: StatsdListener) -> None:
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
