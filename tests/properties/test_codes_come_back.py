"""A code's whole life on the real services (I12): earned, used, given back once, used again, and kept."""

from __future__ import annotations

import pytest
from tortoise.transactions import in_transaction

from plugin.cases.models import Case
from plugin.codes.models import Code
from plugin.db import rows
from plugin.journeys import staff
from plugin.journeys.on_desk import Less
from plugin.ports.orders import OrderState, StoreOrder
from tests.factories import a_store_order
from tests.properties.promises import broken_promises
from tests.properties.scripted_store import Mood
from tests.properties.small_world import SmallWorld


class Undone(Exception):
    """Rolls back what was broken."""


@pytest.fixture
async def world(database: str) -> SmallWorld:
    return await SmallWorld.begin(["USD"])


async def heard(world: SmallWorld, *versions: StoreOrder) -> None:
    """These versions come in and are read, each in its turn."""
    for version in versions:
        await world.hear(version, f"{version.id}-{version.sequence}-{len(await rows('SELECT 1 FROM inbox_events'))}")
        await world.drain()


async def bought(world: SmallWorld, name: str, *codes: str) -> StoreOrder:
    order = world.store.put(a_store_order(id=name, number=f"#{name}", discount_codes=codes))
    (payment,) = order.payments
    world.stripe.pay(str(payment.reference), order.currency, payment.amount, is_captured=True)
    await heard(world, order)
    return order


async def earned(world: SmallWorld) -> str:
    """The code of a first order, ``o1``, that its shopper has cancelled."""
    await bought(world, "o1")
    (order,) = await rows("SELECT id FROM orders")
    await asked(world, order["id"], [])
    await world.drain()
    (text,) = await world.codes()
    return text


async def asked(world: SmallWorld, order_id: str, lines: list[tuple[str, int]]) -> Case:
    ask, preview = await world.preview(order_id, lines)
    case = await world.confirm(order_id, ask, preview.digest)
    assert case is not None
    return case


async def stands(world: SmallWorld) -> tuple[str, str | None]:
    """The code's state and the order that had it last, with every promise kept."""
    assert await broken_promises(world) == []
    code = await Code.get()
    return code.state, code.redeemed_order


async def test_a_code_given_back_is_used_by_another_order_and_then_kept(world: SmallWorld) -> None:
    """The checker took the second redemption for a broken promise (SEED=20 and SEED=22)."""
    text = await earned(world)
    await bought(world, "o2", text)
    assert await stands(world) == ("redeemed", "o2")
    cancelled = world.store.change("o2", state=OrderState.CANCELLED)
    await heard(world, cancelled, cancelled)
    assert await stands(world) == ("minted", "o2")
    await bought(world, "o3", text)
    assert await stands(world) == ("redeemed", "o3")
    await heard(world, *reversed(world.store.versions))
    assert await stands(world) == ("redeemed", "o3")
    await heard(world, world.store.change("o3", state=OrderState.CANCELLED), *world.store.versions)
    assert await stands(world) == ("redeemed", "o3")


async def test_the_checker_knows_an_order_that_uses_a_code_again(world: SmallWorld) -> None:
    text = await earned(world)
    await bought(world, "o2", text)
    await heard(world, world.store.change("o2", state=OrderState.CANCELLED))
    await bought(world, "o3", text)
    with pytest.raises(Undone):
        async with in_transaction():
            await rows("UPDATE codes SET redeemed_order = 'o2'")
            moved = await broken_promises(world)
            await rows("UPDATE audit_events SET canonical = replace(canonical, '\"o3\"', '\"o2\"')")
            twice = await broken_promises(world)
            raise Undone
    assert any(s.startswith("I12:") and "is redeemed by o2" in s for s in moved)
    assert any(s.startswith("I12:") and s.endswith("by o2, o2, o2.") for s in twice)


async def test_a_code_comes_back_with_the_last_unit_of_its_order_whoever_pays_the_shipping(world: SmallWorld) -> None:
    """A person had set the sum of the last case: it paid no shipping, and the code stayed used up."""
    text = await earned(world)
    order = await bought(world, "o2", text)
    (row,) = await rows("SELECT id FROM orders WHERE external_id = $1", order.id)
    world.store.mood = Mood.CANNOT
    older, younger = [await asked(world, row["id"], lines) for lines in ([("l1", 1)], [])]
    for piece in await world.open_work():
        if piece["kind"] == "ask_store":
            await world.do(piece["id"])
    for case in (younger, older):
        await staff.confirmed_by_hand(world.ports, world.shop, case.id, "ann", Less(100, "worn"))
        world.confirmed.add(case.id)
    assert not (await Case.get(id=older.id)).takes_shipping
    assert await stands(world) == ("minted", "o2")
