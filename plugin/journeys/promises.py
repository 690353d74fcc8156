"""The dated promise of the money, for each leg of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from plugin.cases.models import Case
from plugin.orders.models import Payment
from plugin.ports.orders import Instrument
from plugin.refunds.plan import PlannedLeg
from plugin.refunds.promise import promise
from plugin.shops.service import zone_of
from plugin.shops.settings import ShopSettings

REFUND_WITHIN = timedelta(days=14)  # of the declaration of a withdrawal: Directive 2011/83/EU, Art. 13(1)


def promised_dates(
    legs: Sequence[PlannedLeg], payments: Sequence[Payment], settings: ShopSettings, at: datetime
) -> tuple[date, ...]:
    """By when each leg's money has arrived, counted from today in the shop's zone."""
    today = at.astimezone(zone_of(settings)).date()
    instruments = {payment.id: Instrument(payment.instrument) for payment in payments}
    return tuple(
        promise(
            leg.kind, instruments[leg.payment_id], today, settings.country,
            manual_days=settings.person.manual_refund_days,
        )
        for leg in legs
    )  # fmt: skip


def within_the_law(case: Case, promised: Sequence[date], at: datetime) -> tuple[date, ...]:
    """The same dates, none of a statutory case later than the law has it; where goods came back after that, as soon as
    it can be done."""
    latest = (case.asked_at + REFUND_WITHIN).date()
    is_bound = case.basis == "statutory" and at.date() < latest
    return tuple(min(day, latest) if is_bound else day for day in promised)
