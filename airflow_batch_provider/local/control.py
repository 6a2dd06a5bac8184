"""
The control API: what tests and learners do to the local Batch itself.

JSON over HTTP, no signature. Only ``health`` is open unless the server was started with ``--control``.
Jobs and compute environments are looked up in the Region of the query parameter ``region``, else in the
default one.

========================================  ==========================================================
``GET  /_local/health``                   ``{"status": "ok"}``
``POST /_local/reset``                    forget everything, the neighbours' state included
``GET  /_local/calls[?operation=NAME]``   ``{"counts": {NAME: n}, "calls": [{operation, at, …}]}``;
                                          with ``requests=true`` also the path and body of each
``DELETE /_local/calls``                  start to count anew
``POST /_local/faults``                   order a fault: the members of :class:`Fault`; answers its id
``GET  /_local/faults``                   the faults that are not spent
``DELETE /_local/faults``                 withdraw them all
``GET  /_local/clock``                    ``{"now": ms, "offset_ms": ms}``
``POST /_local/clock``                    ``{"advance_seconds": s}``: let time pass at once
``POST /_local/scripts``                  ``[{…}]``: the members of :class:`Script`, for the script runner
``POST /_local/jobs/ID/forget``           hide the job from DescribeJobs and ListJobs
``POST /_local/jobs/ID/end``              end it, or all children: ``{"exit_code": n, "reason": …}``
``POST /_local/jobs/ID/reclaim``          take its host away: ``{"instance_id": text}``
``POST /_local/shortages/ENVIRONMENT``    let it launch no instance: ``{"reason": statusReason}``
``DELETE /_local/shortages/ENVIRONMENT``  let it launch instances again
``POST /_local/defects/ENVIRONMENT``      make it INVALID: ``{"reason": statusReason}``
``DELETE /_local/defects/ENVIRONMENT``    make it VALID again
========================================  ==========================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from airflow_batch_provider.local.batch_api import Answer, HttpRequest
from airflow_batch_provider.local.engine import Engine
from airflow_batch_provider.local.faults import Fault
from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd
from airflow_batch_provider.local.moto_services import reset_neighbours
from airflow_batch_provider.local.runners.script import ScriptRunner, read_scripts
from airflow_batch_provider.local.service import Service

PREFIX: Final = "/_local/"
MILLI: Final = 1000
MOST_AHEAD_SECONDS: Final = 100 * 365 * 24 * 3600
"""A hundred years, far from where dates end."""


class ControlError(Exception):
    """A control request that can't be met."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Answers ``/_local/``."""

    def __init__(self, service: Service, *, is_open: bool) -> None:
        self._service = service
        self._is_open = is_open

    def answer(self, request: HttpRequest) -> Answer:
        path = request.raw_path.removeprefix(PREFIX).rstrip("/")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            if not self._is_open and path != "health":
                raise ControlError(HTTPStatus.FORBIDDEN, "the control API is closed; start with --control")
            body = _read_body(request.body, is_list=path == "scripts")
            return _answer(HTTPStatus.OK, self._act(request.method, path, body, query) or {})
        except ControlError as error:
            return _answer(error.status, {"message": str(error)})
        except (ValueError, TypeError, KeyError) as error:
            return _answer(HTTPStatus.BAD_REQUEST, {"message": str(error)})

    def _act(self, method: str, path: str, body: Any, query: Mapping[str, str]) -> Any:
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
                return self._move_clock(body)
            case "POST", ["scripts"]:
                return self._set_scripts(body)
            case "POST", ["jobs", job_id, verb]:
                return self._act_on_job(unquote(job_id), verb, body, service.engine(query.get("region")))
            case "POST", ["shortages", name]:
                reason = str(body.get("reason") or reasons.NO_CAPACITY)
                return _set_shortage(service.engine(query.get("region")), unquote(name), reason)
            case "DELETE", ["shortages", name]:
                return _set_shortage(service.engine(query.get("region")), unquote(name), None)
            case "POST", ["defects", name]:
                reason = str(body.get("reason") or reasons.ROLE_NOT_ASSUMED)
                return _set_defect(service.engine(query.get("region")), unquote(name), reason)
            case "DELETE", ["defects", name]:
                return _set_defect(service.engine(query.get("region")), unquote(name), None)
        raise ControlError(HTTPStatus.NOT_FOUND, f"nothing at {method} {PREFIX}{path}")

    def _act_on_job(self, job_id: str, verb: str, body: Any, engine: Engine) -> Any:
        job = engine.region.find_job(job_id)
        if job is None:
            raise ControlError(HTTPStatus.NOT_FOUND, f"no job {job_id}")
        if verb == "forget":
            engine.region.forget_job(job_id)
            return {}
        if verb == "end":
            end = AttemptEnd(exit_code=int(body.get("exit_code", 0)), reason=body.get("reason"))
        elif verb == "reclaim":
            instance_id = str(body.get("instance_id", reasons.LOST_INSTANCE))
            end = AttemptEnd(status_reason=reasons.host_terminated(instance_id))
        else:
            raise ControlError(HTTPStatus.NOT_FOUND, f"a job can't be asked to {verb}")
        ended = [engine.end_attempt(each, end) for each in job.children or (job,)]
        if not any(ended):
            raise ControlError(HTTPStatus.CONFLICT, f"job {job_id} is {job.status} and has no attempt to end")
        return {"ended": sum(ended)}

    def _reset(self) -> None:
        self._service.reset()
        reset_neighbours()

    def _time(self) -> dict[str, int]:
        return {"now": self._service.clock.now(), "offset_ms": self._service.clock.offset_ms}

    def _move_clock(self, body: Any) -> dict[str, int]:
        seconds = body.get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
            raise ValueError(f"advance_seconds is {seconds!r}; it must be a number that is not negative")
        clock = self._service.clock
        if clock.offset_ms / MILLI + seconds > MOST_AHEAD_SECONDS:
            raise ValueError(f"advance_seconds is {seconds}; the clock may be {MOST_AHEAD_SECONDS} s ahead")
        self._service.move_clock(round(seconds * MILLI))
        return self._time()

    def _set_scripts(self, body: Any) -> dict[str, int]:
        runner = self._service.runner
        if not isinstance(runner, ScriptRunner):
            raise ControlError(HTTPStatus.CONFLICT, "only the script runner plays scripts")
        runner.scripts = read_scripts(body)
        return {"scripts": len(runner.scripts)}


def _read_body(body: bytes, *, is_list: bool) -> Any:
    """:raises ValueError: unless the body is JSON of the kind that is expected, or absent."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not is_list and not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _set_shortage(engine: Engine, name: str, reason: str | None) -> dict[str, str | None]:
    """Let a compute environment launch no instance, or launch some again; jobs that run go on."""
    _environment(engine, name).shortage = reason
    engine.region.scheduler.look_again(engine.region.scheduler.queues.values())
    engine.wake()
    return {"reason": reason}


def _set_defect(engine: Engine, name: str, reason: str | None) -> dict[str, str | None]:
    """Make a compute environment INVALID, or VALID again; jobs that run go on."""
    environment = _environment(engine, name)
    environment.defect = reason
    engine.region.changed(environment)
    engine.wake()
    return {"reason": reason}


def _environment(engine: Engine, name: str) -> ComputeEnvironment:
    environment = engine.region.find_environment(name)
    if environment is None:
        raise ControlError(HTTPStatus.NOT_FOUND, f"no compute environment {name}")
    return environment


def _answer(status: HTTPStatus, value: Any) -> Answer:
    return Answer(status.value, {"Content-Type": "application/json"}, json.dumps(value).encode())
