"""Our books against Stripe's: after webhooks were lost, and before a restored database goes to work again.

A refund that Stripe has and that carries the id of one of our legs is taken over by that leg. One whose leg is not here
was made after the back-up: it lowers what the payment can still give, and the next ask about its order goes to a
person, because for which units it was is known to nobody any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from plugin.db import rows, transaction
from plugin.journeys.payment_reported import take_payment_fact
from plugin.orders.models import Payment
from plugin.orders.payments import Overtaken
from plugin.ports.payments import RefundFact, RefundState
from plugin.ports.runtime import Ports
from plugin.refunds.store import legs_on_payment
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account

_NO_MONEY = (RefundState.FAILED, RefundState.CANCELLED)


@dataclass(frozen=True)
class ForgottenRefund:
    """A refund of ours at Stripe, in minor units, whose leg is not here. ``order_number`` is None for an order that is
    not here either."""

    reference: str
    leg_id: str
    amount: int
    currency: str
    created_at: datetime
    order_number: str | None


@dataclass(frozen=True)
class ToCompare:
    """What is to be read of one shop: its payments by our ids, and the refunds that we have forgotten."""

    payment_ids: tuple[str, ...]
    forgotten: tuple[ForgottenRefund, ...]


async def what_to_compare(ports: Ports, shop: Shop, *, orders_since: datetime, refunds_since: datetime) -> ToCompare:
    """The Stripe payments of recent orders, of unfinished refunds, and of all that Stripe refunded lately.

    Raises ``Rejected`` or ``OutcomeUnknown`` when Stripe does not list its refunds.
    """
    account = payment_account(ports.vault, shop)
    if account is None:
        return ToCompare((), ())
    listed = await ports.payments.refunds_since(account, refunds_since)
    payments = await rows(
        "SELECT DISTINCT p.id FROM payments p JOIN orders o ON o.id = p.order_id "
        "LEFT JOIN refund_legs l ON l.payment_id = p.id "
        "AND l.state IN ('reserved', 'submitting', 'unknown', 'pending', 'requires_action', 'with_person') "
        "WHERE p.shop_id = $1 AND p.custodian = 'stripe' AND p.reference IS NOT NULL "
        "AND (o.placed_at > $2 OR l.id IS NOT NULL OR p.reference = ANY($3)) ORDER BY p.id",
        shop.id, orders_since, [refund.payment_reference for refund in listed],
    )  # fmt: skip
    return ToCompare(tuple(row["id"] for row in payments), await _forgotten(shop, listed))


async def _forgotten(shop: Shop, listed: Sequence[RefundFact]) -> tuple[ForgottenRefund, ...]:
    ours = [refund for refund in listed if refund.leg_id is not None and refund.state not in _NO_MONEY]
    known = await rows("SELECT id FROM refund_legs WHERE id = ANY($1)", [refund.leg_id for refund in ours])
    numbers = await rows(
        "SELECT p.reference, o.number FROM payments p JOIN orders o ON o.id = p.order_id "
        "WHERE p.shop_id = $1 AND p.reference = ANY($2)",
        shop.id, [refund.payment_reference for refund in ours],
    )  # fmt: skip
    legs, orders = {row["id"] for row in known}, {row["reference"]: row["number"] for row in numbers}
    return tuple(
        ForgottenRefund(
            refund.payment_reference, refund.leg_id, refund.amount, refund.currency, refund.created_at,
            orders.get(refund.payment_reference),
        )
        for refund in ours
        if refund.leg_id is not None and refund.leg_id not in legs
    )  # fmt: skip


async def compare_payment(ports: Ports, payment_id: str) -> tuple[str, str]:
    """Read one payment and take it over; its reference, and what had changed in words, or nothing.

    Raises what reading at the custodian raises.
    """
    payment = await Payment.get(id=payment_id)
    shop = await get_shop(payment.shop_id)
    account = payment_account(ports.vault, shop)
    reference = payment.reference or ""
    if account is None:
        return reference, ""
    before = await _picture(payment_id)
    fact = await ports.payments.read(account, reference)
    with suppress(Overtaken):  # somebody else has read it in the same moment
        async with transaction(ports.doorbell) as tx:
            await take_payment_fact(tx, ports, shop, payment, fact)
    after = await _picture(payment_id)
    changes = (f"{name} {before.get(name)} → {now}" for name, now in after.items() if before.get(name) != now)
    return reference, ", ".join(changes)


async def _picture(payment_id: str) -> dict[str, object]:
    now = await Payment.get(id=payment_id)
    legs = {f"refund {leg.id}": leg.state for leg in await legs_on_payment(payment_id)}
    fields = ("state", "captured", "capturable", "external_refunded", "disputed")
    return {**{name: getattr(now, name) for name in fields}, **legs}
