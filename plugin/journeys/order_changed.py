"""The store says how an order stands now. What follows for our cases is decided here, under the order's lock.

The body is the state, whatever its topic says; an older version changes nothing. A cancellation of the store's that
covers what an open case asked for is the store's answer to it; a parcel that leaves with units of an open case means
that the ask came too late; one that leaves with cancelled units breaks I1 and goes to a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from plugin.audit import service as audit
from plugin.cases.facts import cancelled_by_the_store_itself
from plugin.cases.left import shipped_of
from plugin.cases.models import Case
from plugin.cases.service import facts_at_ask
from plugin.cases.states import CaseState
from plugin.cases.store import edit_out, open_cases_of, units_by_case
from plugin.codes.from_orders import give_back, seen_in_order
from plugin.db import Transaction, transaction
from plugin.exchanges.store import link_new_order
from plugin.inbox.events import EventState, close_event, get_event
from plugin.inbox.models import InboxEvent
from plugin.inbox.polled import POLLED, name_order, read_at_last
from plugin.insights.service import happened
from plugin.journeys.carrier_reports import read_report
from plugin.journeys.echoes import ours_of, settle_echoes
from plugin.journeys.order_fetched import Fetched, NotRead, as_it_stands, check_still_newest
from plugin.journeys.owed_again import give_back_excess
from plugin.journeys.payment_reported import READ_PAYMENT, read_gateway_event, stop_if_overdrawn
from plugin.journeys.spend_credit import credit_comes_back
from plugin.journeys.store_answers import (
    shipped_after_cancel,
    store_cancelled,
    store_is_too_late,
    store_stays_silent,
)
from plugin.journeys.store_asks import about_another_store, person_asked, store_left
from plugin.orders.origins import lock_origin
from plugin.orders.service import (
    OrderChange,
    counted,
    fulfilled_by_line,
    lock_order,
    payments_of,
    store_order,
)
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.ports.orders import Custodian, OrderState, StoreOrder
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Ignored, Parsed, PersonAsked, ShopLeft, Unparseable
from plugin.refunds.store import legs_in_order
from plugin.shops.models import Shop
from plugin.shops.senders import CARRIER
from plugin.shops.service import customer_pseudonym, get_shop

FAILURES_BEFORE_SET_ASIDE = 5


async def read_event(ports: Ports, claim: Claim) -> None:
    """Work: read one stored webhook. What cannot be read is set aside with its reason, and can be replayed."""
    event = await get_event(claim.shop_id, claim.ref)
    shop = await get_shop(claim.shop_id)
    if event.state != EventState.RECEIVED:
        await _close(ports, claim, event, None, None)
    elif event.source == "stripe":
        await read_gateway_event(ports, claim, shop, event)
    elif event.source == CARRIER:
        await read_report(ports, claim, shop, event)
    else:
        await _read_store_event(ports, claim, shop, event)


async def set_aside_after_failures(ports: Ports, claim: Claim, error: Exception) -> bool:
    """A body that made our own code fail again and again is set aside as well, so that it blocks nothing.
    To have waited for its order is no failure."""
    if claim.failures + 1 < FAILURES_BEFORE_SET_ASIDE:
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
    """The body is taken at its word only where the store cannot be asked."""
    told = None
    try:
        parsed = _parsed(ports, event)
    except Unparseable as unreadable:
        about, reason = unreadable.order_id, str(unreadable.args[0])
    else:
        if isinstance(parsed, Ignored):
            await _close(ports, claim, event, EventState.IGNORED, parsed.reason)
            return
        if isinstance(parsed, PersonAsked | ShopLeft) and (why := about_another_store(shop, parsed)) is not None:
            await _close(ports, claim, event, EventState.SET_ASIDE, why)
            return
        if isinstance(parsed, PersonAsked):
            await person_asked(ports, claim, shop, event, parsed)
            return
        if isinstance(parsed, ShopLeft):
            await store_left(ports, claim, shop, event, parsed)
            return
        told, about, reason = parsed.order, parsed.order.id, ""
    answer = await as_it_stands(ports, claim, shop, about, told) if about else None
    fetched = answer if isinstance(answer, Fetched) else None
    if event.topic == POLLED and isinstance(answer, NotRead):
        reason = answer.reason
    order = fetched.order if fetched else told
    if order is None:
        state = EventState.IGNORED if fetched else EventState.SET_ASIDE
        await _close(ports, claim, event, state, _NOT_THERE if fetched else reason)
        return
    async with transaction(ports.doorbell) as tx:
        if fetched:
            await check_still_newest(tx, shop, fetched, order.id)
        change = await order_changed(tx, ports, shop, order)
        at = ports.clock.now()
        if fetched:
            await read_at_last(tx, shop.id, [order.id], at)
        await close_event(tx, event.id, EventState.HANDLED, at, subject=order.id, forget_body=change.is_erased)
        await outbox.complete(tx, claim)


def _parsed(ports: Ports, event: InboxEvent) -> Parsed:
    if event.topic == POLLED:
        raise name_order(bytes(event.body))
    return ports.storefronts[event.source].parse(event.topic, bytes(event.body))


_NOT_THERE = "The store has no such order (any more), and none is stored here."


async def order_changed(tx: Transaction, ports: Ports, shop: Shop, order: StoreOrder) -> OrderChange:
    """Take over a version of an order, with everything that follows from it."""
    at = ports.clock.now()
    await lock_origin(tx, shop.id, order.id)
    who = customer_pseudonym(ports.vault, shop, order.customer.email, order.customer.id)
    legs = await legs_in_order(shop.id, order.id)
    change = await store_order(tx, shop_id=shop.id, order=order, customer_hash=who, at=at, ours=ours_of(order, legs))
    if change.is_stale:
        return change
    await read_at_last(tx, shop.id, [order.id], at)
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
        await link_new_order(tx, shop.id, order.id)
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
        await credit_comes_back(tx, shop.id, change.order_id, at)
    if change.is_edited:
        await _edit_units_out(tx, change)
    if not change.is_new:
        await settle_echoes(tx, ports, order, legs)
        await _collected_too_much(tx, ports, change.order_id)
        await _given_too_much(tx, shop, change.order_id)
        await _meet_open_cases(tx, ports, shop, change)
    return change


async def _edit_units_out(tx: Transaction, change: OrderChange) -> None:
    """An edit may take cancelled units out of a line instead of counting them: then it is smaller without them."""
    left, cancelled = {line.id: line.quantity for line in change.after.lines}, counted(change.after.cancelled)
    for line in change.before.lines if change.before else ():
        if (taken := line.quantity - left.get(line.id, 0)) > 0:
            await edit_out(tx, change.order_id, line.id, taken, still_counted=cancelled.get(line.id, 0))


async def _collected_too_much(tx: Transaction, ports: Ports, order_id: str) -> None:
    """What the store collected although it was cancelled is owed back; Stripe's payments are read at Stripe."""
    for payment in await payments_of(order_id):
        if payment.custodian != Custodian.STRIPE:
            await give_back_excess(tx, ports, payment)


