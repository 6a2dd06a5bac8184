"""Some children of an array job, which run again as a separate job with their original indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.batch.index_ranges import format_index_ranges, parse_index_ranges
from airflow_batch_provider.sizes import override_characters

INDEX_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_INDEX"
"""The child's index in the whole array; set by the shell wrapper, and always in a job of one child."""

INDICES_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_INDICES"
"""The indexes of all children that run again, such as ``3,7-9``; child 0 is the first of them."""

SIZE_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_SIZE"
"""The size of the whole array."""

_WRAPPER: Final = (
    "i=${AWS_BATCH_JOB_ARRAY_INDEX:-0}; IFS=,; "
    "for r in $BATCH_ORIGINAL_ARRAY_INDICES; do f=${r%-*}; n=$((${r#*-}-f+1)); "
    "[ $i -lt $n ] && break; i=$((i-n)); done; unset IFS; "
    "export BATCH_ORIGINAL_ARRAY_INDEX=$((f+i)) AWS_BATCH_JOB_ARRAY_INDEX=$((f+i)) "
    'AWS_BATCH_JOB_ARRAY_SIZE=$BATCH_ORIGINAL_ARRAY_SIZE; exec "$@"'
)
"""
A POSIX ``sh`` script that starts the command with the child's index in the whole array.

It walks through the index ranges and subtracts their lengths until the child's own index falls into one.
"""

# `sh -c SCRIPT NAME ARGS`: the second `sh` becomes $0, and the command becomes "$@".
_SHELL: Final = ("sh", "-c", _WRAPPER, "sh")


@dataclass(frozen=True, slots=True)
class ArraySubset:
    """
    Some children of an array job.

    A job that runs them again lists them in its environment. AWS Batch thereby stores which children they
    are, independently of the version of Airflow.

    :param size: the size of the whole array.
    :param indices: their indexes in the whole array, in ascending order.
    """

    size: int
    indices: tuple[int, ...]

    @classmethod
    def of_container(cls, container: Mapping[str, Any]) -> ArraySubset | None:
        """Return the children that a job runs again; None for the whole array."""
        variables = {entry.get("name"): entry.get("value") for entry in container.get("environment", ())}
        try:
            return cls(int(variables[SIZE_VARIABLE]), parse_index_ranges(variables[INDICES_VARIABLE]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def narrowed(self, positions: Iterable[int]) -> ArraySubset:
        """Return the children at these positions."""
        return ArraySubset(self.size, tuple(self.indices[position] for position in positions))

    def request_of(
        self, request: Mapping[str, Any], *, command: Sequence[str] = (), is_wrapped: bool
    ) -> dict[str, Any] | None:
        """
        Return the SubmitJob request of these children; a single child is a plain job.

        The dependencies stay, except ``SEQUENTIAL`` for a single child.

        :param request: the request of the whole array.
        :param command: the command of the whole array, if the request has none.
        :param is_wrapped: start the command through ``sh``, with each child's original index.
        :returns: None if the indexes have so many gaps that the request would be too long.
        """
        overrides = dict(request.get("containerOverrides", {}))
        variables = {
            SIZE_VARIABLE: str(self.size),
            INDICES_VARIABLE: format_index_ranges(self.indices).replace(" ", ""),
        }
        if len(self.indices) == 1:
            variables[INDEX_VARIABLE] = str(self.indices[0])
        kept = [entry for entry in overrides.get("environment", ()) if entry.get("name") not in variables]
        added = [{"name": name, "value": value} for name, value in variables.items()]
        overrides["environment"] = [*kept, *added]
        if is_wrapped:
            # Unwrap first: the command of a retry is wrapped
            # already, and its index must be translated only once.
            overrides["command"] = [*_SHELL, *unwrapped(overrides.get("command") or command)]
        if override_characters(overrides) > limits.OVERRIDE_CHARACTERS_MAX:
            return None
        return {**self._sized(request), "containerOverrides": overrides}

    def _sized(self, request: Mapping[str, Any]) -> dict[str, Any]:
        dropped = {"arrayProperties", "dependsOn"}
        kept = {member: value for member, value in request.items() if member not in dropped}
        is_array = len(self.indices) > 1
        # SEQUENTIAL has no jobId and is valid for array jobs only.
        depends_on = [entry for entry in request.get("dependsOn", ()) if is_array or "jobId" in entry]
        if is_array:
            kept["arrayProperties"] = {"size": len(self.indices)}
        return {**kept, "dependsOn": depends_on} if depends_on else kept


def unwrapped(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command without the shell wrapper."""
    return tuple(command[len(_SHELL) :] if tuple(command[: len(_SHELL)]) == _SHELL else command)
