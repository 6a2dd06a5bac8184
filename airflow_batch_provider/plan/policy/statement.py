"""Building blocks of IAM policies: ARNs, statements and the policy document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

EVERYTHING: Final = "*"
"""The resource of actions for which AWS Batch does not support resource-level permissions; see
https://docs.aws.amazon.com/service-authorization/latest/reference/list_batch.html."""

Condition = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ArnBuilder:
    """
    Build ARNs for one account and Region.

    :param partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
    """

    account: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def batch(self, kind: str, name_or_arn: str) -> str:
        """Return the ARN of an AWS Batch resource; an ARN is returned unchanged."""
        return name_or_arn if name_or_arn.startswith("arn:") else self.arn("batch", f"{kind}/{name_or_arn}")

    def role(self, name_or_arn: str) -> str:
        """
        Return the ARN of an IAM role, which has no Region.

        The ARN of an instance profile becomes that of the role with the same name.
        """
        if ":instance-profile/" in name_or_arn:
            return name_or_arn.replace(":instance-profile/", ":role/")
        is_arn = name_or_arn.startswith("arn:")
        return name_or_arn if is_arn else f"arn:{self.partition}:iam::{self.account}:role/{name_or_arn}"


def allow(
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str] = (EVERYTHING,),
    condition: Condition | None = None,
) -> dict[str, Any]:
    """Return a statement that allows actions on resources; an empty one if there are no resources."""
    listed = list(dict.fromkeys(resources))
    if not listed:
        return {}
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": EVERYTHING if listed == [EVERYTHING] else listed,
    }
    return {**statement, "Condition": condition} if condition else statement


def allow_pass_role(sid: str, roles: Iterable[str], services: Iterable[str]) -> dict[str, Any]:
    """Return a statement that allows passing roles to the given AWS services only."""
    condition = {"StringEquals": {"iam:PassedToService": sorted(services)}}
    return allow(sid, ["iam:PassRole"], sorted(set(roles)), condition)


def policy_document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document; empty statements are left out."""
    return {"Version": "2012-10-17", "Statement": [dict(each) for each in statements if each]}
