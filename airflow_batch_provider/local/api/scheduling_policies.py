"""Create, update, delete, describe and list scheduling policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.pagination import check_count, page_by_offset
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.job_definitions import NAME
from airflow_batch_provider.local.lifecycle.policies import DEFAULT_WEIGHT, SchedulingPolicy

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request

SHARE_PATTERN: Final = re.compile(r"[A-Za-z0-9]{1,255}\*?")
MAX_DECAY_SECONDS: Final = 604_800
MAX_RESERVATION: Final = 99
MIN_WEIGHT: Final = 0.0001
MAX_WEIGHT: Final = 999.9999


def create_scheduling_policy(request: Request) -> dict[str, Any]:
    params, region = request.params, request.region
    name = params["name"]
    if not NAME.fullmatch(name):
        raise ClientException(f"name {name!r} does not match {NAME.pattern}.")
    if name in region.policies:
        raise ClientException(f"Object already exists: scheduling policy {name}.")
    _refuse_quota_shares(params)
    check_tags(params.get("tags", {}))
    policy = SchedulingPolicy(name, region.location.batch_arn("scheduling-policy", name))
    _apply(policy, params.get("fairsharePolicy", {}))
    region.policies[name] = policy
    region.tags[policy.arn] = dict(params.get("tags", {}))
    return {"name": name, "arn": policy.arn}


def update_scheduling_policy(request: Request) -> dict[str, Any]:
    policy = existing_policy(request, request.params["arn"])
    _refuse_quota_shares(request.params)
    if "fairsharePolicy" in request.params:
        _apply(policy, request.params["fairsharePolicy"])
    request.region.scheduler.policy_changed(policy)
    return {}


def delete_scheduling_policy(request: Request) -> dict[str, Any]:
    region = request.region
    policy = existing_policy(request, request.params["arn"])
    for queue in region.scheduler.queues.values():
        if queue.policy is policy:
            raise ClientException(
                f"Cannot delete, job queue {queue.name} uses scheduling policy {policy.name}."
            )
    del region.policies[policy.name]
    region.tags.pop(policy.arn, None)
    return {}


def describe_scheduling_policies(request: Request) -> dict[str, Any]:
    arns = request.params["arns"]
    check_count(arns, "scheduling policies")
    found = (request.region.find_policy(arn) for arn in arns)
    return {"schedulingPolicies": [_describe(request, policy) for policy in found if policy is not None]}


def list_scheduling_policies(request: Request) -> dict[str, Any]:
    page, token = page_by_offset(request.region.policies.values(), request.params)
    return {"schedulingPolicies": [{"arn": policy.arn} for policy in page], "nextToken": token}


def existing_policy(request: Request, arn: str) -> SchedulingPolicy:
    """Return a scheduling policy; raise ``ClientException`` if it does not exist."""
    policy = request.region.find_policy(arn)
    if policy is None:
        raise ClientException(f"Scheduling policy {arn} does not exist.")
    return policy


def _describe(request: Request, policy: SchedulingPolicy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "arn": policy.arn,
        "fairsharePolicy": {
            "shareDecaySeconds": policy.decay_seconds,
            "computeReservation": policy.reservation_percent,
            "shareDistribution": [
                {"shareIdentifier": share, "weightFactor": weight} for share, weight in policy.weights.items()
            ],
        },
        "tags": request.region.tags.get(policy.arn, {}),
    }


def _apply(policy: SchedulingPolicy, fair_share: Mapping[str, Any]) -> None:
    """Replace the settings of a policy; absent members get their defaults."""
    decay_seconds = fair_share.get("shareDecaySeconds", 0)
    reservation = fair_share.get("computeReservation", 0)
    _check_range("shareDecaySeconds", decay_seconds, 0, MAX_DECAY_SECONDS)
    _check_range("computeReservation", reservation, 0, MAX_RESERVATION)
    weights = _weights(fair_share.get("shareDistribution", []))
    policy.decay_seconds, policy.reservation_percent, policy.weights = decay_seconds, reservation, weights


def _weights(distribution: list[Mapping[str, Any]]) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for entry in distribution:
        share, weight = entry["shareIdentifier"], entry.get("weightFactor", DEFAULT_WEIGHT)
        if not SHARE_PATTERN.fullmatch(share):
            raise ClientException(
                f"shareIdentifier {share!r} must be 1 to 255 letters and digits, and may end in *."
            )
        _check_range(f"weightFactor of {share}", weight, MIN_WEIGHT, MAX_WEIGHT)
        for other in weights:
            if _overlap(share, other):
                raise ClientException(f"shareDistribution entries {other!r} and {share!r} overlap.")
        weights[share] = weight
    return weights


def _overlap(one: str, other: str) -> bool:
    return (
        one == other
        or (one.endswith("*") and other.startswith(one[:-1]))
        or (other.endswith("*") and one.startswith(other[:-1]))
    )


def _check_range(name: str, value: float, minimum: float, maximum: float) -> None:
    if not minimum <= value <= maximum:
        raise ClientException(f"{name} is {value}; it must be {minimum} to {maximum}.")


def _refuse_quota_shares(params: Mapping[str, Any]) -> None:
    if "quotaSharePolicy" in params:
        raise ClientException("quotaSharePolicy is not supported locally.")
