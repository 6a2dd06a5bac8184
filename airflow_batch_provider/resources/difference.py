"""Compare a resource with the spec, member by member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.names import snake_case

if TYPE_CHECKING:
    from airflow_batch_provider.resources.observed import MemberPath

_IGNORED: Final = frozenset({("computeResources", "desiredvCpus")})
"""Members that AWS Batch changes on its own."""

_UNORDERED: Final = frozenset({"instanceTypes", "subnets", "securityGroupIds", "platformCapabilities"})
_ENTRY_KEYS: Final = {
    "environment": "name",
    "resourceRequirements": "type",
    "secrets": "name",
    "ulimits": "name",
    "volumes": "name",
    "shareDistribution": "shareIdentifier",
    "computeEnvironmentOrder": "computeEnvironment",
}
"""Lists whose order has no meaning, with the member that identifies an entry."""

_NAME_OR_ARN: Final = frozenset(
    {
        "computeEnvironment",
        "schedulingPolicyArn",
        "instanceRole",
        "serviceRole",
        "spotIamFleetRole",
        "jobRoleArn",
        "executionRoleArn",
    }
)
"""Members that accept a name in place of the ARN that ends with it."""

_CASE_INSENSITIVE: Final = frozenset({"action"})
_VCPUS: Final = {"maxv_cpus": "max_vcpus", "minv_cpus": "min_vcpus", "unmanagedv_cpus": "unmanaged_vcpus"}


@dataclass(frozen=True, slots=True)
class Difference:
    """
    A member whose value differs from the spec.

    :param before: the value in AWS; None if the member is absent.
    :param after: the value in the spec.
    """

    path: MemberPath
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The member's path as in the spec, such as ``compute_resources.max_vcpus``."""
        words = [snake_case(part) for part in self.path]
        return ".".join(_VCPUS.get(word, word) for word in words)


def compare_members(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> list[Difference]:
    """
    Return the members of the spec that differ from those in AWS.

    A subset comparison: only members that the spec sets are compared, at any depth, because AWS
    fills in defaults for the others. Lists must have the same length; entries are compared in the
    same way, after sorting where AWS ignores the order.
    """
    return list(_compare((), desired, observed))


def _compare(
    path: MemberPath, desired: Mapping[str, Any], observed: Mapping[str, Any]
) -> Iterator[Difference]:
    for member, value in desired.items():
        inner, before = (*path, member), observed.get(member)
        if inner in _IGNORED:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            yield from _compare(inner, value, before)
        elif not _is_same(member, value, before):
            yield Difference(inner, before, value)


def _is_same(member: str, desired: Any, observed: Any) -> bool:
    if isinstance(desired, Mapping):
        return isinstance(observed, Mapping) and not any(_compare((), desired, observed))
    if isinstance(desired, Sequence) and not isinstance(desired, str):
        return _is_same_list(member, desired, observed or [])
    if isinstance(desired, bool) or isinstance(observed, bool):
        # AWS may leave out a member that is false.
        return desired == observed or (desired is False and observed is None)
    return _is_same_scalar(member, desired, observed)


def _is_same_scalar(member: str, desired: Any, observed: Any) -> bool:
    if desired == observed:
        return True
    if observed is None:
        return False
    one, other = str(desired), str(observed)
    if member in _CASE_INSENSITIVE:
        return one.lower() == other.lower()
    if member in _NAME_OR_ARN and one.startswith("arn:") != other.startswith("arn:"):
        # The spec has a name and AWS an ARN, or the reverse; two ARNs must be equal.
        return one.rpartition("/")[2] == other.rpartition("/")[2]
    # AWS may return a number in another form: "1" for "1.0", or 512 for "512".
    return _number(one) is not None and _number(one) == _number(other)


def _is_same_list(member: str, desired: Sequence[Any], observed: Sequence[Any]) -> bool:
    if len(desired) != len(observed):
        return False
    if member in _UNORDERED:
        return sorted(map(str, desired)) == sorted(map(str, observed))
    if key := _ENTRY_KEYS.get(member):
        desired, observed = _sorted_by(key, desired), _sorted_by(key, observed)
    return all(_is_same(member, one, other) for one, other in zip(desired, observed, strict=True))


def _sorted_by(key: str, entries: Sequence[Any]) -> list[Any]:
    return sorted(entries, key=lambda entry: str(entry.get(key, "")).rpartition("/")[2])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
