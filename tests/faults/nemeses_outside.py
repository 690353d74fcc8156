"""The adversities that come from Stripe and from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from plugin.db import rows
from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.payments.sandbox.faults import FaultKind
from plugin.storefronts.demo.store import Behaviour
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.check import steady
from tests.faults.scene import Nemesis, Scene

_WRITES = "POST /v1/*"
_REFUNDS = "POST /v1/refunds"
_CODES = ("POST /v1/coupons", "POST /v1/promotion_codes")
_STORED = (FaultKind.ANSWER_500, FaultKind.ANSWER_500_AFTER)


def stripe(kind: FaultKind, *, times: int = 3, delay_ms: int = 0, route: str = _WRITES) -> Nemesis:
    """Stripe treats the next ``times`` calls of ``route`` badly."""

    async def nemesis(scene: Scene) -> bool:
        scene.note(f"Stripe: the next {times} of {route} {kind}")
        bit = await _break(scene, kind, (route,), times=times, delay_ms=delay_ms)
        if kind in _STORED:
            await _let_ten_minutes_pass(scene)
        return bit

    return nemesis


def codes(kind: FaultKind, *, times: int = 2, delay_ms: int = 0) -> Nemesis:
    """The same where codes are published: the coupon, and the promotion code that opens it."""

    async def nemesis(scene: Scene) -> bool:
        scene.note(f"Stripe: the next {times} coupons and promotion codes {kind}")
        # After a stored error the second call comes a day later, so that one of the two is struck.
        routes = (scene.plan.dice("codes").choice(_CODES),) if kind in _STORED else _CODES
        bit = await _break(scene, kind, routes, times=times, delay_ms=delay_ms)
        if kind in _STORED:
            await _let_a_day_pass(scene)
        return bit

    return nemesis


async def _break(scene: Scene, kind: FaultKind, routes: Sequence[str], *, times: int, delay_ms: int) -> bool:
    """Whether a fault was served on every route."""
    switches = scene.town.stripe.books.faults

    def left(route: str) -> int:
        return sum(fault.times or 0 for fault in switches.faults if fault.route == route)

    for route in routes:
        await scene.place.stripe.break_next(kind, route, times=times, delay_ms=delay_ms)
    bit = await scene.until(lambda: all(left(route) < times for route in routes), lasts=3)
    switches.faults = [fault for fault in switches.faults if fault.route not in routes]
    return bit


async def _let_ten_minutes_pass(scene: Scene) -> None:
    """A refund whose outcome Stripe hides behind a stored 500 is looked for twice, ten minutes apart."""
    for _ in range(40):
        await asyncio.sleep(0.5)
        moved = await steady(
            lambda: rows(
                "UPDATE refund_legs SET absent_since = absent_since - interval '10 minutes' "
                "WHERE shop_id = $1 AND state = 'unknown' AND absent_since > now() - interval '9 minutes' RETURNING id",
                scene.shop_id,
            )
        )
        if moved:
            scene.timeline.note("ten minutes pass")
            await _hasten(scene, "settle_leg")
        elif not await scene.found(_MAY_BE_UNKNOWN):
            return


_MAY_BE_UNKNOWN = """
    SELECT 1 FROM refund_legs l JOIN cases c ON c.id = l.case_id WHERE l.shop_id = $1
    AND l.state IN ('reserved', 'submitting', 'unknown') AND c.state NOT IN ('with_person', 'in_review')
"""

_UNPUBLISHED = """
    SELECT 1 FROM codes WHERE shop_id = $1 AND authority = 'stripe' AND promotion_id IS NULL
