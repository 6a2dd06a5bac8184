"""The kinds of errors of boto3 calls, and what to do about each kind: one table for all callers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    InvalidProxiesConfigError,
    InvalidRegionError,
    MetadataRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from airflow_batch_provider.errors import ConnectionSettingsError

TOO_MANY_REQUESTS: Final = 429


class ErrorKind(StrEnum):
    """Why a call failed."""

    THROTTLING = "throttling"
    SERVER = "server error"
    NETWORK = "network"
    PROXY = "proxy"
    TLS = "TLS"
    CLOCK = "clock"
    SETTINGS = "connection settings"
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
    ErrorKind.PROXY: Handling(
        True,
        True,
        True,
        "check the proxy: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, and 'proxies' in botocore_config",
    ),
    ErrorKind.TLS: Handling(
        False,
        True,
        True,
        "set 'verify' to the path of the CA bundle that signed the endpoint's certificate, or correct the "
        "endpoint",
    ),
    ErrorKind.CLOCK: Handling(
        False, True, True, "set the clock of this machine: AWS rejects requests that are 5 to 15 minutes off"
    ),
    ErrorKind.SETTINGS: Handling(
        False, True, True, "correct the settings of the connection: Region, endpoint, profile, extra"
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
# A request's signature carries its time. AWS's text for a wrong time names the two times.
_CLOCK_CODES: Final = re.compile(r"RequestTimeTooSkewed|RequestExpired|RequestInTheFuture")
_CLOCK_TEXTS: Final = re.compile(r"Signature (?:expired|not yet current)|difference between the request time")
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
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_SETTINGS_ERRORS: Final = (
    ConfigNotFound,
    ConfigParseError,
    ConnectionSettingsError,
    InvalidConfigError,
    InvalidProxiesConfigError,
    InvalidRegionError,
    NoRegionError,
    ProfileNotFound,
)
# In this order: SSLError and ProxyConnectionError are ConnectionErrors.
_CLASSES: Final = (
    (ErrorKind.CREDENTIALS, _CREDENTIAL_ERRORS),
    (ErrorKind.SETTINGS, _SETTINGS_ERRORS),
    (ErrorKind.TLS, (SSLError,)),
    (ErrorKind.PROXY, (ProxyConnectionError,)),
    (ErrorKind.NETWORK, (ConnectionError, HTTPClientError)),
)
_INVALID_ENDPOINT: Final = "Invalid endpoint"
"""The beginning of botocore's ``ValueError`` for an endpoint that is not a URL."""

REFUSALS: Final = frozenset(
    {ErrorKind.CREDENTIALS, ErrorKind.PERMISSION, ErrorKind.CLOCK, ErrorKind.SETTINGS, ErrorKind.TLS}
)
"""The kinds that end when somebody renews credentials or edits the connection, not by themselves."""


def kind_of(error: BaseException) -> ErrorKind:
    """Return the kind of an error that a boto3 call raised."""
    if isinstance(error, ClientError):
        return _kind_of_response(error)
    if isinstance(error, ValueError) and str(error).startswith(_INVALID_ENDPOINT):
        return ErrorKind.SETTINGS
    return next((kind for kind, classes in _CLASSES if isinstance(error, classes)), ErrorKind.OTHER)


def handling_of(error: BaseException) -> Handling:
    """Return what to do after this error."""
    return HANDLING[kind_of(error)]


def is_transient(error: BaseException) -> bool:
    """Return whether the same call could succeed within seconds: throttling, a server or network error."""
    return handling_of(error).repeats_call


def is_refusal(error: BaseException) -> bool:
    """Return whether AWS refuses the credentials, or the connection's settings do not reach it."""
    return kind_of(error) in REFUSALS


def is_aws_error(error: BaseException) -> bool:
    """Return whether a boto3 call, or the creation of its client, raised this error."""
    return isinstance(error, ClientError | BotoCoreError) or kind_of(error) is ErrorKind.SETTINGS


def describe(error: BaseException) -> str:
    """Return what failed, why, and what to do, without the error's class."""
    if isinstance(error, ConnectionSettingsError):
        return str(error)
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        message = str(detail.get("Message") or "it gives no reason").strip().rstrip(".")
        said = f"AWS rejected {error.operation_name}: {message} ({detail.get('Code')})"
    elif isinstance(error, NoRegionError):
        said = "no AWS Region is set"
    elif isinstance(error, NoCredentialsError):
        said = "no AWS credentials found"
    else:
        said = str(error).strip().rstrip(".") or type(error).__name__
    return f"{said}; {remedy_of(error)}"


def remedy_of(error: BaseException) -> str:
    """Return what a user can do about this error."""
    if isinstance(error, NoRegionError | InvalidRegionError):
        return (
            "use --region, set AWS_DEFAULT_REGION, or set region_name under 'connection' in the spec or in "
            "the extra of the Airflow connection"
        )
    if isinstance(error, ProfileNotFound):
        return "check profile_name of the Airflow connection, --profile and AWS_PROFILE"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "set the access key of the Airflow connection; without one, boto3 looks for AWS_PROFILE, "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the IAM role of the host"
        )
    if isinstance(error, ValueError) and str(error).startswith(_INVALID_ENDPOINT):
        return "set endpoint_url of the Airflow connection, or AWS_ENDPOINT_URL, to http(s)://host:port"
    return handling_of(error).remedy


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
    if _CLOCK_CODES.search(code) or _CLOCK_TEXTS.search(text):
        return ErrorKind.CLOCK
    if _CREDENTIAL_CODES.search(code):
        return ErrorKind.CREDENTIALS
    if _PERMISSION_CODES.search(code):
        return ErrorKind.PERMISSION
    return next((kind for kind, pattern in _TEXTS if pattern.search(text)), ErrorKind.INVALID)
