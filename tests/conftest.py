"""Turn skipped tests into failures if ``AIRFLOW_BATCH_REQUIRE_ALL`` is set to 1, as in CI."""

import os
from collections.abc import Generator

import pytest

REQUIRE_ALL = "AIRFLOW_BATCH_REQUIRE_ALL"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_skipped = report.skipped and not hasattr(report, "wasxfail")
    if is_skipped and os.environ.get(REQUIRE_ALL) == "1":
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE_ALL} is set, and this test was skipped: {report.longrepr}"
    return report
