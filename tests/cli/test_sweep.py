"""``airflow-batch sweep``, on the local AWS Batch."""

import json

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags
from tests.unwanted.airflow_server import serving

SPEC = "workflow: etl\njobs: {load: {job_queue: etl, job_definition: step}}\n"


@pytest.fixture(autouse=True)
def account(local_batch):
    """Two queues, in which jobs run for an hour."""
    for queue in ("etl", "other"):
        local_batch.create_queue(queue)
    local_batch.client().register_job_definition(
        jobDefinitionName="step",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 512, "command": ["true"]},
    )
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    return local_batch


@pytest.fixture(autouse=True)
def airflow(monkeypatch):
    for name in ("TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"AIRFLOW_API_{name}", raising=False)
    with serving() as server:
        monkeypatch.setenv("AIRFLOW_API_URL", server.url)
        monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT", "production")
        server.add_run("etl", "daily__1")
        yield server


@pytest.fixture
def submit(account):
    """Submit a job as a task of Airflow does, and return its ID."""

    def submit_job(run_id="daily__1", task_id="load", queue="etl", environment="production", **members):
        identity = JobIdentity("etl", run_id, task_id)
        return account.client().submit_job(
            jobName=identity.job_name,
            jobQueue=queue,
            jobDefinition="step",
            tags=identity_tags(identity, try_number=1, environment=environment),
            **members,
        )["jobId"]

    return submit_job


def sweep(*options):
    return main(["sweep", "--older-than", "0", *options])


def live(account, *job_ids):
    """Return which of the jobs are live."""
    described = account.client().describe_jobs(jobs=list(job_ids))["jobs"]
    ended = {
        job["jobId"]
        for job in described
        if job["status"] in ("SUCCEEDED", "FAILED") or job.get("isTerminated")
    }
    return set(job_ids) - ended


def test_dry_run_shows_the_jobs_and_terminates_none(account, submit, capsys):
    wanted, unwanted = submit(), submit("daily__0", "load[eu]", queue="other")

    code = sweep()

    shown = capsys.readouterr()
    header, row, summary = shown.out.splitlines()
    assert code == 1
    assert header.split() == ["job", "id", "name", "queue", "status", "age", "DAG", "run", "task", "why"]
    assert row.split()[:1] == [unwanted]
    assert row.endswith("run 'daily__0' does not exist in Airflow")
    assert " load_eu_ " in row
    assert summary == "1 job to terminate (use --terminate); 1 wanted"
    assert live(account, wanted, unwanted) == {wanted, unwanted}


def test_terminate_ends_exactly_the_unwanted_jobs(account, submit, capsys):
    wanted, unwanted = submit(), submit("daily__0")
    array = submit("daily__0", "array", arrayProperties={"size": 3})
    foreign, unnamed = submit("daily__0", environment="staging"), submit("daily__0", environment=None)

    code = sweep("--terminate")

    shown = capsys.readouterr()
    (described,) = account.client().describe_jobs(jobs=[unwanted])["jobs"]
    assert code == 0
    assert shown.out.splitlines()[-1] == "2 jobs unwanted, 2 terminated; 1 wanted"
    assert shown.err == "left alone: 1 without an environment, 1 of other environments\n" or shown.err == (
        "left alone: 1 of other environments, 1 without an environment\n"
    )
    assert live(account, wanted, unwanted, array, foreign, unnamed) == {wanted, foreign, unnamed}
    assert described["statusReason"] == (
        "Airflow no longer wants this job: run 'daily__0' does not exist in Airflow"
    )
    assert sweep() == 0


def test_standalone_run_is_never_swept(account, tmp_path, monkeypatch, capsys):
    (tmp_path / "etl.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    main(["submit", "etl.yaml", "--date", "2026-01-01"])
    capsys.readouterr()

    code = sweep("--include-unnamed", "--terminate")

    shown = capsys.readouterr()
    assert code == 0
    assert shown.out == "0 jobs unwanted, 0 terminated; 0 wanted\n"
    assert shown.err == "left alone: 1 of runs without Airflow\n"


def test_json_holds_all_jobs_and_counts(submit, capsys):
    submit()
    unwanted = submit("daily__0")

    code = sweep("--json", "--terminate")

    shown = json.loads(capsys.readouterr().out)
    (job,) = shown["unwanted"]
    assert code == 0
    assert (job["job_id"], job["run_id"], job["is_terminated"]) == (unwanted, "daily__0", True)
    assert (shown["wanted"], shown["not_shown"], shown["left_alone"]) == (1, 0, {})


def test_limit_leaves_the_newer_jobs(account, submit, capsys):
    ids = [submit("daily__0", f"task-{number}") for number in range(3)]

    code = sweep("--limit", "2", "--terminate")

    assert code == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "and 1 more",
        "3 jobs unwanted, 2 terminated; 0 wanted",
    ]
    assert len(live(account, *ids)) == 1


def test_queue_limits_the_search(account, submit):
    first, second = submit("daily__0"), submit("daily__0", queue="other")

    sweep("--queue", "other", "--terminate")

    assert live(account, first, second) == {first}


def test_recent_jobs_are_left_alone_by_default(account, submit, capsys):
    submit("daily__0")

    code = main(["sweep", "--terminate"])

    assert code == 0
    assert capsys.readouterr().err == "left alone: 1 submitted recently\n"


def test_airflow_that_knows_none_of_the_dags_terminates_nothing(account, airflow, submit, capsys):
    airflow.dags.clear()
    airflow.runs.clear()
    job = submit()

    code = sweep("--terminate")

    assert code == 1
    assert "has none of the DAGs of these 1 jobs" in capsys.readouterr().err
    assert live(account, job) == {job}
    assert sweep("--terminate", "--dag-id", "etl") == 0
    assert live(account, job) == set()


@pytest.mark.parametrize(("actual", "code"), [("staging", 1), ("production", 0), ("", 0)])
def test_airflow_that_shows_another_environment_terminates_nothing(
    account, airflow, submit, actual, code, capsys
):
    option = {"key": "environment", "value": actual}
    airflow.overrides["/api/v2/config/section/batch_provider/option/environment"] = (
        200,
        {"sections": [{"name": "batch_provider", "options": [option]}]},
    )
    job = submit("daily__0")

    assert sweep("--terminate") == code
    assert live(account, job) == ({job} if code else set())
    assert ("is environment 'staging', not 'production'" in capsys.readouterr().err) is bool(code)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT", "name the Airflow whose jobs to look at: --environment"),
        ("AIRFLOW_API_URL", "name the Airflow to ask: --airflow-url URL"),
    ],
)
def test_missing_option_is_an_error_with_a_remedy(monkeypatch, variable, message, capsys):
    monkeypatch.delenv(variable)

    assert sweep() == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--limit", "0"], ["--limit", "x"], ["--older-than", "soon"]])
def test_invalid_option_exits_with_2(options):
    with pytest.raises(SystemExit) as ended:
        sweep(*options)

    assert ended.value.code == 2


def test_unknown_queue_is_an_error_of_aws(capsys):
    assert sweep("--queue", "no-such-queue") == 3
    assert "AWS rejected ListJobs" in capsys.readouterr().err
