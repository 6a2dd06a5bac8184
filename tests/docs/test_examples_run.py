"""Every workflow of the documentation runs on the local Batch to its end, or reports why it cannot."""

import re

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import load_workflow
from tests.docs.accounts import provide_for
from tests.docs.markdown import PAGES, REPOSITORY, blocks_of

NEED_AIRFLOW = {
    "dependencies": "job 'tidy_up' on 'publish': its trigger rule is all_done",
    "guide sized": "'count' is a Python task",
    "guide tidy": "job 'tidy_up' on 'model': its trigger rule is all_done",
    "owners": "job 'clean_up' on 'report': its trigger rule is all_done",
    "schedule_partitions": "'partition_key' needs Airflow (partitions)",
    "tasks": "'count' is a Python task",
}
"""Workflows that need Airflow, with the command's error. `tests/airflow/test_plans.py` runs such ones."""

TAKE_LONG = {"guide large"}
"""50,000 children take ten seconds; `tests/airflow/test_plans.py` runs as many."""

FRAGMENTS = {"fragment"}
"""Files that workflows extend; they are not workflows."""

FILES = {
    path.stem: path
    for folder in ("docs/language", "docs/examples", "dags")
    for path in sorted((REPOSITORY / folder).glob("*.yaml"))
    if path.stem not in FRAGMENTS
}
BLOCKS = {
    f"{block.page.stem} {name[1]}": block.text
    for page in PAGES
    if page.name not in ("language.md", "rules.md")
    for block in blocks_of(page)
    if block.language == "yaml" and (name := re.search(r"^workflow: (\w+)$", block.text, re.MULTILINE))
}
WORKFLOWS = FILES.keys() | BLOCKS.keys()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write all workflows into files."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "docs").symlink_to(REPOSITORY / "docs")
    (folder / "dags").mkdir()
    written = {name: folder / "dags" / f"{name}.yaml" for name in BLOCKS}
    for name, path in written.items():
        path.write_text(BLOCKS[name], encoding="utf-8")
    return {**FILES, **written}


@pytest.fixture(scope="module")
def plans(files):
    return {name: plan_workflow(load_workflow(path)) for name, path in files.items()}


@pytest.fixture(scope="module")
def account(local_batch_server, plans):
    """Provide one account for all workflows."""
    region = LocalBatchRegion(local_batch_server.url, "documentation")
    provide_for(plans.values(), region)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in region.environment.items():
            patch.setenv(name, value)
        yield region


@pytest.fixture
def submit(account, files):
    def run(name):
        dates = ["--date", "2026-01-02", "--end", "2026-01-03"]
        wait = ["--wait", "--poll-interval", "0.02", "--region", account.region]
        return main(["submit", str(files[name]), *dates, *wait])

    return run


@pytest.mark.parametrize("name", sorted(WORKFLOWS - NEED_AIRFLOW.keys() - TAKE_LONG))
def test_a_workflow_of_the_documentation_runs_to_its_end(name, submit, plans, capsys):
    code = submit(name)

    table = capsys.readouterr().out.partition("\njob ")[2].splitlines()[1:]
    assert code == 0
    assert [line.split()[:2] for line in table] == [[job.key, "SUCCEEDED"] for job in plans[name].jobs]


@pytest.mark.parametrize("name", sorted(NEED_AIRFLOW))
def test_a_workflow_that_needs_airflow_reports_why(name, submit, account, capsys):
    before = account.calls("SubmitJob")

    code = submit(name)

    assert code == 1
    assert NEED_AIRFLOW[name] in capsys.readouterr().err
    assert account.calls("SubmitJob") == before
