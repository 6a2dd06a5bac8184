"""The services other than AWS Batch: moto's server at the same endpoint."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from airflow_batch_provider.local.http.wsgi import Application, Environ, WsgiBridge


def create_moto_bridge(account_id: str) -> WsgiBridge:
    """
    Return the bridge to moto. Call this before moto is imported, because moto reads the account then.

    :param account_id: the account of all of moto's resources, the same as AWS Batch's.
    """
    os.environ["MOTO_ACCOUNT_ID"] = account_id
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"
    return WsgiBridge(_application, _keep_metadata_names)


def reset_moto_services() -> None:
    """Delete the state of all of moto's services."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def call_name(service: str, method: str, target: str | None) -> str:
    """Return the name that a call is recorded under, such as ``logs:GetLogEvents`` or ``s3:PUT``."""
    if target is None:
        return f"{service}:{method}"
    return f"{service}:{target.rpartition('.')[2]}"


@cache
def _application() -> Application:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application: Application = DomainDispatcherApplication(create_backend_app)
    return application


def _keep_metadata_names(environ: Environ, headers: Iterable[tuple[str, str]]) -> None:
    """Preserve underscores in S3 metadata keys, which WSGI does not distinguish from hyphens."""
    from moto.core.request import (
        PRESERVED_HEADER_NAMES_ENVIRON_KEY,
        environ_key_for_header,
        should_preserve_original_header_name,
    )

    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name
        for name, _ in headers
        if should_preserve_original_header_name(name)
    }
