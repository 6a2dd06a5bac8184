"""Expected failures: each ends a program with one line of text and an exit code of its own."""


class ProgramError(Exception):
    """Base class. The program prints the message and exits with the class's exit code."""

    exit_code = 1


class UsageError(ProgramError):
    """An argument or environment variable is missing or invalid."""

    exit_code = 2


class BadDataError(ProgramError):
    """An input is missing or unreadable, or contains no valid price."""

    exit_code = 3


class StorageError(ProgramError):
    """S3 rejected the request or was unreachable."""

    exit_code = 4
