"""What WooCommerce's odd answers come to: detours, pages instead of JSON, notices of PHP, limits and silence."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import CancelRequest, CancelStatus
from plugin.storefronts.demo.woocommerce.faults import Fault
from plugin.storefronts.woocommerce.api import NotDone, json_part, site_of
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from tests.contracts.woocommerce_bench import WooBench, woo_bench


@pytest.fixture
async def woo() -> AsyncIterator[WooBench]:
    async with woo_bench() as bench:
        yield bench


async def test_a_server_that_keeps_the_credentials_from_php_is_asked_with_a_query(
    woo: WooBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    woo.store.strips_authorization = True
    placed = await woo.place()
    for _ in range(2):
        assert await woo.platform.fetch_order(woo.connection, placed.order_id) is not None
    assert woo.store.calls == [f"GET /wc/v3/orders/{placed.order_id}"] * 3  # the detour is remembered
    assert woo.store.consumer_secret not in caplog.text


async def test_the_words_of_an_error_are_told_without_their_html(woo: WooBench) -> None:
    woo.switch(Fault.FATAL)
    with pytest.raises(OutcomeUnknown) as unknown:
        await woo.platform.describe(woo.connection)
    assert unknown.value.reason == "There has been a critical error on this website."


async def test_plain_permalinks_are_asked_by_their_route(woo: WooBench) -> None:
    woo.store.has_plain_links = True
    woo.store.strips_authorization = True
    assert (await woo.platform.describe(woo.connection)).name == "Casa Lino"
    placed = await woo.place()
    assert await woo.platform.fetch_order(woo.connection, placed.order_id) is not None


async def test_a_key_that_is_unknown_or_read_only_or_of_the_wrong_user_is_bad_credentials(woo: WooBench) -> None:
    placed = await woo.place()
    stranger = replace(woo.connection, key="ck_unknown")
    with pytest.raises(Rejected) as no:
        await woo.platform.fetch_order(stranger, placed.order_id)
    assert no.value.code is RejectCode.BAD_CREDENTIALS
    woo.store.user_may = False
    with pytest.raises(Rejected) as no:
        await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert no.value.code is RejectCode.BAD_CREDENTIALS


async def test_a_read_only_key_lacks_every_right_to_write_and_no_other(woo: WooBench) -> None:
    woo.store.permissions = "read"
    found = {each.name: each.is_granted for each in await woo.platform.permissions(woo.connection)}
    assert found == {
        "orders: read": True, "orders: write": False, "products: read": True, "products: write": False,
        "coupons: read": True, "coupons: write": False, "webhooks: read": True, "webhooks: write": False,
    }  # fmt: skip


async def test_trying_the_permissions_changes_nothing(woo: WooBench) -> None:
    await woo.place()
    before = repr((woo.store.orders, woo.store.coupons, woo.store.webhooks))
    await woo.platform.permissions(woo.connection)
    assert repr((woo.store.orders, woo.store.coupons, woo.store.webhooks)) == before


async def test_a_notice_of_php_before_the_json_is_overlooked(woo: WooBench) -> None:
    placed = await woo.place()
    woo.switch(Fault.NOTICE)
    order = await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert order is not None
    assert order.total == placed.total


@pytest.mark.parametrize(
    ("fault", "words", "retry_after"),
    [
        (Fault.PAGE, "a page that is not WooCommerce's", None),
        (Fault.MAINTENANCE, "503", 7),
        (Fault.BUSY, "come back later", 7),
        (Fault.FATAL, "critical error", None),
        (Fault.FIREWALL, "403", None),
        (Fault.REDIRECT, "www.shop.example", None),
        (Fault.NO_ROUTE, "is its plugin active", None),
    ],
)
async def test_trouble_before_woocommerce_is_neither_a_no_nor_a_missing_order(
    woo: WooBench, fault: Fault, words: str, retry_after: float | None
) -> None:
    placed = await woo.place()
    woo.switch(fault)
    with pytest.raises(OutcomeUnknown) as unknown:
        await woo.platform.fetch_order(woo.connection, placed.order_id)
    assert words in unknown.value.reason
    assert unknown.value.retry_after == retry_after
    assert str(woo.connection.address) not in unknown.value.reason


async def test_a_store_that_never_answers_is_unknown_in_time() -> None:
    async with woo_bench(timeout=0.3) as woo:
        placed = await woo.place()
        woo.switch(Fault.SLOW, "PUT")
        ask = CancelRequest(key="case_1", order_id=placed.order_id, order_number="1", whole_order=True, lines=())
        assert (await woo.storefront.cancel(woo.connection, ask)).status is CancelStatus.UNKNOWN
        assert (await woo.storefront.read_cancel(woo.connection, ask)).status is CancelStatus.CANCELLED


async def test_a_store_that_cannot_be_reached_has_done_nothing(woo: WooBench) -> None:
    nobody = replace(woo.connection, address="http://127.0.0.1:9")
    with pytest.raises(NotDone):
        await woo.platform.fetch_order(nobody, "1001")


async def test_a_private_address_is_refused_in_production(woo: WooBench) -> None:
    placed = await woo.place()
    public = replace(woo.connection, allow_private_address=False)
    with pytest.raises(Rejected):
        await woo.platform.fetch_order(public, placed.order_id)
    ask = CancelRequest(key="case_1", order_id=placed.order_id, order_number="1", whole_order=True, lines=())
    assert (await woo.storefront.cancel(public, ask)).status is CancelStatus.UNSUPPORTED


async def test_a_site_without_woocommerce_is_told_so(woo: WooBench) -> None:
    woo.switch(Fault.PAGE, r"GET /$")
    with pytest.raises(OutcomeUnknown):
        await woo.platform.describe(woo.connection)


async def test_a_store_describes_itself_with_its_zone(woo: WooBench) -> None:
    facts = await woo.platform.describe(woo.connection)
    assert (facts.name, facts.currency, facts.country) == ("Casa Lino", "EUR", "ES")
    assert (facts.time_zone, facts.locale, facts.version) == ("Europe/Madrid", "es_ES", "10.0.0")


@pytest.mark.parametrize(
    ("body", "json"),
    [
        (b'{"a": 1}', b'{"a": 1}'),
        (b'\xef\xbb\xbf[{"a": 1}]', b'[{"a": 1}]'),
        (b"<b>Notice</b>: {x} [1] in a[b].php\n[]", b"[]"),
        (b"<html>{}</html>", None),
        (b"", None),
        (None, None),
        (b"[" * 100_000, None),
    ],
)
def test_the_json_of_an_answer(body: bytes | None, json: bytes | None) -> None:
    assert json_part(body) == json


@pytest.mark.parametrize(
    "address",
    ["https://shop.example/es", "https://shop.example/es/", "https://shop.example/es/wp-json/wc/v3?x=1",
     "https://shop.example/es/wp-admin/admin.php?page=wc-settings"],
)  # fmt: skip
def test_the_address_of_a_site_is_read_from_what_people_copy(address: str) -> None:
    assert site_of(address) == "https://shop.example/es"


async def test_a_time_to_come_back_that_no_calendar_holds_is_overlooked(woo: WooBench) -> None:
    busy = httpx.Response(429, headers={"retry-after": "1 Jan 99999999999999999999 00:00:00 GMT"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: busy)) as http:
        with pytest.raises(NotDone) as later:
            await WooCommercePlatform(http).fetch_order(woo.connection, "1")
    assert later.value.retry_after is None
