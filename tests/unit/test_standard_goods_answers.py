"""What a standard store says about its goods that cannot be so: it is not believed."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from plugin.ports.goods import (
    Offers,
    StoreStatus,
)
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.standard.goods import StandardGoods
from tests.unit.standard_calls import CALLS, LARGE, SECRET, Call, an_order, credit


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (404, b"", StoreStatus.UNSUPPORTED),
        (400, b"", StoreStatus.REFUSED),
        (401, b"", StoreStatus.UNKNOWN),
        (302, b"", StoreStatus.UNKNOWN),
        (200, b"null", StoreStatus.UNKNOWN),
        (200, b"[" * 5000, StoreStatus.UNKNOWN),
        (200, b'{"status": "perhaps"}', StoreStatus.UNKNOWN),
        (200, b"{" + b" " * 600_000 + b"}", StoreStatus.UNKNOWN),
    ],
)
async def test_an_odd_answer_is_not_believed(call: Call, status: int, body: bytes, means: StoreStatus) -> None:
    assert await call(StandardGoods(_answering(status, body)), _LOCAL) is means


@pytest.mark.parametrize(
    "offer",
    [
        {"unit_tax": 20460},
        {"unit_price": -1},
        {"unit_price": 1.5},
        {"unit_price": 10**14},
        {"available": -1},
        {"title": "a\nb"},
        {"image_url": "javascript:alert(1)"},
    ],
)
async def test_a_price_that_cannot_be_is_not_shown(offer: dict[str, object]) -> None:
    assert (await _offered({**OFFER, **offer})).status is StoreStatus.UNKNOWN


async def test_prices_in_another_currency_are_no_prices_and_what_was_not_asked_for_is_left_out() -> None:
    assert (await _offered(OFFER, currency="EUR")).status is StoreStatus.UNKNOWN
    assert len((await _offered(OFFER)).offered) == 1
    assert (await _offered({**OFFER, "variant_id": "coat-9"})).offered == ()


async def test_an_order_that_is_not_named_may_have_been_made() -> None:
    goods = StandardGoods(_answering(200, b'{"status": "done"}'))
    assert (await goods.make_order(_LOCAL, an_order())).status is StoreStatus.UNKNOWN
    assert await credit(goods, _LOCAL) is StoreStatus.UNKNOWN


OFFER: dict[str, object] = {"product_id": "coat", "variant_id": "coat-3", "title": "Wool coat", "unit_price": 20459}
_LOCAL = StoreConnection(shop_id="s", address="http://127.0.0.1/x", secret=SECRET, allow_private_address=True)


async def _offered(offer: dict[str, object], currency: str = "USD") -> Offers:
    body = msgspec.json.encode({"currency": currency, "offers": [offer]})
    return await StandardGoods(_answering(200, body)).offers(_LOCAL, "ord_1", (LARGE,), "USD")


def _answering(status: int, body: bytes) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(status, content=body)))
