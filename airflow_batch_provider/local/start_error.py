"""What keeps the server from starting."""


class StartError(Exception):
    """Something that the options ask for is missing or unusable; the text says what to do."""
