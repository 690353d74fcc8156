"""What may be approved without a person: caps on the money of an order, a customer, an hour and a day, and the breaker.

Caps are counter rows, taken in the transaction that approves (DESIGN §3): two orders of one customer cannot share what
is left. What was approved stays counted, also where the store says later that it is too late. A preview reads the
counters and takes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from plugin.codes.store import charge, count_up, counted
from plugin.db import Transaction
from plugin.journeys import sentences
from plugin.journeys.alerts import alert_shop
from plugin.messages.parts import AlertKind
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.settings import Limits

log = structlog.get_logger("comeback.limits")


@dataclass(frozen=True)
class Approval:
    """What is about to be approved: an amount in minor units, of which order's customer, and when."""

    currency: str
    amount: int
    order_id: str
    customer_hash: str | None
    at: datetime


@dataclass(frozen=True)
class _Cap:
    name: str
    key: str
    most: int


def limits_of(shop: Shop) -> Limits:
    return settings_of(shop).limits


async def reached(shop: Shop, wanted: Approval) -> str | None:
    """The name of the first limit that this approval would break as things are now, without taking any of it."""
    caps = list(_caps(limits_of(shop), wanted))
    used = await counted(shop.id, [cap.key for cap in caps]) if caps else {}
    return next((cap.name for cap in caps if used.get(cap.key, 0) + wanted.amount > cap.most), None)


async def take(tx: Transaction, ports: Ports, shop: Shop, wanted: Approval) -> str | None:
    """Count an approval against every limit; the name of the first that has no room, and then the caller rolls back."""
    limits = limits_of(shop)
    for cap in _caps(limits, wanted):
        if not await count_up(tx, shop.id, cap.key, wanted.amount, cap.most):
            return cap.name
    await _count_for_breaker(tx, ports, shop, "approvals_per_hour", limits.approvals_per_hour, wanted.at)
    return None


async def refund_failed(tx: Transaction, ports: Ports, shop: Shop, at: datetime) -> None:
    """Count a refund that its custodian refused; too many within an hour pause the shop."""
    most = limits_of(shop).failed_refunds_per_hour
    await _count_for_breaker(tx, ports, shop, "failed_refunds_per_hour", most, at)


def _caps(limits: Limits, wanted: Approval) -> Iterator[_Cap]:
    """The counters, the one of the fewest first, in the order in which everybody locks them."""
    currency, at = wanted.currency, wanted.at
    if currency in limits.per_order:
        yield _Cap("per_order", f"money:order:{wanted.order_id}:{currency}", limits.per_order[currency])
    if wanted.customer_hash and currency in limits.per_customer_month:
        key = f"{customer_keys(wanted.customer_hash)}{at:%Y-%m}:{currency}"
        yield _Cap("per_customer_month", key, limits.per_customer_month[currency])
    if currency in limits.per_hour:
        yield _Cap("per_hour", f"money:hour:{at:%Y-%m-%dT%H}:{currency}", limits.per_hour[currency])
    if currency in limits.per_day:
        yield _Cap("per_day", f"money:day:{at:%Y-%m-%d}:{currency}", limits.per_day[currency])


def customer_keys(customer_hash: str) -> str:
    """How the keys of a customer's counters begin."""
    return f"money:of:{customer_hash}:"


async def _count_for_breaker(
    tx: Transaction, ports: Ports, shop: Shop, name: str, most: int | None, at: datetime
) -> None:
    if most is None or shop.paused:
        return
    hour = f"{at:%Y-%m-%dT%H}"
    if await charge(tx, shop.id, f"breaker:{name}:{hour}", 1) != most:
        return
    await tx.execute("UPDATE shops SET paused = true WHERE id = $1", shop.id)
    log.error("breaker_tripped", shop_id=shop.id, limit=name, most=most)
    await alert_shop(
        tx, ports, shop, purpose=f"breaker:{name}:{hour}", alert=AlertKind.BREAKER,
        why=sentences.BREAKER[name], command=f"comeback shop resume {shop.id}",
    )  # fmt: skip