async def _given_too_much(tx: Transaction, shop: Shop, order_id: str) -> None:
    """What the store, or its staff, gave back by hand counts from the store's own word."""
    for payment in await payments_of(order_id):
        if payment.custodian != Custodian.STRIPE:
            await stop_if_overdrawn(tx, payment)


async def _meet_open_cases(tx: Transaction, ports: Ports, shop: Shop, change: OrderChange) -> None:
    """Compare what the store now says with what our cases wait for, and with what was cancelled and left all the same.

    Units of a line cannot be told apart. Where several cases wait, or the store cancelled units before the ask, a
    count says nothing about one of them until it covers them all: then only the store's own answer does. Of what is
    left in a line the older cases have the first claim, so that the youngest one goes to a person (I1).
    """
    stored = await lock_order(tx, change.order_id)
    said = _Said(change, await units_by_case(change.order_id, "open"), await units_by_case(change.order_id, "settled"))
    older = Counter[str]()
    for case in await open_cases_of(tx, change.order_id, _MEETING):
        if case.id in said.waiting and _waits_for_the_store(case):
            if said.has_cancelled(case):
                await store_cancelled(tx, ports, shop, stored, case)
                older.update(said.waiting[case.id])
            elif CaseState(case.state) is not CaseState.AWAITING_STORE:
                continue
            elif not said.has_left(case, older):
                older.update(said.waiting[case.id])
            elif case.store_request is None or said.has_left(case, {}):
                await store_is_too_late(tx, ports, shop, case)
            else:  # the store was asked for this one, too, and may have agreed to it instead of to an older one
                await store_stays_silent(tx, ports, shop, case)
        elif case.id in said.settled and said.has_left_all_the_same(case):
            await shipped_after_cancel(tx, ports, shop, case)


