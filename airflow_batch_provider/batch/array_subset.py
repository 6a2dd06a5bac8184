"""Some children of an array job, run again as a job of their own under the indices that they had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.batch.index_ranges import format_index_ranges, parse_index_ranges
from airflow_batch_provider.sizes import override_characters

INDEX_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_INDEX"
"""The child's index in the whole array; the shell wrapper sets it, and a job of one child always has it."""

INDICES_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_INDICES"
"""The indices of all children that are run again, such as ``3,7-9``; child 0 is the first of them."""

SIZE_VARIABLE: Final = "BATCH_ORIGINAL_ARRAY_SIZE"
"""The size of the whole array."""

_WRAPPER: Final = (
    "i=${AWS_BATCH_JOB_ARRAY_INDEX:-0}; IFS=,; "
    "for r in $BATCH_ORIGINAL_ARRAY_INDICES; do f=${r%-*}; n=$((${r#*-}-f+1)); "
    "[ $i -lt $n ] && break; i=$((i-n)); done; unset IFS; "
    "export BATCH_ORIGINAL_ARRAY_INDEX=$((f+i)) AWS_BATCH_JOB_ARRAY_INDEX=$((f+i)) "
    'AWS_BATCH_JOB_ARRAY_SIZE=$BATCH_ORIGINAL_ARRAY_SIZE; exec "$@"'
)
"""Finds the child's index in the whole array and starts the command with it, as POSIX's ``sh`` reads it."""

_SHELL: Final = ("sh", "-c", _WRAPPER, "sh")


@dataclass(frozen=True, slots=True)
class ArraySubset:
    """
    Children of an array job.

    A job of such children carries in its environment which they are, so that AWS Batch itself keeps
    it: whoever finds the job by its name knows what it is, on every version of Airflow.

    :param size: of the whole array.
    :param indices: in the whole array, in order.
    """

    size: int
    indices: tuple[int, ...]

    @classmethod
    def of_container(cls, container: Mapping[str, Any]) -> ArraySubset | None:
        """Read which children a job is of; None for one that is whole."""
        variables = {entry.get("name"): entry.get("value") for entry in container.get("environment", ())}
        try:
            return cls(int(variables[SIZE_VARIABLE]), parse_index_ranges(variables[INDICES_VARIABLE]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def narrowed(self, positions: Iterable[int]) -> ArraySubset:
        """Take those of its children that stand at these positions."""
        return ArraySubset(self.size, tuple(self.indices[position] for position in positions))

    def request_of(
        self, request: Mapping[str, Any], *, command: Sequence[str] = (), is_wrapped: bool
    ) -> dict[str, Any] | None:
        """
        Make the SubmitJob request of these children from that of the whole array; one is a plain job.

        Its dependencies stay, but for ``SEQUENTIAL`` where there is one child only.

        :param command: of the whole array, where the request has none.
        :param is_wrapped: start the command by ``sh``, with the index that each child had.
        :returns: None if the indices have so many gaps that the request would be too long.
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
            overrides["command"] = [*_SHELL, *unwrapped(overrides.get("command") or command)]
        if override_characters(overrides) > limits.OVERRIDE_CHARACTERS_MAX:
            return None
        return {**self._sized(request), "containerOverrides": overrides}

    def _sized(self, request: Mapping[str, Any]) -> dict[str, Any]:
        dropped = {"arrayProperties", "dependsOn"}
        kept = {member: value for member, value in request.items() if member not in dropped}
        is_array = len(self.indices) > 1
        depends_on = [entry for entry in request.get("dependsOn", ()) if is_array or "jobId" in entry]
        if is_array:
            kept["arrayProperties"] = {"size": len(self.indices)}
        return {**kept, "dependsOn": depends_on} if depends_on else kept


def unwrapped(command: Sequence[str]) -> tuple[str, ...]:
    """Take the shell wrapper off a command that has it."""
    return tuple(command[len(_SHELL) :] if tuple(command[: len(_SHELL)]) == _SHELL else command)
