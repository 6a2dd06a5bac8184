"""What the endpoint answers when it refuses; the classes create_children the names of AWS's error codes."""

from __future__ import annotations

from uuid import uuid4


class ServiceError(Exception):
    """An error answer of the AWS API: a code, an HTTP status and one sentence."""

    code = "ServerException"
    http_status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientException(ServiceError):  # noqa: N818 (AWS's name)
    """The request is at fault."""

    code = "ClientException"
    http_status = 400


class ServerException(ServiceError):  # noqa: N818 (AWS's name)
    """The service is at fault; clients send the request again."""


class TooManyRequestsException(ServiceError):  # noqa: N818 (AWS's name)
    """The request was throttled. Not in the service model, yet what AWS's front end answers."""

    code = "TooManyRequestsException"
    http_status = 429

    def __init__(self, message: str = "Too Many Requests") -> None:
        super().__init__(message)


class UnknownOperationException(ServiceError):  # noqa: N818 (AWS's name)
    """No operation of AWS Batch lives at this method and path."""

    code = "UnknownOperationException"
    http_status = 404


class NotImplementedException(ServiceError):  # noqa: N818 (AWS's name)
    """AWS Batch has this operation, this endpoint has not."""

    code = "NotImplementedException"
    http_status = 501

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} is not implemented by the local AWS Batch endpoint.")


def wrapped(message: str) -> ClientException:
    """Build a refusal in the second style that AWS uses, seen on the wire for these very messages."""
    return ClientException(f"Error executing request, Exception : {message}, RequestId: {uuid4()}")
