"""One run: shoppers cancel, something strikes, everything is healed, and what is left is held against the contract."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from plugin.db import rows
from plugin.payments.stripe.amounts import to_stripe
from plugin.policies.ready import default_policy
from plugin.shops.settings import CodeOffer, ShopSettings
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.check import broken_promises, called_for_nothing, changed_since, steady, undone
from tests.faults.check_goods import broken_goods
from tests.faults.desk import Desk
from tests.faults.entrance import Entrance
from tests.faults.goods import GoodsErrand, taking_back
from tests.faults.nemeses import NEMESES, TEN_MINUTES
from tests.faults.plan import IN_PROCESS, POINTS, SEEN_FROM_OUTSIDE, STAFF, Plan, Wish
from tests.faults.process import Order
from tests.faults.scene import Scene
from tests.faults.shoppers import Client, GaveUp, Shopper, send_until_taken
from tests.faults.stand_ins import GATES
from tests.faults.story import Timeline
from tests.faults.town import Place, Town, a_place
from tests.world import shop_settings

RECOVERED_WITHIN, HEALED_WITHIN = 60.0, 120.0
LOOK_EVERY = 0.2


@dataclass
class Outcome:
    """``recovery``: seconds from the strike, or the end of the nemesis, until all was final; None if it never was.

    ``missed`` names what was to strike and never did.
    """

    plan: Plan
    timeline: Timeline
    broken: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    recovery: float | None = None


async def play(town: Town, plan: Plan) -> Outcome:
    """Play one plan in a fresh shop of the town, and look at the shops of the runs before."""
    outcome = Outcome(plan, Timeline())
    town.struck_at.clear()
    async with AsyncExitStack() as stack:
        policy = taking_back(default_policy(_LOOK_AT_ALL) if plan.strike in _REVIEWED else default_policy())
        offered = any(name.startswith("codes_") for name in plan.nemeses)
        place = await stack.enter_async_context(
            a_place(town, policy=policy, settings=codes_at_stripe() if offered else shop_settings(withdrawals="on"))
        )
        run = _Run(town, place, plan, outcome)
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=town.url, trust_env=False, timeout=15, headers={"connection": "close"})
        )
        run.client = Client(http, outcome.timeline, run.heard)
        try:
            await run.play()
        except GaveUp as gave_up:
            outcome.broken.append(str(gave_up))
        finally:
            town.withdraw_strike()
            town.stripe.disarm()
            await place.stripe.mend()
        outcome.broken += changed_since(town)
        if not outcome.broken:
            town.remember(place, clocks_of(plan))
    return outcome


_REVIEWED = ("midway approve", "midway refuse")
_LOOK_AT_ALL = {"XXX": 1}  # a currency that is not listed counts as above its limit


_OUR_OWN = ("commit_", "postgres_", "redis_", "smtp_", "worker_")


def strikes_only_us(plan: Plan) -> bool:
    """Whether Stripe and the store do all that they are asked in this run: no person has a reason to be called."""
    return (not plan.strike or plan.strike in POINTS) and all(name.startswith(_OUR_OWN) for name in plan.nemeses)


def clocks_of(plan: Plan) -> timedelta:
    """How far apart the clocks of the processes may be in this run."""
    return timedelta(seconds=TEN_MINUTES if any(name.startswith("clock_") for name in plan.nemeses) else 0)


def codes_at_stripe() -> ShopSettings:
    """Codes that Stripe redeems, so that each is published there."""
    offer = CodeOffer(kind="percent", percent=10, per_customer=3)
    return shop_settings(code_authority="stripe", codes=offer, withdrawals="on")


class _Run:
    def __init__(self, town: Town, place: Place, plan: Plan, outcome: Outcome) -> None:
        self.town, self.place, self.plan, self.outcome = town, place, plan, outcome
        self.timeline = outcome.timeline
        self.client: Client
        self.sent: list[str] = []
        self._told: dict[str, int] = {}
        self._outside = 0
        self._since = 0.0
        self._struck = False
        self._entrance: Entrance

    async def play(self) -> None:
        plan, early = self.plan, self.plan.strike.endswith("webhook_answered")
        order = Order(id=uuid4().hex, point=plan.strike, nth=plan.nth)
        if early:
            self._arm(order)
        self._entrance = Entrance(self.town, self.place, self.client, plan, self._strike_noted)
        shoppers = [await self._enter(number, wish) for number, wish in enumerate(plan.wishes)]
        await self.place.hear_stripe()
        if not early:
            self._arm(order)
        scene = Scene(self.town, self.place, self.timeline, plan)
        echo = asyncio.create_task(self._echo())
        watch = asyncio.create_task(self._watch(order))
        try:
            _, bites = await asyncio.gather(
                self._ask_all(shoppers),
                asyncio.gather(*(NEMESES[name](scene) for name in plan.nemeses)),
            )
            self.outcome.missed += [name for name, bit in zip(plan.nemeses, bites, strict=True) if not bit]
            if plan.nemeses:
                self._since = self.timeline.note("healed")
            await self._until_final()
            if plan.strike in STAFF:
                desk = Desk(self.town, self.place, plan, self._strike_noted)
                self.outcome.broken += await desk.work()
                await self._until_final()
        finally:
            for task in (echo, watch):
                task.cancel()
            await asyncio.gather(echo, watch, return_exceptions=True)
        if plan.strike and not self._struck:
            self.outcome.missed.append(plan.strike)
        self._judge_recovery()
        self.outcome.broken += await broken_promises(
            self.town, self.place, shoppers, self.sent, clocks_within=clocks_of(plan)
        )
        self.outcome.broken += await broken_goods(self.town, self.place, shoppers)
        self.outcome.broken += [f"A good client met an error of ours: {what}" for what in self.client.server_errors]
        if strikes_only_us(plan):
            self.outcome.broken += await called_for_nothing(self.place.shop.shop.id)

    def _judge_recovery(self) -> None:
        took = self.outcome.recovery
        if took is not None and took > RECOVERED_WITHIN:
            self.outcome.broken.append(f"Recovered only after {took:.1f} s, of {RECOVERED_WITHIN:.0f} s.")

    def _arm(self, order: Order) -> None:
        if self.plan.strike in GATES:
            self.town.stripe.arm(self.plan.strike, self.plan.nth, self._kill_doers)
        elif self.plan.strike in SEEN_FROM_OUTSIDE:
            self._outside = self.plan.nth
        elif self.plan.strike in IN_PROCESS:
            self.town.order_strike(order)

    def _kill_doers(self) -> None:
        self.town.kill_doers()
        self._strike_noted("kill -9")

    def heard(self, route: str) -> None:
        """A client has read an answer: where that is the point, the web process dies now."""
        if self._outside and SEEN_FROM_OUTSIDE[self.plan.strike] == route:
            self._outside -= 1
            if self._outside == 0:
                self.town.web.signal(signal.SIGKILL)
                self._strike_noted("kill -9 of web")

    def _strike_noted(self, what: str) -> None:
        self._since = self.timeline.note(what)
        self.town.struck_at.append(self._since)
        self._struck = True

    async def _watch(self, order: Order) -> None:
        self._strike_noted(f"kill -9 of {await self.town.until_struck(order)}")

    async def _enter(self, number: int, wish: Wish) -> Shopper:
        """Pay, let the store send the order, and open its page."""
        at = datetime.now(UTC)
        part, intent = stripe_part(wish.sample, at), "pi_none"
        if part is not None:
            amount = to_stripe(part.amount, part.currency)
            intent = await self.place.stripe.pay(amount, part.currency, card=wish.card, is_manual=not part.is_captured)
        name = f"{self.plan.seed}-{number}-{uuid4().hex[:6]}"
        order = build_sample(wish.sample, id=name, at=at, payment_intent=intent, email=f"s{number}@example.com")
        order = self.place.store.place(order)
        if wish.way is not None:
            self.place.store.ship(order.id)
            order = self.place.store.deliver(order.id)
        await self._send(order)
        await self._until_read(order)
        return Shopper(self.client, order, await self._entrance.enter(order), wish.sample)

    async def _send(self, order: OrderBody) -> None:
        message_id = f"msg_{uuid4().hex}"
        await send_until_taken(self.place.store, order, message_id, self.client, copies=self.place.copies)
        self._told[order.id] = order.sequence
        self.sent.append(message_id)

    async def _until_read(self, order: OrderBody) -> None:
        async def unread() -> bool:
            found = await rows(
                "SELECT count(*) FILTER (WHERE p.custodian = 'stripe' AND p.read_at IS NULL) AS n FROM orders o "
                "LEFT JOIN payments p ON p.order_id = o.id WHERE o.external_id = $1 AND o.shop_id = $2 GROUP BY o.id",
                order.id,
                self.place.shop.shop.id,
            )
            return not found or found[0]["n"] > 0

        await self._until(lambda: steady(unread), f"order {order.id} is read")

    async def _until(self, not_yet: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + HEALED_WITHIN
        while await not_yet():
            if time.monotonic() > deadline:
                raise GaveUp(f"Not in {HEALED_WITHIN:.0f} s: {what}.")
            await asyncio.sleep(LOOK_EVERY)

    async def _echo(self) -> None:
        """The store tells of its own changes, as a good store does."""
        while True:
            for order in list(self.place.store.orders.values()):
                if self._told.get(order.id, 0) < order.sequence:
                    await self._send(order)
            await asyncio.sleep(LOOK_EVERY)

    async def _ask_all(self, shoppers: list[Shopper]) -> None:
        pairs = list(zip(shoppers, self.plan.wishes, strict=True))
        if self.plan.goods_first:
            await self._ask(*pairs.pop())
        await asyncio.gather(*(self._ask(*pair) for pair in pairs))

    async def _ask(self, shopper: Shopper, wish: Wish) -> None:
        if wish.way is not None:
            self.timeline.note(f"{wish.way} of {shopper.order.id}")
            errand = GoodsErrand(self.town, self.place, self.client, self._until)
            await errand.run(shopper, wish.way, f"{shopper.order.id}-0")
        for number, ask in enumerate(wish.asks):
            await shopper.cancel(ask, f"{shopper.order.id}-{number}")

    async def _until_final(self) -> None:
        """Until nothing is left to do twice in a row; what the bank has pending comes through."""
        since = self._since or self.timeline.note("asked")
        while time.monotonic() - since < HEALED_WITHIN:
            await self.place.let_the_bank_work()
            left = await undone(self.place)
            if left:
                self.timeline.note(f"left: {left[0]}")
            elif self._is_echoed():
                final = time.monotonic()
                if await self._is_more_told_by_stripe():
                    continue
                if self._since:
                    self.outcome.recovery = final - self._since
                self.timeline.note("final")
                return
            await asyncio.sleep(LOOK_EVERY)
        left = await undone(self.place)
        self.outcome.broken.append(f"Not final {HEALED_WITHIN:.0f} s after the strike: {left}")

    async def _is_more_told_by_stripe(self) -> bool:
        """Stripe repeats what was refused (a clock that is off refuses every signature): wait for its last try."""
        await self.place.stripe.drain()
        return bool(await undone(self.place))

    def _is_echoed(self) -> bool:
        return all(self._told.get(order.id, 0) >= order.sequence for order in self.place.store.orders.values())
