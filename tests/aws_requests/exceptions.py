"""
The requests that one side does not judge as AWS does, with the reason.

The list is exact: a test fails if a listed request is judged as by AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ACCOUNT: Final = "Only the account knows its {}."
_CONVERTED: Final = (
    "A spec can write numbers for texts, and texts for whole numbers; the provider sends AWS's type."
)
_FROM_PARTS: Final = "The rules get requests without it, because {} adds it."
_NO_KUBERNETES: Final = "The local AWS Batch has no Kubernetes, so it says 'not supported locally'."
_ONE_HOST: Final = "The local AWS Batch has one host, so it says 'not supported locally'."

_CONVERTED_IN_SPECS: Final = (
    "image-is-number",
    "legacy-vcpus-is-text",
    "legacy-memory-is-text",
    "requirement-value-is-number",
    "command-with-number",
    "variable-value-is-number",
    "fargate-storage-is-text",
    "definition-attempts-is-text",
    "definition-exit-code-is-number",
    "definition-timeout-is-text",
    "definition-tag-value-is-number",
    "definition-parameter-is-number",
    "job-attempts-is-text",
    "job-exit-code-is-number",
    "job-timeout-is-text",
    "job-tag-value-is-number",
    "job-parameter-is-number",
    "array-is-text",
    "priority-is-text",
    "override-legacy-memory-is-text",
)
_IN_BOTH: Final[Mapping[str, str]] = {
    "job-queue-unknown": _ACCOUNT.format("job queues"),
    "job-queue-disabled": _ACCOUNT.format("job queues"),
    "ec2-job-in-fargate-queue": _ACCOUNT.format("compute environments"),
    "fargate-job-in-ec2-queue": _ACCOUNT.format("compute environments"),
    "share-missing": _ACCOUNT.format("scheduling policies"),
    "share-in-queue-without-policy": _ACCOUNT.format("scheduling policies"),
    "consumable-unknown": _ACCOUNT.format("consumable resources"),
    "override-of-8300-characters": "AWS takes the job and fails it at once, so the provider refuses it.",
}
"""Exceptions of the rules on requests, and of specs."""

PROVIDER: Final[Mapping[str, str]] = {
    **_IN_BOTH,
    "job-definition-unknown": _ACCOUNT.format("job definitions"),
    "dependency-on-unknown-job": "Only the account knows its jobs; in a spec, dependencies are keys of jobs.",
    "n-to-n-on-plain-job": "An ID does not say whether the job is an array; in a spec, E305 compares.",
    "n-to-n-of-other-size": "An ID does not say the size of an array; in a spec, E305 compares.",
    "kind-missing": _FROM_PARTS.format("the kind of properties"),
    "job-without-queue": _FROM_PARTS.format("the operator or `defaults`"),
    "job-without-definition": _FROM_PARTS.format("the operator or `defaults`"),
    **dict.fromkeys((*_CONVERTED_IN_SPECS, "job-name-is-number"), _CONVERTED),
}

SPECS: Final[Mapping[str, str]] = {
    **_IN_BOTH,
    **dict.fromkeys(_CONVERTED_IN_SPECS, _CONVERTED),
    "definition-propagate-tags-is-text": "A spec can write `'true'` for true.",
    "job-propagate-tags-is-text": "A spec can write `'true'` for true.",
    "memory-fraction": "A spec rounds memory up to whole MiB, as it does with units.",
    "definition-attempts-missing": "An empty `retry_strategy` is left out of the request.",
    "job-attempts-missing": "An empty `retry_strategy` is left out of the request.",
    "array-1": "A job with `array_size: 1` is submitted without `arrayProperties`.",
    "array-10001": "A large array is split into several array jobs.",
    "override-fargate-legacy-vcpus": "They are sent as resource requirements.",
    "override-fargate-legacy-memory": "They are sent as resource requirements.",
    "reference-registered-without-parameter": "The job that the spec submits with it would be refused.",
    "managed-instances-task": "The language knows only EC2 and FARGATE.",
}

LOCAL: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "pod",
            "pod-no-containers",
            "pod-11-containers",
            "pod-names-equal",
            "pod-reserved-variable",
            "pod-override",
            "container-override-of-pod",
        ),
        _NO_KUBERNETES,
    ),
    **dict.fromkeys(
        (
            "multinode",
            "multinode-two-ranges",
            "multinode-main-node-beyond",
            "multinode-main-node-negative",
            "multinode-no-nodes",
            "multinode-no-ranges",
            "multinode-node-without-range",
            "multinode-malformed-range",
            "multinode-sizes-missing",
            "multinode-job",
            "node-override",
            "node-override-without-target",
            "array-of-multinode",
        ),
        _ONE_HOST,
    ),
}
