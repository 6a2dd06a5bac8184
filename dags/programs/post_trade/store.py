"""Job 4: read the models of all symbols, rank them, store and print the insights."""

import sys

from post_trade.command import Run, run_program
from post_trade.insights import insights_table, insights_to_json, rank
from post_trade.storage import RunFolder
from post_trade.symbol_model import model_from_json


def store_insights(run: Run, folder: RunFolder) -> None:
    """Write ``insights.json`` and print its table."""
    models = [model_from_json(folder.read(f"model/{symbol}.json")) for symbol in run.symbols]
    print(f"read {len(models)} models")
    insights = rank(run.window, models)
    folder.write("insights.json", insights_to_json(insights))
    print(insights_table(insights))


if __name__ == "__main__":
    sys.exit(run_program("store", store_insights))
