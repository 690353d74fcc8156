"""Refunds that somebody made by hand, and what they were for, as far as the store's records say so. All of it pure.

A record with lines or shipping settles those; money without a record that says what it was for is unattributed, and
sends the next ask to a person (DESIGN §3).
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from plugin.ports.orders import Custodian, StoreOrder, StoreRefund


class Paid(Protocol):
    """What has to be known of a ``plugin.orders.models.Payment``."""

    @property
    def external_id(self) -> str: ...
    @property
    def custodian(self) -> str: ...
    @property
    def external_refunded(self) -> int: ...
    @property
    def external_refunds(self) -> Any: ...
    @property
    def disputed(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def instrument(self) -> str: ...


def by_hand(order: StoreOrder) -> tuple[StoreRefund, ...]:
    """Records of money given back in the store's own admin that say what for. One that moves nothing only restocks."""
    return tuple([
        record for record in order.refunds
        if record.leg_id is None and record.amount > 0 and (record.lines or record.shipping > 0)
    ])  # fmt: skip


def units_by_hand(order: StoreOrder) -> Counter[str]:
    """By line, how many units were refunded by hand."""
    units: Counter[str] = Counter()
    for record in by_hand(order):
        for count in record.lines:
            units[count.line_id] += count.quantity
    return units


def shipping_by_hand(order: StoreOrder) -> int:
    """What was given back of shipping, in minor units."""
    return sum([record.shipping for record in by_hand(order)])


def unattributed(order: StoreOrder, payment: Paid) -> int:
    """What was given back of this payment elsewhere, and no record says what for; in minor units.

    Stripe lists its refunds, and a record names the one that it is of; without a name, one of the same amount is.
    """
    elsewhere: int = payment.external_refunded
    if not elsewhere:
        return 0
    only = len(order.payments) == 1
    records = [r for r in by_hand(order) if r.payment_id == payment.external_id or (only and r.payment_id is None)]
    if payment.custodian != Custodian.STRIPE:
        said = sum(record.amount for record in records)
    else:
        said = _listed(records, [(id, amount) for id, amount in payment.external_refunds or ()])
    return max(0, elsewhere - said)


def _listed(records: list[StoreRefund], listed: list[tuple[str, int]]) -> int:
    """The sum of the listed refunds that a record is of."""
    said = 0
    for record in sorted(records, key=lambda record: record.gateway_refund_id is None):
        named = record.gateway_refund_id
        match = next((each for each in listed if (each[0] == named if named else each[1] == record.amount)), None)
        if match is not None:
            listed.remove(match)
            said += match[1]
    return said
