"""The two who call the service in the story: the store's server with its secret key, and the shopper with a session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import msgspec

from handlers.demo.transcript import StepFailed

T = TypeVar("T")

LOOK_EVERY = 0.01


async def until(look: Callable[[], Awaitable[T | None]], what: str, *, seconds: float = 15.0) -> T:
    """Look again and again until there is something; raises ``StepFailed`` when ``seconds`` are over."""
    deadline = time.monotonic() + seconds
    while (found := await look()) is None:
        if time.monotonic() > deadline:
            raise StepFailed(f"Waited {seconds:g} s for {what}, in vain.")
        await asyncio.sleep(LOOK_EVERY)
    return found


class Caller:
    """Calls the API with one bearer token, or without one, and reads the answers as their Structs."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, answer: type[T]) -> T:
        return self.read(await self._http.get(path, headers=self._headers), answer)

    async def post(self, path: str, body: msgspec.Struct, answer: type[T], *, key: str | None = None) -> T:
        """Post; ``key`` is the Idempotency-Key. Raises ``StepFailed`` for a problem."""
        return self.read(await self.send(path, body, key=key), answer)

    async def send(self, path: str, body: msgspec.Struct, *, key: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/json", **self._headers}
        if key is not None:
            headers["idempotency-key"] = key
        return await self._http.post(path, content=msgspec.json.encode(body), headers=headers)

    async def upload(self, path: str, name: str, content: bytes, answer: type[T]) -> T:
        """Send a photo, as a form with one file."""
        files = {"file": (name, content, "image/jpeg")}
        return self.read(await self._http.post(path, files=files, headers=self._headers), answer)

    def read(self, response: httpx.Response, answer: type[T]) -> T:
        if response.is_error:
            request = response.request
            raise StepFailed(
                f"{request.method} {request.url.path} was answered {response.status_code}: {response.text[:300]}"
            )
        return msgspec.json.decode(response.content, type=answer)
