"""What an error of boto3 tells about the call that it ended."""

from __future__ import annotations

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, SSLError

TOO_MANY_REQUESTS = 429


def is_transient(error: BaseException) -> bool:
    """Tell errors that pass: throttling, server errors, the network. A refused request is refused again."""
    if isinstance(error, ClientError):
        status = http_status(error)
        return status == TOO_MANY_REQUESTS or status >= 500
    return isinstance(error, ConnectionError | HTTPClientError) and not isinstance(error, SSLError)


def http_status(error: BaseException) -> int:
    """Read the HTTP status of an answer; 0 where there was none."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
