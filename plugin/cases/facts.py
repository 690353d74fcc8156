"""From what is stored to what ``decide()`` is told: the order, who owns which units, and what its payments say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from plugin.orders.attribution import Paid, shipping_by_hand, unattributed, units_by_hand
from plugin.orders.service import counted, fulfilled_by_line
from plugin.policies.facts import Component, LineFacts, OrderFacts, progress_of
from plugin.ports.orders import (
    Custodian,
    Instrument,
    OrderState,
    StoreFulfilment,
    StoreLine,
    StoreOrder,
    is_of_subscription,
)
from plugin.shops.settings import find_zone

_NONE: frozenset[int] = frozenset()


class OrderRow(Protocol):
    """What has to be known of a ``plugin.orders.models.Order`` beside its documents."""

    @property
    def number(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def placed_at(self) -> datetime: ...
    @property
    def frozen_reason(self) -> str | None: ...


class KnownOrder(Protocol):
    """A ``plugin.orders.service.StoredOrder``, or as much of one."""

    @property
    def id(self) -> str: ...
    @property
    def row(self) -> OrderRow: ...
    @property
    def now(self) -> StoreOrder: ...
    @property
    def placement(self) -> StoreOrder: ...


@dataclass(frozen=True)
class Ownership:
    """Which units of an order our cases own: ordinals by line, those still open and those settled (of cancellations),
    those on their way back, and those that came back (of all other cases).

    ``shipping_taken`` says that some case has shipping and extras in what it owes: they are paid back once.
    ``forgotten_code`` is what was given for a code that was forgotten at the checkout, in minor units.
    """

    open: Mapping[str, frozenset[int]]
    settled: Mapping[str, frozenset[int]]
    shipping_taken: bool
    prior_cases: int
    coming_back: Mapping[str, frozenset[int]] = field(default_factory=dict)
    returned: Mapping[str, frozenset[int]] = field(default_factory=dict)
    forgotten_code: int = 0

    def owned(self, line_id: str) -> frozenset[int]:
        return _NONE.union(
            *[units.get(line_id, _NONE) for units in (self.open, self.settled, self.coming_back, self.returned)]
        )


def facts_of(
    order: KnownOrder,
    ownership: Ownership,
    payments: Sequence[Paid],
    *,
    paused: bool,
    transit: timedelta,
    zone: str,
    payer: KnownOrder | None = None,
) -> OrderFacts:
    """All that a decision on this order may depend on; ``paused`` is the shop's own stop, ``transit`` how long a
    parcel of its usually takes, and ``zone`` (IANA) where its days end if the order does not say. ``payer`` is the
    order that the payments are of, where that is another one.

    The store's own count of cancelled units and ours are two observations of the same thing once the store has taken
    our cancellation over: the larger one counts, and never their sum.
    """
    payer = payer or order
    fulfilled = fulfilled_by_line(order.now)
    cancelled_at_store, by_hand = counted(order.now.cancelled), units_by_hand(order.now)
    has_codes = bool(order.placement.discount_codes)
    parcels_of = _parcels_by_line(order.now.fulfilments)
    is_told = any([parcel.delivered_at for parcel in order.now.fulfilments])
    lines = tuple(
        [
            _line_facts(
                line, fulfilled, cancelled_at_store, by_hand, ownership, has_codes,
                parcels_of.get(line.id, ()), transit, is_told=is_told,
            )
            for line in order.placement.lines
        ]
    )  # fmt: skip
    is_cancelled = order.now.state is not OrderState.OPEN
    extras = order.placement.extras
    return OrderFacts(
        id=order.id,
        number=order.row.number,
        currency=order.row.currency,
        placed_at=order.row.placed_at,
        state=progress_of(lines, cancelled=is_cancelled),
        total=order.placement.total,
        lines=lines,
        shipping=Component(0) if ownership.shipping_taken else shipping_left(order),
        extras=Component(0)
        if ownership.shipping_taken
        else Component(sum([x.total for x in extras]), sum([x.tax for x in extras])),
        country=order.placement.customer.country,
        channel=order.placement.channel,
        time_zone=str(find_zone(order.placement.time_zone) or zone),
        custodians=tuple(sorted({Custodian(payment.custodian) for payment in payments})),
        is_business=order.placement.customer.is_business,
        is_of_subscription=is_of_subscription(order.now) or is_of_subscription(order.placement),
        prior_cases=ownership.prior_cases,
        has_open_dispute=any([payment.disputed for payment in payments]),
        frozen=order.row.frozen_reason is not None or payer.row.frozen_reason is not None,
        paused=paused,
        unexplained=order.placement.unexplained,
        unattributed=sum([unattributed(payer.now, payment) for payment in payments]),
        forgotten_code=ownership.forgotten_code,
        in_credit=sum([payment.amount for payment in payments if payment.instrument == Instrument.STORED_VALUE]),
    )


def shipping_left(order: KnownOrder) -> Component:
    """Shipping as it was paid, less what somebody gave back of it by hand; its tax in proportion."""
    paid = order.placement.shipping
    left = max(0, paid.total - shipping_by_hand(order.now))
    return Component(left, paid.tax * left // paid.total if left else 0)


def _line_facts(
    line: StoreLine,
    fulfilled: Mapping[str, int],
    cancelled_at_store: Mapping[str, int],
    by_hand: Mapping[str, int],
    ownership: Ownership,
    has_codes: bool,
    parcels: Sequence[StoreFulfilment],
    transit: timedelta,
    *,
    is_told: bool,
) -> LineFacts:
    """``parcels`` are those with units of this line; ``is_told`` where the store tells of deliveries."""
    owned = ownership.owned(line.id)
    free = range(line.quantity)
    shipped_at = _latest([parcel.shipped_at for parcel in parcels]) if parcels else None
    delivered_at = _latest([parcel.delivered_at for parcel in parcels]) if parcels else None
    expected = shipped_at + transit if shipped_at else None
    estimated = None if is_told else expected
    return LineFacts(
        id=line.id,
        title=line.title,
        quantity=line.quantity,
        total=line.total,
        tax=line.tax,
        free=tuple([ordinal for ordinal in free if ordinal not in owned] if owned else free),
        fulfilled=fulfilled.get(line.id, 0),
        cancelled=max(cancelled_at_store.get(line.id, 0), len(ownership.settled.get(line.id, ()))),
        in_open_cases=len(ownership.open.get(line.id, ())),
        coming_back=len(ownership.coming_back.get(line.id, ())),
        returned=len(ownership.returned.get(line.id, ())),
        refunded_by_hand=by_hand.get(line.id, 0),
        kind=line.kind,
        product_id=line.product_id,
        # A line's discount may be its share of a code, ours among them, which makes no sale item of it.
        on_sale=line.discount > 0 and not has_codes,
        final_sale=line.final_sale,
        personalised=line.personalised,
        tags=line.tags,
        categories=line.categories,
        shipped_at=shipped_at,
        delivered_at=delivered_at or estimated,
        expected_at=delivered_at or expected,
        delivery_is_estimated=delivered_at is None and estimated is not None,
    )


def _parcels_by_line(parcels: Sequence[StoreFulfilment]) -> dict[str, list[StoreFulfilment]]:
    by_line: dict[str, list[StoreFulfilment]] = {}
    for parcel in parcels:
        for line_id in {count.line_id for count in parcel.lines}:
            by_line.setdefault(line_id, []).append(parcel)
    return by_line


def _latest(moments: Sequence[datetime | None]) -> datetime | None:
    """The moment of the last of these parcels, or None while one of them has not got there."""
    known = [moment for moment in moments if moment]
    return max(known) if len(known) == len(moments) else None


def cancelled_by_the_store_itself(line: LineFacts) -> int:
    """What the store had cancelled, when a case was asked for, beyond what our settled cases account for."""
    ours = line.quantity - len(line.free) - line.in_open_cases - line.coming_back - line.returned
    return line.cancelled - ours
