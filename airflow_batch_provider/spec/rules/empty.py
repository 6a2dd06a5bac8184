"""E205: values that are empty, and would therefore have no effect."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import subjects
from airflow_batch_provider.spec.rules.violation import Violation


@rule("E205")
def empty_commands(workflow: Workflow) -> Iterator[Violation]:
    """A command is not an empty list: the container would run the command of its image."""
    for subject in subjects(workflow):
        overrides = subject.get("container_overrides") or {}
        commands = {
            ("command",): subject.get("command"),
            ("container_overrides", "command"): overrides.get("command"),
        }
        for path, command in commands.items():
            if command == []:
                text = (
                    f"{'.'.join(path)} of {subject.name} is empty; leave it out, "
                    "or write null to remove the command of 'defaults'"
                )
                yield Violation("E205", (*subject.path, *path), text)
