"""The kinds of errors of boto3 calls, and what to do about each kind: one table for all callers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

TOO_MANY_REQUESTS: Final = 429


class ErrorKind(StrEnum):
    """Why a call failed."""

    THROTTLING = "throttling"
    SERVER = "server error"
    NETWORK = "network"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    MISSING = "missing resource"
    DISABLED = "disabled resource"
    LIMIT = "limit"
    INVALID = "invalid request"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Handling:
    """
    What to do after a call that failed.

    :param repeats_call: the same call may succeed within seconds.
    :param keeps_waiting: it is no reason to stop waiting for a job, which runs all the same.
    :param retries_task: an Airflow retry may succeed without a change of the workflow.
    :param remedy: what a user can do.
    """

    repeats_call: bool
    keeps_waiting: bool
    retries_task: bool
    remedy: str


HANDLING: Final[dict[ErrorKind, Handling]] = {
    ErrorKind.THROTTLING: Handling(True, True, True, "try again later, or submit fewer jobs at a time"),
    ErrorKind.SERVER: Handling(True, True, True, "try again later, and check the AWS Health Dashboard"),
    ErrorKind.NETWORK: Handling(
        True,
        True,
        True,
        "check the endpoint and the Region of the connection, DNS, proxies and firewalls",
    ),
    ErrorKind.CREDENTIALS: Handling(False, True, True, "renew the credentials of the connection"),
    ErrorKind.PERMISSION: Handling(
        False,
        True,
        True,
        "allow the action; `airflow-batch policy` prints the policy that a workflow needs",
    ),
    ErrorKind.MISSING: Handling(
        False, False, False, "create it or correct its name, then clear the failed task"
    ),
    ErrorKind.DISABLED: Handling(False, False, True, "enable it"),
    ErrorKind.LIMIT: Handling(False, False, False, "make the request smaller, or split the job"),
    ErrorKind.INVALID: Handling(False, False, False, "correct the job in the workflow"),
    ErrorKind.OTHER: Handling(False, False, True, "see the error message"),
}
"""The table: permissions take minutes to reach all of AWS, a disabled queue is often enabled again, but a
wrong name, a limit or an invalid request needs a change."""

# https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html and, for the calls that get
# credentials, https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
_CREDENTIAL_CODES: Final = re.compile(
    r"ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNot"
    r"Match|IncompleteSignature|MissingAuthenticationToken|InvalidAccessKeyId|InvalidToken|TokenRefreshRequired"
    r"|AuthFailure|UnauthorizedException|ExpiredTokenException|InvalidIdentityToken|IDPRejectedClaim"
)
_PERMISSION_CODES: Final = re.compile(r"AccessDenied|NotAuthorized|UnauthorizedOperation|OptInRequired")
_THROTTLING_CODES: Final = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown")
# AWS Batch has one code, ClientException, for all that it rejects; only the text tells them apart.
_TEXTS: Final = (
    (ErrorKind.MISSING, re.compile(r"not found|does not exist|not in ACTIVE status", re.I)),
    (
        ErrorKind.DISABLED,
        re.compile(r"is DISABLED|not ENABLED|not in VALID|is not VALID|INVALID state", re.I),
    ),
    (
        ErrorKind.LIMIT,
        re.compile(r"exceed|too (?:many|large|long)|[Mm]aximum|at most|limit of|it must be .+ to "),
    ),
)
_CREDENTIAL_ERRORS: Final = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)


def kind_of(error: BaseException) -> ErrorKind:
    """Return the kind of an error that a boto3 call raised."""
    if isinstance(error, ClientError):
        return _kind_of_response(error)
    if isinstance(error, _CREDENTIAL_ERRORS):
        return ErrorKind.CREDENTIALS
    if isinstance(error, ConnectionError | HTTPClientError) and not isinstance(error, SSLError):
        return ErrorKind.NETWORK
    return ErrorKind.OTHER


def handling_of(error: BaseException) -> Handling:
    """Return what to do after this error."""
    return HANDLING[kind_of(error)]


def is_transient(error: BaseException) -> bool:
    """Return whether the same call could succeed within seconds: throttling, a server or network error."""
    return handling_of(error).repeats_call


def http_status(error: BaseException) -> int:
    """Return the HTTP status of the response, or 0 if the call got none."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _kind_of_response(error: ClientError) -> ErrorKind:
    status, detail = http_status(error), error.response.get("Error", {})
    code, text = str(detail.get("Code", "")), str(detail.get("Message", ""))
    if status == TOO_MANY_REQUESTS or _THROTTLING_CODES.search(code):
        return ErrorKind.THROTTLING
    if status >= 500:
        return ErrorKind.SERVER
    if _CREDENTIAL_CODES.search(code):
        return ErrorKind.CREDENTIALS
    if _PERMISSION_CODES.search(code):
        return ErrorKind.PERMISSION
    return next((kind for kind, pattern in _TEXTS if pattern.search(text)), ErrorKind.INVALID)
