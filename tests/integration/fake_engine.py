"""A fake container engine: it implements the part of Docker's API that the runner uses, and runs nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web


@dataclass
class FakeContainer:
    """A container; its command determines its behavior, see :meth:`FakeEngine.play`."""

    name: str
    request: dict[str, Any]
    output: list[bytes] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    exit_code: int | None = None
    is_out_of_memory: bool = False


class FakeEngine:
    """
    Listens on a socket of its own, in a thread.

    Images that contain ``private`` can't be pulled. Commands: ``echo TEXT``, ``exit CODE``, ``oom``,
    ``sleep`` (until it is stopped: 143), ``stubborn`` (killed after the grace: 137), ``missing`` (can't
    be started).
    """

    def __init__(self, socket: Path) -> None:
        self.host = f"unix://{socket}"
        self.pulled: list[str] = []
        self.created: list[dict[str, Any]] = []
        self.graces: list[int] = []
        self.containers: dict[str, FakeContainer] = {}
        self.volumes: set[str] = set()
        self._socket = socket
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _run(self) -> None:
        application = web.Application()
        application.add_routes(
            [
                web.get("/_ping", self._ping),
                web.get("/images/{name:.+}/json", self._inspect_image),
                web.post("/images/create", self._pull),
                web.post("/containers/create", self._create),
                web.post("/containers/{id}/start", self._start),
                web.post("/containers/{id}/stop", self._stop),
                web.post("/containers/{id}/wait", self._wait),
                web.get("/containers/{id}/logs", self._logs),
                web.get("/containers/{id}/json", self._inspect),
                web.delete("/containers/{id}", self._remove),
                web.delete("/volumes/{name}", self._remove_volume),
            ]
        )
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.UnixSite(runner, str(self._socket)).start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _inspect_image(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in self.pulled or f"{name}:latest" in self.pulled:
            return web.json_response({"Id": name})
        return web.json_response({"message": f"No such image: {name}"}, status=404)

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        image = request.query["fromImage"]
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(json.dumps({"status": f"Pulling {image}"}).encode() + b"\r\n")
        if "slow" in image:
            await asyncio.sleep(600)
        if "private" in image:
            error = f"pull access denied for {image}, repository does not exist"
            await response.write(json.dumps({"error": error}).encode() + b"\r\n")
            return response
        self.pulled.append(image)
        return response

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["Image"] == "uncreatable":
            return web.json_response({"message": "invalid mount config"}, status=400)
        container_id = f"{len(self.created):064x}"
        self.created.append(body)
        mounts = body["HostConfig"].get("Mounts", [])
        self.volumes.update(mount["Source"] for mount in mounts if "Source" in mount)
        self.containers[container_id] = FakeContainer(request.query["name"], body)
        return web.json_response({"Id": container_id, "Warnings": []}, status=201)

    async def _start(self, request: web.Request) -> web.Response:
        container = self._found(request)
        if container.request["Cmd"][0] == "missing":
            message = 'exec: "missing": executable file not found in $PATH: unknown'
            return web.json_response({"message": message}, status=400)
        self._task = asyncio.ensure_future(self.play(container, *container.request["Cmd"]))
        return web.Response(status=204)

    async def play(self, container: FakeContainer, command: str, *words: str) -> None:
        code = 0
        if command == "echo":
            await self._write(container, 1, " ".join(words).encode() + b"\n")
            await self._write(container, 2, b"to stderr")
        elif command == "exit":
            code = int(words[0])
        elif command == "oom":
            container.is_out_of_memory, code = True, 137
        elif command in ("sleep", "stubborn"):
            await self._write(container, 1, b"sleeping\n")
            await container.stopped.wait()
            code = 143 if command == "sleep" else 137
        async with container.changed:
            container.exit_code = code
            container.changed.notify_all()

    async def _write(self, container: FakeContainer, stream: int, data: bytes) -> None:
        async with container.changed:
            container.output.append(bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data)
            container.changed.notify_all()

    async def _stop(self, request: web.Request) -> web.Response:
        container = self._found(request)
        self.graces.append(int(request.query["t"]))
        container.stopped.set()
        await self._ended(container)
        return web.Response(status=204)

    async def _wait(self, request: web.Request) -> web.Response:
        container = self._found(request)
        await self._ended(container)
        return web.json_response({"StatusCode": container.exit_code})

    async def _ended(self, container: FakeContainer) -> None:
        async with container.changed:
            await container.changed.wait_for(lambda: container.exit_code is not None)

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        container, sent = self._found(request), 0
        response = web.StreamResponse()
        response.content_type = "application/vnd.docker.multiplexed-stream"
        await response.prepare(request)
        while True:
            async with container.changed:
                while len(container.output) == sent and container.exit_code is None:
                    await container.changed.wait()
            for frame in container.output[sent:]:
                await response.write(frame)
                sent += 1
            if container.exit_code is not None:
                return response

    async def _inspect(self, request: web.Request) -> web.Response:
        container = self._found(request)
        state = {"OOMKilled": container.is_out_of_memory, "ExitCode": container.exit_code}
        return web.json_response({"State": state})

    async def _remove(self, request: web.Request) -> web.Response:
        container = self._found(request)
        del self.containers[request.match_info["id"]]
        container.stopped.set()
        return web.Response(status=204)

    async def _remove_volume(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        mounts = [
            mount
            for container in self.containers.values()
            for mount in container.request["HostConfig"].get("Mounts", [])
        ]
        if any(mount.get("Source") == name for mount in mounts):
            return web.json_response({"message": f"remove {name}: volume is in use"}, status=409)
        self.volumes.discard(name)
        return web.Response(status=204)

    def _found(self, request: web.Request) -> FakeContainer:
        container = self.containers.get(request.match_info["id"])
        if container is None:
            body = json.dumps({"message": "No such container"})
            raise web.HTTPNotFound(text=body, content_type="application/json")
        return container
