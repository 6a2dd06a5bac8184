"""What `submit --wait` and `status` show while jobs run."""

from io import StringIO

from rich.console import Console

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.cli.run_progress import show_progress

RUNNING = JobDescription.from_aws(
    {
        "jobId": "1",
        "jobName": "first",
        "status": "RUNNING",
        "startedAt": 1,
        "jobQueue": "q",
        "jobDefinition": "d:1",
    }
)


def console(*, is_terminal: bool) -> Console:
    return Console(file=StringIO(), force_terminal=is_terminal, width=100)


def written(on: Console) -> str:
    assert isinstance(on.file, StringIO)
    return on.file.getvalue()


def test_terminal_shows_all_jobs_before_first_poll() -> None:
    screen = console(is_terminal=True)

    with show_progress(screen, ["first", "second"]):
        pass

    assert "first" in written(screen)
    assert "second" in written(screen)


def test_terminal_shows_latest_status() -> None:
    screen = console(is_terminal=True)

    with show_progress(screen, ["first"]) as progress:
        progress("first", RUNNING)

    assert "RUNNING" in written(screen)


def test_without_terminal_each_change_is_one_line() -> None:
    output = console(is_terminal=False)

    with show_progress(output, ["first", "second"]) as progress:
        progress("first", RUNNING)
        progress("first", RUNNING)

    assert written(output) == "first RUNNING\n"
