"""The monthly price history of a symbol: the table that ``process`` writes and ``model`` reads."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from post_trade.measures import mean, relative_change
from post_trade.months import Month
from post_trade.prices import Price, plain

COLUMNS = ("month", "price", "monthly_return", "average_3m", "average_6m")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """
    A month's price, its return and its moving averages.

    A value is ``None`` if one of the months that it needs has no price. The return needs the previous month;
    an average over three months needs the month itself and the two before it.
    """

    month: Month
    price: Decimal
    monthly_return: float | None
    average_3m: float | None
    average_6m: float | None


def history_of(prices: Iterable[Price]) -> tuple[HistoryRow, ...]:
    """Compute the history of one symbol, oldest month first. A month without a price has no row."""
    amounts = {price.month: price.amount for price in prices}
    return tuple(
        HistoryRow(
            month=month,
            price=amounts[month],
            monthly_return=_return(amounts, month),
            average_3m=_average(amounts, month, 3),
            average_6m=_average(amounts, month, 6),
        )
        for month in sorted(amounts)
    )


def history_to_csv(rows: Iterable[HistoryRow]) -> str:
    """
    Return the table as CSV; ``None`` becomes an empty field.

    Fifteen decimals are precise enough for the six that the insights show.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        derived = (row.monthly_return, row.average_3m, row.average_6m)
        writer.writerow((row.month, plain(row.price), *("" if v is None else f"{v:.15f}" for v in derived)))
    return text.getvalue()


def history_from_csv(text: str) -> tuple[HistoryRow, ...]:
    """Parse the output of :func:`history_to_csv`."""
    return tuple(
        HistoryRow(
            month=Month.parse(row["month"]),
            price=Decimal(row["price"]),
            monthly_return=_optional(row["monthly_return"]),
            average_3m=_optional(row["average_3m"]),
            average_6m=_optional(row["average_6m"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def _return(amounts: Mapping[Month, Decimal], month: Month) -> float | None:
    before = amounts.get(month.minus(1))
    return None if before is None else relative_change(float(before), float(amounts[month]))


def _average(amounts: Mapping[Month, Decimal], month: Month, months: int) -> float | None:
    values = [float(amounts[earlier]) for n in range(months) if (earlier := month.minus(n)) in amounts]
    return mean(values) if len(values) == months else None


def _optional(text: str) -> float | None:
    return float(text) if text else None
