"""The four programs as processes, in order, exchanging files only through S3."""

import json
from pathlib import Path

import pytest
from independent_insights import insights_for
from post_trade_jobs import SYMBOLS, PostTradeJobs

GOLDEN = Path(__file__).parent / "golden"
MONTHS = ("2008-01", "2008-02", "2008-03", "2008-04")


@pytest.fixture(scope="module")
def jobs(s3_endpoint, stocks_csv):
    jobs = PostTradeJobs(s3_endpoint, "programs-post-trade")
    jobs.put("raw/stocks.csv", stocks_csv)
    return jobs


@pytest.fixture(scope="module")
def tables(jobs):
    """Run four months and return the table that each ``store`` printed."""
    return {month: jobs.run_month(month) for month in MONTHS}


@pytest.mark.parametrize("month", ["2008-01", "2008-03"])
def test_insights_equal_the_values_calculated_by_hand(jobs, tables, month):
    golden = json.loads((GOLDEN / f"{month}.json").read_text())

    insights = json.loads(jobs.get(f"post_trade/{month}/insights.json"))

    assert insights == golden


@pytest.mark.parametrize("month", MONTHS)
def test_insights_equal_the_independent_computation(jobs, tables, stocks_csv, month):
    expected = insights_for(month, stocks_csv)

    insights = json.loads(jobs.get(f"post_trade/{month}/insights.json"))

    assert insights == expected


def test_four_months_give_four_different_rankings(jobs, tables):
    documents = [json.loads(jobs.get(f"post_trade/{month}/insights.json")) for month in MONTHS]

    rankings = {json.dumps(document["ranking"]) for document in documents}

    assert len(rankings) == 4


def test_a_run_writes_exactly_these_files(jobs, tables):
    files = jobs.files("post_trade/2008-01/")

    per_symbol = {name for s in SYMBOLS for name in (f"process/{s}.csv", f"model/{s}.json")}
    assert set(files) == per_symbol | {"clean.csv", "clean_report.json", "insights.json"}


def test_a_rerun_writes_identical_bytes(jobs, tables):
    before = jobs.files("post_trade/2008-04/")

    jobs.run_month("2008-04")

    assert jobs.files("post_trade/2008-04/") == before


def test_store_prints_the_ranking_best_first(tables):
    lines = tables["2008-01"].splitlines()

    ranked = [line.split()[1] for line in lines if line.lstrip()[:1].isdigit()]

    assert ranked == ["AAPL", "AMZN", "GOOG", "IBM", "MSFT"]


def test_the_report_counts_every_raw_row_once(jobs, tables):
    report = json.loads(jobs.get("post_trade/2008-04/clean_report.json"))

    dropped = [found for found in report["findings"] if found["action"] != "repaired"]

    assert report["rows_read"] == 572
    assert report["rows_outside_window"] + report["prices_kept"] + len(dropped) == 572


def test_clean_prints_a_line_for_each_rejected_row(jobs):
    stdout = jobs.run("clean", "2008-01").stdout

    rejected = [line.partition(":")[0] for line in stdout.splitlines() if " rejected: " in line]

    assert rejected == [f"line {n} rejected" for n in (223, 343, 416, 539, 543, 569)]


def test_a_symbol_without_prices_is_unranked_with_a_note(jobs):
    jobs.run_month("2004-07")

    insights = json.loads(jobs.get("post_trade/2004-07/insights.json"))

    assert jobs.get("post_trade/2004-07/process/GOOG.csv").count(b"\n") == 1
    assert insights["unranked"] == [{"symbol": "GOOG", "note": "no price in the window"}]
    assert len(insights["ranking"]) == 4


def test_a_month_before_all_prices_exits_with_3_and_one_line(jobs):
    clean = jobs.run("clean", "1999-01")

    assert clean.returncode == 3
    assert clean.stderr == (
        "post_trade.clean: no valid price of AAPL, AMZN, GOOG, IBM, MSFT from 1998-02 to 1999-01\n"
    )
    assert jobs.files("post_trade/1999-01/") == {}


def test_missing_raw_prices_exit_with_3_and_name_the_key(s3_endpoint):
    jobs = PostTradeJobs(s3_endpoint, "programs-empty")

    clean = jobs.run("clean", "2008-01")

    assert clean.returncode == 3
    assert clean.stderr == (
        "post_trade.clean: s3://programs-empty/raw/stocks.csv is missing; upload the raw prices there\n"
    )


def test_a_missing_file_of_the_previous_job_exits_with_3(jobs):
    store = jobs.run("store", "2001-01")

    assert store.returncode == 3
    assert "post_trade/2001-01/model/AAPL.json is missing; run the job that writes it first" in store.stderr


def test_an_unreachable_endpoint_exits_with_4_and_one_line(jobs):
    clean = jobs.run("clean", "2008-01", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")

    assert clean.returncode == 4
    assert clean.stderr.startswith("post_trade.clean: cannot read s3://programs-post-trade/raw/stocks.csv: ")
    assert clean.stderr.count("\n") == 1
