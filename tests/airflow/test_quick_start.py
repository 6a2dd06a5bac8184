"""The first workflow of the quick start, exactly as the page shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest
from tests.docs.markdown import REPOSITORY, blocks_of

PAGE = REPOSITORY / "docs" / "quick-start.md"


def test_first_workflow_runs(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, dags_folder: Path
) -> None:
    files = {block.place: block.text for block in blocks_of(PAGE) if block.place}
    for place, text in sorted(files.items(), reverse=True):  # the spec before the DAG file that reads it
        (dags_folder / Path(place).name).write_text(text, encoding="utf-8")

    airflow.api.wait_for_dag("first")
    day = (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    run = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("first", interval=day))
    state = run.wait()

    assert sorted(files) == ["dags/first.py", "dags/first.yaml"]
    assert state == "success", run.states
    assert run.states == dict.fromkeys(["submit", "list", "load", "report"], "success")
    assert "the symbols of 2026-01-02" in run.log("list")
