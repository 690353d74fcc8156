"""The adversities of SECURITY.md, each a coroutine that does its worst for a moment and then heals what it broke."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from redis.asyncio import Redis

from plugin.db import rows
from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.payments.sandbox.faults import FaultKind
from plugin.storefronts.demo.store import Behaviour
from tests.faults.check import steady, undone
from tests.faults.plan import Plan
from tests.faults.process import Order
from tests.faults.shoppers import GaveUp
from tests.faults.story import Timeline
from tests.faults.town import Place, Town

WRITES = "POST /v1/*"


@dataclass(frozen=True)
class Scene:
    """What a nemesis may lay its hands on."""

    town: Town
    place: Place
    timeline: Timeline
    plan: Plan

    def note(self, what: str) -> None:
        """Something has struck: also the time within which a mail may have been taken unseen."""
        self.town.struck_at.append(self.timeline.note(what))


Nemesis = Callable[[Scene], Awaitable[None]]


def _stripe(kind: FaultKind, *, times: int = 3, delay_ms: int = 0, route: str = WRITES) -> Nemesis:
    async def nemesis(scene: Scene) -> None:
        scene.note(f"Stripe: the next {times} writes {kind}")
        await scene.place.stripe.break_next(kind, route, times=times, delay_ms=delay_ms)
        await asyncio.sleep(3)
        await scene.place.stripe.mend()
        if kind in (FaultKind.ANSWER_500, FaultKind.ANSWER_500_AFTER):
            await _let_ten_minutes_pass(scene)

    return nemesis


async def _let_ten_minutes_pass(scene: Scene) -> None:
    """A refund whose outcome Stripe hides behind a stored 500 is looked for twice, ten minutes apart."""
    for _ in range(40):
        await asyncio.sleep(0.5)
        moved = await steady(
            lambda: rows(
                "UPDATE refund_legs SET absent_since = absent_since - interval '10 minutes' "
                "WHERE shop_id = $1 AND state = 'unknown' AND absent_since > now() - interval '9 minutes' RETURNING id",
                scene.place.shop.shop.id,
            )
        )
        if moved:
            scene.timeline.note("ten minutes pass")
            await steady(
                lambda: rows(
                    "UPDATE work SET not_before = now() WHERE kind = 'settle_leg' AND state = 'ready' AND shop_id = $1",
                    scene.place.shop.shop.id,
                )
            )
        elif not await steady(lambda: rows(_MAY_BE_UNKNOWN, scene.place.shop.shop.id)):
            return


_MAY_BE_UNKNOWN = """
    SELECT 1 FROM refund_legs l JOIN cases c ON c.id = l.case_id WHERE l.shop_id = $1
    AND l.state IN ('reserved', 'submitting', 'unknown') AND c.state NOT IN ('with_person', 'in_review')
"""


def _store(behaviour: Behaviour, *, lasts: float = 3.0, late_by: float = 6.0) -> Nemesis:
    async def nemesis(scene: Scene) -> None:
        store = scene.place.store
        scene.note(f"the store: {behaviour}")
        store.behaviour, store.late_by = behaviour, late_by
        await asyncio.sleep(lasts)
        store.behaviour = Behaviour.AGREE

    return nemesis


async def _store_pending(scene: Scene) -> None:
    """The store asks its warehouse, and tells of the answer by its webhook alone."""
    store = scene.place.store
    store.behaviour = Behaviour.PENDING
    scene.note("the store: pending")
    await asyncio.sleep(3)
    store.behaviour = Behaviour.AGREE
    store.settle_pending()


async def _webhooks_tripled(scene: Scene) -> None:
    scene.note("every Stripe webhook three times")
    await scene.place.stripe.deliver(DeliveryMode(copies=3))
    await asyncio.sleep(4)
    await scene.place.stripe.deliver(DeliveryMode())


async def _webhooks_reversed(scene: Scene) -> None:
    scene.note("Stripe's webhooks are held")
    await scene.place.stripe.deliver(DeliveryMode(is_held=True))
    await asyncio.sleep(4)
    await scene.place.stripe.deliver(DeliveryMode())
    await scene.place.stripe.release(is_reversed=True, copies=2)
    scene.timeline.note("released, the last one first, twice each")


async def _webhooks_lost(scene: Scene) -> None:
    """Every webhook of Stripe's is lost while the bank works; ``comeback reconcile`` finds what they said."""
    scene.note("Stripe's webhooks are lost")
    await scene.place.stripe.deliver(DeliveryMode(drop=10_000))
    await asyncio.sleep(4)
    await scene.place.let_the_bank_work()
    code = await scene.town.run_command("reconcile", "--shop", scene.place.shop.shop.id)
    scene.timeline.note(f"reconcile: {code}")
    await scene.place.stripe.deliver(DeliveryMode())


async def _redis_flushed(scene: Scene) -> None:
    if scene.town.redis is None:
        return
    async with Redis.from_url(scene.town.redis.url) as redis:
        for _ in range(8):
            await asyncio.sleep(0.4)
            await redis.flushall()
    scene.note("Redis was flushed eight times")


async def _redis_stopped(scene: Scene) -> None:
    if scene.town.redis is None:
        return
    await asyncio.sleep(scene.plan.dice("redis").random())
    await scene.town.redis.stop()
    scene.note("Redis is stopped")
    await asyncio.sleep(3)
    await scene.town.redis.start()
    scene.note("Redis is back, empty")


async def _postgres_stopped(scene: Scene) -> None:
    await asyncio.sleep(2 * scene.plan.dice("postgres").random())
    await _stop_postgres(scene)


