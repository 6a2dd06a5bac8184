"""A client for the part of the Docker Engine API that running containers requires."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from airflow_batch_provider.local.start_error import StartError

DEFAULT_HOST: Final = "unix:///var/run/docker.sock"
VARIABLE: Final = "DOCKER_HOST"
HEADER_BYTES: Final = 8
PING_SECONDS: Final = 5.0
NOT_FOUND: Final = 404


class EngineError(Exception):
    """An error response of the engine; the message is the engine's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class EngineApi:
    """
    A client of one container engine.

    Paths contain no API version, so the engine uses its own. All calls have been stable for years.

    :param host: ``unix://PATH`` or ``tcp://HOST:PORT``.
    :raises StartError: if the address has a different form.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        scheme, _, address = host.partition("://")
        if scheme not in ("unix", "tcp", "http") or not address:
            raise StartError(f"{VARIABLE} is {host!r}; it must be unix://PATH or tcp://HOST:PORT.")
        self._path = address if scheme == "unix" else None
        self._base = "http://localhost" if scheme == "unix" else f"http://{address.rstrip('/')}"
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """
        Connect to the engine.

        :raises StartError: if no engine responds.
        """
        connector: aiohttp.BaseConnector = aiohttp.TCPConnector(limit=0)
        if self._path is not None:
            connector = aiohttp.UnixConnector(self._path, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        try:
            await self._call("GET", "/_ping", timeout=aiohttp.ClientTimeout(total=PING_SECONDS))
        except (OSError, TimeoutError, aiohttp.ClientError, EngineError) as error:
            await self.close()
            reason = str(error) or type(error).__name__
            raise StartError(
                f"No container engine responds at {self.host} ({reason})."
                f" Start one, set {VARIABLE} to another address, or use --runner process."
            ) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def has_image(self, image: str) -> bool:
        try:
            await self._call("GET", f"/images/{quote(image)}/json")
        except EngineError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    async def pull(self, image: str) -> None:
        """
        Pull an image.

        :raises EngineError: if the image does not exist or access is denied.
        """
        query = {"fromImage": image if _has_tag(image) else f"{image}:latest"}
        async with self._request("POST", "/images/create", params=query) as response:
            # The engine answers 200 before it pulls, and reports failures as JSON lines in the body.
            async for line in response.content:
                progress = json.loads(line) if line.strip() else {}
                if "error" in progress:
                    raise EngineError(response.status, str(progress["error"]))

    async def create(self, name: str, container: Mapping[str, Any]) -> str:
        """Create a container and return its id."""
        answer = await self._call("POST", "/containers/create", params={"name": name}, json=container)
        return str(answer["Id"])

    async def start(self, container_id: str) -> None:
        await self._call("POST", f"/containers/{container_id}/start")

    async def stop(self, container_id: str, grace_seconds: int) -> None:
        """Send SIGTERM, and SIGKILL after the grace period; return when the container has ended."""
        await self._call("POST", f"/containers/{container_id}/stop", params={"t": str(grace_seconds)})

    async def wait(self, container_id: str) -> int:
        """Wait until a container has ended, and return its exit code."""
        answer = await self._call("POST", f"/containers/{container_id}/wait")
        return int(answer["StatusCode"])

    async def was_out_of_memory(self, container_id: str) -> bool:
        answer = await self._call("GET", f"/containers/{container_id}/json")
        return bool(answer["State"].get("OOMKilled"))

    async def remove(self, container_id: str) -> None:
        """Remove a container with its volumes, even if it is running."""
        await self._call("DELETE", f"/containers/{container_id}", params={"force": "1", "v": "1"})

    async def remove_volume(self, name: str) -> None:
        """
        Remove a volume, if it exists.

        :raises EngineError: if a container uses it.
        """
        try:
            await self._call("DELETE", f"/volumes/{quote(name)}")
        except EngineError as error:
            if error.status != NOT_FOUND:
                raise

    async def output(self, container_id: str) -> AsyncIterator[bytes]:
        """Yield a container's output from its start to its end."""
        query = {"follow": "1", "stdout": "1", "stderr": "1"}
        async with self._request("GET", f"/containers/{container_id}/logs", params=query) as response:
            while not response.content.at_eof():
                try:
                    # Without a TTY, the output is a series of frames: one byte for the stream, three zeros,
                    # the length (big-endian), the payload. See ContainerAttach in
                    # https://docs.docker.com/reference/api/engine/.
                    header = await response.content.readexactly(HEADER_BYTES)
                    yield await response.content.readexactly(int.from_bytes(header[4:], "big"))
                except EOFError:
                    return

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        async with self._request(method, path, **options) as response:
            body = await response.read()
            return json.loads(body) if response.content_type == "application/json" and body else {}

    def _request(self, method: str, path: str, **options: Any) -> _Checked:
        if self._session is None:
            raise RuntimeError("the connection to the container engine is not open")
        return _Checked(self._session.request(method, self._base + path, **options))


class _Checked:
    """A request that raises :class:`EngineError` for an error response."""

    def __init__(self, request: Any) -> None:
        self._request = request

    async def __aenter__(self) -> aiohttp.ClientResponse:
        response: aiohttp.ClientResponse = await self._request.__aenter__()
        if response.status < 400:
            return response
        text = await response.text()
        await self._request.__aexit__(None, None, None)
        raise EngineError(response.status, _message(text))

    async def __aexit__(self, *error: Any) -> None:
        await self._request.__aexit__(*error)


def engine_host() -> str:
    """Return the engine's address: ``DOCKER_HOST``, or else Docker's default socket."""
    return os.environ.get(VARIABLE) or DEFAULT_HOST


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()


def _has_tag(image: str) -> bool:
    return "@" in image or ":" in image.rpartition("/")[2]
