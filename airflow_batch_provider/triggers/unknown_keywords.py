"""What a trigger's row in Airflow's database has beyond the keywords that this version knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from airflow_batch_provider import __version__
from airflow_batch_provider.errors import StoredRowError
from airflow_batch_provider.stored_values import unknown_members

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ROW_FORMAT: Final = 1
"""
The format of the rows that this version writes and reads.

A row without the keyword ``row_format`` has format 1. New keywords need no new format: a version that does
not know them ignores them. Only a version that no longer writes what this one needs increases the format.
"""

_FORMAT_KEYWORD: Final = "row_format"


@dataclass(frozen=True, slots=True)
class UnknownKeywords:
    """
    The keywords of a row that only other versions know.

    They have no effect, but ``serialize`` writes them again.

    :param top: the trigger's own unknown keywords.
    :param nested: the unknown members of keywords that are mappings, by keyword.
    """

    top: Mapping[str, Any] = field(default_factory=dict)
    nested: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, keywords: Mapping[str, Any], **mappings: tuple[Any, type[DataclassInstance]]) -> Self:
        """
        Find them.

        :param keywords: those that ``__init__`` does not name.
        :param mappings: the keywords that are mappings, each with the dataclass that reads it.
        """
        nested = {name: unknown_members(value, of) for name, (value, of) in mappings.items()}
        return cls(dict(keywords), {name: members for name, members in nested.items() if members})

    def added_to(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a trigger's keywords with the unknown ones."""
        nested = {name: {**members, **(row.get(name) or {})} for name, members in self.nested.items()}
        return {**self.top, **row, **nested}

    def report(self, log: Any) -> None:
        """
        Name the unknown keywords in the task's log.

        :raises StoredRowError: this version cannot read the row's format.
        """
        row_format = self.top.get(_FORMAT_KEYWORD, ROW_FORMAT)
        if row_format != ROW_FORMAT:
            raise StoredRowError(
                f"the trigger's row has format {row_format}; version {__version__} of airflow-batch-provider "
                f"reads format {ROW_FORMAT}. Run the same version in workers and triggerers"
            )
        if names := ", ".join(self._names()):
            log.warning(
                "The trigger ignores keywords that version %s of airflow-batch-provider does not know: %s. "
                "Another version of the package wrote the trigger's row",
                __version__,
                names,
            )

    def _names(self) -> Iterator[str]:
        yield from (name for name in self.top if name != _FORMAT_KEYWORD)
        for keyword, members in self.nested.items():
            yield from (f"{keyword}.{name}" for name in members)
