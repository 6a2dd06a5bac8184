"""Which errors of boto3 calls are transient, and their HTTP status."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, SSLError

TOO_MANY_REQUESTS: Final = 429


def is_transient(error: BaseException) -> bool:
    """
    Return whether the same call could succeed later: throttling, server errors, network errors.

    A rejected request (another HTTP 4xx) is rejected again, and a TLS error does not go away.
    """
    if isinstance(error, ClientError):
        status = http_status(error)
        return status == TOO_MANY_REQUESTS or status >= 500
    return isinstance(error, ConnectionError | HTTPClientError) and not isinstance(error, SSLError)


def http_status(error: BaseException) -> int:
    """Return the HTTP status of the response, or 0 if the call got none."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
