"""The table of errors: which kind an answer of AWS is, and what follows from the kind."""

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from airflow_batch_provider.batch.api_errors import HANDLING, handling_of
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from tests.fakes import aws_error

ARN = "arn:aws:iam::123456789012:user/etl"
QUEUE = "arn:aws:batch:eu-west-1:123456789012:job-queue/etl"


def wrapped(message):
    """Return a text in the second style of AWS Batch."""
    return f"Error executing request, Exception : {message}, RequestId: fdcf23ee-12f3-4efd-a9f8-90063ab11905"


# Code, HTTP status, text, kind. Texts of AWS Batch are as users have reported them, or, where AWS's text is
# not known, as the local AWS Batch writes them.
ANSWERS = [
    # https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
    ("TooManyRequestsException", 429, "Too Many Requests", ErrorKind.THROTTLING),
    ("ThrottlingException", 400, "Rate exceeded", ErrorKind.THROTTLING),
    ("Throttling", 400, "Rate exceeded", ErrorKind.THROTTLING),
    ("RequestLimitExceeded", 503, "Request limit exceeded.", ErrorKind.THROTTLING),
    ("ClientException", 400, wrapped("Too Many Requests"), ErrorKind.THROTTLING),
    ("ServerException", 500, "Failed to create shareIdentifier default", ErrorKind.SERVER),
    ("AuthorizerConfigurationException", 500, None, ErrorKind.SERVER),
    ("InternalFailure", 500, "An internal failure occurred", ErrorKind.SERVER),
    ("ServiceUnavailable", 503, "Service Unavailable", ErrorKind.SERVER),
    ("502", 502, "Bad Gateway", ErrorKind.SERVER),
    ("RequestTimeout", 400, "Your socket connection was not read from", ErrorKind.SERVER),
    (
        "ExpiredTokenException",
        403,
        "The security token included in the request is expired",
        ErrorKind.CREDENTIALS,
    ),
    ("ExpiredToken", 400, "The provided token has expired.", ErrorKind.CREDENTIALS),
    (
        "UnrecognizedClientException",
        403,
        "The security token included in the request is invalid.",
        ErrorKind.CREDENTIALS,
    ),
    ("InvalidClientTokenId", 403, "The security token is invalid", ErrorKind.CREDENTIALS),
    (
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method.",
        ErrorKind.CREDENTIALS,
    ),
    ("SignatureDoesNotMatch", 403, "Signature does not match", ErrorKind.CREDENTIALS),
    ("MissingAuthenticationTokenException", 403, "Missing Authentication Token", ErrorKind.CREDENTIALS),
    ("IncompleteSignature", 400, "The request signature is incomplete", ErrorKind.CREDENTIALS),
    (
        "AccessDeniedException",
        403,
        "The security token included in the request is expired",
        ErrorKind.CREDENTIALS,
    ),
    (
        "AccessDeniedException",
        403,
        f"User: {ARN} is not authorized to perform: batch:SubmitJob on resource: {QUEUE}",
        ErrorKind.PERMISSION,
    ),
    (
        "AccessDeniedException",
        403,
        f"User: {ARN} is not authorized to perform: batch:SubmitJob on resource: {QUEUE} with an explicit "
        "deny in a service control policy",
        ErrorKind.PERMISSION,
    ),
    ("AccessDenied", 403, "Access Denied", ErrorKind.PERMISSION),
    ("NotAuthorized", 400, "You do not have permission", ErrorKind.PERMISSION),
    (
        "ClientException",
        400,
        f"User: {ARN} is not authorized to perform: iam:PassRole on resource: x",
        ErrorKind.PERMISSION,
    ),
    ("ClientException", 400, "JobQueue caw-job-queue not found.", ErrorKind.MISSING),
    ("ClientException", 400, wrapped("JobQueue etl not found."), ErrorKind.MISSING),
    (
        "ClientException",
        400,
        "JobDefinition name nextflow does not exist or is not in ACTIVE status",
        ErrorKind.MISSING,
    ),
    ("ClientException", 404, "JobDefinition d:3 is gone", ErrorKind.MISSING),
    ("ClientException", 404, "", ErrorKind.MISSING),
    ("ClientException", 400, "Consumable resource licenses does not exist.", ErrorKind.MISSING),
    ("ClientException", 400, "dependsOn refers to job 3f2a, which does not exist.", ErrorKind.MISSING),
    ("ClientException", 400, "JobQueue etl is DISABLED and accepts no jobs.", ErrorKind.DISABLED),
    (
        "ClientException",
        400,
        "Compute environment c is not valid; its status is UPDATING.",
        ErrorKind.DISABLED,
    ),
    (
        "ClientException",
        400,
        "JobQueue etl already has 500 active share identifiers, the maximum.",
        ErrorKind.QUOTA,
    ),
    ("LimitExceededException", 400, "Limit exceeded", ErrorKind.QUOTA),
    ("ServiceQuotaExceededException", 402, "You have reached a limit", ErrorKind.QUOTA),
    ("ClientException", 400, wrapped("Job cannot have more than 20 dependencies"), ErrorKind.LIMIT),
    ("ClientException", 400, wrapped("Job size must be less than 30 KiB, got 41 KiB"), ErrorKind.LIMIT),
    ("ClientException", 400, wrapped("Maximum number of jobs supported is  100 ."), ErrorKind.LIMIT),
    (
        "ClientException",
        400,
        "arrayProperties.size is 20000; it must be 2 to 10000.",
        ErrorKind.LIMIT,
    ),
    ("ClientException", 400, wrapped("Job name should match valid pattern"), ErrorKind.INVALID),
    ("ClientException", 400, wrapped("Command field cannot have empty strings"), ErrorKind.INVALID),
    (
        "ClientException",
        400,
        "Provided name d:latest is not supported pattern[a-zA-Z_0-9-]{1,128}",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "Job Queue is attached to Compute Environment that can not run Jobs with capability EC2",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share "
        "scheduling policy.",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "Unable to substitute value. No parameter found for reference inputfile",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "Fargate resource requirements (1.00 vCPU, 4000 MiB) not valid.",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "vcpus is not applicable for Fargate. Use resource requirements instead.",
        ErrorKind.INVALID,
    ),
    (
        "ClientException",
        400,
        "NodeOverride targets should match job definition. Non matching targets - 0:0",
        ErrorKind.INVALID,
    ),
    ("ClientException", 400, wrapped("vCPU is not provided."), ErrorKind.INVALID),
    (
        "ClientException",
        400,
        wrapped("RetryAttempts must be provided with retry strategy"),
        ErrorKind.INVALID,
    ),
    ("ClientException", 400, wrapped("User 'a:b:c' does not match regex"), ErrorKind.INVALID),
    ("ValidationException", 400, "1 validation error detected", ErrorKind.INVALID),
]


