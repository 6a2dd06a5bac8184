"""The container of a job: validates its properties, and merges definition, overrides and parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.errors import ClientException, wrapped

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import ApiSettings

REFERENCE: Final = re.compile(r"Ref::([A-Za-z0-9_.-]+)")
LISTS: Final = (
    "command",
    "volumes",
    "environment",
    "mountPoints",
    "ulimits",
    "resourceRequirements",
    "secrets",
)
DEPRECATED: Final = {"VCPU": "vcpus", "MEMORY": "memory"}
RESERVED_PREFIX: Final = "AWS_BATCH"
MIN_MEMORY_MIB: Final = 4
MAX_IMAGE: Final = 255
USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")

Container = Mapping[str, Any]


def merge_container(
    definition: Container, overrides: Container, parameters: Mapping[str, str], settings: ApiSettings
) -> Container:
    """Return the container as DescribeJobs describes it before it runs."""
    container: dict[str, Any] = {**{name: [] for name in LISTS}, **definition, "networkInterfaces": []}
    command = overrides.get("command") or definition.get("command", [])
    container["command"] = [_substitute(word, parameters, settings) for word in command]
    container["environment"] = _merge_named(
        definition.get("environment", []), overrides.get("environment", []), "name"
    )
    container["resourceRequirements"] = _merge_named(
        definition.get("resourceRequirements", []), overrides.get("resourceRequirements", []), "type"
    )
    if "instanceType" in overrides:
        container["instanceType"] = overrides["instanceType"]
    _apply_deprecated(container, overrides)
    return container


def describe_defaults(container: Container) -> Container:
    """Return a definition's container with the empty lists that AWS adds."""
    return {**{name: [] for name in LISTS}, **container}


def check_overrides(overrides: Container, settings: ApiSettings) -> None:
    """Raise ``ClientException`` if an override is empty or sets a variable that is reserved for AWS Batch."""
    check_command(overrides)
    check_environment(overrides.get("environment", []), settings)


def check_command(container: Container) -> None:
    """Raise ``ClientException`` if a word of the command is empty."""
    if "" in container.get("command", []):
        raise ClientException("Command cannot be empty")


def check_environment(environment: list[Mapping[str, str]], settings: ApiSettings) -> None:
    """Raise ``ClientException`` if the name of a variable is missing, malformed or reserved for AWS Batch."""
    allows_reserved = Question.RESERVED_VARIABLE in settings.alternatives
    for variable in environment:
        name = variable.get("name", "")
        if not name.strip() or "=" in name:
            raise ClientException(f"Environment variable {name!r} must have a name without '='.")
        if name.startswith(RESERVED_PREFIX) and not allows_reserved:
            raise ClientException(f"Environment variable {name} must not start with {RESERVED_PREFIX}.")


def check_image_and_user(container: Container) -> None:
    """Raise ``ClientException`` if the image is missing or too long, or the user is malformed."""
    image, user = container.get("image"), container.get("user", "")
    if not image:
        raise ClientException("The image of a container must be provided.")
    if len(image) > MAX_IMAGE:
        raise ClientException(f"image has {len(image)} characters; the maximum is {MAX_IMAGE}.")
    if user and not USER.fullmatch(user):
        raise wrapped(f"User '{user}' does not match regex")


def sizes_of(container: Container) -> tuple[int, int]:
    """
    Return the size of a container: thousandths of a vCPU and MiB of memory.

    :raises ClientException: if one of them is missing, or one of them or the GPUs are not a number.
    """
    millicpus, memory = millicpus_of(container), memory_mib_of(container)
    gpus_of(container)
    if millicpus is None:
        raise wrapped("vCPU is not provided.")
    if memory is None:
        raise wrapped("Memory is not provided.")
    return millicpus, memory


def check_resources(container: Container) -> None:
    """Raise ``ClientException`` if vCPUs or memory are missing or too small for EC2."""
    millicpus, memory = sizes_of(container)
    if millicpus < 1000 or millicpus % 1000:
        raise ClientException(f"vCPU must be a whole number of at least 1, not {millicpus / 1000:g}.")
    if memory < MIN_MEMORY_MIB:
        raise ClientException(f"Memory must be at least {MIN_MEMORY_MIB} MiB, not {memory}.")


def millicpus_of(container: Container) -> int | None:
    """Return thousandths of a vCPU, or ``None`` if they are not specified."""
    value = _requirement(container, "VCPU")
    return None if value is None else round(_number(value, "vCPU") * 1000)


def memory_mib_of(container: Container) -> int | None:
    value = _requirement(container, "MEMORY")
    return None if value is None else _whole_number(value, "memory")


def gpus_of(container: Container) -> int:
    value = _requirement(container, "GPU")
    return 0 if value is None else _whole_number(value, "GPU")


def _requirement(container: Container, kind: str) -> Any:
    for requirement in container.get("resourceRequirements", []):
        if requirement["type"] == kind:
            return requirement["value"]
    return container.get(DEPRECATED[kind]) if kind in DEPRECATED else None


def _number(value: Any, what: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise ClientException(f"{what} is {value!r}; it must be a positive number.")
    return number


def _whole_number(value: Any, what: str) -> int:
    number = _number(value, what)
    if not number.is_integer():
        raise ClientException(f"{what} is {value!r}; it must be a whole number.")
    return int(number)


def _substitute(word: str, parameters: Mapping[str, str], settings: ApiSettings) -> str:
    if Question.PARTIAL_REFERENCE in settings.alternatives and not REFERENCE.fullmatch(word):
        return word

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in parameters:
            raise ClientException(f"Unable to substitute value. No parameter found for reference {name}")
        return parameters[name]

    return REFERENCE.sub(value_of, word)


def _merge_named(base: list[Any], overrides: list[Any], key: str) -> list[Any]:
    merged = {item.get(key): item for item in base}
    merged.update({item.get(key): item for item in overrides})
    return list(merged.values())


def _apply_deprecated(container: dict[str, Any], overrides: Container) -> None:
    """Apply the deprecated overrides ``vcpus`` and ``memory`` unless a resource requirement sets the same."""
    required = {requirement["type"] for requirement in container["resourceRequirements"]}
    for kind, name in DEPRECATED.items():
        if kind in required:
            container.pop(name, None)
        elif name in overrides:
            container[name] = overrides[name]
