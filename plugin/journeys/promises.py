"""The dated promise of the money, for each leg of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from plugin.orders.models import Payment
from plugin.ports.orders import Instrument
from plugin.refunds.plan import PlannedLeg
from plugin.refunds.promise import promise
from plugin.shops.service import zone_of
from plugin.shops.settings import ShopSettings


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
