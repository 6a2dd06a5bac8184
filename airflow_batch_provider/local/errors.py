"""The endpoint's error responses; the classes are named after AWS's error codes."""

from __future__ import annotations

from uuid import uuid4


class ServiceError(Exception):
    """An error response of the AWS API: a code, an HTTP status and a message."""

    code = "ServerException"
    http_status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientException(ServiceError):  # noqa: N818 (AWS's name)
    """The request is invalid."""

    code = "ClientException"
    http_status = 400


class ServerException(ServiceError):  # noqa: N818 (AWS's name)
    """The service failed; clients retry the request."""


class TooManyRequestsException(ServiceError):  # noqa: N818 (AWS's name)
    """The request was throttled. AWS's front end returns this error, although the service model lacks it."""

    code = "TooManyRequestsException"
    http_status = 429

    def __init__(self, message: str = "Too Many Requests") -> None:
        super().__init__(message)


class UnknownOperationException(ServiceError):  # noqa: N818 (AWS's name)
    """AWS Batch has no operation at this method and path."""

    code = "UnknownOperationException"
    http_status = 404


class NotImplementedException(ServiceError):  # noqa: N818 (AWS's name)
    """The operation exists on AWS, but this endpoint does not implement it."""

    code = "NotImplementedException"
    http_status = 501

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} is not implemented by the local AWS Batch endpoint.")


class RefusedException(ServiceError):  # noqa: N818 (AWS's names end like this)
    """An error that the control API injects, such as refused credentials or a missing permission."""

    def __init__(self, code: str, http_status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status


def wrapped(message: str) -> ClientException:
    """Return an error in the second format of AWS Batch, observed on the wire for exactly these messages."""
    return ClientException(f"Error executing request, Exception : {message}, RequestId: {uuid4()}")
