"""What must hold after every step: the shared invariants, and what only the memory of store and Stripe can tell."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime

from plugin.cases.models import Case
from plugin.db import rows
from plugin.exchanges.store import given_back_on_top
from plugin.payments.stripe.amounts import quantum
from plugin.ports.orders import OrderState, PaymentState
from plugin.refunds.models import RefundLeg
from plugin.withdrawals.models import Withdrawal
from tests.fakes import NOON
from tests.invariants import broken_invariants
from tests.properties.honest_stripe import GONE
from tests.properties.ledger import dump
from tests.properties.small_world import SmallWorld

FINAL = ("done", "refused", "withdrawn", "expired", "converted_to_return")
SETTLED = ("succeeded", "failed", "released")
LOWERING = ("void", "lower_capture")
_OUR_FAULT = re.compile(r"^[A-Z]\w+( < \w+)* at \S+\.py:\d+ ")  # as handlers/jobs.py writes it


async def broken_promises(world: SmallWorld) -> list[str]:
    """Every sentence is a broken promise."""
    # In the middle of a life work is late because nobody does it; ``unfinished`` looks at that when all has healed.
    broken = await broken_invariants(world.shop.id, dump(world.stripe), at=NOON)
    broken += [f"Stripe: {complaint}" for complaint in world.stripe.complaints]
    broken += await _our_own_failures()
    broken += await cases_stand_by_their_units_and_legs(world)
    broken += await _no_money_before_the_store_agreed(world)
    broken += await _the_store_did_it_once(world)
    return broken


async def _the_store_did_it_once(world: SmallWorld) -> list[str]:
    """I16 from the store's side: an order of new goods, or a correction, that it has carried out is that of one ask of
    ours, once."""
    broken = [f"I16: the store was made to do {key} {n} times." for key, n in world.shelf.times.items() if n > 1]
    outbound = {row["key"]: row for row in await rows("SELECT key, state, external_id FROM outbound_orders")}
    for key, order_id in world.shelf.made.items():
        ours = outbound.get(key)
        if ours is None or ours["external_id"] not in (None, order_id):
            broken.append(f"I16: the store has made {order_id} for {key}, and we hold {ours}.")
        elif ours["state"] not in ("ordered", "asking", "with_person"):
            broken.append(f"I16: the store has made {order_id} for {key}, and to us it is {ours['state']}.")
    return broken


async def _our_own_failures() -> list[str]:
    found = await rows("SELECT kind, ref, last_error FROM work WHERE last_error IS NOT NULL")
    failed = [
        f"{row['kind']} {row['ref']}: {row['last_error']}" for row in found if _OUR_FAULT.match(row["last_error"])
    ]
    events = await rows("SELECT id, reason FROM inbox_events WHERE state = 'set_aside'")
    return failed + [f"event {row['id']} was set aside: {row['reason']}" for row in events]


async def cases_stand_by_their_units_and_legs(world: SmallWorld) -> list[str]:
    broken = []
    legs_of: dict[str, list[RefundLeg]] = defaultdict(list)
    for leg in await world.legs():
        legs_of[leg.case_id].append(leg)
    open_units = {row["case_id"] for row in await rows("SELECT case_id FROM case_units WHERE state = 'open'")}
    for case in await world.cases():
        legs = legs_of[case.id]
        by_id = {leg.id: leg for leg in legs}
        planned = [leg for leg in legs if not _is_excess(leg, by_id)]
        if case.state in FINAL and case.id in open_units:
            broken.append(f"{case.number} is {case.state} and has units that wait.")
        if case.state == "refused" and any(leg.state not in ("released", "failed") for leg in legs):
            broken.append(f"{case.number} is refused and holds {[leg.state for leg in legs]}.")
        on_top = await given_back_on_top(case.id)
        # What was paid on top of an exchange that a person has closed is on its way back then.
        if case.state == "done" and sum(leg.amount for leg in planned if leg.state not in SETTLED) > on_top:
            broken.append(f"{case.number} is done and its money is {[leg.state for leg in planned]}.")
        ids = {leg.id for leg in planned}
        step = quantum(case.currency)
        moved = sum(
            refund.amount
            for intent in world.stripe.intents.values()
            for refund in intent.refunds
            if refund.leg_id in ids and refund.state not in GONE
        )
        owed = case.owed + on_top
        if moved >= owed + step:
            broken.append(f"{case.number} owes {owed} and Stripe gave {moved} for it.")
        held = sum(leg.amount for leg in planned if leg.state not in ("failed", "released"))
        if held > owed:
            broken.append(f"{case.number} owes {owed} and its legs hold {held}.")
    return broken


def _is_excess(leg: RefundLeg, by_id: dict[str, RefundLeg]) -> bool:
    """Whether the leg gives back what the store captured above a ceiling: it descends from a leg that succeeded."""
    replaced = by_id.get(leg.replaces or "")
    return replaced is not None and (replaced.state == "succeeded" or _is_excess(replaced, by_id))


async def _no_money_before_the_store_agreed(world: SmallWorld) -> list[str]:
    broken = []
    cases = {case.id: case for case in await world.cases()}
    agreed = {id for id, case in cases.items() if await _has_agreed(world, case)}
    unsure: Counter[tuple[str, str]] = Counter()
    since: dict[tuple[str, str], datetime] = {}
    for row in await rows(
        "SELECT u.case_id, u.line_id, o.external_id, count(*) AS n FROM case_units u "
        "JOIN orders o ON o.id = u.order_id WHERE u.state = 'settled' AND u.kind = 'cancel' GROUP BY 1, 2, 3"
    ):
        if row["case_id"] not in agreed:
            key = row["external_id"], row["line_id"]
            unsure[key] += row["n"]
            since[key] = min(since.get(key, cases[row["case_id"]].asked_at), cases[row["case_id"]].asked_at)
    for (order, line), n in unsure.items():
        asked_at = since[order, line]
        by_hand = sum(q for *unit, q, at in world.by_hand if tuple(unit) == (order, line) and at > asked_at)
        if n > by_hand:
            broken.append(f"{n} units of {order} {line} count as cancelled, and the store has cancelled {by_hand}.")
    settled = {
        row["case_id"] for row in await rows("SELECT case_id FROM case_units WHERE state IN ('settled', 'edited_out')")
    }
    for leg in await world.legs():
        given_back = cases[leg.case_id].state == "refused" and leg.case_id in agreed  # it left all the same
        is_cancel = cases[leg.case_id].kind == "cancel"  # of goods that come back: tests.invariants
        if is_cancel and leg.submitted_at is not None and leg.case_id not in settled and not given_back:
            broken.append(f"{leg.id} was sent, and the store has not agreed to {cases[leg.case_id].number}.")
    agreed_to = settled | {id for id, case in cases.items() if case.kind != "cancel"}
    broken += await _authorisations_are_lowered_by_agreement(world, agreed_to)
    return broken


async def _has_agreed(world: SmallWorld, case: Case) -> bool:
    external = (await rows("SELECT external_id FROM orders WHERE id = $1", case.order_id))[0]["external_id"]
    order = world.store.orders[external]
    asks = {key.partition("-")[0] for key in world.store.agreed}  # a person's new ask is the case's id and a number
    return case.id in asks or case.id in world.confirmed or order.state is not OrderState.OPEN


async def _authorisations_are_lowered_by_agreement(world: SmallWorld, settled: set[str]) -> list[str]:
    broken = []
    payments = {row["id"]: row["reference"] for row in await rows("SELECT id, reference FROM payments")}
    lowered: Counter[str] = Counter()
    for leg in await world.legs():
        if leg.kind in LOWERING and leg.case_id in settled and leg.state not in ("released", "failed"):
            lowered[payments[leg.payment_id]] += leg.amount
    for intent in world.stripe.intents.values():
        lowest = intent.amount - lowered[intent.reference]
        step = quantum(intent.currency)
        if intent.state is PaymentState.AUTHORISED and intent.at_most is not None and intent.at_most <= lowest - step:
            broken.append(f"{intent.reference} may capture {intent.at_most}, and the store agreed to {lowest}.")
        if intent.state is PaymentState.VOIDED and lowest > 0 and intent.reference not in world.voided_elsewhere:
            broken.append(f"{intent.reference} is void, and the store still owes goods for {lowest} of it.")
    return broken


async def unfinished(world: SmallWorld) -> list[str]:
    """After healing: everything is over or with a person, and the money at Stripe is what our legs say (I9)."""
    broken = []
    for case in await world.cases():
        if case.state not in FINAL and case.waiting_on != "staff":
            broken.append(f"I9: {case.number} is {case.state} for ever.")
    with_staff = {case.id for case in await world.cases() if case.waiting_on == "staff"}
    for each in await Withdrawal.filter(closed_at=None).exclude(waiting_on="staff"):
        if with_staff.isdisjoint(each.cases):  # a case of it that a person has is its own end
            broken.append(f"I9: {each.number} is {each.state} for ever.")
    at_stripe: Counter[str] = Counter()
    for intent in world.stripe.intents.values():
        for refund in intent.refunds:
            if refund.leg_id and refund.state not in GONE:
                at_stripe[refund.leg_id] += 1
    for leg in await world.legs():
        is_held = leg.state == "reserved" and leg.case_id in with_staff  # until the person says what becomes of it
        if leg.state not in ("succeeded", "failed", "released", "with_person") and not is_held:
            broken.append(f"I9: {leg.id} is {leg.state} for ever.")
        if leg.state in ("failed", "released") and at_stripe[leg.id]:
            broken.append(f"I8: {leg.id} is {leg.state}, and Stripe has paid it.")
    for order in world.store.orders.values():
        found = await rows("SELECT sequence FROM orders WHERE external_id = $1", order.id)
        if [row["sequence"] for row in found] != [order.sequence]:
            broken.append(f"I10: version {order.sequence} of {order.id} is not the one that we hold: {found}")
    return broken


async def story() -> list[str]:
    """What our own audit tells of the life so far, for who must read a counterexample."""
    told = await rows(
        "SELECT at, kind, canonical::jsonb ->> 'actor' AS actor, canonical::jsonb -> 'data' AS data FROM audit_events "
        "ORDER BY at, order_id, n"
    )
    return [f"{row['at']:%d. %H:%M:%S} {row['actor']}: {row['kind']} {row['data']}" for row in told]
