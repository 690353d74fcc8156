"""Where is my money? One answer for every refund of an order: which leg, who has it, since when, until when.

| leg                                   | who has it | what is said                                                |
|---------------------------------------|------------|-------------------------------------------------------------|
| reserved, submitting, unknown         | us         | it is being sent                                            |
| pending, requires_action              | custodian  | the payment provider, or the store's own, passes it on      |
| succeeded, with the bank's reference  | bank       | the bank finds it under this reference                      |
| succeeded, without one                | bank       | it has left; the bank shows it by its date                  |
| with a person, failed                 | person     | one of us brings it to its end                              |
| void, or a lowered capture            | nobody     | it was never taken                                          |

A date that is over is said to be: ``is_late``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.cases.models import Case
from plugin.cases.store import cases_of_order
from plugin.journeys.money_words import state_of_leg
from plugin.messages.parts import MoneyState
from plugin.orders.models import Payment
from plugin.orders.service import payments_of
from plugin.refunds.models import RefundLeg
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import legs_of_cases

_NOT_TAKEN = (MoneyState.VOIDED, MoneyState.CHARGED_ONLY, MoneyState.NOT_COLLECTED)


class Holder(StrEnum):
    """Who has the money now."""

    US = "us"
    PROVIDER = "provider"
    BANK = "bank"
    PERSON = "person"
    NOBODY = "nobody"


@dataclass(frozen=True)
class MoneyAt:
    """One refund. ``since`` is when it came there, ``is_late`` says that the promised day is over without it."""

    case: Case
    leg: RefundLeg
    payment: Payment
    holder: Holder
    since: datetime
    is_late: bool


async def where_is_my_money(order_id: str, at: datetime) -> tuple[MoneyAt, ...]:
    """Every refund of the order that was not taken back, the newest request first."""
    cases = {case.id: case for case in await cases_of_order(order_id)}
    if not cases:
        return ()
    legs = await legs_of_cases(list(cases))
    payments = {payment.id: payment for payment in await payments_of(order_id)}  # last: a leg's payment is among them
    replaced = {leg.replaces for leg in legs}
    current = [leg for leg in legs if leg.id not in replaced and leg.state != LegState.RELEASED]
    return tuple(
        MoneyAt(
            case=case, leg=leg, payment=payments[leg.payment_id], holder=holder_of(leg),
            since=leg.settled_at or leg.submitted_at or leg.created_at, is_late=is_late(leg, at),
        )
        for case in cases.values()
        for leg in current
        if leg.case_id == case.id
    )  # fmt: skip


def holder_of(leg: RefundLeg) -> Holder:
    state = LegState(leg.state)
    if state_of_leg(leg) in _NOT_TAKEN:
        return Holder.NOBODY
    if state is LegState.SUCCEEDED:
        return Holder.BANK
    if state in (LegState.WITH_PERSON, LegState.FAILED):
        return Holder.PERSON
    return Holder.PROVIDER if state in (LegState.PENDING, LegState.REQUIRES_ACTION) else Holder.US


def is_late(leg: RefundLeg, at: datetime) -> bool:
    """Whether its day is over and its custodian has not called it done."""
    is_open = LegState(leg.state) not in SETTLED or leg.state == LegState.FAILED
    return is_open and (leg.late_told_at is not None or leg.promised_for < at.date())
