"""Money that moved, by our books and by Stripe's: I7, I8, and its part of I14."""

from __future__ import annotations

import json
from collections.abc import Iterator

from plugin.payments.stripe.amounts import from_stripe, quantum
from tests.invariants.books import MOVES_MONEY, Books, Row

HOLDING = ("reserved", "submitting", "unknown", "pending", "requires_action", "with_person", "succeeded")


def payments_cover_their_legs(books: Books) -> Iterator[str]:
    """I7, by our own books and by Stripe's. Our legs never hold more than was captured; what others gave back or the
    bank holds may bring it above, and then these very figures of this payment have frozen its order."""
    at_stripe = {payment.id: payment for payment in books.ledger.payments}
    for payment in books.payments.values():
        there = at_stripe.get(payment["reference"] or "")
        if there is not None and there.refunded > there.captured:
            yield f"I7: Stripe gave {there.refunded} back of {there.captured} on {there.id}."
        held = sum(
            leg["amount"]
            for leg in books.legs.values()
            if leg["payment_id"] == payment["id"] and leg["state"] in HOLDING and leg["kind"] in MOVES_MONEY
        )
        captured, elsewhere, disputed = payment["captured"], payment["external_refunded"], payment["disputed"]
        figures = f"captured {captured}, elsewhere {elsewhere}, disputed {disputed}"
        known = json.loads(books.orders[payment["order_id"]]["frozen_by"] or "[]")
        if payment["state"] != "captured":
            continue
        if held > captured:
            yield f"I7: our legs on {payment['id']} hold {held}, of {captured} captured."
        elif held + elsewhere + disputed > captured and f"{payment['id']}: {figures}" not in known:
            yield f"I7: {payment['id']} holds {held}, {figures}, and nobody was told."


def refunds_happen_once(books: Books) -> Iterator[str]:
    """I8: at most one refund at Stripe for a leg, exactly one when it has succeeded, of the leg's amount."""
    for leg_id, refunds in books.stripe.items():
        leg = books.legs.get(leg_id)
        if leg is None:
            yield f"I8: Stripe has a refund of {leg_id}, which we do not know."
            continue
        if len(refunds) > 1:
            yield f"I8: {leg_id} was refunded {len(refunds)} times."
        if leg["state"] in ("reserved", "released"):
            yield f"I8: {leg_id} is {leg['state']} and refunded at Stripe."
        if leg["state"] == "failed" and any(refund.status not in ("failed", "canceled") for refund in refunds):
            yield f"I8: {leg_id} counts as failed and is refunded at Stripe."
        step = quantum(leg["currency"])
        moved = from_stripe(refunds[0].amount, leg["currency"])
        if abs(moved - leg["amount"]) >= step and not _has_frozen(books, leg):
            yield f"I8: {leg_id} is {leg['amount']}, and Stripe moved {moved}."
    for leg in books.legs.values():
        if leg["kind"] != "refund" or leg["state"] != "succeeded":
            continue
        by_hand = any(event["why"] == "paid_by_hand" for event in books.events[leg["id"]])
        refunds = books.stripe.get(leg["id"], [])
        ids = [refund.id for refund in refunds]
        if by_hand and any(refund.status not in ("failed", "canceled") for refund in refunds):
            yield f"I8: {leg['id']} was paid by hand, and at Stripe as {ids}."
        if not by_hand and ids != [leg["provider_id"]]:
            yield f"I8: {leg['id']} has succeeded as {leg['provider_id']}; at Stripe it is {ids}."


def _has_frozen(books: Books, leg: Row) -> bool:
    return leg["id"] in (books.orders[leg["order_id"]]["frozen_by"] or "")


def money_is_audited(books: Books) -> Iterator[str]:
    """I14: a leg's way is in the audit, and the audit knows of no money that did not move."""
    for leg in books.legs.values():
        kinds = [event["kind"] for event in books.events[leg["id"]]]
        if kinds[:1] != ["refund_reserved"] or kinds[-1] != f"refund_{leg['state']}":
            yield f"I14: {leg['id']} is {leg['state']}, and the audit says {kinds}."
    for leg_id in books.stripe:
        if not any(event["kind"] == "refund_submitting" for event in books.events[leg_id]):
            yield f"I14: money of {leg_id} moved, and no audit row says that it was sent."
    for id, events in books.events.items():
        if any(event["leg"] for event in events) and id not in books.legs:
            yield f"I14: the audit speaks of {id}, which is no leg."
