"""Exchanges that end before their new goods are ordered: nobody keeps what was paid on top, nor what was accepted."""

from __future__ import annotations

from typing import Any

from plugin.cases.goods import Judgement
from plugin.cases.models import Case
from plugin.db import rows
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.receive import Came, receive
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.journeys.take_back import take_back
from plugin.parcels.states import Disposition, Grade, Verdict
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, Trigger
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount
from tests.exchanging import Exchanging, exchange_policy, exchanging, payment_page, unheard
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk
from tests.journeys.steps import quiet
from tests.journeys.test_exchanges import BAG
from tests.world import World

LOOKED_AT = exchange_policy(pays_on=Trigger.INSPECTED)


async def paid_on_top(world: World) -> tuple[Exchanging, Case]:
    """A bag of 125.00 for a dress of 89.90: the 35.10 are paid, and the dress is to be sent back."""
    shopper = await exchanging(world)
    case = await shopper.exchange({"vestido": 1}, BAG)
    await world.stripe.press(await payment_page(shopper, case.id), card="pm_card_visa")
    await shopper.until(case, "awaiting_goods")
    return shopper, case


async def refunded(world: World) -> int:
    await quiet(world)
    return sum(payment.refunded for payment in (await world.stripe.ledger()).payments)


async def looked_at(world: World, case: Case, verdict: Verdict, *, line: str = "vestido", quantity: int = 1) -> None:
    await receive(world.ports, world.shop, case.id, [Came(quantity, line)], "staff:ana")
    becomes = Disposition.RESTOCK if verdict is Verdict.ACCEPTED else Disposition.SEND_BACK
    judged = Judgement(line, quantity, verdict, Grade.AS_NEW, becomes, "Worn." if verdict is Verdict.REJECTED else None)
    await inspect(world.ports, world.shop, case.id, [judged], "staff:ana")


async def outbound_state(case: Case) -> Any:
    return (await rows("SELECT state FROM outbound_orders WHERE case_id = $1", case.id))[0]["state"]


async def test_taken_back_before_it_was_sent_what_was_paid_on_top_comes_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    for _ in range(2):
        await take_back(world.ports, world.shop, case.id, shopper.order_id)
    await shopper.until(case, "withdrawn")
    assert (await refunded(world), await outbound_state(case), shopper.asked) == (3510, "cancelled", [])
    again = await shopper.exchange({"vestido": 1}, Wanted(product_id="vestido", variant_id="vestido-3"))
    assert again.id != case.id


async def test_run_out_before_it_was_sent_what_was_paid_on_top_comes_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    await rows("UPDATE parcels SET send_by = now() - interval '30 days' WHERE case_id = $1", case.id)
    await rows("UPDATE cases SET due_at = now() - interval '1 minute' WHERE id = $1", case.id)
    await rows("UPDATE work SET not_before = now() WHERE kind = 'case_due' AND ref = $1", case.id)
    await shopper.until(case, "expired")
    assert (await refunded(world), await outbound_state(case)) == (3510, "cancelled")


async def test_what_comes_after_the_end_of_its_exchange_and_is_accepted_is_worth_its_money(
    open_world: OpenWorld,
) -> None:
    """Its new goods were called off, and what was paid on top is back: the rest is owed; nobody closes it unpaid."""
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    await rows("UPDATE parcels SET send_by = now() - interval '30 days' WHERE case_id = $1", case.id)
    await rows("UPDATE cases SET due_at = now() - interval '1 minute' WHERE id = $1", case.id)
    await rows("UPDATE work SET not_before = now() WHERE kind = 'case_due' AND ref = $1", case.id)
    await shopper.until(case, "expired")
    assert await refunded(world) == 3510
    await looked_at(world, case, Verdict.ACCEPTED)
    assert (await shopper.until(case, "with_person"))["person_reason"] == "nothing_was_quoted"
    desk = await at_desk(world)
    assert (await desk.post(f"/cases/{case.id}/close")).json()["code"] == "new_goods_are_open"
    assert (await desk.post(f"/cases/{case.id}/give-up-new-goods")).status_code == 200
    await shopper.until(case, "done")
    assert await refunded(world) == 3510 + 8990


async def test_goods_that_are_not_taken_a_person_gives_up_the_new_ones_or_closes(open_world: OpenWorld) -> None:
    for step in ("give-up-new-goods", "close"):
        world = await open_world(policy=LOOKED_AT)
        shopper, case = await paid_on_top(world)
        await looked_at(world, case, Verdict.REJECTED)
        assert (await shopper.until(case, "with_person"))["person_reason"] == "goods_rejected"
        desk = await at_desk(world)
        assert (await desk.post(f"/cases/{case.id}/refuse")).status_code == 409
        answer = await desk.post(f"/cases/{case.id}/{step}")
        assert answer.status_code == 200, answer.text
        await shopper.until(case, "done")
        assert (await refunded(world), await outbound_state(case)) == (3510, "cancelled"), step


async def test_what_another_refund_took_of_the_payment_on_top_comes_from_the_first_one(open_world: OpenWorld) -> None:
    world = await open_world(policy=LOOKED_AT)
    shopper, case = await paid_on_top(world)
    shoes = await send_shoes_back(shopper)
    await looked_at(world, shoes, Verdict.ACCEPTED, line="alpargatas", quantity=2)
    await shopper.until(shoes, "done")
    await take_back(world.ports, world.shop, case.id, shopper.order_id)
    assert await refunded(world) == 2 * 3450 + 3510


async def send_shoes_back(shopper: Exchanging) -> Case:
    ask = Ask(action=Action.RETURN, lines=(LineCount("alpargatas", 2),))
    world = shopper.world
    agreed = (await preview_return(world.ports, world.shop, shopper.order_id, ask)).digest
    return await confirm_return(
        world.ports, world.shop, shopper.order_id, ask, agreed=agreed, asked_by="shopper", locale="en",
        answered=unheard,
    )  # fmt: skip
