"""What must hold of a connected shop: the shared invariants, and our books against the store's own."""

from __future__ import annotations

from collections import Counter

from msgspec import structs

from plugin.db import rows
from plugin.orders.service import find_by_external_id
from plugin.ports.orders import Custodian, OrderState
from tests.contracts.bench import Placed
from tests.fakes import NOON
from tests.invariants import broken_invariants
from tests.properties.connected_world import ConnectedWorld
from tests.properties.ledger import dump
from tests.properties.living_store import StoreBooks
from tests.properties.promises import FINAL, cases_stand_by_their_units_and_legs


async def broken_on_a_platform(world: ConnectedWorld) -> list[str]:
    """Every sentence is a broken promise; for any moment of a life."""
    broken = await broken_invariants(world.shop.id, dump(world.stripe), at=NOON)
    broken += [f"Stripe: {complaint}" for complaint in world.stripe.complaints]
    broken += await cases_stand_by_their_units_and_legs(world)
    broken += [
        f"{row['kind']} failed: {row['last_error']}"
        for row in await rows("SELECT kind, last_error FROM work WHERE failures > 0")
    ]
    for placed in world.placed.values():
        broken += await _money_moved_once(world, placed, world.living.books(placed))
    return broken


async def _money_moved_once(world: ConnectedWorld, placed: Placed, books: StoreBooks) -> list[str]:
    broken = []
    paid_back = sum(payout.amount for payout in books.payouts)
    if paid_back > placed.total:
        broken.append(f"The store's gateway gave {paid_back} back of {placed.total}.")
    legs = {leg.id: leg for leg in await world.legs()}
    for leg_id, n in Counter(payout.leg_id for payout in books.payouts if payout.leg_id).items():
        if n > 1:
            broken.append(f"I8: the store's gateway paid {leg_id} {n} times.")
        if leg_id not in legs or legs[leg_id].submitted_at is None:
            broken.append(f"I8: the store's gateway paid {leg_id}, which was never sent.")
    for payout in books.payouts:
        if payout.leg_id in legs and legs[payout.leg_id].amount != payout.amount:
            broken.append(f"I8: {payout.leg_id} is {legs[payout.leg_id].amount}, and {payout.amount} was paid.")
    broken += [f"{n} records at the store stand for {leg}." for leg, n in books.records.items() if n > 1]
    broken += [f"The store was made to cancel {n} times under {key}." for key, n in _times(books).items() if n > 1]
    return broken


def _times(books: StoreBooks) -> Counter[str]:
    return Counter(key for key, _ in books.asks)


async def unfinished_on_a_platform(world: ConnectedWorld) -> list[str]:
    """After healing: all is over or with a person, and what we hold is what the store has."""
    broken = []
    cases = {case.id: case for case in await world.cases()}
    with_staff = {case.id for case in cases.values() if case.waiting_on == "staff"}
    broken += [
        f"I9: {case.number} is {case.state} for ever."
        for case in cases.values()
        if case.state not in FINAL and case.id not in with_staff
    ]
    paid = Counter(payout.leg_id for placed in world.placed.values() for payout in world.living.books(placed).payouts)
    for leg in await world.legs():
        is_held = leg.state == "reserved" and leg.case_id in with_staff
        if leg.state not in ("succeeded", "failed", "released", "with_person") and not is_held:
            broken.append(f"I9: {leg.id} is {leg.state} for ever.")
        if leg.state in ("failed", "released") and paid[leg.id]:
            broken.append(f"I8: {leg.id} is {leg.state}, and the store's gateway has paid it.")
        if leg.kind == "storefront" and leg.state == "succeeded" and leg.provider_id and not paid[leg.id]:
            broken.append(f"I8: {leg.id} counts as refunded, and the store's gateway has not paid it.")
    for placed in world.placed.values():
        broken += await _books_agree(world, placed)
    return broken


async def _books_agree(world: ConnectedWorld, placed: Placed) -> list[str]:
    stored = await find_by_external_id(world.shop.id, placed.order_id)
    fetched = await world.living.platform.fetch_order(world.living.connection, placed.order_id)
    if stored is None:
        return [f"Order {placed.order_id} is not here."]
    books = world.living.books(placed)
    broken = await _units_agree(world, stored.id, books)
    if fetched is None:  # there is nothing to compare: what staff did just before they deleted it, nobody can tell us
        is_known = stored.now.state is OrderState.DELETED
        return (
            broken if is_known else [*broken, f"Order {placed.order_id} was deleted, and is {stored.now.state} here."]
        )
    if structs.replace(fetched, sequence=stored.now.sequence, updated_at=stored.now.updated_at) != stored.now:
        broken.append(f"I10: we hold {placed.order_id} as\n{stored.now}\nand the store has\n{fetched}")
    if world.custodians[placed.order_id] is Custodian.STRIPE:
        return broken + await _records_agree(world, stored.id, books)
    return broken + await _others_refunds_agree(world, stored.id, books)


async def _others_refunds_agree(world: ConnectedWorld, order_id: str, books: StoreBooks) -> list[str]:
    """What counts as given back by others is what the store's gateway paid for nobody of ours, less what people have
    paid by hand for our legs."""
    staffs = sum(payout.amount for payout in books.payouts if payout.leg_id is None)
    by_hand = sum(
        leg.amount for leg in await world.legs()
        if leg.order_id == order_id and leg.state == "succeeded" and leg.provider_id is None
    )  # fmt: skip
    (counted,) = await rows("SELECT external_refunded AS n FROM payments WHERE order_id = $1", order_id)
    if counted["n"] != max(0, staffs - by_hand):
        return [f"Staff gave {staffs} back ({by_hand} of it for us), and {counted['n']} counts as given elsewhere."]
    return []


async def _units_agree(world: ConnectedWorld, order_id: str, books: StoreBooks) -> list[str]:
    """What was taken out of the order under a key of ours is settled, or a person has the case."""
    broken = []
    cases = {case.id: case for case in await world.cases() if case.order_id == order_id}
    for key, units in books.asks:
        case = cases.get(key.partition("-")[0])
        if case is None:
            broken.append(f"The store cancelled {dict(units)} under {key}, and we know no such case.")
            continue
        settled = Counter(
            row["line_id"]
            for row in await rows(
                "SELECT line_id FROM case_units WHERE case_id = $1 AND state IN ('settled', 'edited_out')", case.id
            )
        )
        if settled != Counter(units) and case.waiting_on != "staff":
            broken.append(f"The store cancelled {dict(units)} for {case.number} ({case.state}), settled: {settled}.")
    return broken


async def _records_agree(world: ConnectedWorld, order_id: str, books: StoreBooks) -> list[str]:
    """Each refund at Stripe stands in the store's books once, unless staff have booked the money back otherwise."""
    return [
        f"{leg.id} was refunded at Stripe, and the store's books have {books.booked} of {books.total} without it."
        for leg in await world.legs()
        if leg.order_id == order_id and leg.kind == "refund" and leg.state == "succeeded" and leg.provider_id
        and not books.records[leg.id] and leg.amount <= books.total - books.booked
    ]  # fmt: skip
