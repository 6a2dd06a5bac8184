"""Calendar months, and the window of months that a run uses."""

import re
from dataclasses import dataclass

WINDOW_MONTHS = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. Months sort chronologically."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """
        Parse ``YYYY-MM``.

        :raises ValueError: The text has another form, or the month does not exist.
        """
        match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
        if match is None or match[1] == "0000":
            raise ValueError(f"{text!r} is not a month; write YYYY-MM, for example 2008-01")
        return cls(int(match[1]), int(match[2]))

    @property
    def ordinal(self) -> int:
        """The number of months since year 0, so that a difference is a number of months."""
        return self.year * 12 + self.number - 1

    def minus(self, months: int) -> "Month":
        """Return the month that is this many months earlier."""
        year, index = divmod(self.ordinal - months, 12)
        return Month(year, index + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Window:
    """
    The months from ``first`` to ``last``, both included.

    The window of 2008-01 is 2007-02 to 2008-01: the month itself and the eleven before it. That makes twelve
    prices and eleven monthly returns.
    """

    first: Month
    last: Month

    @classmethod
    def ending(cls, month: Month) -> "Window":
        """Return the window of the run for this month."""
        return cls(month.minus(WINDOW_MONTHS - 1), month)

    def __contains__(self, month: Month) -> bool:
        return self.first <= month <= self.last

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"
