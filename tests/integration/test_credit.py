"""The ledger of store credit on a real database: never overspent, once for each purpose, back when it comes back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from plugin import db
from plugin.audit.service import verify_order
from plugin.core.errors import DomainError
from plugin.credit import service
from plugin.credit.give_back import give_back, pay_back
from plugin.credit.issuing import end_due, issue, reseal_credits, revoke
from plugin.credit.models import Credit
from plugin.credit.refusals import (
    CartHasSpent,
    CreditCurrencyDiffers,
    CreditExpired,
    CreditGivenBack,
    CreditInsufficient,
    CreditRevoked,
    CreditUnknown,
    CreditUsedUp,
    SpentOtherwise,
)
from plugin.ports.orders import OrderState
from plugin.shops.models import Shop
from tests.credit import a_credit, check_books, entries
from tests.factories import a_shop, an_order
from tests.fakes import FakePorts, fake_ports

LATER = timedelta(minutes=31)


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


async def reserve(
    ports: FakePorts, shop: Shop, text: str, cart: str = "cart-1", amount: int | None = None, total: int = 3000
) -> service.Held:
    async with db.transaction(ports.doorbell) as tx:
        return await service.reserve(
            tx, ports, shop, text, cart_id=cart, total=total, currency="USD", amount=amount
        )  # fmt: skip


async def redeem(
    ports: FakePorts, shop: Shop, text: str, amount: int, order: str = "o-back", cart: str = "cart-1",
    currency: str = "USD",
) -> service.Spent:  # fmt: skip
    async with db.transaction(ports.doorbell) as tx:
        return await service.redeem(
            tx, ports, shop, text, cart_id=cart, external_order_id=order, amount=amount, currency=currency
        )


async def cancelled(ports: FakePorts, shop: Shop, order: str, at_most: int | None = None) -> int:
    async with db.transaction(ports.doorbell) as tx:
        return await give_back(tx, shop.id, order, ports.clock.now(), at_most=at_most)


async def test_credit_is_held_spent_in_parts_and_told_entry_by_entry(ports: FakePorts, shop: Shop) -> None:
    text, credit = await a_credit(ports, shop, 5000, bonus=500)
    held = await reserve(ports, shop, text.lower(), total=3000)
    assert (held.amount, held.available) == (3000, 2500)
    spent = await redeem(ports, shop, text, 2800)
    assert (spent.amount, spent.available) == (2800, 2700)
    assert await entries(credit) == [("grant", 5000), ("bonus", 500), ("spend", -2800)]
    with pytest.raises(CreditInsufficient) as less:
        await redeem(ports, shop, text, 2701, "o-3", "cart-3")
    assert less.value.extra == {"available": 2700}
    await redeem(ports, shop, text, 2700, "o-3", "cart-3")
    with pytest.raises(CreditUsedUp):
        await reserve(ports, shop, text, "cart-4")
    await check_books()
    assert await verify_order(credit.order_id) == []


async def test_of_fifty_carts_at_once_no_cent_is_spent_twice(ports: FakePorts, shop: Shop) -> None:
    text, credit = await a_credit(ports, shop, 5000)

    async def buy(n: int) -> int:
        try:
            if n % 2:
                await reserve(ports, shop, text, f"cart-{n}", amount=400)
            return (await redeem(ports, shop, text, 400, f"o-{n}", f"cart-{n}")).amount
        except DomainError:
            return 0

    assert sum(await asyncio.gather(*(buy(n) for n in range(50)))) == 4800
    assert [amount for kind, amount in await entries(credit) if kind == "spend"] == [-400] * 12
    await check_books()


async def test_one_order_told_fifty_times_at_once_spends_once(ports: FakePorts, shop: Shop) -> None:
    text, credit = await a_credit(ports, shop, 5000)
    answers = await asyncio.gather(*(redeem(ports, shop, text, 1000) for _ in range(50)))
    assert {answer.payment_id for answer in answers} == {answers[0].payment_id}
    assert await entries(credit) == [("grant", 5000), ("spend", -1000)]
    with pytest.raises(SpentOtherwise):
        await redeem(ports, shop, text, 999)
    with pytest.raises(CartHasSpent):
        await redeem(ports, shop, text, 1000, "o-of-the-same-cart")


async def test_a_hold_keeps_others_away_until_its_time_is_over(ports: FakePorts, shop: Shop) -> None:
    text, _ = await a_credit(ports, shop, 1000)
    await reserve(ports, shop, text, amount=1000)
    with pytest.raises(CreditUsedUp):
        await reserve(ports, shop, text, "cart-2")
    with pytest.raises(CreditUsedUp):
        await redeem(ports, shop, text, 1000, "o-2", "cart-2")
    assert (await service.quote(ports, shop, text, total=900, currency="USD", cart_id="cart-1")).pays == 900
    ports.clock.advance(LATER)
    assert (await service.quote(ports, shop, text, total=900, currency="USD")).pays == 900
    assert (await redeem(ports, shop, text, 400, "o-2", "cart-2")).available == 600
    assert (await redeem(ports, shop, text, 600)).available == 0  # late, and covered
    await check_books()


async def test_a_late_redemption_that_is_covered_no_more_is_refused(ports: FakePorts, shop: Shop) -> None:
    text, _ = await a_credit(ports, shop, 1000)
    await reserve(ports, shop, text, amount=800)
    ports.clock.advance(LATER)
    await redeem(ports, shop, text, 500, "o-2", "cart-2")
    with pytest.raises(CreditInsufficient):
        await redeem(ports, shop, text, 800)


async def test_the_end_takes_what_no_cart_holds(ports: FakePorts, shop: Shop) -> None:
    end = ports.clock.now() + timedelta(minutes=10)
    text, credit = await a_credit(ports, shop, 1000, expires_at=end)
    await reserve(ports, shop, text, amount=300)
    ports.clock.set(end)
    assert await end_due(ports) == 1
    assert (await Credit.get(id=credit.id)).balance == 300
    with pytest.raises(CreditExpired):
        await reserve(ports, shop, text, "cart-2")
    await redeem(ports, shop, text, 200)
    assert await entries(credit) == [("grant", 1000), ("expiry", -700), ("spend", -200), ("expiry", -100)]
    assert (await Credit.get(id=credit.id)).state == "expired"
    assert await end_due(ports) == 0
    await check_books()


async def test_a_cancelled_order_gives_back_once_also_to_credit_that_has_ended(ports: FakePorts, shop: Shop) -> None:
    end = ports.clock.now() + timedelta(days=1)
    text, credit = await a_credit(ports, shop, 1000, expires_at=end)
    await redeem(ports, shop, text, 600)
    ports.clock.set(end)
    await end_due(ports)
    assert await asyncio.gather(*(cancelled(ports, shop, "o-back") for _ in range(5))) in [
        [600 if n == first else 0 for n in range(5)] for first in range(5)
    ]
    now = await Credit.get(id=credit.id)
    assert (now.state, now.balance, now.expires_at) == ("live", 600, end + timedelta(days=30))
    with pytest.raises(CreditGivenBack):
        await redeem(ports, shop, text, 600)
    await redeem(ports, shop, text, 600, "o-next", "cart-next")
    await check_books()


async def test_what_comes_back_to_credit_that_was_taken_back_is_taken_back(ports: FakePorts, shop: Shop) -> None:
    text, credit = await a_credit(ports, shop, 1000)
    await redeem(ports, shop, text, 400)
    await reserve(ports, shop, text, "cart-2", amount=100)
    async with db.transaction(ports.doorbell) as tx:
        await revoke(tx, shop.id, credit.id, actor="staff:1", at=ports.clock.now())
    assert await cancelled(ports, shop, "o-back") == 400
    with pytest.raises(CreditRevoked):
        await redeem(ports, shop, text, 100, "o-2", "cart-2")
    told = await entries(credit)
    assert sorted(told) == sorted(
        [("grant", 1000), ("spend", -400), ("take_back", -600), ("give_back", 400), ("take_back", -400)]
    )
    await check_books()


async def test_an_order_that_was_cancelled_before_its_redemption_gives_back_at_once(
    ports: FakePorts, shop: Shop
) -> None:
    text, credit = await a_credit(ports, shop, 1000)
    over = await an_order(ports, shop, state=OrderState.CANCELLED)
    await redeem(ports, shop, text, 700, over.external_id)
    assert await entries(credit) == [("grant", 1000), ("spend", -700), ("give_back", 700)]


async def test_refunds_pay_back_in_parts_and_the_end_only_what_is_due(ports: FakePorts, shop: Shop) -> None:
    text, credit = await a_credit(ports, shop, 1000)
    payment = (await redeem(ports, shop, text, 1000)).payment_id

    async def leg(leg_id: str, amount: int, of: str = payment) -> bool:
        async with db.transaction(ports.doorbell) as tx:
            return await pay_back(
                tx, shop.id, "o-back", payment_id=of, leg_id=leg_id, amount=amount, at=ports.clock.now()
            )

    assert [await leg("ref_1", 300), await leg("ref_1", 300), await leg("ref_2", 701), await leg("ref_3", 1, "p1")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert await cancelled(ports, shop, "o-back", at_most=650) == 650
    assert (await Credit.get(id=credit.id)).balance == 950
    await check_books()


async def test_a_case_is_given_credit_once(ports: FakePorts, shop: Shop) -> None:
    _, credit = await a_credit(ports, shop, 1000)
    async with db.transaction(ports.doorbell) as tx:
        again = await issue(
            tx, vault=ports.vault, shop_id=shop.id, order_id=credit.order_id, case_id=credit.case_id,
            customer_hash=None, currency="USD", amount=1000, bonus=0, expires_at=None, authority="ledger",
            at=ports.clock.now(),
        )  # fmt: skip
    assert again.id == credit.id
    await check_books()


async def test_other_shops_and_other_currencies_get_nothing(ports: FakePorts, shop: Shop) -> None:
    text, _ = await a_credit(ports, await a_shop(ports), 1000)
    with pytest.raises(CreditUnknown):
        await redeem(ports, shop, text, 1)
    ours, _ = await a_credit(ports, shop, 1000)
    with pytest.raises(CreditCurrencyDiffers):
        await redeem(ports, shop, ours, 1, currency="EUR")


async def test_codes_are_sealed_anew_under_a_new_key(ports: FakePorts, shop: Shop) -> None:
    await a_credit(ports, shop, 1000, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert await reseal_credits(ports.vault, shop.id) == 0
