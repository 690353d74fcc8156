"""The subjects of the mails to a shop's staff."""

from __future__ import annotations

from collections.abc import Callable

from plugin.messages.parts import AlertKind


def subject_of(kind: AlertKind, say: Callable[[str], str]) -> str:
    """What staff is asked to do, short enough for a subject."""
    match kind:
        case AlertKind.REVIEW:
            return say("A shopper's request needs your decision")
        case AlertKind.MANUAL_REFUND:
            return say("Please pay this back by hand")
        case AlertKind.REFUND_STUCK:
            return say("A refund is stuck")
        case AlertKind.STORE_SILENT:
            return say("The store does not answer")
        case AlertKind.SHIPPED_AFTER_CANCEL:
            return say("A cancelled order was shipped")
        case AlertKind.SHIPPING_OPEN:
            return say("The shipping of a cancelled order was not paid back")
        case AlertKind.AMOUNTS_DISAGREE:
            return say("The amounts of an order disagree")
        case AlertKind.DISPUTE:
            return say("A payment is disputed")
        case AlertKind.SHOPPER_WAITS:
            return say("A shopper asks for a person")
        case AlertKind.OVERDUE:
            return say("A case is overdue")
        case AlertKind.DATA_ASKED:
            return say("A shopper asks for their data")
        case AlertKind.ERASURE_WAITS:
            return say("An erasure has to wait")
        case AlertKind.STORE_LEFT:
            return say("The store has disconnected")
        case AlertKind.BREAKER:
            return say("Automatic approvals are paused")
        case AlertKind.PROMISE_MISSED:
            return say("A promised refund has not arrived")
        case AlertKind.HARD_WORK:
            return say("A shopper did not have it easy")
        case AlertKind.TO_INSPECT:
            return say("Goods that came back wait to be inspected")
        case AlertKind.PAID_TOO_MUCH:
            return say("More was paid back than came back")
        case AlertKind.CAME_UNASKED:
            return say("A parcel came that nobody waits for")
        case AlertKind.WITHDRAWAL:
            return say("A customer has withdrawn from a contract")
