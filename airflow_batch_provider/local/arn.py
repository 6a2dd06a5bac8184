"""Names and ARNs of resources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """
    The account and the Region of a resource.

    :param account_id: twelve digits.
    :param region: such as ``eu-west-1``.
    """

    account_id: str
    region: str

    def batch_arn(self, kind: str, name: str) -> str:
        return f"arn:aws:batch:{self.region}:{self.account_id}:{kind}/{name}"

    def ecs_arn(self, kind: str, name: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account_id}:{kind}/{name}"


def name_of(name_or_arn: str, kind: str) -> str:
    """Return the name in an ARN of that kind, or the argument itself if it is not an ARN."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    resource = name_or_arn.split(":", 5)[-1]
    return resource.removeprefix(f"{kind}/")
