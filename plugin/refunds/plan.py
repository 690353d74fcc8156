"""Which payment gives back how much: a pure plan, made and checked as a whole before anything is reserved (I7).

In the order of ``_LAST``: card first, stored value last; each payment up to what it can give; back to where the money
came from. What is owed and cannot be given is an error with its gap, never a smaller plan.

| owed | payments                                          | plan                              |
|-----:|---------------------------------------------------|-----------------------------------|
|   70 | card captured 100                                 | refund 70                         |
|  100 | card authorised 100, everything cancelled         | void 100                          |
|   70 | card authorised 100                               | lower the capture by 70           |
|   95 | card authorised 100, everything cancelled, fee 5  | lower the capture by 95           |
|   70 | gift card of the store 40, card captured 60       | refund 60, storefront 10          |
|    0 | anything                                          | nothing, which is success         |
|   70 | the store's own gateway, authorised 100           | lower the capture by 70           |
|  100 | cash on delivery 100, everything cancelled        | void 100: nobody collects it      |
|   70 | card captured 60                                  | ``NotEnoughToRefund``, gap 10     |
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from plugin.core.errors import DomainError
from plugin.core.money import CurrencyMismatch
from plugin.policies.decision import Amounts
from plugin.ports.orders import Custodian, Instrument, PaymentState


class NotEnoughToRefund(DomainError):
    """The payments cannot give what is owed; ``extra["gap"]`` is what is missing, in minor units."""

    status = 409
    code = "not_enough_to_refund"
    sentence = "The payments of this order cannot cover what is owed, so one of us will look at it."


class LegKind(StrEnum):
    REFUND = "refund"
    VOID = "void"
    LOWER_CAPTURE = "lower_capture"
    STOREFRONT = "storefront"
    MANUAL = "manual"


class Payable(Struct, frozen=True, kw_only=True):
    """What a payment can still give back, in minor units of ``currency``.

    ``refundable`` is captured less disputed, less refunded elsewhere, less our own legs that are reserved or further;
    it is negative where a fact from outside broke I7. ``capturable`` is what has not been collected yet and need not
    be: of an authorisation, or of a payment that is still to come (cash on delivery). ``ungranted`` is what other open
    cases would take off the authorisation, if the store lets them: until then it must not be voided.
    """

    payment_id: str
    custodian: Custodian
    instrument: Instrument
    state: PaymentState
    currency: str
    refundable: int = 0
    capturable: int = 0
    ungranted: int = 0

    @property
    def is_uncollected(self) -> bool:
        return self.state in (PaymentState.AUTHORISED, PaymentState.PENDING)

    @property
    def can_give(self) -> int:
        if self.state in (PaymentState.VOIDED, PaymentState.FAILED):
            return 0
        return self.capturable if self.is_uncollected else self.refundable


class PlannedLeg(Struct, frozen=True):
    """One movement. ``amount`` is positive: what is given back, released, or taken off the capture."""

    payment_id: str
    kind: LegKind
    amount: int


_LAST = {Instrument.CARD: 0, Instrument.OTHER: 1, Instrument.STORED_VALUE: 2}


def plan(owed: Amounts, payments: Sequence[Payable], *, everything: bool) -> tuple[PlannedLeg, ...]:
    """Cover ``owed.total`` exactly. ``everything``: the whole remaining order is cancelled, so a void is allowed.

    Raises ``NotEnoughToRefund`` with the gap, and ``CurrencyMismatch``.
    """
    missing = owed.total
    if missing < 0:
        raise NotEnoughToRefund(detail="What is owed is less than nothing.", gap=0)
    if any(payment.currency != owed.currency for payment in payments):
        raise CurrencyMismatch(detail=f"A payment of this order is not in {owed.currency}.")
    gap = missing - sum(payment.can_give for payment in payments)
    if missing and gap > 0:
        raise NotEnoughToRefund(gap=gap)
    legs: list[PlannedLeg] = []
    for payment in sorted(payments, key=lambda payment: _LAST[payment.instrument]):
        amount = min(missing, payment.can_give)
        if amount > 0:
            legs.append(PlannedLeg(payment.payment_id, _kind(payment, amount, everything), amount))
            missing -= amount
    return tuple(legs)


def _kind(payment: Payable, amount: int, everything: bool) -> LegKind:
    if payment.custodian is Custodian.STOREFRONT and (everything or not payment.is_uncollected):
        return LegKind.STOREFRONT  # an authorisation is let go with its order; for a part of it the store collects less
    if not payment.is_uncollected:
        return LegKind.MANUAL if payment.custodian is Custodian.MANUAL else LegKind.REFUND
    is_void = everything and amount == payment.capturable and not payment.ungranted
    return LegKind.VOID if is_void else LegKind.LOWER_CAPTURE
