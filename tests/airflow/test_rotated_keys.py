"""A connection that is edited while its jobs run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.key_proxy import KeyProxy, define_connection, edit_connection

DESCRIBE = "/v1/describejobs"


@pytest.fixture
def proxy(local_batch: LocalBatchProcess) -> Iterator[KeyProxy]:
    with KeyProxy(local_batch.url).running() as proxy:
        yield proxy


def test_a_wait_goes_on_after_its_key_was_replaced(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, proxy: KeyProxy, tmp_path: Path
) -> None:
    api, marker = airflow.api, tmp_path / "marker"
    define_connection(api, "aws_rotated", "OLDKEY", proxy.url)
    api.wait_for_dag("rotated")
    run = RunUnderTest(api, local_batch.url, api.trigger("rotated", conf={"marker": str(marker)}))
    run.wait_for_task("held", "deferred")

    proxy.refuse("OLDKEY")
    eventually(lambda: proxy.refused["OLDKEY", DESCRIBE] > 1)
    edit_connection(api, "aws_rotated", "NEWKEY", proxy.url)
    eventually(lambda: proxy.accepted["NEWKEY", DESCRIBE])
    marker.touch()

    assert run.wait() == "success"
    jobs = jobs_of(run)
    assert {key: len(of_key) for key, of_key in jobs.items()} == {"held": 1, "last": 1}
    assert not any(job.get("isTerminated") for of_key in jobs.values() for job in of_key)
    log = run.log("held")
    assert log.count("Still waiting for job") == 1
    assert "The security token included in the request is expired (ExpiredTokenException); renew" in log
    assert "AWS answers again" in log


def test_a_new_run_uses_the_key_that_replaced_an_accepted_one(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, proxy: KeyProxy, tmp_path: Path
) -> None:
    api = airflow.api
    edit_connection(api, "aws_rotated", "THIRDKEY", proxy.url)
    run = RunUnderTest(api, local_batch.url, api.trigger("rotated", conf={"marker": str(tmp_path)}))

    assert run.wait() == "success"
    assert proxy.accepted["THIRDKEY", "/v1/submitjob"] == 2


def jobs_of(run: RunUnderTest) -> dict[str, list[dict[str, object]]]:
    return {key: run.jobs(key) for key in ("held", "last")}
