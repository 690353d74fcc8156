"""Calling a store: at a checked number, within a time, with an answer of bounded length.

What came back is an ``Answer``, whatever its status; what did not come back is ``NoAnswer``, and then the store may
have done what it was asked all the same, unless ``was_sent`` is False.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import (
    AddressRefused,
    AddressUnresolved,
    CheckedAddress,
    Resolve,
    checked_addresses,
)


class NoAnswer(Exception):
    """No answer was read; ``args[0]`` says why, for staff. ``was_sent`` is False where the store cannot have heard."""

    def __init__(self, reason: str, *, was_sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.was_sent = was_sent


@dataclass(frozen=True)
class Outgoing:
    """How stores are reached; a whole call, with its answer, takes at most ``timeout`` seconds."""

    http: httpx.AsyncClient
    resolve: Resolve
    timeout: float


@dataclass(frozen=True)
class Answer:
    """``body`` is None when it was longer than asked for, or packed although we asked for plain bytes."""

    status: int
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


async def call(
    outgoing: Outgoing,
    store: StoreConnection,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    longest: int,
) -> Answer:
    """One call of ``url`` on behalf of ``store``. Raises ``AddressRefused`` and ``NoAnswer``."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        # Found out later, the error would quote it; and it is most likely the key.
        raise NoAnswer("A key holds a character that no key has: was it copied whole?", was_sent=False)
    try:
        async with asyncio.timeout(outgoing.timeout):
            targets = await checked_addresses(url, allow_private=store.allow_private_address, resolve=outgoing.resolve)
            return await _send(outgoing, targets, method, headers, body, longest)
    except AddressRefused:
        raise
    except AddressUnresolved as error:
        raise NoAnswer(str(error), was_sent=False) from error
    except TimeoutError as error:
        raise NoAnswer("The store did not answer in time.") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoAnswer(f"The store could not be reached ({type(error).__name__}).", was_sent=False) from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise NoAnswer(f"The store could not be reached ({type(error).__name__}).") from error


async def _send(
    outgoing: Outgoing, targets: list[CheckedAddress], method: str, headers: Mapping[str, str], body: bytes | None,
    longest: int,
) -> Answer:  # fmt: skip
    """Try each checked number until one takes the connection; after that there is one answer or none."""
    failure: httpx.TransportError = httpx.ConnectError("There is no number to call.")
    for target in targets:
        stream = outgoing.http.stream(
            method,
            target.url,
            headers={"accept-encoding": "identity", "connection": "close", **headers, **target.headers},
            content=body,
            extensions=target.extensions,
            follow_redirects=False,
            timeout=outgoing.timeout,
        )
        try:
            async with stream as response:
                return Answer(response.status_code, await _limited(response, longest), dict(response.headers))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    raise failure


async def _limited(response: httpx.Response, longest: int) -> bytes | None:
    if "content-encoding" in response.headers:
        return None
    answer = b""
    async for chunk in response.aiter_bytes():
        answer += chunk
        if len(answer) > longest:
            return None
    return answer
