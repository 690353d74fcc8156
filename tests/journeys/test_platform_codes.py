"""Codes that the store itself redeems: published there for the shopper's address, withdrawn, given back."""

from __future__ import annotations

import msgspec
import pytest

from plugin.codes.minting import revoke
from plugin.codes.models import Code
from plugin.db import rows, transaction
from plugin.ports.orders import OrderState, StoreCustomer
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.shops.models import Shop
from plugin.shops.settings import CodeOffer, ShopSettings
from tests.connected import WALLET, Connected


@pytest.fixture
async def shop(database: str) -> Connected:
    shop = await Connected.begin()
    settings = ShopSettings(codes=CodeOffer(per_customer=2), code_authority="store")
    await Shop.filter(id=shop.world.shop.id).update(settings=msgspec.to_builtins(settings))
    shop.world.shop = await Shop.get(id=shop.world.shop.id)
    return shop


async def earned(shop: Connected) -> Code:
    """The code of an order that was cancelled."""
    _, order_id = await shop.placed(payments=(WALLET,))
    await shop.cancel(order_id)
    await shop.work("ask_store", "settle_leg", "publish_code")
    return await Code.get()


async def told(shop: Connected) -> list[str]:
    return [row["template"] for row in await rows("SELECT template FROM mails ORDER BY id")]


async def test_a_code_is_published_at_the_store_for_the_shoppers_address(shop: Connected) -> None:
    code = await earned(shop)
    ((promotion_id, (promotion, email)),) = shop.platform.codes.items()
    assert (code.authority, code.promotion_id, code.flag) == ("store", promotion_id, None)
    (shown,) = await shop.world.codes()
    assert (promotion.code, email) == (shown, "ada@example.com")
    assert shop.world.stripe.published == {}


async def test_the_letter_waits_until_the_code_stands_at_the_store(shop: Connected) -> None:
    _, order_id = await shop.placed(payments=(WALLET,))
    shop.platform.refuses["publish_code"] = OutcomeUnknown("time-out")
    await shop.cancel(order_id)
    await shop.work("ask_store", "settle_leg", "publish_code", "tell")
    assert await told(shop) == []
    shop.platform.refuses.clear()
    await shop.work("publish_code", "tell")
    assert await told(shop) == ["cancelled"]


@pytest.mark.parametrize("why", ["refused", "left"])
async def test_a_code_that_the_store_does_not_take_stays_good_at_our_ledger(shop: Connected, why: str) -> None:
    if why == "refused":
        shop.platform.refuses["publish_code"] = Rejected(RejectCode.OTHER, "Coupons are switched off.")
    else:
        await rows("UPDATE store_links SET state = 'left' RETURNING shop_id")
    code = await earned(shop)
    assert (code.authority, code.flag, code.promotion_id) == ("ledger", "not_published", None)
    await shop.work("tell")
    assert "cancelled" in await told(shop)


async def test_a_revoked_code_stops_working_at_the_store(shop: Connected) -> None:
    code = await earned(shop)
    async with transaction(shop.world.ports.doorbell) as tx:
        await revoke(tx, code, actor="ann", reason="a mistake", at=shop.world.clock.now())
    await shop.world.drain()
    assert shop.platform.codes == {}


async def test_a_code_is_redeemed_by_the_order_that_carries_it_and_given_back_with_that_order(shop: Connected) -> None:
    code = await earned(shop)
    (shown,) = await shop.world.codes()
    bought, _ = await shop.placed(
        payments=(WALLET,), discount_codes=(shown,), customer=StoreCustomer(email="ada@example.com")
    )
    assert (await Code.get(id=code.id)).state == "redeemed"

    cancelled = shop.world.store.change(bought.id, state=OrderState.CANCELLED)
    await shop.tell(cancelled)
    await shop.work("publish_code")
    again = await Code.get(id=code.id)
    assert (again.state, again.given_back) == ("minted", True)
    assert again.promotion_id not in (None, code.promotion_id)
    assert len(shop.platform.codes) == 2
