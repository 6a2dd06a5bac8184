"""
Turn raw rows into clean prices, and give a reason for each row that was dropped or repaired.

These rules apply to ``symbol,date,price`` rows, in this order:

1. A row without exactly three fields is rejected.
2. The date must have the form ``Jan 1 2008``. ``2008-01-01`` is repaired; anything else, or a day that does
   not exist, is rejected. Such a row belongs to no month, so every run reports it.
3. Rows outside the run's window are ignored: they are neither checked nor reported.
4. The symbol is repaired by stripping spaces and converting it to upper case. An unknown symbol is rejected.
5. The price must be a finite decimal number above zero; otherwise the row is rejected.
6. A symbol has one price per month. A second row with the same price is a duplicate and rejected. A second
   row with another price is a correction: **the later row in the file wins**; the earlier is superseded.
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
    """A raw row that was not kept unchanged. ``line`` counts from 1; the header is line 1."""

    line: int
    action: Action
    reason: str
    row: str

    def __str__(self) -> str:
        return f"line {self.line} {self.action}: {self.reason}: {self.row!r}"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The result: one price per symbol and month, and a finding for each other row."""

    prices: tuple[Price, ...]
    findings: tuple[Finding, ...]
    rows_read: int
    rows_outside: int


def clean(raw_csv: str, window: Window, symbols: Collection[str]) -> Cleaning:
    """
    Apply the rules of this module to a raw file.

    :raises BadDataError: The file does not start with the header ``symbol,date,price``.
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
    # Quoting is off, so that a stray quotation mark spoils only its own row and not the rows after it.
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
            findings.append(row.finding(Action.REJECTED, "invalid date"))


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
    """Return the price, or the reason why the text is not a valid price."""
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
    latest: dict[tuple[str, Month], _PricedRow] = {}
    for row in rows:
        key = (row.price.symbol, row.price.month)
        earlier = latest.get(key)
        if earlier is not None and earlier.price == row.price:
            findings.append(row.raw.finding(Action.REJECTED, f"duplicate of line {earlier.raw.line}"))
            continue
        if earlier is not None:
            findings.append(earlier.raw.finding(Action.SUPERSEDED, f"corrected by line {row.raw.line}"))
        latest[key] = row
    return [row.price for row in latest.values()]
