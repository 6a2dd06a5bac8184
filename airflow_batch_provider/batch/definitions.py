"""Job definitions that stand in a workflow: registered when they are new, reused when they are not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from airflow_batch_provider.batch.answers import TOO_MANY_REQUESTS, http_status
from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.errors import RequestError, SubmissionRefusedError

log = logging.getLogger(__name__)

_LOOKS_FOR_A_NEW_ONE: Final = 10
_LOOK_SECONDS: Final = 0.5


class JobDefinitions:
    """
    Finds or registers job definitions by their content.

    Whoever else does the same at the same time ends up with the same definition: of several
    ACTIVE revisions that say the same the oldest counts, and who has registered another one
    deregisters it again.

    :param api: a boto3 client for Batch.
    """

    def __init__(self, api: Any, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._sleep = sleep
        self._known: dict[str, str] = {}

    def ensure(self, registration: Mapping[str, Any]) -> str:
        """
        Return ``name:revision`` of a job definition that says just this.

        :param registration: as of ``definition_name``, its templates rendered.
        :raises SubmissionRefusedError: AWS Batch refuses the definition.
        :raises RequestError: it does not have RegisterJobDefinition's form.
        """
        name = definition_name(registration)
        if name not in self._known:
            self._known[name] = self._oldest_active(name) or self._register(name, registration)
        return self._known[name]

    def _oldest_active(self, name: str) -> str | None:
        pages = self._api.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name, status="ACTIVE"
        )
        revisions = [each["revision"] for page in pages for each in page["jobDefinitions"]]
        return f"{name}:{min(revisions)}" if revisions else None

    def _register(self, name: str, registration: Mapping[str, Any]) -> str:
        answer = self._call_register({**registration, "jobDefinitionName": name})
        mine = f"{name}:{answer['revision']}"
        log.info("Registered job definition %s", mine)
        for _ in range(_LOOKS_FOR_A_NEW_ONE):  # AWS may be a moment behind
            if oldest := self._oldest_active(name):
                break
            self._sleep(_LOOK_SECONDS)
        else:
            return mine
        if oldest != mine:
            self._deregister(mine)
        return oldest

    def _call_register(self, request: dict[str, Any]) -> Any:
        name = request["jobDefinitionName"]
        try:
            return self._api.register_job_definition(**request)
        except ParamValidationError as error:
            report = " ".join(error.kwargs["report"].splitlines())
            raise RequestError(
                f"job definition '{name}' is no RegisterJobDefinition request: {report}"
            ) from error
        except ClientError as error:
            if not 400 <= http_status(error) < 500 or http_status(error) == TOO_MANY_REQUESTS:
                raise
            detail = error.response.get("Error", {})
            said = f"{detail.get('Message')} ({detail.get('Code')})"
            raise SubmissionRefusedError(f"AWS Batch refused job definition '{name}': {said}") from error

    def _deregister(self, name_and_revision: str) -> None:
        try:
            self._api.deregister_job_definition(jobDefinition=name_and_revision)
        except (BotoCoreError, ClientError) as error:  # it is of no use, and does no harm
            log.warning("Job definition %s could not be deregistered: %s", name_and_revision, error)
