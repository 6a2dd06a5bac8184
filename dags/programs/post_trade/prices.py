"""The price of a symbol in a month, and the CSV file of clean prices."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from post_trade.months import Month


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one share in a month, in dollars, exactly as published."""

    symbol: str
    month: Month
    amount: Decimal


def prices_to_csv(prices: Iterable[Price]) -> str:
    """Return sorted ``symbol,month,price`` lines, so that equal prices give equal bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("symbol", "month", "price"))
    for price in sorted(prices, key=lambda price: (price.symbol, price.month)):
        writer.writerow((price.symbol, price.month, plain(price.amount)))
    return text.getvalue()


def prices_from_csv(text: str) -> tuple[Price, ...]:
    """Parse the output of :func:`prices_to_csv`."""
    return tuple(
        Price(row["symbol"], Month.parse(row["month"]), Decimal(row["price"]))
        for row in csv.DictReader(io.StringIO(text))
    )


def plain(amount: Decimal) -> str:
    """Format an amount without an exponent or trailing zeros: ``34.60`` becomes ``34.6``."""
    return format(amount.normalize(), "f")
