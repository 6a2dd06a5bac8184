"""What the four programs share at the command line: arguments, environment, exit codes."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from post_trade.errors import ProgramError, UsageError
from post_trade.months import Month, Window
from post_trade.storage import RunFolder

ARRAY_INDEX = "AWS_BATCH_JOB_ARRAY_INDEX"


@dataclass(frozen=True, slots=True)
class Run:
    """One program's run of one month: what the command line and the environment say."""

    month: Month
    bucket: str
    symbols: tuple[str, ...]
    array_index: str | None

    @classmethod
    def read(cls, program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> "Run":
        """
        Read and check arguments and environment.

        :raises UsageError: with what is wrong and what to do.
        """
        parser = argparse.ArgumentParser(prog=f"python -m post_trade.{program}")
        parser.add_argument("--month", required=True, help="the run's month, YYYY-MM")
        parser.add_argument("--bucket", required=True, help="the S3 bucket of all files")
        options = parser.parse_args(arguments)
        try:
            month = Month.parse(options.month)
        except ValueError as error:
            raise UsageError(f"--month: {error}") from error
        return cls(month, options.bucket, _symbols(environment), environment.get(ARRAY_INDEX))

    @property
    def window(self) -> Window:
        """The months that the run looks at."""
        return Window.ending(self.month)

    def array_symbol(self) -> str:
        """
        Return the symbol of this array child: the one at its index.

        :raises UsageError: outside an array job, or when the array is larger than the list of symbols.
        """
        if self.array_index is None:
            raise UsageError(f"{ARRAY_INDEX} is not set; submit this as an array job of {len(self.symbols)}")
        if not self.array_index.isdecimal() or int(self.array_index) >= len(self.symbols):
            raise UsageError(
                f"{ARRAY_INDEX} is {self.array_index!r}, but SYMBOLS has {len(self.symbols)} symbols; "
                f"set the array size to {len(self.symbols)}"
            )
        return self.symbols[int(self.array_index)]


def run_program(program: str, work: Callable[[Run, RunFolder], None]) -> int:
    """Do the work of a program and return its exit code; an expected failure is one line on stderr."""
    try:
        run = Run.read(program, sys.argv[1:], os.environ)
        work(run, RunFolder(run.bucket, run.month))
    except ProgramError as error:
        print(f"post_trade.{program}: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _symbols(environment: Mapping[str, str]) -> tuple[str, ...]:
    names = environment.get("SYMBOLS", "").split(",")
    symbols = tuple(name.strip().upper() for name in names if name.strip())
    if not symbols:
        raise UsageError("SYMBOLS is not set; name the symbols, comma separated, for example AAPL,MSFT")
    if len(set(symbols)) < len(symbols):
        raise UsageError(f"SYMBOLS names a symbol twice: {','.join(symbols)}")
    return symbols
