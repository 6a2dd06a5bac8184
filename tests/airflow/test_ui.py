"""The Airflow UI: graphs, links and the trigger form."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.airflow_processes import AirflowProcesses
from tests.airflow.browser import Browser, chromium
from tests.airflow_versions import shows_typed_forms

DAGS = Path(__file__).parents[2] / "dags"
LANGUAGE = Path(__file__).parents[2] / "docs" / "language"


@pytest.fixture(scope="module")
def browser(airflow: AirflowProcesses) -> Iterator[Browser]:
    with chromium(airflow.url) as browser:
        yield browser


def ended_run(airflow: AirflowProcesses, dag_id: str) -> str:
    """Return the id of a successful run, triggering one if there is none."""
    airflow.api.wait_for_dag(dag_id)
    ended = [run for run in airflow.api.runs(dag_id) if run.state == "success"]
    if not ended:
        month = (datetime(2007, 11, 1, 6, tzinfo=UTC), datetime(2007, 12, 1, 6, tzinfo=UTC))
        started = airflow.api.trigger(dag_id, interval=month)
        ended = [airflow.api.wait_for_run(dag_id, started.run_id)]
    return ended[0].run_id


def test_post_trade_graph_shows_submit_and_one_task_per_job(
    airflow: AirflowProcesses, browser: Browser
) -> None:
    run_id = ended_run(airflow, "post_trade")
    browser.open(f"/dags/post_trade/runs/{run_id}")

    browser.wait_for_text("post_trade")
    browser.take_screenshot("post_trade_grid")
    browser.show_graph()
    nodes, edges = browser.graph_nodes(), browser.graph_edges()

    browser.take_screenshot("post_trade_graph")
    assert nodes == {"submit", "clean", "process", "model", "store"}
    assert edges == {"submit-clean", "clean-process", "process-model", "model-store"}


def test_a_to_f_graph_shows_six_collapsed_groups_and_seven_edges(
    airflow: AirflowProcesses, browser: Browser
) -> None:
    run_id = ended_run(airflow, "a_to_f")
    browser.open(f"/dags/a_to_f/runs/{run_id}")

    browser.show_graph()
    nodes, edges = browser.graph_nodes(), browser.graph_edges()

    browser.take_screenshot("a_to_f_graph")
    assert nodes == set("ABCDEF")
    assert edges == {"A-B", "A-C", "A-D", "B-D", "C-E", "D-F", "E-F"}


def test_documentation_of_a_dag_shows_its_spec_and_plan(airflow: AirflowProcesses, browser: Browser) -> None:
    spec = (DAGS / "post_trade.yaml").read_text()
    airflow.api.wait_for_dag("post_trade")
    browser.open("/dags/post_trade")

    text = browser.open_documentation()

    browser.take_screenshot("documentation")
    lines = {line.strip() for line in text.splitlines()}
    assert {line.strip() for line in spec.splitlines()} <= lines
    assert "after process (N_TO_N, child by child)" in lines


def test_documentation_of_a_task_shows_its_part_of_the_plan(
    airflow: AirflowProcesses, browser: Browser
) -> None:
    airflow.api.wait_for_dag("post_trade")
    browser.open("/dags/post_trade/tasks/model")

    text = browser.open_documentation()

    browser.take_screenshot("task_documentation")
    assert "after process (N_TO_N, child by child)" in text
    assert "trade-clean" not in text


def test_task_links_to_its_job(airflow: AirflowProcesses, browser: Browser) -> None:
    run_id = ended_run(airflow, "post_trade")
    browser.open(f"/dags/post_trade/runs/{run_id}/tasks/store/details")

    target = browser.link_target("Batch job")

    assert target == airflow.api.links("post_trade", run_id, "store")["Batch job"]


@shows_typed_forms
def test_trigger_form_shows_typed_params(
    airflow: AirflowProcesses, browser: Browser, dags_folder: Path
) -> None:
    shutil.copy(LANGUAGE / "params.yaml", dags_folder)
    shutil.copy(dags_folder / "a_to_f.py", dags_folder / "params.py")
    airflow.api.wait_for_dag("params")
    browser.open("/dags/params")

    browser.open_trigger_form()
    fields = browser.form_fields()

    browser.take_screenshot("trigger_form")
    assert fields["bucket"].items() >= {"type": "text", "value": "prices"}.items()
    assert fields["region"]["text"] == "eu"
    assert fields["tries"].items() >= {"role": "spinbutton", "value": "3", "min": "1", "max": "10"}.items()