async def _stop_postgres(scene: Scene) -> None:
    scene.town.postgres.stop_at_once()
    scene.note("PostgreSQL is stopped at once")
    await asyncio.sleep(0.5)
    await scene.town.postgres.start()
    scene.note("PostgreSQL is back")


async def _commit_answer_lost(scene: Scene) -> None:
    """A COMMIT is done, its answer is lost, and the server goes down with it."""
    lost = asyncio.Event()
    scene.town.postgres.answer_lost = lost.set
    nth = scene.plan.dice("commit").randint(1, 12)
    scene.town.postgres.lose_answer_of_commit(nth)
    try:
        await asyncio.wait_for(lost.wait(), 30)
    except TimeoutError as error:
        raise GaveUp(f"There were no {nth} COMMITs to lose the answer of.") from error
    scene.note(f"the answer to COMMIT {nth} is lost, and PostgreSQL with it")
    await asyncio.sleep(0.3)
    await scene.town.postgres.start()
    scene.note("PostgreSQL is back")


_FROZEN_AT = (
    "after outbox_claimed", "after refund_submitting_committed", "before bytes_sent_to_stripe", "after answer_read",
    "before result_committed", "after store_updated", "before store_result_committed", "after mail_claimed",
    "after smtp_accepted",
)  # fmt: skip


async def _worker_frozen(scene: Scene) -> None:
    """A process stands still for longer than its lease, and then goes on as if nothing had happened."""
    order = Order(id=uuid4().hex, point=scene.plan.dice("frozen").choice(_FROZEN_AT), signal="SIGSTOP")
    scene.town.order_strike(order)
    pid = await asyncio.wait_for(scene.town.until_struck(order), 60)
    scene.note(f"{pid} is frozen {order.point}")
    await asyncio.sleep(scene.town.lease + 2)
    scene.town.signal(pid, signal.SIGCONT)
    scene.note(f"{pid} wakes")


async def _worker_buried(scene: Scene) -> None:
    """A process stands still in the middle of a transaction and never wakes: the others do its work all the same."""
    point = scene.plan.dice("buried").choice(("before store_result_committed", "before result_committed"))
    order = Order(id=uuid4().hex, point=point, signal="SIGSTOP")
    scene.town.order_strike(order)
    pid = await asyncio.wait_for(scene.town.until_struck(order), 60)
    scene.note(f"{pid} is frozen {point}, with the locks that it holds")
    for _ in range(300):
        await asyncio.sleep(0.2)
        await scene.place.let_the_bank_work()
        if not await undone(scene.place):
            break
    else:
        raise GaveUp(f"A frozen process holds the others up: {await undone(scene.place)}")
    scene.town.signal(pid, signal.SIGKILL)
    scene.note(f"{pid} is taken away")


async def _smtp_busy(scene: Scene) -> None:
    scene.town.postmaster.is_busy = True
    scene.note("the mail server says 421")
    await asyncio.sleep(4)
    scene.town.postmaster.is_busy = False


async def _smtp_slow(scene: Scene) -> None:
    """Each mail takes a while, so that those behind it wait longer than the lease of their work."""
    scene.town.postmaster.takes = scene.town.lease / 3
    scene.note("the mail server is slow")
    await asyncio.sleep(4 * scene.town.lease)
    scene.town.postmaster.takes = 0.0


async def _smtp_down(scene: Scene) -> None:
    scene.town.postmaster.close()
    scene.note("the mail server is down")
    await asyncio.sleep(4)
    await scene.town.postmaster.open()


NEMESES: dict[str, Nemesis] = {
    "stripe_drops_before": _stripe(FaultKind.DROP_BEFORE),
    "stripe_drops_answers": _stripe(FaultKind.DROP_AFTER),
    "stripe_delays": _stripe(FaultKind.DELAY_BEFORE, delay_ms=1500),
    "stripe_answers_late": _stripe(FaultKind.DELAY_AFTER, delay_ms=1500),
    "stripe_409": _stripe(FaultKind.ANSWER_409),
    "stripe_429": _stripe(FaultKind.ANSWER_429),
    "stripe_500": _stripe(FaultKind.ANSWER_500, times=1, route="POST /v1/refunds"),
    "stripe_500_after_paying": _stripe(FaultKind.ANSWER_500_AFTER, times=1, route="POST /v1/refunds"),
    "stripe_cannot_be_read": _stripe(FaultKind.DROP_BEFORE, times=8, route="GET /v1/*"),
    "store_silent": _store(Behaviour.NEVER_ANSWER, lasts=4),
    "store_late": _store(Behaviour.ANSWER_LATE, lasts=2),
    "store_too_late": _store(Behaviour.TOO_LATE, lasts=1.5),
    "store_drops_answers": _store(Behaviour.DROP_ANSWER),
    "store_fails": _store(Behaviour.FAIL),
    "store_garbles": _store(Behaviour.GARBAGE),
    "store_pending": _store_pending,
    "webhooks_tripled": _webhooks_tripled,
    "webhooks_reversed": _webhooks_reversed,
    "webhooks_lost": _webhooks_lost,
    "redis_flushed": _redis_flushed,
    "redis_stopped": _redis_stopped,
    "postgres_stopped": _postgres_stopped,
    "commit_answer_lost": _commit_answer_lost,
    "worker_frozen": _worker_frozen,
    "worker_buried": _worker_buried,
    "smtp_421": _smtp_busy,
    "smtp_slow": _smtp_slow,
    "smtp_down": _smtp_down,
}
"""By name, as the table and a replay name them."""

NEEDS_REDIS = frozenset({"redis_flushed", "redis_stopped", "worker_buried"})
