"""Job definitions and their revisions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.local.arn import Location, name_of
from airflow_batch_provider.local.errors import ClientException, wrapped

ACTIVE: Final = "ACTIVE"
INACTIVE: Final = "INACTIVE"
RETENTION_MS: Final = 180 * 24 * 3600 * 1000
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


@dataclass(slots=True)
class JobDefinition:
    """
    One revision of a job definition.

    :param request: the validated input of RegisterJobDefinition.
    :param deregistered_at: milliseconds since the epoch; ``None`` while it is active.
    """

    name: str
    revision: int
    arn: str
    request: Mapping[str, Any]
    status: str = ACTIVE
    deregistered_at: int | None = None

    def is_retained_at(self, now: int) -> bool:
        """Return whether it can still be described; AWS deletes inactive revisions after 180 days."""
        return self.deregistered_at is None or now - self.deregistered_at <= RETENTION_MS

    @property
    def container(self) -> Mapping[str, Any]:
        """``containerProperties``; only present if :attr:`task` is ``None``."""
        container: Mapping[str, Any] = self.request["containerProperties"]
        return container

    @property
    def task(self) -> Mapping[str, Any] | None:
        """The only task of ``ecsProperties``; ``None`` if there are ``containerProperties``."""
        tasks = self.request.get("ecsProperties", {}).get("taskProperties")
        return None if tasks is None else tasks[0]


class JobDefinitions:
    """All job definitions of a Region. Revisions start at 1 and are never reused."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._revisions: dict[str, list[JobDefinition]] = {}

    def register(self, request: Mapping[str, Any]) -> JobDefinition:
        name = request["jobDefinitionName"]
        revisions = self._revisions.setdefault(name, [])
        revision = len(revisions) + 1
        arn = self._location.batch_arn("job-definition", f"{name}:{revision}")
        definition = JobDefinition(name, revision, arn, request)
        revisions.append(definition)
        return definition

    def resolve(self, name_or_arn: str) -> JobDefinition:
        """
        Return the definition that a job runs: the given revision, or else the latest active one.

        :raises ClientException: if it does not exist or is inactive.
        """
        name, revision = self._parse(name_or_arn)
        for definition in reversed(self._revisions.get(name, [])):
            if definition.status == ACTIVE and revision in (None, definition.revision):
                return definition
        shown = name if revision is None else f"{name}:{revision}"
        raise ClientException(f"JobDefinition name {shown} does not exist or is not in ACTIVE status")

    def deregister(self, name_or_arn: str, now: int) -> None:
        """
        Make one revision permanently inactive; running jobs are not affected.

        :raises ClientException: if no revision is given or it does not exist.
        """
        name, revision = self._parse(name_or_arn)
        if not name:
            raise wrapped("Job definition name is required.")
        if revision is None:
            raise ClientException(f"Job definition {name} has no revision; specify {name}:<revision>.")
        definition = self.get(name_or_arn)
        if definition is None:
            raise ClientException(f"Job definition {name}:{revision} does not exist.")
        definition.status = INACTIVE
        definition.deregistered_at = definition.deregistered_at or now

    def get(self, name_or_arn: str) -> JobDefinition | None:
        """Return the given revision whatever its status, or ``None`` if there is no such revision."""
        name, revision = self._parse(name_or_arn)
        revisions = self._revisions.get(name, [])
        if revision is None or not 1 <= revision <= len(revisions):
            return None
        return revisions[revision - 1]

    def newest_first(self, name: str | None = None) -> Iterator[JobDefinition]:
        """Yield the revisions of all names in alphabetical order, or of one name, newest revision first."""
        names = sorted(self._revisions) if name is None else [name]
        for each in names:
            yield from reversed(self._revisions.get(each, []))

    def _parse(self, name_or_arn: str) -> tuple[str, int | None]:
        text = name_of(name_or_arn, "job-definition")
        if text != name_or_arn and self._location.batch_arn("job-definition", text) != name_or_arn:
            return name_or_arn, None
        name, colon, revision = text.partition(":")
        if not colon:
            return name, None
        if not revision.isascii() or not revision.isdigit():
            raise ClientException(f"Provided name {text} is not supported pattern[a-zA-Z_0-9-]{{1,128}}")
        return name, int(revision)
