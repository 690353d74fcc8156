"""What may be approved without a person: caps on the money of an order, a customer, an hour and a day, and the breaker.

Caps are counter rows, taken in the transaction that approves (DESIGN §3): two orders of one customer cannot share what
is left. What was approved stays counted, also where the store says later that it is too late. A preview reads the
counters and takes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from plugin.codes.store import charge, count_up, counted, money_counters_of
from plugin.db import Transaction
from plugin.journeys import sentences
from plugin.journeys.alerts import alert_shop
from plugin.messages.parts import AlertKind
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.settings import MONEY_LIMITS, Limits

log = structlog.get_logger("comeback.limits")
BREAKERS = ("approvals_per_hour", "failed_refunds_per_hour")


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


@dataclass(frozen=True)
class InUse:
    """A limit with what is used of it now, in minor units of ``currency``, or a count where that is None.

    ``used`` is None for what is counted for each order or customer apart. It ends, and begins anew, at ``ends_at``.
    """

    name: str
    currency: str | None
    most: int
    used: int | None
    ends_at: datetime | None


async def in_use(shop: Shop, at: datetime) -> tuple[InUse, ...]:
    """Every limit and breaker that the shop has set, as it stands."""
    limits = limits_of(shop)
    found: list[InUse] = []
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    ends = {"per_hour": hour + timedelta(hours=1), "per_day": hour.replace(hour=0) + timedelta(days=1)}
    breakers = {name: key for name in BREAKERS if getattr(limits, name) is not None for key in [_breaker_key(name, at)]}
    shared = {
        (cap.name, currency): cap.key
        for currency in sorted({*limits.per_hour, *limits.per_day})
        for cap in _caps(limits, Approval(currency, 0, "", None, at))
        if cap.name in ends
    }
    used = await counted(shop.id, [*shared.values(), *breakers.values()])
    for name in MONEY_LIMITS:
        for currency, most in sorted(getattr(limits, name).items()):
            key = shared.get((name, currency))
            found.append(InUse(name, currency, most, used.get(key, 0) if key else None, ends.get(name)))
    found.extend(
        InUse(name, None, getattr(limits, name), used.get(key, 0), ends["per_hour"]) for name, key in breakers.items()
    )
    return tuple(found)


async def take(tx: Transaction, ports: Ports, shop: Shop, wanted: Approval) -> str | None:
    """Count an approval against every limit; the name of the first that has no room, and then the caller rolls back.

    A shop that was paused since ``shop`` was read has none left: whoever else approves at the same time has waited for
    the breaker's counter, and sees what it has done.
    """
    limits = limits_of(shop)
    for cap in _caps(limits, wanted):
        if not await count_up(tx, shop.id, cap.key, wanted.amount, cap.most):
            return cap.name
    if await _count_for_breaker(tx, ports, shop, "approvals_per_hour", limits.approvals_per_hour, wanted.at):
        return None
    (now,) = await tx.rows("SELECT paused FROM shops WHERE id = $1", shop.id)
    return "paused" if now["paused"] else None


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
        key = f"{money_counters_of(wanted.customer_hash)}{at:%Y-%m}:{currency}"
        yield _Cap("per_customer_month", key, limits.per_customer_month[currency])
    if currency in limits.per_hour:
        yield _Cap("per_hour", f"money:hour:{at:%Y-%m-%dT%H}:{currency}", limits.per_hour[currency])
    if currency in limits.per_day:
        yield _Cap("per_day", f"money:day:{at:%Y-%m-%d}:{currency}", limits.per_day[currency])


def _breaker_key(name: str, at: datetime) -> str:
    return f"breaker:{name}:{at:%Y-%m-%dT%H}"


async def _count_for_breaker(
    tx: Transaction, ports: Ports, shop: Shop, name: str, most: int | None, at: datetime
) -> bool:
    """Count one; whether it has tripped the breaker. Within a shop's hour that goes on after it, it trips again."""
    if most is None or shop.paused:
        return False
    key = _breaker_key(name, at)
    count = await charge(tx, shop.id, key, 1)
    if count % most:
        return False
    await tx.execute("UPDATE shops SET paused = true WHERE id = $1", shop.id)
    log.error("breaker_tripped", shop_id=shop.id, limit=name, most=most)
    await alert_shop(
        tx, ports, shop, purpose=f"{key}:{count}", alert=AlertKind.BREAKER,
        why=sentences.BREAKER[name], command=f"comeback shop resume {shop.id}",
    )  # fmt: skip
    return True