@pytest.mark.parametrize(("code", "status", "text", "kind"), ANSWERS)
def test_answers_of_aws_have_a_kind(code, status, text, kind):
    error = aws_error("SubmitJob", status, code, text)

    assert kind_of(error) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="https://batch"), ErrorKind.NETWORK),
        (ConnectTimeoutError(endpoint_url="https://batch"), ErrorKind.NETWORK),
        (ReadTimeoutError(endpoint_url="https://batch"), ErrorKind.NETWORK),
        (NoCredentialsError(), ErrorKind.CREDENTIALS),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), ErrorKind.CREDENTIALS),
        (RuntimeError("no call of boto3"), ErrorKind.OTHER),
    ],
)
def test_calls_without_an_answer_have_a_kind(error, kind):
    assert kind_of(error) is kind


def test_every_kind_has_a_row():
    assert set(HANDLING) == set(ErrorKind)


@pytest.mark.parametrize("kind", ErrorKind)
def test_each_row_gives_a_reason_exactly_if_the_task_is_not_retried(kind):
    handling = HANDLING[kind]

    assert handling.retries_task == (not handling.why_final)
    assert handling.remedy


@pytest.mark.parametrize("kind", ErrorKind)
def test_what_may_pass_within_seconds_is_also_worth_an_airflow_retry(kind):
    handling = HANDLING[kind]

    assert handling.retries_task or not handling.repeats_call


def test_only_a_change_by_a_user_lets_these_succeed():
    final = {kind for kind, handling in HANDLING.items() if not handling.retries_task}

    assert final == {ErrorKind.MISSING, ErrorKind.LIMIT, ErrorKind.INVALID}


def test_a_failure_of_the_caller_concerns_all_jobs():
    all_jobs = {kind for kind, handling in HANDLING.items() if not handling.concerns_job}

    assert all_jobs >= {ErrorKind.THROTTLING, ErrorKind.SERVER, ErrorKind.NETWORK, ErrorKind.CREDENTIALS}
    assert not all_jobs & {ErrorKind.PERMISSION, ErrorKind.MISSING, ErrorKind.DISABLED, ErrorKind.INVALID}


def test_handling_is_that_of_the_kind():
    assert handling_of(NoCredentialsError()) is HANDLING[ErrorKind.CREDENTIALS]
