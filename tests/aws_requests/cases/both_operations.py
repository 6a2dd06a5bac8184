"""Members that RegisterJobDefinition and SubmitJob share: retries, timeout, tags, parameters' values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.aws_requests.bases import ec2, submit
from tests.aws_requests.case import Case, Registration, Submission, accepted, refused

BOTH: Final[dict[str, Callable[..., Registration | Submission]]] = {"definition": ec2, "job": submit}

ATTEMPTS: Final = "RetryStrategy.attempts: 1 to 10"
ENTRIES: Final = "RetryStrategy.evaluateOnExit: up to 5"
ACTION: Final = "EvaluateOnExit.action: RETRY or EXIT, not case sensitive"
EXIT_CODE: Final = "EvaluateOnExit.onExitCode: numbers, and * at the end"
REASON: Final = "EvaluateOnExit.onReason: letters, numbers, '.', ':', white space, and * at the end"
TIMEOUT: Final = "JobTimeout.attemptDurationSeconds: at least 60"
TAGS: Final = "UG: tag-restrictions"
ILLEGAL: Final = "Netflix/metaflow#1345: … is not a valid value for TagValue - it contains illegal characters"


def retry(*entries: dict[str, Any], attempts: Any = 2) -> dict[str, Any]:
    return {"retryStrategy": {"attempts": attempts, "evaluateOnExit": list(entries)}}


def on(**conditions: str) -> dict[str, Any]:
    return retry({"action": "RETRY", **conditions})


def tags(**named: str) -> dict[str, Any]:
    return {"tags": named}


def tag(key: str, value: str = "v") -> dict[str, Any]:
    return {"tags": {key: value}}


ACCEPTED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "attempts-1": ({"retryStrategy": {"attempts": 1}}, ATTEMPTS),
    "attempts-10": ({"retryStrategy": {"attempts": 10}}, ATTEMPTS),
    "exit-no-entries": (retry(), ENTRIES),
    "exit-5-entries": (retry(*[{"onExitCode": "1", "action": "EXIT"}] * 5), ENTRIES),
    "exit-action-lower-case": (retry({"onExitCode": "1", "action": "exit"}), ACTION),
    "exit-action-mixed-case": (retry({"onExitCode": "1", "action": "Retry"}), ACTION),
    "exit-code-number": (on(onExitCode="137"), EXIT_CODE),
    "exit-code-prefix": (on(onExitCode="13*"), EXIT_CODE),
    "exit-code-any": (on(onExitCode="*"), EXIT_CODE),
    "exit-reason-host": (on(onStatusReason="Host EC2*"), REASON),
    "exit-reason-colon": (on(onReason="CannotPullContainerError: x"), REASON),
    "exit-reason-any": (on(onReason="*"), REASON),
    "exit-reason-512-characters": (on(onReason="a" * 512), REASON),
    "exit-all-conditions": (on(onReason="a", onStatusReason="b", onExitCode="1"), "EvaluateOnExit"),
    "timeout-60": ({"timeout": {"attemptDurationSeconds": 60}}, TIMEOUT),
    "timeout-100-days": ({"timeout": {"attemptDurationSeconds": 8_640_000}}, f"{TIMEOUT}, no maximum"),
    "tags-50": ({"tags": {f"k{number}": "v" for number in range(50)}}, f"{TAGS}: 50"),
    "tag-key-128-characters": (tag("k" * 128), f"{TAGS}: 128 characters"),
    "tag-value-256-characters": (tag("k", "v" * 256), f"{TAGS}: 256 characters"),
    "tag-value-empty": (tag("k", ""), "UG: using-tags: an optional value"),
    "tag-all-characters": (tag("a b+-=._:/@1", "a b+-=._:/@1"), f"{TAGS}: + - = . _ : / @"),
    "tag-letters-of-other-alphabets": (tag("größe", "große"), f"{TAGS}: letters representable in UTF-8"),
    "tag-key-contains-aws": (tag("my:aws:key"), f"{TAGS}: only the prefix is reserved"),
    "propagate-tags": ({"propagateTags": True}, "SubmitJob.propagateTags"),
    "parameters": ({"parameters": {"a": "b", "c": ""}}, "SubmitJob.parameters: a map of strings"),
}
"""What differs from a valid request, and the source."""

REFUSED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "attempts-0": ({"retryStrategy": {"attempts": 0}}, ATTEMPTS),
    "attempts-11": ({"retryStrategy": {"attempts": 11}}, ATTEMPTS),
    "attempts-negative": ({"retryStrategy": {"attempts": -1}}, ATTEMPTS),
    "attempts-is-text": ({"retryStrategy": {"attempts": "2"}}, "RetryStrategy.attempts: an integer"),
    "attempts-missing": (
        {"retryStrategy": {}},
        "hashicorp/terraform-provider-aws: RetryAttempts must be provided with retry strategy",
    ),
    "exit-without-attempts": (
        {"retryStrategy": {"evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]}},
        "RetryStrategy.evaluateOnExit: attempts must be specified as well",
    ),
    "exit-6-entries": (retry(*[{"onExitCode": "1", "action": "EXIT"}] * 6), ENTRIES),
    "exit-action-unknown": (retry({"onExitCode": "1", "action": "STOP"}), ACTION),
    "exit-action-missing": (retry({"onExitCode": "1"}), "EvaluateOnExit.action: Required."),
    "exit-code-letters": (on(onExitCode="a"), EXIT_CODE),
    "exit-code-range": (on(onExitCode="1-2"), EXIT_CODE),
    "exit-code-negative": (on(onExitCode="-1"), EXIT_CODE),
    "exit-code-star-inside": (on(onExitCode="1*7"), EXIT_CODE),
    "exit-code-two-stars": (on(onExitCode="1**"), EXIT_CODE),
    "exit-code-is-number": (
        retry({"onExitCode": 1, "action": "EXIT"}),
        "EvaluateOnExit.onExitCode: a string",
    ),
    "exit-reason-star-inside": (on(onReason="a*b"), REASON),
    "exit-reason-parenthesis": (on(onStatusReason="Host EC2 (instance*"), REASON),
    "exit-reason-513-characters": (on(onReason="a" * 513), f"{REASON}; up to 512 characters"),
    "exit-status-reason-513-characters": (on(onStatusReason="a" * 513), f"{REASON}; up to 512 characters"),
    "timeout-59": ({"timeout": {"attemptDurationSeconds": 59}}, TIMEOUT),
    "timeout-0": ({"timeout": {"attemptDurationSeconds": 0}}, TIMEOUT),
    "timeout-negative": ({"timeout": {"attemptDurationSeconds": -60}}, TIMEOUT),
    "timeout-is-text": ({"timeout": {"attemptDurationSeconds": "60"}}, "JobTimeout: an integer"),
    "timeout-fraction": ({"timeout": {"attemptDurationSeconds": 60.5}}, "JobTimeout: an integer"),
    "tags-51": ({"tags": {f"k{number}": "v" for number in range(51)}}, f"{TAGS}: 50"),
    "tag-key-empty": (tag(""), f"{TAGS}: 1 character at least"),
    "tag-key-129-characters": (tag("k" * 129), f"{TAGS}: 128 characters"),
    "tag-value-257-characters": (tag("k", "v" * 257), f"{TAGS}: 256 characters"),
    "tag-key-aws": (tag("aws:x"), f"{TAGS}: aws: is reserved"),
    "tag-key-aws-upper-case": (tag("AWS:x"), f"{TAGS}: aws: in any case is reserved"),
    "tag-value-parenthesis": (tag("k", "2.8.1+mc(0.10.0)"), ILLEGAL),
    "tag-value-caret": (tag("k", "^GATC"), "nf-core/hic#224: '^GATC' is not a valid value for TagValue"),
    "tag-value-comma": (tag("k", "a,b"), ILLEGAL),
    "tag-key-star": (tag("k*"), f"{TAGS}: + - = . _ : / @"),
    "tag-value-is-number": ({"tags": {"k": 1}}, "SubmitJob.tags: strings"),
    "propagate-tags-is-text": ({"propagateTags": "true"}, "SubmitJob.propagateTags: a boolean"),
    "parameter-is-number": ({"parameters": {"a": 1}}, "SubmitJob.parameters: strings"),
    "parameters-is-list": ({"parameters": ["a"]}, "SubmitJob.parameters: a map"),
}


def _of_both() -> Iterator[Case]:
    for kind, request in BOTH.items():
        for name, (members, source) in ACCEPTED.items():
            yield accepted(f"{kind}-{name}", request(**members), source)
        for name, (members, source) in REFUSED.items():
            yield refused(f"{kind}-{name}", request(**members), source)


CASES: Final = [*_of_both()]
