"""`post_trade` in a real Airflow with real prices: one manual run and a backfill of three months."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.account import BUCKET, aws_client
from harness.airflow_api import AirflowApi
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from harness.process_environment import REGION
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.programs.independent_insights import insights_for

REPOSITORY = Path(__file__).resolve().parents[2]
MONTHS = ("2008-01", "2008-02", "2008-03", "2008-04")
JOBS = ("clean", "process", "model", "store")


def first_at_six(month: int) -> datetime:
    return datetime(2008, month, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def runs(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> dict[str, RunUnderTest]:
    """The finished runs of all four months."""
    api = airflow.api
    api.wait_for_dag("post_trade")
    api.create_backfill("post_trade", first_at_six(2), first_at_six(4))
    api.trigger("post_trade", interval=(first_at_six(1), first_at_six(2)))
    return eventually(lambda: ended_months(api, local_batch.url), seconds=240)


def ended_months(api: AirflowApi, batch_url: str) -> dict[str, RunUnderTest]:
    """Return all four runs by month, or an empty dict until all have ended."""
    ended = {
        run.data_interval_start.strftime("%Y-%m"): RunUnderTest(api, batch_url, run)
        for run in api.runs("post_trade")
        if run.is_final and run.data_interval_start is not None
    }
    return {month: ended[month] for month in MONTHS} if ended.keys() >= set(MONTHS) else {}


@pytest.fixture(scope="module")
def insights(runs: dict[str, RunUnderTest], local_batch: LocalBatchProcess) -> dict[str, Any]:
    s3 = aws_client("s3", local_batch.url)
    keys = {month: f"post_trade/{month}/insights.json" for month in MONTHS}
    return {
        month: json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for month, key in keys.items()
    }


def test_every_month_succeeds(runs: dict[str, RunUnderTest]) -> None:
    states = {month: run.states for month, run in runs.items()}

    assert states == {month: dict.fromkeys(("submit", *JOBS), "success") for month in MONTHS}


def test_backfill_runs_have_run_type_backfill(runs: dict[str, RunUnderTest]) -> None:
    kinds = {month: run.run.kind for month, run in runs.items()}

    assert kinds == {"2008-01": "manual", "2008-02": "backfill", "2008-03": "backfill", "2008-04": "backfill"}


@pytest.mark.parametrize("month", ["2008-01", "2008-03"])
def test_insights_match_hand_computed_results(insights: dict[str, Any], month: str) -> None:
    golden = REPOSITORY / "tests" / "programs" / "golden" / f"{month}.json"

    assert insights[month] == json.loads(golden.read_text())


@pytest.mark.parametrize("month", MONTHS)
def test_insights_match_independent_computation(insights: dict[str, Any], month: str) -> None:
    prices = (REPOSITORY / "dags" / "data" / "stocks.csv").read_text()

    assert insights[month] == insights_for(month, prices)


def test_insights_differ_between_months(insights: dict[str, Any]) -> None:
    distinct = {json.dumps(insights[month], sort_keys=True) for month in MONTHS}

    assert len(distinct) == len(MONTHS)


def test_jobs_depend_on_job_ids_of_their_own_run(
    runs: dict[str, RunUnderTest],
) -> None:
    for run in runs.values():
        ids = {key: run.xcom("submit", key) for key in JOBS}
        chained = {key: run.describe(ids[key])["dependsOn"] for key in JOBS}

        assert chained == {
            "clean": [],
            "process": [{"jobId": ids["clean"]}],
            "model": [{"jobId": ids["process"], "type": "N_TO_N"}],
            "store": [{"jobId": ids["model"]}],
        }


def test_array_job_has_one_child_per_symbol(runs: dict[str, RunUnderTest]) -> None:
    run = runs["2008-01"]

    summary = run.describe(run.xcom("submit", "model"))["arrayProperties"]

    assert (summary["size"], summary["statusSummary"]["SUCCEEDED"]) == (5, 5)


def test_links_open_job_in_aws_console(runs: dict[str, RunUnderTest]) -> None:
    run = runs["2008-01"]
    job = run.describe(run.xcom("submit", "store"))
    stream = job["container"]["logStreamName"].replace("/", "$252F")
    home = f"home?region={REGION}"
    console = f"https://{REGION}.console.aws.amazon.com"

    links = run.links("store")

    assert links == {
        "Batch job": f"{console}/batch/{home}#jobs/detail/{job['jobId']}",
        "Batch job definition": (f"{console}/batch/{home}#job-definition/detail/{job['jobDefinition']}"),
        "Batch job queue": f"{console}/batch/{home}#queues/detail/{job['jobQueue']}",
        "Batch job log": (
            f"{console}/cloudwatch/{home}"
            f"#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/{stream}"
        ),
    }


def test_task_log_contains_job_output(runs: dict[str, RunUnderTest]) -> None:
    log = runs["2008-01"].log("store")

    assert "AAPL" in log