"""


async def _let_a_day_pass(scene: Scene) -> None:
    """An error that Stripe has stored under our key is repeated for a day; then the key is free again."""
    clock = scene.town.stripe.books.clock
    before = clock.offset
    for _ in range(8):
        await scene.until_found(
            "SELECT 1 FROM work WHERE shop_id = $1 AND kind = 'publish_code' AND state = 'ready' "
            "AND not_before > now() + interval '23 hours'",
        )
        clock.offset += 25 * 3600
        scene.timeline.note("a day passes")
        await _hasten(scene, "publish_code")
        await asyncio.sleep(1)
        if not await scene.found(_UNPUBLISHED):
            break
    clock.offset = before


async def _hasten(scene: Scene, kind: str) -> None:
    await steady(
        lambda: rows(
            "UPDATE work SET not_before = now() WHERE kind = $2 AND state = 'ready' AND shop_id = $1 RETURNING id",
            scene.shop_id,
            kind,
        )
    )


def store(behaviour: Behaviour, *, lasts: float = 3.0, late_by: float = 6.0) -> Nemesis:
    """The store answers our calls badly."""

    async def nemesis(scene: Scene) -> bool:
        its = scene.place.store
        scene.note(f"the store: {behaviour}")
        its.behaviour, its.late_by = behaviour, late_by
        bit = await scene.until(lambda: bool(its.asks), lasts=lasts)
        its.behaviour = Behaviour.AGREE
        return bit

    return nemesis


async def store_pending(scene: Scene) -> bool:
    """The store asks its warehouse, and tells of the answer by its webhook alone."""
    its = scene.place.store
    its.behaviour = Behaviour.PENDING
    scene.note("the store: pending")
    bit = await scene.until(lambda: bool(its.answers), lasts=3)
    its.behaviour = Behaviour.AGREE
    its.settle_pending()
    return bit


async def store_repeats(scene: Scene) -> bool:
    """The store sends each webhook three times, and then each order as it first was, under an id of its own."""
    its = scene.place.store
    first = list(its.orders.values())
    scene.place.copies = 3
    scene.note("the store sends each webhook three times")
    bit = await scene.until(lambda: any(its.orders[each.id].sequence > each.sequence for each in first), lasts=3)
    await asyncio.sleep(1)
    for order in first:
        for _ in range(40):
            if await _is_taken(scene, order):
                break
            await asyncio.sleep(0.25)
    scene.timeline.note("and every order as it first was")
    scene.place.copies = 1
    return bit


async def _is_taken(scene: Scene, order: OrderBody) -> bool:
    try:
        return (await scene.place.store.send(order)).is_success
    except httpx.HTTPError:
        return False


def webhooks(copies: int) -> Nemesis:
    """Stripe sends every webhook ``copies`` times."""

    async def nemesis(scene: Scene) -> bool:
        scene.note(f"every Stripe webhook {copies} times")
        before = _events(scene)
        await scene.place.stripe.deliver(DeliveryMode(copies=copies))
        bit = await scene.until(lambda: _events(scene) > before, lasts=4)
        await scene.place.stripe.deliver(DeliveryMode())
        return bit

    return nemesis


async def webhooks_reversed(scene: Scene) -> bool:
    scene.note("Stripe's webhooks are held")
    before = _events(scene)
    await scene.place.stripe.deliver(DeliveryMode(is_held=True))
    bit = await scene.until(lambda: _events(scene) > before, lasts=4)
    await scene.place.stripe.deliver(DeliveryMode())
    await scene.place.stripe.release(is_reversed=True, copies=2)
    scene.timeline.note("released, the last one first, twice each")
    return bit


async def webhooks_lost(scene: Scene) -> bool:
    """Every webhook of Stripe's is lost while the bank works; ``comeback reconcile`` finds what they said."""
    scene.note("Stripe's webhooks are lost")
    before = _events(scene)
    await scene.place.stripe.deliver(DeliveryMode(drop=10_000))
    await scene.until_found("SELECT 1 FROM refund_legs WHERE shop_id = $1 AND state = 'pending'", lasts=4)
    await scene.place.let_the_bank_work()
    bit = await scene.found("SELECT 1 FROM refund_legs WHERE shop_id = $1 AND state = 'pending'")
    await scene.town.run_command("reconcile", "--shop", scene.shop_id)
    scene.timeline.note("reconciled")
    await scene.place.stripe.deliver(DeliveryMode())
    return bit and _events(scene) > before


def _events(scene: Scene) -> int:
    return scene.town.stripe.count(scene.place.stripe.api_key, "event")
