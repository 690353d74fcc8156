"""The facts that a decision is made from, and the ask: frozen, JSON-serialisable, pinned on the case.

Amounts are minor units of ``OrderFacts.currency``. Everything counted here is what the order's feature has established
under its lock; ``decide()`` reads nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from plugin.policies.reasons import Action, FaultKind, Resolution, Risk
from plugin.ports.orders import Custodian, LineCount, LineKind


class Progress(StrEnum):
    """How far an order has come."""

    UNFULFILLED = "unfulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class Component(Struct, frozen=True):
    """An amount and the part of it that is tax."""

    amount: int
    tax: int = 0


class LineFacts(Struct, frozen=True, kw_only=True):
    """One line. ``total`` (with ``tax`` in it) is what all ``quantity`` units cost, as frozen at placement.

    ``free`` are the unit ordinals that no open or settled case owns. Shipments are counts without ordinals, so free
    units may outnumber those that are left to cancel.
    """

    id: str
    title: str
    quantity: int
    total: int
    tax: int
    free: tuple[int, ...]
    fulfilled: int = 0
    cancelled: int = 0
    in_open_cases: int = 0  # asked to be cancelled, and not yet settled
    coming_back: int = 0  # asked to be sent back, replaced or made good, and not yet settled
    returned: int = 0  # sent back and accepted, replaced or made good
    refunded_by_hand: int = 0  # in the store's own admin
    kind: LineKind = LineKind.PHYSICAL
    product_id: str | None = None
    on_sale: bool = False  # sold below its usual price
    final_sale: bool = False
    personalised: bool = False
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    shipped_at: datetime | None = None  # the line's last parcel
    delivered_at: datetime | None = None
    expected_at: datetime | None = None  # when the last parcel came, or else should be there
    delivery_is_estimated: bool = False  # from the shipment, where the store tells of no delivery

    @property
    def left(self) -> int:
        """How many units can still be cancelled (I1), never more than there are free ordinals."""
        left, free = self.quantity - self.fulfilled - self.cancelled - self.in_open_cases, len(self.free)
        return 0 if left < 0 else left if left < free else free

    @property
    def returnable(self) -> int:
        """How many units have left and neither came back nor are on their way back (I1)."""
        left, free = self.fulfilled - self.returned - self.coming_back, len(self.free)
        return 0 if left < 0 else left if left < free else free


class OrderFacts(Struct, frozen=True, kw_only=True):
    """One order. ``shipping`` and ``extras`` are what has neither been paid back nor promised; extras may be negative.

    ``unexplained`` is the platform's total less our sum of the parts; ``unattributed`` is money given back elsewhere
    that names no lines (DESIGN §3). ``in_credit`` is what was paid with stored value, on which no bonus is given again.
    ``prior_cases`` counts this shopper's earlier cases at the shop; ``paused`` says
    that the shop has stopped all automatic approvals.
    """

    id: str
    number: str
    currency: str
    placed_at: datetime
    state: Progress
    total: int
    lines: tuple[LineFacts, ...]
    shipping: Component = Component(0)
    extras: Component = Component(0)
    country: str | None = None
    channel: str | None = None
    time_zone: str | None = None
    custodians: tuple[Custodian, ...] = ()
    is_business: bool = False
    is_of_subscription: bool = False
    risk: Risk | None = None
    prior_cases: int = 0
    has_open_dispute: bool = False
    frozen: bool = False
    paused: bool = False
    unexplained: int = 0
    unattributed: int = 0
    forgotten_code: int = 0  # what the order was given for a code that was forgotten at its checkout: of no line
    in_credit: int = 0


class Ask(Struct, frozen=True, kw_only=True):
    """What the shopper wants: everything that is left (``whole``), or these quantities of these lines."""

    action: Action
    whole: bool = False
    lines: tuple[LineCount, ...] = ()
    reason: str | None = None
    fault: FaultKind | None = None
    resolution: Resolution | None = None  # what the shopper would rather have; None: what the policy suggests


def progress_of(lines: Sequence[LineFacts], *, cancelled: bool) -> Progress:
    """How far an order with these lines has come; ``cancelled`` is the store's word on the order as a whole."""
    wanted = sum([max(0, line.quantity - line.cancelled) for line in lines])
    shipped = sum([line.fulfilled for line in lines])
    if cancelled or (lines and wanted == 0):
        return Progress.CANCELLED
    if shipped == 0:
        return Progress.UNFULFILLED
    return Progress.FULFILLED if shipped >= wanted else Progress.PARTLY_FULFILLED