_MEETING = [CaseState.AWAITING_STORE, CaseState.EXECUTING, CaseState.DONE, CaseState.WITH_PERSON]


class _Said:
    """What a version of an order says about cases, whose ``waiting`` and ``settled`` units are counts by line."""

    def __init__(
        self, change: OrderChange, waiting: Mapping[str, Mapping[str, int]], settled: Mapping[str, Mapping[str, int]]
    ) -> None:
        self.waiting, self.settled = waiting, settled
        self._after = change.after
        self._all_cancelled = change.after.state is not OrderState.OPEN
        self._quantities = {line.id: line.quantity for line in change.after.lines}
        self._cancelled, self._left = counted(change.after.cancelled), fulfilled_by_line(change.after)
        self._left_before = fulfilled_by_line(change.before) if change.before else {}

    def has_cancelled(self, case: Case) -> bool:
        """Whether the count covers these units, all others that are asked for, and what was cancelled before."""
        if self._all_cancelled:
            return True
        before = {line.id: cancelled_by_the_store_itself(line) for line in facts_at_ask(case).lines}
        return all(
            self._cancelled.get(line, 0) >= before.get(line, 0) + _sum(self.settled, line) + _sum(self.waiting, line)
            for line in self.waiting[case.id]
        )

    def has_left(self, case: Case, older: Mapping[str, int]) -> bool:
        """Whether these units cannot all be cancelled any more, if the units of ``older`` cases, by line, will be."""
        gone = {line: _sum(self.settled, line) + older.get(line, 0) for line in self.waiting[case.id]}
        return bool(shipped_of(self._after, gone, self.waiting[case.id]))

    def has_left_all_the_same(self, case: Case) -> bool:
        """Whether a parcel of this version holds units that count as cancelled, by our count or by the store's own:
        units cannot be told apart, so one that the store cancelled by itself may be ours."""
        return any(
            self._left.get(line, 0) > self._left_before.get(line, 0)
            and self._gone(line) + self._left[line] > self._quantities.get(line, 0)
            for line in self.settled[case.id]
        )

    def _gone(self, line: str) -> int:
        """Units that are cancelled: two observations of the same thing, of which the larger one counts."""
        return max(_sum(self.settled, line), self._cancelled.get(line, 0))


def _sum(counts: Mapping[str, Mapping[str, int]], line: str) -> int:
    return sum(lines.get(line, 0) for lines in counts.values())


def _waits_for_the_store(case: Case) -> bool:
    """Whether a cancellation at the store is what this case waits for, be it that a person brings it about there."""
    by_hand = CaseState(case.state) is CaseState.WITH_PERSON and case.person_reason in ("store_cannot", "store_silent")
    return by_hand or CaseState(case.state) is CaseState.AWAITING_STORE
