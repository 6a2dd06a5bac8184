"""What ends a program with one readable line, and the exit code that each ending has."""


class ProgramError(Exception):
    """End the program with this message and the exit code of the class."""

    exit_code = 1


class UsageError(ProgramError):
    """An argument or an environment variable is missing or wrong."""

    exit_code = 2


class BadDataError(ProgramError):
    """An input is missing or unreadable, or nothing is left of it."""

    exit_code = 3


class StorageError(ProgramError):
    """S3 refused the request or was not reachable."""

    exit_code = 4
