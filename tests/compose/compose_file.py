"""Read `docker-compose.yaml`; supports the subset of the Compose syntax that the file uses."""

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
    """A named volume, or a folder in the repository if `source` starts with `./`."""

    source: str
    target: str
    mode: str = "rw"

    @property
    def is_volume(self) -> bool:
        return not self.source.startswith("./")


@dataclass(frozen=True)
class ComposeService:
    """One service of the file."""

    name: str
    definition: Mapping[str, Any]

    @property
    def image(self) -> str:
        return str(self.definition["image"])

    @property
    def is_built(self) -> bool:
        return "build" in self.definition

    @property
    def command(self) -> list[str]:
        return [unescaped(word) for word in self.definition.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        return {name: unescaped(value) for name, value in self.definition.get("environment", {}).items()}

    @property
    def health_check(self) -> list[str]:
        """The command of the health check; empty if there is none."""
        kind, *words = self.definition.get("healthcheck", {}).get("test", ["NONE"])
        words = [unescaped(word) for word in words]
        return {"CMD": words, "CMD-SHELL": ["sh", "-c", *words], "NONE": []}[kind]

    @property
    def mounts(self) -> list[Mount]:
        return [Mount(*mount.split(":")) for mount in self.definition.get("volumes", [])]

    @property
    def depends_on(self) -> dict[str, str]:
        return {name: entry["condition"] for name, entry in self.definition.get("depends_on", {}).items()}

    @property
    def replicas(self) -> int:
        return int(self.definition.get("deploy", {}).get("replicas", 1))

    @property
    def is_one_shot(self) -> bool:
        return self.definition["restart"] != "always"


def unescaped(text: str) -> str:
    """Replace `$$` by `$`; a single `$` starts a Compose variable."""
    return text.replace("$$", "$")


def read_services() -> dict[str, ComposeService]:
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    return {name: ComposeService(name, definition) for name, definition in services.items()}


def in_start_order(services: Mapping[str, ComposeService]) -> Iterator[ComposeService]:
    """Yield each service after its dependencies."""
    waiting = dict(services)
    while waiting:
        ready = [service for service in waiting.values() if not waiting.keys() & service.depends_on.keys()]
        if not ready:
            raise ValueError(f"depends_on has a cycle: {sorted(waiting)}")
        for service in ready:
            yield waiting.pop(service.name)


def dockerfile_instructions(name: str) -> list[Sequence[str]]:
    """Return the arguments of each instruction with a name."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    return [words[1:] for line in lines if (words := line.split()) and words[0] == name]
