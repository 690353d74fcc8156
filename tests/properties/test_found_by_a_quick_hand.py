"""What a fault run has found about withdrawals, as a plain story."""

from __future__ import annotations

import re

from plugin.db import rows
from plugin.journeys.withdraw import confirm_as_guest, declare_as_guest, verify_by_link
from plugin.ports.orders import StoreCustomer
from plugin.withdrawals.service import Statement
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.small_world import SmallWorld

ADA = StoreCustomer(email="ada@example.com", name="Ada", country="LV")


async def work(world: SmallWorld, *kinds: str) -> None:
    for row in await world.open_work():
        if not kinds or row["kind"] in kinds:
            await world.do(row["id"])


async def test_a_link_that_is_opened_before_the_order_was_found_is_proof_all_the_same(database: str) -> None:
    """The mail was quicker than the work that finds the order: the shopper's proof was thanked for, and forgotten."""
    world = await SmallWorld.begin(["USD"])
    order = world.store.put(a_store_order(customer=ADA))
    for payment in order.payments:
        world.stripe.pay(str(payment.reference), order.currency, payment.amount, is_captured=True)
    await world.hear(order, "first")
    await work(world)
    said = Statement(name="Ada", order_number=order.number, contact="ada@example.com", locale="en")
    declared = await declare_as_guest(world.ports, world.shop, said, caller="a guest")
    await confirm_as_guest(world.ports, world.shop, declared.id, caller="a guest")
    await work(world, "send_mail")
    token = re.findall(r"/withdrawals/(wl_[\w-]+)", world.ports.mail.sent[-1].text)[0]
    await verify_by_link(world.ports, token, caller="a guest")
    await world.drain()
    (made,) = await rows("SELECT state, verified_at FROM withdrawals")
    assert (made["state"], made["verified_at"] is not None) == ("done", True)
    assert [(case.basis, case.state) for case in await world.cases()] == [("statutory", "done")]
    assert await broken_promises(world) == []
