"""The kinds of errors that boto3 calls raise."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from botocore.exceptions import (
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
_NOT_FOUND: Final = 404


class ErrorKind(StrEnum):
    """Why a call failed."""

    THROTTLING = "throttling"
    SERVER = "server error"
    NETWORK = "network"
    PROXY = "proxy"
    TLS = "certificate"
    CLOCK = "clock"
    SETTINGS = "connection settings"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    MISSING = "missing resource"
    DISABLED = "disabled resource"
    LIMIT = "limit"
    QUOTA = "quota"
    INVALID = "invalid request"
    OTHER = "other"


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
_SERVER_CODES: Final = re.compile(r"InternalFailure|InternalError|ServiceUnavailable|RequestTimeout$")
_QUOTA_CODES: Final = re.compile(r"LimitExceededException|ServiceQuotaExceeded")
# AWS Batch has one code, ClientException, for all that it rejects; only the text tells them apart. It writes
# most texts in two styles: bare, and inside "Error executing request, Exception : …, RequestId: …".
_TEXTS: Final = (
    (ErrorKind.THROTTLING, re.compile(r"Too Many Requests|Rate exceeded", re.I)),
    (
        ErrorKind.CREDENTIALS,
        re.compile(r"security token included in the request is (?:expired|invalid)", re.I),
    ),
    (ErrorKind.PERMISSION, re.compile(r"is not authorized to perform|explicit deny", re.I)),
    (
        ErrorKind.MISSING,
        re.compile(r"\bnot found\b|does not exist|not in ACTIVE status|has no revision", re.I),
    ),
    (
        ErrorKind.DISABLED,
        re.compile(r"\bis DISABLED\b|not ENABLED|not in VALID|is not VALID|in INVALID state|its status is"),
    ),
    (ErrorKind.QUOTA, re.compile(r"active share identifiers|jobs? in (?:the )?SUBMITTED|quota", re.I)),
    (
        ErrorKind.LIMIT,
        re.compile(
            r"exceed|too (?:many|large|long)|maximum|at most|limit of|it must be .+ to |more than \d"
            r"|less than (?:or equal to )?\d",
            re.I,
        ),
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


def kind_of(error: BaseException) -> ErrorKind:
    """Return the kind of an error that a boto3 call raised."""
    if isinstance(error, ClientError):
        return _kind_of_response(error)
    if is_invalid_endpoint(error):
        return ErrorKind.SETTINGS
    return next((kind for kind, classes in _CLASSES if isinstance(error, classes)), ErrorKind.OTHER)


def is_invalid_endpoint(error: BaseException) -> bool:
    """Return whether botocore found that an endpoint is not a URL."""
    return isinstance(error, ValueError) and str(error).startswith(_INVALID_ENDPOINT)


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
    if status >= 500 or _SERVER_CODES.search(code):
        return ErrorKind.SERVER
    if _CLOCK_CODES.search(code) or _CLOCK_TEXTS.search(text):
        return ErrorKind.CLOCK
    if _CREDENTIAL_CODES.search(code):
        return ErrorKind.CREDENTIALS
    by_text = next((kind for kind, pattern in _TEXTS if pattern.search(text)), None)
    if _PERMISSION_CODES.search(code):
        return ErrorKind.CREDENTIALS if by_text is ErrorKind.CREDENTIALS else ErrorKind.PERMISSION
    if _QUOTA_CODES.search(code):
        return ErrorKind.QUOTA
    # A job definition that was registered seconds ago can be answered with 404 and any text.
    if by_text is None and status == _NOT_FOUND and code == "ClientException":
        return ErrorKind.MISSING
    return by_text or ErrorKind.INVALID
