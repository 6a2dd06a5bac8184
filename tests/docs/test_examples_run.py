"""Every workflow of the documentation runs on the local Batch to its end, or says why it cannot."""

from pathlib import Path

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import load_workflow
from tests.docs.accounts import provide_for

REPOSITORY = Path(__file__).parents[2]
FRAGMENTS = {"fragment"}
"""What others extend; it is no workflow."""

NEED_AIRFLOW = {
    "dependencies": "job 'tidy_up' after 'publish': its trigger rule is all_done",
    "owners": "job 'clean_up' after 'report': its trigger rule is all_done",
    "schedule_partitions": "'partition_key' belongs to Airflow (partitions)",
    "tasks": "'count' is a Python task",
}
"""What only Airflow can do, as the command says; `tests/airflow/test_plans.py` runs such workflows."""

WORKFLOWS = {
    path.stem: path
    for folder in ("docs/language", "docs/examples", "dags")
    for path in sorted((REPOSITORY / folder).glob("*.yaml"))
    if path.stem not in FRAGMENTS
}


PLANS = {name: plan_workflow(load_workflow(path)) for name, path in WORKFLOWS.items()}


@pytest.fixture(scope="module")
def account(local_batch_server):
    """One account for all of them."""
    region = LocalBatchRegion(local_batch_server.url, "documentation")
    provide_for(PLANS.values(), region)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in region.environment.items():
            patch.setenv(name, value)
        yield region


def submit(name, account):
    run = ["--date", "2026-01-02", "--end", "2026-01-03", "--region", account.region]
    return main(["submit", str(WORKFLOWS[name]), *run, "--wait", "--poll-interval", "0.02"])


@pytest.mark.parametrize("name", sorted(WORKFLOWS.keys() - NEED_AIRFLOW.keys()))
def test_a_workflow_of_the_documentation_runs_to_its_end(name, account, capsys):
    code = submit(name, account)

    table = capsys.readouterr().out.partition("\njob ")[2].splitlines()[1:]
    assert code == 0
    assert [line.split()[:2] for line in table] == [[job.key, "SUCCEEDED"] for job in PLANS[name].jobs]


@pytest.mark.parametrize("name", sorted(NEED_AIRFLOW))
def test_what_does_not_run_without_airflow_says_why(name, account, capsys):
    before = account.calls("SubmitJob")

    code = submit(name, account)

    assert code == 1
    assert NEED_AIRFLOW[name] in capsys.readouterr().err
    assert account.calls("SubmitJob") == before
