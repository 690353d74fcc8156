"""Store credit that paid for an order comes back with what is cancelled of it, and never twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from plugin.credit.models import Credit
from plugin.db import rows
from plugin.ports.orders import Custodian, Instrument, OrderState, PaymentState
from plugin.storefronts.standard.wire import LineBody, OrderBody, PaymentBody, ShippingBody
from tests.credit import check_books, credit_for, entries
from tests.journeys.steps import alerts, legs_of, quiet
from tests.world import World

TWO_LINES = (
    LineBody(id="cup", title="Cup", quantity=2, unit_price=1500),
    LineBody(id="pot", title="Pot", quantity=1, unit_price=4000),
)


async def earned(world: World, amount: int) -> tuple[str, Credit]:
    """Credit that an earlier order has brought."""
    shopper = await world.shopper(await world.place("fashion"))
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    return await credit_for(world.ports, shopper.order_id, case["id"], amount)


async def spend(world: World, text: str, order: str, amount: int) -> str:
    body = {"code": text, "cart_id": f"cart-{order}", "order_id": order, "amount": amount, "currency": "USD"}
    headers = {**world.server_key, "Idempotency-Key": uuid4().hex}
    answer = await world.http.post("/v1/credits/redeem", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    payment: str = answer.json()["payment_id"]
    return payment


def by_credit(payment_id: str, amount: int) -> PaymentBody:
    return PaymentBody(
        id=payment_id, custodian=Custodian.MANUAL, status=PaymentState.CAPTURED, amount=amount, captured=amount,
        instrument=Instrument.STORED_VALUE, label="Store credit",
    )  # fmt: skip


async def bought(world: World, *, credit: str, paid: int, by_hand: int = 0) -> OrderBody:
    """An order of 70.00, of which ``paid`` is store credit and ``by_hand`` money that a person holds."""
    number = str(world.numbers[0] + 1)
    payments: tuple[PaymentBody, ...] = (by_credit(await spend(world, credit, number, paid), paid),)
    if by_hand:
        payments += (
            PaymentBody(
                id="transfer", custodian=Custodian.MANUAL, status=PaymentState.CAPTURED, amount=by_hand,
                captured=by_hand, label="Bank transfer",
            ),
        )  # fmt: skip
    order = await world.place(
        "cash_on_delivery", lines=TWO_LINES, shipping=ShippingBody(), extras=(), discounts=(), currency="USD",
        total=7000, payments=payments,
    )  # fmt: skip
    assert order.id == number
    return order


async def test_a_part_that_is_cancelled_goes_back_to_the_credit_without_a_person(world: World) -> None:
    text, credit = await earned(world, 8000)
    order = await bought(world, credit=text, paid=7000)
    shopper = await world.shopper(order)
    for lines, back in (([{"line_id": "cup", "quantity": 1}], 1500), ([], 5500)):
        ask: dict[str, Any] = {"lines": lines} if lines else {"whole": True}
        case = await shopper.cancel(**ask)
        await shopper.until_state(case["id"], "done")
        assert [(leg["state"], leg["amount"]) for leg in await legs_of(case["id"])] == [("succeeded", back)]
        assert await alerts(case["id"]) == []
    await quiet(world)
    assert await entries(credit) == [("grant", 8000), ("spend", -7000), ("give_back", 1500), ("give_back", 5500)]
    await world.send(world.store.edit(order.id, state=OrderState.CANCELLED))
    await quiet(world)
    await check_books()


async def test_the_store_cancels_by_itself_and_the_credit_is_given_back_once(world: World) -> None:
    text, credit = await earned(world, 8000)
    order = await bought(world, credit=text, paid=3000, by_hand=4000)
    for _ in range(2):
        await world.send(world.store.edit(order.id, state=OrderState.CANCELLED))
        await quiet(world)
    assert await entries(credit) == [("grant", 8000), ("spend", -3000), ("give_back", 3000)]
    await check_books()


async def test_money_goes_back_before_credit_does(world: World) -> None:
    text, _ = await earned(world, 8000)
    order = await bought(world, credit=text, paid=3000, by_hand=4000)
    shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": "pot", "quantity": 1}, {"line_id": "cup", "quantity": 1}])
    await quiet(world)
    found = await rows(
        "SELECT p.external_id = 'transfer' AS by_hand, l.state, l.amount FROM refund_legs l "
        "JOIN payments p ON p.id = l.payment_id WHERE l.case_id = $1 ORDER BY l.id",
        case["id"],
    )
    assert [(row["by_hand"], row["state"], row["amount"]) for row in found] == [
        (True, "with_person", 4000),
        (False, "succeeded", 1500),
    ]
    await check_books()
