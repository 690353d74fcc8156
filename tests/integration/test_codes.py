"""The ledger of codes on a real database: once, within the caps, and back again when an order is cancelled."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from plugin import db
from plugin.audit.service import verify_order
from plugin.codes import service
from plugin.codes.from_orders import give_back, seen_in_order
from plugin.codes.minting import expire_due, show
from plugin.codes.models import Code, Counter
from plugin.codes.redemption import Flag, Redemption
from plugin.codes.refusals import (
    CodeBelowMinimum,
    CodeExpired,
    CodeGivenBack,
    CodeOfOtherCustomer,
    CodeReservedElsewhere,
    CodeUnknown,
    CodeUsed,
    NotReservedHere,
)
from plugin.codes.rules import Cart
from plugin.codes.service import Purchase
from plugin.codes.states import CodeState
from plugin.codes.store import codes_of_case
from plugin.core.errors import DomainError
from plugin.ports.orders import OrderState
from plugin.shops.models import Shop
from tests.factories import a_code, a_shop, a_shop_offering, an_order
from tests.fakes import FakePorts, fake_ports

CART = Cart(subtotal=6000, shipping=495, currency="USD", id="cart-1")
OTHER_CART = Cart(subtotal=6000, shipping=495, currency="USD", id="cart-2")
LATER = timedelta(minutes=31)


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


def purchase(order: str = "o-back", cart: str = "cart-1", **changes: int) -> Purchase:
    return Purchase(cart, order, changes.get("total", 6000), changes.get("discount", 495), "USD")


async def reserve(ports: FakePorts, shop: Shop, text: str, cart: Cart = CART) -> service.Reservation:
    async with db.transaction(ports.doorbell) as tx:
        return await service.reserve(tx, ports, shop, text, cart)


async def redeem(ports: FakePorts, shop: Shop, text: str, bought: Purchase) -> Redemption:
    async with db.transaction(ports.doorbell) as tx:
        return await service.redeem(tx, ports, shop, text, bought)


async def release(ports: FakePorts, shop: Shop, text: str, cart_id: str) -> None:
    async with db.transaction(ports.doorbell) as tx:
        await service.release(tx, shop, text, cart_id)


async def cancelled(ports: FakePorts, shop: Shop, external_order_id: str) -> list[str]:
    async with db.transaction(ports.doorbell) as tx:
        return await give_back(tx, shop.id, external_order_id, ports.clock.now())


async def webhook(ports: FakePorts, shop: Shop, order: str, *codes: str) -> list[Redemption]:
    async with db.transaction(ports.doorbell) as tx:
        return await seen_in_order(
            tx, shop, external_order_id=order, discount_codes=codes, order_total=6000, at=ports.clock.now()
        )


async def budget_spent(shop: Shop) -> int:
    counter = await Counter.get(shop_id=shop.id, key="code-budget:USD:2026-11")
    return int(counter.n)


async def test_a_minted_code_is_found_however_it_is_typed_and_shown_only_by_opening_it(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    typed = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    quoted = await service.quote(ports, shop, typed, CART)
    assert (quoted.refusal, quoted.discount) == (None, 495)
    assert text.replace("-", "") not in code.sealed_code
    assert [show(ports.vault, found) for found in await codes_of_case(shop.id, code.case_id)] == [text]
    assert await verify_order(code.order_id) == []


async def test_of_a_hundred_parallel_redemptions_exactly_one_wins(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    tries = [redeem(ports, shop, text, purchase(f"o-{n}", f"cart-{n}")) for n in range(100)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, Redemption)]
    assert len(won) == 1
    assert sum(isinstance(answer, CodeUsed) for answer in answers) == 99
    assert (await Code.get(id=code.id)).redeemed_order == won[0].external_order_id
    assert await verify_order(code.order_id) == []


async def test_a_code_reserved_by_one_cart_is_refused_to_another_until_it_is_released(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, _ = await a_code(ports, shop)
    held = await reserve(ports, shop, text)
    assert (held.discount, held.until) == (495, ports.clock.now() + timedelta(minutes=30))
    with pytest.raises(CodeReservedElsewhere):
        await reserve(ports, shop, text, OTHER_CART)
    with pytest.raises(CodeReservedElsewhere):
        await redeem(ports, shop, text, purchase(cart="cart-2"))
    await release(ports, shop, text, "cart-2")
    with pytest.raises(CodeReservedElsewhere):
        await reserve(ports, shop, text, OTHER_CART)
    await release(ports, shop, text, "cart-1")
    assert (await reserve(ports, shop, text, OTHER_CART)).cart_id == "cart-2"


async def test_the_same_cart_again_holds_the_code_for_longer(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, _ = await a_code(ports, shop)
    first = await reserve(ports, shop, text)
    ports.clock.advance(timedelta(minutes=10))
    assert (await reserve(ports, shop, text)).until - first.until == timedelta(minutes=10)


@pytest.mark.parametrize("swept", [True, False])
async def test_a_lapsed_reservation_may_be_taken_over(ports: FakePorts, swept: bool) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    await reserve(ports, shop, text)
    ports.clock.advance(LATER)
    if swept:
        await expire_due(ports)
        assert (await Code.get(id=code.id)).state == CodeState.MINTED
    await reserve(ports, shop, text, OTHER_CART)
    with pytest.raises(CodeReservedElsewhere):
        await redeem(ports, shop, text, purchase(cart="cart-1"))
    assert (await redeem(ports, shop, text, purchase(cart="cart-2"))).flag is None


@pytest.mark.parametrize("swept", [True, False])
async def test_a_redemption_after_its_reservation_lapsed_is_accepted_and_flagged(ports: FakePorts, swept: bool) -> None:
    shop = await a_shop(ports)
    text, _ = await a_code(ports, shop)
    await reserve(ports, shop, text)
    ports.clock.advance(LATER)
    if swept:
        await expire_due(ports)
    assert (await redeem(ports, shop, text, purchase())).flag == Flag.AFTER_RESERVATION


@pytest.mark.parametrize("swept", [True, False])
async def test_a_redemption_after_the_end_is_accepted_flagged_and_charged(ports: FakePorts, swept: bool) -> None:
    shop = await a_shop_offering(ports, budgets={"USD": 1500}, worth={"USD": 500})
    text, _ = await a_code(ports, shop)
    ports.clock.advance(timedelta(days=40))
    if swept:
        await expire_due(ports)
    with pytest.raises(CodeExpired):
        await reserve(ports, shop, text)
    assert (await redeem(ports, shop, text, purchase())).flag == Flag.AFTER_EXPIRY
    assert await budget_spent(shop) == 500


async def test_a_reservation_made_in_time_is_good_to_its_end_though_the_code_expires_meanwhile(
    ports: FakePorts,
) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    ports.clock.set(code.expires_at - timedelta(minutes=1))
    await reserve(ports, shop, text)
    ports.clock.advance(timedelta(minutes=5))
    assert await expire_due(ports) == 0
    assert (await redeem(ports, shop, text, purchase())).flag is None


async def test_the_same_order_redeems_again_with_the_same_answer(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    first = await redeem(ports, shop, text, purchase())
    ports.clock.advance(timedelta(hours=1))
    assert await redeem(ports, shop, text, purchase()) == first
    assert (first.discount_given, first.revenue_kept, first.case_id) == (495, 6000, code.case_id)
    with pytest.raises(CodeUsed):
        await redeem(ports, shop, text, purchase("o-other"))


async def test_a_cancelled_order_gives_its_code_back_once(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    await redeem(ports, shop, text, purchase("o-1"))
    assert await cancelled(ports, shop, "o-1") == [code.id]
    assert await cancelled(ports, shop, "o-1") == []
    with pytest.raises(CodeGivenBack):
        await redeem(ports, shop, text, purchase("o-1"))
    assert await webhook(ports, shop, "o-1", text) == []
    await redeem(ports, shop, text, purchase("o-2"))
    assert await cancelled(ports, shop, "o-2") == []
    assert (await Code.get(id=code.id)).state == CodeState.REDEEMED
    assert await verify_order(code.order_id) == []


async def test_a_redemption_told_after_its_order_was_cancelled_gives_the_code_back(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    await an_order(ports, shop, id="o-1", state=OrderState.CANCELLED)
    assert (await redeem(ports, shop, text, purchase("o-1"))).external_order_id == "o-1"
    row = await Code.get(id=code.id)
    assert (row.state, row.given_back, row.redeemed_at) == (CodeState.MINTED, True, None)
    with pytest.raises(CodeGivenBack):
        await redeem(ports, shop, text, purchase("o-1"))
    await redeem(ports, shop, text, purchase("o-2"))
    assert await verify_order(code.order_id) == []


async def test_parallel_cancellations_give_a_code_back_once(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    await redeem(ports, shop, text, purchase("o-1"))
    given = await asyncio.gather(*(cancelled(ports, shop, "o-1") for _ in range(10)))
    assert [ids for ids in given if ids] == [[code.id]]


async def test_an_order_that_carries_an_unredeemed_code_settles_it_and_is_flagged(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, _ = await a_code(ports, shop)
    await reserve(ports, shop, text)
    seen = await webhook(ports, shop, "o-back", "WELCOME10", text)
    assert [(one.flag, one.revenue_kept, one.discount_given) for one in seen] == [(Flag.SEEN_IN_ORDER, 6000, None)]
    assert await webhook(ports, shop, "o-back", text) == []
    # The checkout's own word, late, completes what the webhook could not know.
    done = await redeem(ports, shop, text, purchase())
    assert (done.flag, done.discount_given) == (None, 495)


@pytest.mark.parametrize("authority", ["stripe", "store"])
async def test_where_the_ledger_is_not_the_authority_an_order_is_the_usual_way_to_learn_of_it(
    ports: FakePorts, authority: str
) -> None:
    shop = await a_shop_offering(ports, authority)  # type: ignore[arg-type]
    text, _ = await a_code(ports, shop)
    with pytest.raises(NotReservedHere):
        await reserve(ports, shop, text)
    seen = await webhook(ports, shop, "o-back", text)
    assert [one.flag for one in seen] == [None]


async def test_a_code_seen_in_two_orders_is_flagged_once(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    text, code = await a_code(ports, shop)
    await redeem(ports, shop, text, purchase("o-1"))
    for _ in range(2):
        assert await webhook(ports, shop, "o-2", text) == []
    row = await Code.get(id=code.id)
    assert (row.redeemed_order, row.flag) == ("o-1", Flag.SEEN_IN_TWO_ORDERS)
    assert len(await db.rows("SELECT 1 FROM audit_events WHERE kind = 'code_seen_twice'")) == 1
    # Its first order is cancelled, but the second has had the discount.
    assert await cancelled(ports, shop, "o-1") == []


async def test_another_shop_does_not_know_the_code(ports: FakePorts) -> None:
    shop, other = await a_shop(ports), await a_shop(ports)
    text, code = await a_code(ports, shop)
    failures: list[DomainError] = []
    for asked in (text, "0000-0000-0000-0000", "WELCOME10"):
        with pytest.raises(CodeUnknown) as caught:
            await service.quote(ports, other, asked, CART)
        failures.append(caught.value)
    assert len({(error.status, error.code, error.detail) for error in failures}) == 1
    for attempt in (reserve(ports, other, text), redeem(ports, other, text, purchase())):
        with pytest.raises(CodeUnknown):
            await attempt
    assert await webhook(ports, other, "o-back", text) == []
    assert await cancelled(ports, other, "o-back") == []
    assert (await Code.get(id=code.id)).state == CodeState.MINTED


async def test_a_code_is_good_only_for_its_customer_and_from_its_minimum(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, kind="percent", percent=10, minimums={"USD": 5000})
    text, _ = await a_code(ports, shop)
    async with db.transaction(ports.doorbell) as tx:
        with pytest.raises(CodeOfOtherCustomer):
            await service.reserve(tx, ports, shop, text, CART, "eve@example.com")
        with pytest.raises(CodeBelowMinimum):
            await service.reserve(tx, ports, shop, text, Cart(4999, 0, "USD", "cart-1"), "ADA@example.com")
        held = await service.reserve(tx, ports, shop, text, CART, "ada+mail@example.com")
    assert held.discount == 600
