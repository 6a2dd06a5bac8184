"""`docker-compose.yaml`, read as Docker Compose reads it, as far as it uses the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE_FILE = REPOSITORY / "docker-compose.yaml"
DOCKERFILE = REPOSITORY / "docker" / "Dockerfile"

COMPLETED = "service_completed_successfully"
HEALTHY = "service_healthy"


@dataclass(frozen=True)
class Mount:
    """A named volume, or a folder of the repository where `source` begins with `./`."""

    source: str
    target: str
    mode: str = "rw"

    @property
    def is_volume(self) -> bool:
        return not self.source.startswith("./")


@dataclass(frozen=True)
class ComposeService:
    """One service."""

    name: str
    about: Mapping[str, Any]

    @property
    def image(self) -> str:
        return str(self.about["image"])

    @property
    def is_built(self) -> bool:
        return "build" in self.about

    @property
    def command(self) -> list[str]:
        return [unescaped(word) for word in self.about.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        return {name: unescaped(value) for name, value in self.about.get("environment", {}).items()}

    @property
    def health_check(self) -> list[str]:
        """The command that tells whether a container is healthy; nothing where there is none."""
        kind, *words = self.about.get("healthcheck", {}).get("test", ["NONE"])
        words = [unescaped(word) for word in words]
        return {"CMD": words, "CMD-SHELL": ["sh", "-c", *words], "NONE": []}[kind]

    @property
    def mounts(self) -> list[Mount]:
        return [Mount(*mount.split(":")) for mount in self.about.get("volumes", [])]

    @property
    def depends_on(self) -> dict[str, str]:
        return {name: about["condition"] for name, about in self.about.get("depends_on", {}).items()}

    @property
    def replicas(self) -> int:
        return int(self.about.get("deploy", {}).get("replicas", 1))

    @property
    def ends_by_itself(self) -> bool:
        return self.about["restart"] != "always"


def unescaped(text: str) -> str:
    """Compose reads `$` as the start of one of its own variables unless it is doubled."""
    return text.replace("$$", "$")


def read_services() -> dict[str, ComposeService]:
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    return {name: ComposeService(name, about) for name, about in services.items()}


def in_start_order(services: Mapping[str, ComposeService]) -> Iterator[ComposeService]:
    """Name each service after all that it depends on."""
    waiting = dict(services)
    while waiting:
        ready = [service for service in waiting.values() if not waiting.keys() & service.depends_on.keys()]
        if not ready:
            raise ValueError(f"depends_on goes in a circle: {sorted(waiting)}")
        for service in ready:
            yield waiting.pop(service.name)


def dockerfile_instructions(name: str) -> list[Sequence[str]]:
    """The words of each instruction of that name."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    return [words[1:] for line in lines if (words := line.split()) and words[0] == name]
