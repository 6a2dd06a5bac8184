"""Job 2, one array child per symbol: compute monthly returns and moving averages of the clean prices."""

import sys

from post_trade.command import Run, run_program
from post_trade.history import history_of, history_to_csv
from post_trade.prices import prices_from_csv
from post_trade.storage import RunFolder


def process_symbol(run: Run, folder: RunFolder) -> None:
    """Write ``process/<symbol>.csv``. If there is no price, the file has only a header."""
    symbol = run.array_symbol()
    prices = [price for price in prices_from_csv(folder.read("clean.csv")) if price.symbol == symbol]
    if not prices:
        print(f"{symbol}: no price from {run.window}; the table is empty")
    history = history_of(prices)
    print(f"{symbol}: {len(history)} months")
    folder.write(f"process/{symbol}.csv", history_to_csv(history))


if __name__ == "__main__":
    sys.exit(run_program("process", process_symbol))
