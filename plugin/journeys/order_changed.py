"""The store says how an order stands now. What follows for our cases is decided here, under the order's lock.

The body is the state, whatever its topic says; an older version changes nothing. A cancellation of the store's that
covers what an open case asked for is the store's answer to it; a parcel that leaves with units of an open case means
that the ask came too late; one that leaves with cancelled units breaks I1 and goes to a person.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.cases.states import CaseState
from plugin.cases.store import open_cases_of, units_by_line
from plugin.codes.from_orders import give_back, seen_in_order
from plugin.db import Transaction, transaction
from plugin.inbox.events import EventState, close_event, get_event
from plugin.inbox.models import InboxEvent
from plugin.insights.service import happened
from plugin.journeys.payment_reported import READ_PAYMENT, read_gateway_event
from plugin.journeys.store_answers import shipped_after_cancel, store_cancelled, store_is_too_late
from plugin.orders.service import OrderChange, counted, fulfilled_by_line, lock_order, store_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.ports.orders import OrderState, StoreOrder
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Ignored, Unparseable
from plugin.shops.models import Shop
from plugin.shops.service import customer_pseudonym, get_shop

TRIES_BEFORE_SET_ASIDE = 5


async def read_event(ports: Ports, claim: Claim) -> None:
    """Work: read one stored webhook. What cannot be read is set aside with its reason, and can be replayed."""
    event = await get_event(claim.shop_id, claim.ref)
    shop = await get_shop(claim.shop_id)
    if event.state != EventState.RECEIVED:
        await _close(ports, claim, event, None, None)
    elif event.source == "stripe":
        await read_gateway_event(ports, claim, shop, event)
    else:
        await _read_store_event(ports, claim, shop, event)


async def set_aside_after_failures(ports: Ports, claim: Claim, error: Exception) -> bool:
    """A body that made our own code fail again and again is set aside as well, so that it blocks nothing."""
    if claim.attempts < TRIES_BEFORE_SET_ASIDE:
        return False
    event = await get_event(claim.shop_id, claim.ref)
    await _close(ports, claim, event, EventState.SET_ASIDE, f"Unexpected failure while reading: {type(error).__name__}")
    return True


async def _close(ports: Ports, claim: Claim, event: InboxEvent, state: EventState | None, reason: str | None) -> None:
    async with transaction(ports.doorbell) as tx:
        if state is not None:
            await close_event(tx, event.id, state, ports.clock.now(), reason)
        await outbox.complete(tx, claim)


async def _read_store_event(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent) -> None:
    adapter = ports.storefronts[event.source]
    try:
        parsed = adapter.parse(event.topic, bytes(event.body))
    except Unparseable as unreadable:
        await _close(ports, claim, event, EventState.SET_ASIDE, str(unreadable.args[0]))
        return
    if isinstance(parsed, Ignored):
        await _close(ports, claim, event, EventState.IGNORED, parsed.reason)
        return
    async with transaction(ports.doorbell) as tx:
        await order_changed(tx, ports, shop, parsed.order)
        await close_event(tx, event.id, EventState.HANDLED, ports.clock.now())
        await outbox.complete(tx, claim)


async def order_changed(tx: Transaction, ports: Ports, shop: Shop, order: StoreOrder) -> OrderChange:
    """Take over a version of an order, with everything that follows from it."""
    at = ports.clock.now()
    who = customer_pseudonym(ports.vault, shop, order.customer.email, order.customer.id)
    change = await store_order(tx, shop_id=shop.id, order=order, customer_hash=who, at=at)
    if change.is_stale:
        return change
    await audit.record(
        tx,
        shop_id=shop.id,
        order_id=change.order_id,
        kind="order_received" if change.is_new else "order_changed",
        actor="store",
        at=at,
        data={"sequence": order.sequence, "state": str(order.state), "total": order.total, "edited": change.is_edited},
    )
    for payment_id in change.payments_to_read:
        await outbox.add(tx, shop_id=shop.id, kind=READ_PAYMENT, ref=payment_id)
    if change.is_new:
        await happened(tx, shop_id=shop.id, kind="order_received", at=at, order_id=change.order_id)
    if order.discount_codes and order.state is OrderState.OPEN:
        await seen_in_order(
            tx,
            shop,
            external_order_id=order.id,
            discount_codes=order.discount_codes,
            order_total=order.total,
            at=at,
        )
    was_open = change.before is None or change.before.state is OrderState.OPEN
    if order.state is not OrderState.OPEN and was_open:
        await give_back(tx, shop.id, order.id, at)
    if not change.is_new:
        await _meet_open_cases(tx, ports, shop, change)
    return change


async def _meet_open_cases(tx: Transaction, ports: Ports, shop: Shop, change: OrderChange) -> None:
    """Compare what the store now says with what our cases wait for."""
    after = change.after
    stored = await lock_order(tx, change.order_id)
    quantities = {line.id: line.quantity for line in stored.placement.lines}
    cancelled, fulfilled = counted(after.cancelled), fulfilled_by_line(after)
    before = fulfilled_by_line(change.before) if change.before else {}
    all_cancelled = after.state is not OrderState.OPEN
    asked = [CaseState.AWAITING_STORE, CaseState.EXECUTING, CaseState.DONE, CaseState.WITH_PERSON]
    promised: dict[str, int] = {}
    for case in await open_cases_of(tx, change.order_id, asked):
        units = await units_by_line(case.id)
        for line, n in units.items():
            promised[line] = promised.get(line, 0) + n
        # Only what leaves with this version is news: an older parcel has had its answer, and an edit ships nothing.
        has_left = any(
            fulfilled.get(line, 0) > before.get(line, 0) and promised[line] + fulfilled[line] > quantities.get(line, 0)
            for line in units
        )
        is_cancelled = all_cancelled or all(cancelled.get(line, 0) >= promised[line] for line in units)
        if not units:
            continue
        if is_cancelled and _waits_for_the_store(case):
            await store_cancelled(tx, ports, shop, stored, case)
        elif has_left and CaseState(case.state) is CaseState.AWAITING_STORE:
            await store_is_too_late(tx, ports, shop, case)
        elif has_left:
            await shipped_after_cancel(tx, ports, shop, case)


def _waits_for_the_store(case: Case) -> bool:
    """Whether a cancellation at the store is what this case waits for, be it that a person brings it about there."""
    by_hand = CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason in ("store_cannot", "store_silent")
    return by_hand or CaseState(case.state) is CaseState.AWAITING_STORE
