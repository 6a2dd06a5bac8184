"""Job 3, one array child per symbol: compute trend, volatility, momentum and drawdown from the history."""

import sys

from post_trade.command import Run, run_program
from post_trade.history import history_from_csv
from post_trade.storage import RunFolder
from post_trade.symbol_model import fit, model_to_json


def model_symbol(run: Run, folder: RunFolder) -> None:
    """Write ``model/<symbol>.json``."""
    symbol = run.array_symbol()
    history = history_from_csv(folder.read(f"process/{symbol}.csv"))
    model = fit(symbol, run.month, history)
    if model.measures is None:
        print(f"{symbol}: no model: {model.note}")
    else:
        measures = model.measures
        print(f"{symbol}: trend {measures.trend:+.4f} per month, volatility {measures.volatility:.4f}")
    folder.write(f"model/{symbol}.json", model_to_json(model))


if __name__ == "__main__":
    sys.exit(run_program("model", model_symbol))
