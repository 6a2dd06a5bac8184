"""Register the job definitions of a spec, and reuse those that already exist."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.batch.refusals import refusal_of
from airflow_batch_provider.errors import RequestError

log = logging.getLogger(__name__)

_LOOKUPS_AFTER_REGISTRATION: Final = 10
_LOOKUP_INTERVAL_SECONDS: Final = 0.5


class JobDefinitions:
    """
    Find or register job definitions by their content.

    Processes that register the same definition at the same time agree on one revision: the oldest
    ACTIVE one. A process that registered a later revision deregisters it again.

    :param api: a boto3 client for Batch.
    """

    def __init__(self, api: Any, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._sleep = sleep
        self._known: dict[str, str] = {}

    def ensure(self, registration: Mapping[str, Any]) -> str:
        """
        Return ``name:revision`` of a job definition with this content; register it if there is none.

        :param registration: a RegisterJobDefinition request with rendered templates, whose
            ``jobDefinitionName`` is the family; see ``definition_name``.
        :raises SubmissionRejectedError: AWS Batch rejects the definition.
        :raises AwsCallError: AWS refuses the credentials, or cannot be reached.
        :raises RequestError: the request is malformed and was not sent.
        """
        name = definition_name(registration)
        if name not in self._known:
            try:
                # Not locked: another process may register the same definition in between, see `_register`.
                self._known[name] = self._oldest_active(name) or self._register(name, registration)
            except (BotoCoreError, ClientError) as error:
                refusal = refusal_of(error, f"job definition '{name}'")
                raise refusal from (error if refusal is not error else None)
        return self._known[name]

    def has_ensured(self, name_and_revision: str) -> bool:
        """Whether ``ensure`` has returned this job definition."""
        return name_and_revision in self._known.values()

    def _oldest_active(self, name: str) -> str | None:
        pages = self._api.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name, status="ACTIVE"
        )
        revisions = [each["revision"] for page in pages for each in page["jobDefinitions"]]
        return f"{name}:{min(revisions)}" if revisions else None

    def _register(self, name: str, registration: Mapping[str, Any]) -> str:
        response = self._call_register({**registration, "jobDefinitionName": name})
        registered = f"{name}:{response['revision']}"
        log.info("Registered job definition %s", registered)
        # The new revision can appear late in DescribeJobDefinitions. Not tenacity: a for loop is plainer.
        # Revision numbers only grow, so processes that register at the same time choose the same revision.
        for _ in range(_LOOKUPS_AFTER_REGISTRATION):
            if oldest := self._oldest_active(name):
                break
            self._sleep(_LOOKUP_INTERVAL_SECONDS)
        else:
            return registered
        # Other processes choose the oldest revision too, so no job needs this one.
        if oldest != registered:
            self._deregister(registered)
        return oldest

    def _call_register(self, request: dict[str, Any]) -> Any:
        name = request["jobDefinitionName"]
        try:
            return self._api.register_job_definition(**request)
        except ParamValidationError as error:
            report = " ".join(error.kwargs["report"].splitlines())
            raise RequestError(
                f"the RegisterJobDefinition request of job definition '{name}' is invalid: {report}"
            ) from error

    def _deregister(self, name_and_revision: str) -> None:
        try:
            self._api.deregister_job_definition(jobDefinition=name_and_revision)
        except (BotoCoreError, ClientError) as error:  # an unused revision is harmless
            log.warning("Could not deregister job definition %s: %s", name_and_revision, error)
