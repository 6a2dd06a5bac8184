"""
The control API: how tests steer the local Batch itself.

JSON over HTTP, unsigned. Only ``health`` is available unless the server was started with ``--control``.
Jobs and compute environments are looked up in the Region of the query parameter ``region``, by default in
the server's own Region.

========================================  ==========================================================
``GET  /_local/health``                   ``{"status": "ok"}``
``POST /_local/reset``                    delete all state, that of moto's services included
``GET  /_local/calls[?operation=NAME]``   ``{"counts": {NAME: n}, "calls": [{operation, at, …}]}``;
                                          with ``requests=true`` also the path and body of each call
``DELETE /_local/calls``                  reset the counts
``POST /_local/faults``                   inject a fault: the members of :class:`Fault`; returns its id
``GET  /_local/faults``                   the active faults
``DELETE /_local/faults``                 remove all faults
``GET  /_local/clock``                    ``{"now": ms, "offset_ms": ms}``
``POST /_local/clock``                    ``{"advance_seconds": s}``: advance the clock
``POST /_local/scripts``                  ``[{…}]``: the members of :class:`Script`, for the script runner
``POST /_local/jobs/ID/forget``           hide the job from DescribeJobs and ListJobs
``POST /_local/jobs/ID/end``              end it, or all children: ``{"exit_code": n, "reason": …}``
``POST /_local/jobs/ID/reclaim``          terminate its host: ``{"instance_id": text}``
``POST /_local/shortages/ENVIRONMENT``    launch no instances there: ``{"reason": statusReason}``
``DELETE /_local/shortages/ENVIRONMENT``  launch instances there again
``POST /_local/defects/ENVIRONMENT``      make it INVALID: ``{"reason": statusReason}``
``DELETE /_local/defects/ENVIRONMENT``    make it VALID again
========================================  ==========================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

from airflow_batch_provider.local.faults import Fault
from airflow_batch_provider.local.http.messages import HttpRequest, HttpResponse
from airflow_batch_provider.local.http.moto_services import reset_moto_services
from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from airflow_batch_provider.local.runners.script import ScriptRunner, read_scripts

if TYPE_CHECKING:
    from airflow_batch_provider.local.engine import Engine
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
    from airflow_batch_provider.local.service import Service

PREFIX: Final = "/_local/"
MILLI: Final = 1000
MAX_CLOCK_OFFSET_SECONDS: Final = 100 * 365 * 24 * 3600
"""A hundred years, well within the range of ``datetime``."""


class ControlError(Exception):
    """A control request that failed."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Handles requests for ``/_local/``."""

    def __init__(self, service: Service, *, is_open: bool) -> None:
        self._service = service
        self._is_open = is_open

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Execute a control request; every failure becomes an error response."""
        path = request.raw_path.removeprefix(PREFIX).rstrip("/")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            if not self._is_open and path != "health":
                raise ControlError(
                    HTTPStatus.FORBIDDEN, "the control API is disabled; start the server with --control"
                )
            body = _read_body(request.body, is_list=path == "scripts")
            return _json_response(HTTPStatus.OK, self._execute(request.method, path, body, query) or {})
        except ControlError as error:
            return _json_response(error.status, {"message": str(error)})
        except (ValueError, TypeError, KeyError) as error:
            return _json_response(HTTPStatus.BAD_REQUEST, {"message": str(error)})

    def _execute(self, method: str, path: str, body: Any, query: Mapping[str, str]) -> Any:
        service = self._service
        match method, path.split("/"):
            case "GET", ["health"]:
                return {"status": "ok"}
            case "POST", ["reset"]:
                return self._reset()
            case "GET", ["calls"]:
                return service.calls.describe(
                    query.get("operation"), with_requests=query.get("requests") == "true"
                )
            case "DELETE", ["calls"]:
                return service.calls.clear()
            case "POST", ["faults"]:
                return {"id": service.faults.add(Fault(**body))}
            case "GET", ["faults"]:
                return service.faults.describe()
            case "DELETE", ["faults"]:
                return service.faults.clear()
            case "GET", ["clock"]:
                return self._time()
            case "POST", ["clock"]:
                return self._advance_clock(body)
            case "POST", ["scripts"]:
                return self._set_scripts(body)
            case "POST", ["jobs", job_id, action]:
                return _act_on_job(service.engine(query.get("region")), unquote(job_id), action, body)
            case method, ["shortages" | "defects" as kind, name] if method in ("POST", "DELETE"):
                engine = service.engine(query.get("region"))
                set_reason = _set_shortage if kind == "shortages" else _set_defect
                return set_reason(engine, unquote(name), body if method == "POST" else None)
        raise ControlError(HTTPStatus.NOT_FOUND, f"unknown control request: {method} {PREFIX}{path}")

    def _reset(self) -> None:
        self._service.reset()
        reset_moto_services()

    def _time(self) -> dict[str, int]:
        return {"now": self._service.clock.now(), "offset_ms": self._service.clock.offset_ms}

    def _advance_clock(self, body: Any) -> dict[str, int]:
        seconds = body.get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
            raise ValueError(f"advance_seconds is {seconds!r}; it must be a number of 0 or more")
        clock = self._service.clock
        if clock.offset_ms / MILLI + seconds > MAX_CLOCK_OFFSET_SECONDS:
            raise ValueError(
                f"advance_seconds is {seconds}; the clock can be at most {MAX_CLOCK_OFFSET_SECONDS} s ahead"
            )
        self._service.advance_clock(round(seconds * MILLI))
        return self._time()

    def _set_scripts(self, body: Any) -> dict[str, int]:
        runner = self._service.runner
        if not isinstance(runner, ScriptRunner):
            raise ControlError(
                HTTPStatus.CONFLICT, "scripts need the script runner; start the server with --runner script"
            )
        runner.scripts = read_scripts(body)
        return {"scripts": len(runner.scripts)}


def _read_body(body: bytes, *, is_list: bool) -> Any:
    """Raise ``ValueError`` if the body is present and not JSON of the expected type."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not is_list and not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _act_on_job(engine: Engine, job_id: str, action: str, body: Any) -> Any:
    job = engine.region.find_job(job_id)
    if job is None:
        raise ControlError(HTTPStatus.NOT_FOUND, f"job {job_id} does not exist")
    if action == "forget":
        engine.region.forget_job(job_id)
        return {}
    if action == "end":
        end = AttemptEnd(exit_code=int(body.get("exit_code", 0)), reason=body.get("reason"))
    elif action == "reclaim":
        instance_id = str(body.get("instance_id", reasons.LOST_INSTANCE))
        end = AttemptEnd(status_reason=reasons.host_terminated(instance_id))
    else:
        raise ControlError(
            HTTPStatus.NOT_FOUND, f"unknown job action {action!r}; it must be forget, end or reclaim"
        )
    ended = [engine.end_attempt(each, end) for each in job.children or (job,)]
    if not any(ended):
        raise ControlError(HTTPStatus.CONFLICT, f"job {job_id} is {job.status} and has no attempt to end")
    return {"ended": sum(ended)}


def _set_shortage(engine: Engine, name: str, body: Any) -> dict[str, str | None]:
    """Stop a compute environment from launching instances, or end that; running jobs are unaffected."""
    reason = None if body is None else str(body.get("reason") or reasons.NO_CAPACITY)
    _environment(engine, name).shortage = reason
    engine.region.scheduler.reconsider(engine.region.scheduler.queues.values())
    engine.wake()
    return {"reason": reason}


def _set_defect(engine: Engine, name: str, body: Any) -> dict[str, str | None]:
    """Make a compute environment INVALID, or VALID again; running jobs are unaffected."""
    reason = None if body is None else str(body.get("reason") or reasons.ROLE_NOT_ASSUMED)
    environment = _environment(engine, name)
    environment.defect = reason
    engine.region.resource_changed(environment)
    engine.wake()
    return {"reason": reason}


def _environment(engine: Engine, name: str) -> ComputeEnvironment:
    environment = engine.region.find_environment(name)
    if environment is None:
        raise ControlError(HTTPStatus.NOT_FOUND, f"compute environment {name} does not exist")
    return environment


def _json_response(status: HTTPStatus, value: Any) -> HttpResponse:
    return HttpResponse(status.value, {"Content-Type": "application/json"}, json.dumps(value).encode())
