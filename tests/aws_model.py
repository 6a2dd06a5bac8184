"""AWS Batch's own service model, as botocore ships it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ServiceModel, Shape, StructureShape
from botocore.session import get_session
from botocore.validate import ParamValidator


@cache
def service_model() -> ServiceModel:
    return get_session().get_service_model("batch")


def submit_job_request() -> StructureShape:
    return service_model().shape_for("SubmitJobRequest")


def what_is_wrong_with(request: dict[str, Any], shape: str = "SubmitJobRequest") -> str:
    """Validate a request as boto3 does before it sends it; an empty text if it is right."""
    return ParamValidator().validate(request, service_model().shape_for(shape)).generate_report()


def members_within(shape: Shape, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, Shape]]:
    """Walk all members at any depth."""
    if shape.name in seen:
        return
    seen |= {shape.name}
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name, member
            yield from members_within(member, seen)
    elif shape.type_name == "list":
        yield from members_within(shape.member, seen)
