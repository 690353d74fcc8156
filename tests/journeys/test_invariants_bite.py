"""The checker of the invariants finds what it is for: each promise is broken by hand, and it says which."""

from __future__ import annotations

from tortoise.transactions import in_transaction

from plugin.db import rows
from tests.invariants import broken_invariants
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet

BREAKS = {
    "I1": "UPDATE orders SET document = jsonb_set(document, '{fulfilments}', "
    """'[{"lines": [{"line_id": "coat", "quantity": 1}]}]')""",
    "I2": "UPDATE cases SET state = 'refused'",
    "I5": "UPDATE case_units SET worth = worth - 1",
    "I6": "UPDATE cases SET owed = owed + 1",
    "I7": "UPDATE payments SET captured = captured - 1",
    "I8": "UPDATE refund_legs SET provider_id = 're_another'",
    "I9": "UPDATE cases SET state = 'executing', waiting_on = 'us', closed_at = NULL, due_at = now() - '1 h'::interval",
    "I12": "UPDATE codes SET state = 'redeemed', redeemed_at = now()",
    "I13": "UPDATE mails SET template = 'refunded', created_at = created_at - interval '1 day'",
    "I14": "UPDATE audit_events SET canonical = replace(canonical, 'comeback', 'nobody')",
    "I15": "UPDATE payments SET shop_id = (SELECT id FROM shops WHERE id <> shop_id)",
}


class Undone(Exception):
    """Rolls back what was broken."""


async def test_each_broken_promise_is_named(open_world: OpenWorld) -> None:
    world, _ = await open_world(), await open_world()
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await quiet(world)
    ledger, inbox = await world.stripe.ledger(), world.mails()
    assert await broken_invariants(world.shop.id, ledger, inbox) == []

    found = {}
    for promise, sql in BREAKS.items():
        try:
            async with in_transaction():
                await rows(sql)
                found[promise] = await broken_invariants(world.shop.id, ledger, inbox)
                raise Undone
        except Undone:
            continue
    assert [promise for promise, said in found.items() if not any(s.startswith(f"{promise}:") for s in said)] == []
