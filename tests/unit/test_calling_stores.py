"""A call whose headers no server would take is not made, and what it would have said is quoted nowhere."""

from __future__ import annotations

import traceback

import httpx
import pytest

from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import resolve_by_system
from plugin.storefronts.calling import NoAnswer, Outgoing, call


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)


@pytest.mark.parametrize("key", ["canary…", "canary\r\nx-evil: 1", "canary\0", "canary\u2028"])
async def test_a_key_that_cannot_be_sent_is_told_of_without_it(key: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as http:
        outgoing = Outgoing(http, resolve_by_system, 1.0)
        store = StoreConnection(shop_id="s", address="https://127.0.0.1", secret=key, allow_private_address=True)
        with pytest.raises(NoAnswer) as nothing:
            await call(outgoing, store, "GET", "https://127.0.0.1/", headers={"x-token": key}, longest=10)
    assert not nothing.value.was_sent
    assert "canary" not in "".join(traceback.format_exception(nothing.value))
