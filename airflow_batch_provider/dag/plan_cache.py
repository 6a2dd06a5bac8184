"""Cache plans on disk, so that an unchanged spec is not read, validated and planned again."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.common.compat.sdk import conf

import airflow_batch_provider
from airflow_batch_provider.dag.spec_warnings import emit_warnings
from airflow_batch_provider.hooks.settings import CONFIG_SECTION
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.serialization import plan_from_json, plan_to_json
from airflow_batch_provider.spec.diagnostics import Finding, Position
from airflow_batch_provider.spec.loader import LoadedWorkflow, read_workflow
from airflow_batch_provider.spec.spec_text import spec_text

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import WorkflowPlan

log = logging.getLogger(__name__)

CACHE_OPTION: Final = "plan_cache"
CACHE_OFF: Final = "off"
FOLDER_NAME: Final = "batch_plans"

_MAX_AGE_SECONDS: Final = 30 * 24 * 3600


class PlanCache:
    """
    Stores the plan of each spec file under a hash of the file's content.

    All processes of a machine share the cache. It may be deleted at any time. If it cannot be read or
    written, or is damaged, the workflow is planned again.

    :param folder: the folder of the plans; None disables the cache.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def configured(cls) -> PlanCache:
        """Return the cache in the folder that ``[batch_provider] plan_cache`` configures."""
        chosen = conf.get(CONFIG_SECTION, CACHE_OPTION, fallback="")
        if chosen.strip().lower() == CACHE_OFF:
            return cls(None)
        home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
        return cls(Path(chosen).expanduser() if chosen else home / FOLDER_NAME)

    def plan_of(self, path: Path) -> WorkflowPlan:
        """
        Return the plan of a spec file, and emit its warnings, cached or not.

        :raises InvalidSpecError: the file cannot be read or breaks a rule.
        """
        place = self._path_of(path)
        cached = self._read(place, path) if place is not None else None
        if cached is not None:
            plan, findings = cached
        else:
            loaded = read_workflow(path)
            plan = replace(plan_workflow(loaded.workflow), source=spec_text(loaded))
            findings = loaded.warnings
            if place is not None:
                self._write(place, path, loaded, plan)
        emit_warnings(findings)
        return plan

    def _path_of(self, path: Path) -> Path | None:
        if self.folder is None or (content := _digest(path)) is None:
            return None
        name = sha256(f"{_code_digest()}\0{path.suffix}\0{content}".encode()).hexdigest()
        return self.folder / f"{name}.json"

    def _read(self, place: Path, path: Path) -> tuple[WorkflowPlan, tuple[Finding, ...]] | None:
        try:
            entry = json.loads(place.read_bytes())
            # The file's name covers the spec and the code; the fragments are known only from the entry.
            if any(_digest(path.parent / name) != content for name, content in entry["files"].items()):
                return None  # a file that it extends has changed
            return _named(plan_from_json(entry["plan"]), path), _findings(entry["warnings"], path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.debug("The cached plan %s is unusable: %r", place, error)
            return None

    def _write(self, place: Path, path: Path, loaded: LoadedWorkflow, plan: WorkflowPlan) -> None:
        try:
            digests = {os.path.relpath(file, path.parent): _digest(file) for file in loaded.files}
            written = [_as_entry(finding, path) for finding in loaded.warnings]
            entry = json.dumps({"files": digests, "plan": plan_to_json(plan), "warnings": written})
            place.parent.mkdir(parents=True, exist_ok=True)
            # Write a new file and rename it: renaming within a folder is atomic,
            # so that other processes read the whole old or the whole new entry.
            with tempfile.NamedTemporaryFile("w", dir=place.parent, suffix=".new", delete=False) as new:
                new.write(entry)
            Path(new.name).replace(place)
            self._delete_old(place.parent)
        except (OSError, TypeError) as error:
            log.debug("Could not cache the plan %s: %r", place, error)

    def _delete_old(self, folder: Path) -> None:
        oldest = time.time() - _MAX_AGE_SECONDS
        for kept in folder.iterdir():
            if kept.suffix in (".json", ".new") and kept.stat().st_mtime < oldest:
                kept.unlink(missing_ok=True)


def _as_entry(finding: Finding, path: Path) -> list[Any]:
    """Write a finding, with its file relative to the spec's folder, which may move."""
    file = "" if Path(finding.file) == path else os.path.relpath(finding.file, path.parent)
    at = finding.position
    return [file, (at.line, at.column) if at else None, finding.rule, finding.text]


def _named(plan: WorkflowPlan, path: Path) -> WorkflowPlan:
    """Return a plan that shows the name of this file: another file with the same content shares its entry."""
    return plan if plan.source is None else replace(plan, source=replace(plan.source, file=path.name))


def _findings(entries: Iterable[Sequence[Any]], path: Path) -> tuple[Finding, ...]:
    return tuple(
        Finding(str(path.parent / file) if file else str(path), Position(*at) if at else None, rule, text)
        for file, at, rule, text in entries
    )


def _digest(file: Path) -> str | None:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


@cache
def _code_digest() -> str:
    """Return a hash of the planning code, so that an upgrade invalidates all plans."""
    package = Path(airflow_batch_provider.__file__).parent
    # Sizes and times instead of contents: every process computes this, and reading all files takes longer.
    stats = [(str(file.relative_to(package)), file.stat()) for file in _planning_modules(package)]
    state = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in sorted(stats))
    return sha256(f"{airflow_batch_provider.__version__}\n{state}".encode()).hexdigest()


def _planning_modules(package: Path) -> Iterator[Path]:
    yield from package.glob("*.py")
    for room in ("spec", "plan", "batch", "aws_requests"):
        yield from (package / room).rglob("*.py")
    yield from (package / "aws_requests").glob("*.json")
