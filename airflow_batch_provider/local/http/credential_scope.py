"""The service and the Region that a request was signed for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SCOPE: Final = re.compile(
    r"Credential=[^/,\s]*/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9.-]+)/aws4_request"
)
PRESIGNED: Final = "X-Amz-Credential="


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """The scope of a SigV4 credential."""

    region: str
    service: str


def read_scope(authorization: str | None) -> CredentialScope | None:
    """Return the scope in an ``Authorization`` header; the signature is not verified."""
    match = SCOPE.search(authorization or "")
    return None if match is None else CredentialScope(match["region"], match["service"])
