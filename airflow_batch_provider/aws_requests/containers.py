"""E410, E416, E423: environment, command, image and user of a container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import entries, items, known_text

Container = Mapping[str, Any]


def refusals_of_environment(container: Container, path: RequestPath) -> Iterator[Refusal]:
    """
    Yield the environment variables whose names AWS Batch does not accept.

    On EKS, the member is ``env``.
    """
    reserved = limits.RESERVED_ENVIRONMENT_PREFIX
    for member in ("environment", "env"):
        for index, variable in entries(container.get(member)):
            name, place = known_text(variable.get("name")), (*path, member, index, "name")
            if variable.get("name") is None:
                text = "has an environment variable without a name; add it, or remove the variable"
                yield Refusal("E410", place[:-1], text)
            if name is None:
                continue
            if not name.strip() or "=" in name:
                text = f"has an environment variable named '{name}'; a name must not be empty or contain '='"
                yield Refusal("E410", place, text, at_key=True)
            elif name.startswith(reserved):
                text = f"sets '{name}'; AWS Batch reserves names that start with {reserved}"
                yield Refusal("E410", place, text, at_key=True)


def refusals_of_command(container: Container, path: RequestPath) -> Iterator[Refusal]:
    """Yield the empty words of a command."""
    for index, word in enumerate(items(container.get("command"))):
        if word == "":
            text = (
                f"has an empty string as item {index + 1} of its command, which AWS Batch rejects; remove it"
            )
            yield Refusal("E416", (*path, "command", index), text)


def refusals_of_image_and_user(container: Container, path: RequestPath) -> Iterator[Refusal]:
    """Yield a refusal if the image is too long or the user is malformed."""
    image, user = known_text(container.get("image")), known_text(container.get("user"))
    if image is not None and len(image) > limits.IMAGE_LENGTH_MAX:
        text = f"has an image name of {len(image)} characters; AWS Batch accepts {limits.IMAGE_LENGTH_MAX}"
        yield Refusal("E423", (*path, "image"), text)
    if user and not limits.USER.fullmatch(user):
        text = (
            f"has the user '{user}'; use a name or ID, optionally with a group: 'app', '1000' or '1000:1000'"
        )
        yield Refusal("E423", (*path, "user"), text)
