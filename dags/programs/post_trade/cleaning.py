"""
Make clean prices of raw rows, and say of each row that was dropped or repaired why.

The rules, in the order in which they are applied to ``symbol,date,price`` rows:

1. A row that has not exactly three fields is rejected.
2. The date is ``Jan 1 2008``; ``2008-01-01`` is repaired; anything else, or a day that does not exist, is
   rejected. As such a row belongs to no month, every run reports it.
3. Rows outside the run's window are left alone: they are neither examined nor reported.
4. The symbol is repaired by removing surrounding spaces and writing capitals; an unknown one is rejected.
5. The price is a finite decimal number above zero, else the row is rejected.
6. A symbol has one price a month. A further row with the same price is a duplicate and rejected; one with
   another price is a correction: **the row that stands later in the file wins**, the earlier is superseded.
"""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from post_trade.errors import BadDataError
from post_trade.months import Month, Window
from post_trade.prices import Price

HEADER = ["symbol", "date", "price"]


class Action(StrEnum):
    """What happened to a row."""

    REJECTED = "rejected"
    REPAIRED = "repaired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Finding:
    """A raw row that is not simply kept; ``line`` counts from 1, the header being line 1."""

    line: int
    action: Action
    reason: str
    row: str

    def __str__(self) -> str:
        return f"line {self.line} {self.action}: {self.reason}: {self.row!r}"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The outcome: one price a symbol and month, and what became of the other rows."""

    prices: tuple[Price, ...]
    findings: tuple[Finding, ...]
    rows_read: int
    rows_outside: int


def clean(raw_csv: str, window: Window, symbols: Collection[str]) -> Cleaning:
    """
    Apply the rules of this module to a raw file.

    :raises BadDataError: when the file does not start with the header ``symbol,date,price``.
    """
    rows = _read_rows(raw_csv)
    findings: list[Finding] = []
    dated = list(_with_month(rows, findings))
    inside = [entry for entry in dated if entry.month in window]
    prices = _latest(_with_price(inside, symbols, findings), findings)
    return Cleaning(
        prices=tuple(prices),
        findings=tuple(sorted(findings, key=lambda finding: finding.line)),
        rows_read=len(rows),
        rows_outside=len(dated) - len(inside),
    )


@dataclass(frozen=True, slots=True)
class _RawRow:
    line: int
    fields: list[str]

    def finding(self, action: Action, reason: str) -> Finding:
        return Finding(self.line, action, reason, ",".join(self.fields))


@dataclass(frozen=True, slots=True)
class _DatedRow:
    raw: _RawRow
    month: Month
    date_is_iso: bool


@dataclass(frozen=True, slots=True)
class _PricedRow:
    raw: _RawRow
    price: Price


def _read_rows(raw_csv: str) -> list[_RawRow]:
    # Without quoting a stray quotation mark spoils its own row and not all that follow.
    reader = csv.reader(io.StringIO(raw_csv), quoting=csv.QUOTE_NONE)
    header = next(reader, [])
    if header != HEADER:
        raise BadDataError(f"the raw file starts with {','.join(header)!r} instead of {','.join(HEADER)!r}")
    return [_RawRow(reader.line_num, fields) for fields in reader if fields]


def _with_month(rows: Iterable[_RawRow], findings: list[Finding]) -> Iterable[_DatedRow]:
    for row in rows:
        if len(row.fields) != len(HEADER):
            findings.append(row.finding(Action.REJECTED, f"{len(row.fields)} fields instead of 3"))
        elif month := _month(row.fields[1], "%b %d %Y"):
            yield _DatedRow(row, month, date_is_iso=False)
        elif month := _month(row.fields[1], "%Y-%m-%d"):
            yield _DatedRow(row, month, date_is_iso=True)
        else:
            findings.append(row.finding(Action.REJECTED, "no such date"))


def _month(text: str, date_format: str) -> Month | None:
    try:
        day = datetime.strptime(text.strip(), date_format)
    except ValueError:
        return None
    return Month(day.year, day.month)


def _with_price(
    rows: Iterable[_DatedRow], symbols: Collection[str], findings: list[Finding]
) -> Iterable[_PricedRow]:
    for row in rows:
        written_symbol, _, written_price = row.raw.fields
        symbol = written_symbol.strip().upper()
        if symbol not in symbols:
            findings.append(row.raw.finding(Action.REJECTED, "unknown symbol"))
            continue
        amount = _amount(written_price)
        if isinstance(amount, str):
            findings.append(row.raw.finding(Action.REJECTED, amount))
            continue
        if symbol != written_symbol:
            findings.append(row.raw.finding(Action.REPAIRED, f"symbol read as {symbol}"))
        if row.date_is_iso:
            findings.append(row.raw.finding(Action.REPAIRED, f"date read as {row.month}"))
        yield _PricedRow(row.raw, Price(symbol, row.month, amount))


def _amount(text: str) -> Decimal | str:
    """Return the price, or the reason for which it is none."""
    if not text.strip():
        return "price is missing"
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        return "price is not a number"
    if not amount.is_finite():
        return "price is not a number"
    if amount <= 0:
        return "price is not above zero"
    return amount


def _latest(rows: Iterable[_PricedRow], findings: list[Finding]) -> list[Price]:
    held: dict[tuple[str, Month], _PricedRow] = {}
    for row in rows:
        key = (row.price.symbol, row.price.month)
        earlier = held.get(key)
        if earlier is not None and earlier.price == row.price:
            findings.append(row.raw.finding(Action.REJECTED, f"duplicate of line {earlier.raw.line}"))
            continue
        if earlier is not None:
            findings.append(earlier.raw.finding(Action.SUPERSEDED, f"corrected by line {row.raw.line}"))
        held[key] = row
    return [row.price for row in held.values()]
