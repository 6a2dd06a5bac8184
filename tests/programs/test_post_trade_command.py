import subprocess
import sys

import pytest
from post_trade.command import Run
from post_trade.errors import UsageError

ENVIRONMENT = {"SYMBOLS": "AAPL,MSFT", "AWS_BATCH_JOB_ARRAY_INDEX": "1"}


def read(*, month="2008-01", **environment):
    return Run.read("clean", ["--month", month, "--bucket", "b"], environment)


def test_the_array_index_chooses_the_symbol():
    run = read(**ENVIRONMENT)

    assert run.array_symbol() == "MSFT"


def test_spaces_and_lower_case_in_symbols_are_ignored():
    run = read(SYMBOLS=" aapl, MSFT ,")

    assert run.symbols == ("AAPL", "MSFT")


def test_a_month_that_does_not_exist_is_a_usage_error():
    with pytest.raises(UsageError, match=r"--month: '2008-13' is not a month; write YYYY-MM"):
        read(month="2008-13", **ENVIRONMENT)


@pytest.mark.parametrize("symbols", ["", " , "])
def test_missing_symbols_are_a_usage_error(symbols):
    with pytest.raises(UsageError, match="SYMBOLS is not set"):
        read(SYMBOLS=symbols)


def test_a_duplicate_symbol_is_a_usage_error():
    with pytest.raises(UsageError, match="contains a symbol twice: AAPL,AAPL"):
        read(SYMBOLS="AAPL,aapl")


def test_outside_an_array_job_the_array_symbol_is_a_usage_error():
    run = read(SYMBOLS="AAPL,MSFT")

    with pytest.raises(UsageError, match="submit this program as an array job of size 2"):
        run.array_symbol()


@pytest.mark.parametrize("index", ["2", "-1", "x"])
def test_an_index_beyond_the_symbols_is_a_usage_error(index):
    run = read(SYMBOLS="AAPL,MSFT", AWS_BATCH_JOB_ARRAY_INDEX=index)

    with pytest.raises(UsageError, match="set the array size to 2"):
        run.array_symbol()


@pytest.mark.parametrize("program", ["clean", "process", "model", "store"])
def test_a_usage_error_is_one_line_and_exit_code_2(program):
    command = [sys.executable, "-m", f"post_trade.{program}", "--month", "2008", "--bucket", "b"]

    ended = subprocess.run(
        command, env={"PYTHONPATH": _programs()}, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        f"post_trade.{program}: --month: '2008' is not a month; write YYYY-MM, for example 2008-01\n"
    )


def test_importing_the_programs_does_not_import_boto3():
    code = (
        "import sys, post_trade.clean, post_trade.process, post_trade.model, post_trade.store;"
        "sys.exit(any(name.startswith('boto') for name in sys.modules))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": _programs()}, check=False, timeout=60
    )

    assert ended.returncode == 0


def _programs():
    import post_trade_jobs

    return str(post_trade_jobs.PROGRAMS)
