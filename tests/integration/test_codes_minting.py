"""Who gets a code, and who does not: caps, budget, hold-out and farming, on a real database under parallel asks."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from plugin import db
from plugin.codes import service
from plugin.codes.attribution import Group, attribution, ways_of_codes
from plugin.codes.from_orders import carried_by
from plugin.codes.minting import Minted, NotMinted, Withheld, expire_due, revoke
from plugin.codes.models import Code, Counter
from plugin.codes.redemption import Redemption
from plugin.codes.refusals import CodeRevoked
from plugin.codes.rules import is_held_out
from plugin.codes.service import Purchase
from plugin.ports.orders import StoreCustomer
from plugin.shops.models import Shop
from tests.factories import a_case, a_code, a_shop, a_shop_offering, an_order, mint_for
from tests.fakes import FakePorts, fake_ports


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


async def redeem(ports: FakePorts, shop: Shop, text: str, order: str = "o-back") -> Redemption:
    async with db.transaction(ports.doorbell) as tx:
        return await service.redeem(tx, ports, shop, text, Purchase("cart-1", order, 6000, 495, "USD"))


async def mint_again(ports: FakePorts, shop: Shop, email: str = "ada@example.com") -> Minted | NotMinted:
    order = await an_order(ports, shop, customer=StoreCustomer(email=email))
    return await mint_for(ports, shop, order, await a_case(shop, order))


async def budget_spent(shop: Shop) -> int:
    counter = await Counter.get(shop_id=shop.id, key="code-budget:USD:2026-11")
    return int(counter.n)


async def test_of_fifty_parallel_mints_over_many_orders_a_customer_gets_one(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, per_customer=1)
    orders = [await an_order(ports, shop) for _ in range(10)]
    cases = [(order, await a_case(shop, order)) for order in orders]
    answers = await asyncio.gather(*(mint_for(ports, shop, *cases[n % 10]) for n in range(50)))
    assert sum(isinstance(answer, Minted) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, NotMinted)} <= {
        Withheld.CAP_REACHED,
        Withheld.HAS_CODE,
    }
    assert await Code.all().count() == 1


async def test_a_higher_cap_still_gives_no_second_code_while_one_is_live(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, per_customer=5)
    orders = [await an_order(ports, shop) for _ in range(5)]
    cases = [(order, await a_case(shop, order)) for order in orders]
    answers = await asyncio.gather(*(mint_for(ports, shop, *case) for case in cases))
    assert sum(isinstance(answer, Minted) for answer in answers) == 1
    # What the refused ones had counted was given back.
    assert (await Counter.all().first()).n == 1  # type: ignore[union-attr]


async def test_the_same_person_under_another_spelling_of_the_address_is_the_same_customer(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    await a_code(ports, shop, "ada@gmail.com")
    assert await mint_again(ports, shop, "A.d.a+again@googlemail.com") == NotMinted(Withheld.CAP_REACHED)


async def test_the_cap_opens_again_in_the_next_window(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, per_customer=1, per_days=90, valid_days=30)
    await a_code(ports, shop)
    ports.clock.advance(timedelta(days=91))
    assert isinstance(await mint_again(ports, shop), Minted)


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        ({"enabled": False}, Withheld.OFF),
        ({"kind": "amount", "amounts": {"EUR": 500}}, Withheld.NO_OFFER_IN_CURRENCY),
        ({"per_customer": 0}, Withheld.CAP_REACHED),
        ({"budgets": {"USD": 5000}}, Withheld.WORTH_UNKNOWN),
        ({"budgets": {"USD": 499}, "worth": {"USD": 500}}, Withheld.BUDGET_SPENT),
    ],
)
async def test_a_code_is_withheld_with_its_reason_in_the_audit(
    ports: FakePorts, offer: dict[str, Any], reason: Withheld
) -> None:
    shop = await a_shop_offering(ports, **offer)
    assert await mint_again(ports, shop) == NotMinted(reason)
    assert await Code.all().count() == 0
    written = await db.rows("SELECT canonical FROM audit_events WHERE kind = 'code_withheld'")
    assert f'"reason":"{reason}"' in written[0]["canonical"]


async def test_an_order_without_a_known_customer_earns_no_code(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    order = await an_order(ports, shop, customer=StoreCustomer())
    assert await mint_for(ports, shop, order, await a_case(shop, order)) == NotMinted(Withheld.NO_CUSTOMER)


@pytest.mark.parametrize("told_by_api", [True, False])
async def test_an_order_that_came_with_a_code_earns_none(ports: FakePorts, told_by_api: bool) -> None:
    shop = await a_shop_offering(ports, per_customer=9)
    text, _ = await a_code(ports, shop)
    back = await an_order(ports, shop, id="o-back", discount_codes=() if told_by_api else (text.lower(),))
    if told_by_api:
        await redeem(ports, shop, text)
    answer = await mint_for(ports, shop, back, await a_case(shop, back))
    assert answer == NotMinted(Withheld.CAME_WITH_CODE)


async def test_the_budget_of_a_month_holds_under_parallel_mints_and_returns_with_unused_codes(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, budgets={"USD": 1500}, worth={"USD": 500})
    orders = [await an_order(ports, shop, customer=StoreCustomer(email=f"shopper{n}@a.example")) for n in range(12)]
    cases = [(order, await a_case(shop, order)) for order in orders]
    minted = await asyncio.gather(*(mint_for(ports, shop, *case) for case in cases))
    codes = [answer for answer in minted if isinstance(answer, Minted)]
    assert (len(codes), await budget_spent(shop)) == (3, 1500)
    await redeem(ports, shop, codes[0].text)
    ports.clock.advance(timedelta(days=32))
    assert await expire_due(ports) == 2
    assert await expire_due(ports) == 0
    assert await budget_spent(shop) == 500


async def test_a_revoked_code_returns_its_budget_once_and_is_refused(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, budgets={"USD": 1500}, worth={"USD": 500})
    text, code = await a_code(ports, shop)
    for expected in (True, False):
        async with db.transaction(ports.doorbell) as tx:
            done = await revoke(tx, code, actor="staff", reason="by mistake", at=ports.clock.now())
        assert done is expected
    assert await budget_spent(shop) == 0
    with pytest.raises(CodeRevoked):
        await redeem(ports, shop, text)


async def test_held_out_customers_get_no_code_and_their_return_is_counted_beside(ports: FakePorts) -> None:
    shop = await a_shop_offering(ports, held_out_percent=50)
    held_out = 0
    for n in range(12):
        customer = StoreCustomer(email=f"shopper{n}@a.example")
        order = await an_order(ports, shop, customer=customer)
        answer = await mint_for(ports, shop, order, await a_case(shop, order))
        is_out = is_held_out(order.customer_hash or "", 50)
        assert isinstance(answer, NotMinted) is is_out
        held_out += is_out
        if n < 6:
            await an_order(ports, shop, customer=customer, placed_at=ports.clock.now() + timedelta(days=3))
    sums = await attribution(shop.id, ports.clock.now())
    assert (sums.held_out.customers, sums.with_code.customers) == (held_out, 12 - held_out)
    assert sums.held_out.returned + sums.with_code.returned == 6


async def test_attribution_tells_the_whole_way_of_a_code_and_the_sums_of_the_shop(ports: FakePorts) -> None:
    shop, other = await a_shop(ports), await a_shop(ports)
    text, code = await a_code(ports, shop)
    await a_code(ports, shop, "eve@example.com")
    await a_code(ports, other)
    async with db.transaction(ports.doorbell) as tx:
        await carried_by(tx, code.id, "mail_1")
    await redeem(ports, shop, text)
    sums = await attribution(shop.id, ports.clock.now())
    assert (sums.minted, sums.redeemed, sums.flagged) == (2, 1, 0)
    assert (sums.revenue_kept, sums.discount_given) == ({"USD": 6000}, {"USD": 495})
    assert (sums.with_code, sums.held_out) == (Group(2, 0), Group(0, 0))
    ways = {way.code_id: way for way in await ways_of_codes(shop.id, ports.clock.now())}
    way = ways[code.id]
    assert len(ways) == 2
    assert (way.message_id, way.came_back_with, way.revenue_kept) == ("mail_1", "o-back", 6000)
    assert (way.case_number[:2], way.order_number[:1]) == ("C-", "#")
