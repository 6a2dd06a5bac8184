"""What of a resource is not as the spec wants it, member by member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.resources.observed import MemberPath

_NOT_COMPARED: Final = frozenset({("computeResources", "desiredvCpus")})
"""AWS Batch moves these itself."""

_UNORDERED: Final = frozenset({"instanceTypes", "subnets", "securityGroupIds", "platformCapabilities"})
_KEYS_OF_ENTRIES: Final = {
    "environment": "name",
    "resourceRequirements": "type",
    "secrets": "name",
    "ulimits": "name",
    "volumes": "name",
    "shareDistribution": "shareIdentifier",
    "computeEnvironmentOrder": "computeEnvironment",
}
"""Lists in which the order says nothing, and by which member their entries are told apart."""

_ARNS: Final = frozenset(
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
"""Members in which a name stands for the ARN that ends with it."""

_WITHOUT_CASE: Final = frozenset({"action"})
_VCPUS: Final = {"maxv_cpus": "max_vcpus", "minv_cpus": "min_vcpus", "unmanagedv_cpus": "unmanaged_vcpus"}


@dataclass(frozen=True, slots=True)
class Difference:
    """
    A member that differs.

    :param before: what AWS answers; None if the member is absent.
    :param after: what the spec wants.
    """

    path: MemberPath
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The member in the author's words: ``compute_resources.max_vcpus``."""
        words = [snake_case(part) for part in self.path]
        return ".".join(_VCPUS.get(word, word) for word in words)


def differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> list[Difference]:
    """
    Compare what the author wrote with what is there.

    What the author left out is not compared: AWS fills it with defaults of its own. A list is
    compared as a whole, but of an entry, too, only what was written.
    """
    return list(_within((), wanted, there))


def _within(path: MemberPath, wanted: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[Difference]:
    for member, value in wanted.items():
        inner, before = (*path, member), there.get(member)
        if inner in _NOT_COMPARED:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            yield from _within(inner, value, before)
        elif not _is_same(member, value, before):
            yield Difference(inner, before, value)


def _is_same(member: str, wanted: Any, there: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and not any(_within((), wanted, there))
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return _is_same_list(member, wanted, there or [])
    if isinstance(wanted, bool) or isinstance(there, bool):
        return wanted == there or (wanted is False and there is None)
    return _is_same_word(member, wanted, there)


def _is_same_word(member: str, wanted: Any, there: Any) -> bool:
    if wanted == there:
        return True
    if there is None:
        return False
    one, other = str(wanted), str(there)
    if member in _WITHOUT_CASE:
        return one.lower() == other.lower()
    if member in _ARNS and one.startswith("arn:") != other.startswith("arn:"):
        return one.rpartition("/")[2] == other.rpartition("/")[2]
    return _number(one) is not None and _number(one) == _number(other)


def _is_same_list(member: str, wanted: Sequence[Any], there: Sequence[Any]) -> bool:
    if len(wanted) != len(there):
        return False
    if member in _UNORDERED:
        return sorted(map(str, wanted)) == sorted(map(str, there))
    if key := _KEYS_OF_ENTRIES.get(member):
        wanted, there = _sorted_by(key, wanted), _sorted_by(key, there)
    return all(_is_same(member, one, other) for one, other in zip(wanted, there, strict=True))


def _sorted_by(key: str, entries: Sequence[Any]) -> list[Any]:
    return sorted(entries, key=lambda entry: str(entry.get(key, "")).rpartition("/")[2])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
