"""The error that prevents the server from starting."""


class StartError(Exception):
    """Something that the options require is missing or unusable; the message says what to do."""
