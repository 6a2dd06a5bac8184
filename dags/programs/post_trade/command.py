"""The command line of the four programs: arguments, environment variables and exit codes."""

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
    """The inputs of one program for one month, from the command line and the environment."""

    month: Month
    bucket: str
    symbols: tuple[str, ...]
    array_index: str | None

    @classmethod
    def read(cls, program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> "Run":
        """
        Read and check the arguments and environment variables.

        :raises UsageError: An argument or environment variable is missing or invalid.
        """
        parser = argparse.ArgumentParser(prog=f"python -m post_trade.{program}")
        parser.add_argument("--month", required=True, help="month of the run, YYYY-MM")
        parser.add_argument("--bucket", required=True, help="S3 bucket that holds all files")
        options = parser.parse_args(arguments)
        try:
            month = Month.parse(options.month)
        except ValueError as error:
            raise UsageError(f"--month: {error}") from error
        return cls(month, options.bucket, _symbols(environment), environment.get(ARRAY_INDEX))

    @property
    def window(self) -> Window:
        """The months whose prices the run uses."""
        return Window.ending(self.month)

    def array_symbol(self) -> str:
        """
        Return the symbol at this array child's index.

        :raises UsageError: This is not an array job, or the array is larger than the list of symbols.
        """
        if self.array_index is None:
            raise UsageError(
                f"{ARRAY_INDEX} is not set; submit this program as an array job of size {len(self.symbols)}"
            )
        if not self.array_index.isdecimal() or int(self.array_index) >= len(self.symbols):
            raise UsageError(
                f"{ARRAY_INDEX} is {self.array_index!r}, but SYMBOLS has {len(self.symbols)} symbols; "
                f"set the array size to {len(self.symbols)}"
            )
        return self.symbols[int(self.array_index)]


def run_program(program: str, work: Callable[[Run, RunFolder], None]) -> int:
    """Run a program and return its exit code; print an expected failure as one line on stderr."""
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
        raise UsageError("SYMBOLS is not set; set it to a comma-separated list, for example AAPL,MSFT")
    if len(set(symbols)) < len(symbols):
        raise UsageError(f"SYMBOLS contains a symbol twice: {','.join(symbols)}")
    return symbols
