"""Job 1: clean the prices of the window in the raw file; report which rows were dropped or repaired."""

import sys

from post_trade.canonical_json import canonical_json
from post_trade.cleaning import Cleaning, clean
from post_trade.command import Run, run_program
from post_trade.errors import BadDataError
from post_trade.months import Window
from post_trade.prices import prices_to_csv
from post_trade.storage import RunFolder


def clean_month(run: Run, folder: RunFolder) -> None:
    """Write ``clean.csv`` and ``clean_report.json``."""
    cleaning = clean(folder.read_raw_prices(), run.window, run.symbols)
    print(f"read {cleaning.rows_read} raw rows, {cleaning.rows_outside} of them outside {run.window}")
    for finding in cleaning.findings:
        print(finding)
    if not cleaning.prices:
        raise BadDataError(f"no valid price of {', '.join(run.symbols)} from {run.window}")
    print(f"kept {len(cleaning.prices)} prices")
    folder.write("clean.csv", prices_to_csv(cleaning.prices))
    folder.write("clean_report.json", report(run.window, cleaning))


def report(window: Window, cleaning: Cleaning) -> str:
    """Return a JSON report: the number of rows by outcome, and each finding."""
    document = {
        "month": str(window.last),
        "window": {"first": str(window.first), "last": str(window.last)},
        "rows_read": cleaning.rows_read,
        "rows_outside_window": cleaning.rows_outside,
        "prices_kept": len(cleaning.prices),
        "findings": [
            {"line": found.line, "action": found.action, "reason": found.reason, "row": found.row}
            for found in cleaning.findings
        ],
    }
    return canonical_json(document)


if __name__ == "__main__":
    sys.exit(run_program("clean", clean_month))
