"""One run: shoppers cancel, something strikes, everything is healed, and what is left is held against the contract."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from plugin.db import rows
from plugin.payments.stripe.amounts import to_stripe
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.check import broken_promises, steady, undone
from tests.faults.nemeses import NEMESES, Scene
from tests.faults.plan import SEEN_FROM_OUTSIDE, Plan, Wish
from tests.faults.process import Order
from tests.faults.shoppers import Client, GaveUp, Shopper, send_until_taken
from tests.faults.stand_ins import GATES
from tests.faults.story import Timeline
from tests.faults.town import Place, Town, a_place

HEALED_WITHIN = 120.0
LOOK_EVERY = 0.2


@dataclass
class Outcome:
    """``recovery``: seconds from the strike, or the end of the nemesis, until all was final; None if it never was."""

    plan: Plan
    timeline: Timeline
    broken: list[str] = field(default_factory=list)
    struck: bool = False
    recovery: float | None = None


async def play(town: Town, plan: Plan) -> Outcome:
    """Play one plan in a fresh shop of the town."""
    outcome = Outcome(plan, Timeline())
    town.struck_at.clear()
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(a_place(town))
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
    return outcome


class _Run:
    def __init__(self, town: Town, place: Place, plan: Plan, outcome: Outcome) -> None:
        self.town, self.place, self.plan, self.outcome = town, place, plan, outcome
        self.timeline = outcome.timeline
        self.client: Client
        self.sent: list[str] = []
        self._told: dict[str, int] = {}
        self._outside = 0
        self._since = 0.0

    async def play(self) -> None:
        plan, early = self.plan, self.plan.strike.endswith("webhook_answered")
        order = Order(id=uuid4().hex, point=plan.strike, nth=plan.nth)
        if early:
            self._arm(order)
        shoppers = [await self._enter(number, wish) for number, wish in enumerate(plan.wishes)]
        await self.place.hear_stripe()
        if not early:
            self._arm(order)
        scene = Scene(self.town, self.place, self.timeline, plan)
        echo = asyncio.create_task(self._echo())
        watch = asyncio.create_task(self._watch(order))
        try:
            await asyncio.gather(
                *(self._cancel(shopper, wish) for shopper, wish in zip(shoppers, plan.wishes, strict=True)),
                *(NEMESES[name](scene) for name in plan.nemeses),
            )
            if plan.nemeses:
                self._strike_noted("healed")
            await self._until_final(order)
        finally:
            for task in (echo, watch):
                task.cancel()
            await asyncio.gather(echo, watch, return_exceptions=True)
        self.outcome.broken += await broken_promises(self.town, self.place, shoppers, self.sent)

    def _arm(self, order: Order) -> None:
        if self.plan.strike in GATES:
            self.town.stripe.arm(self.plan.strike, self.plan.nth, self._kill_doers)
        elif self.plan.strike in SEEN_FROM_OUTSIDE:
            self._outside = self.plan.nth
        elif self.plan.strike:
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
        self.outcome.struck = True

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
        await self._send(self.place.store.place(order))
        await self._until_read(order)
        key = {"Authorization": f"Bearer {self.place.shop.secret_key}"}
        link = await self.client.post("/v1/links", {"order_id": order.id}, key, name="link")
        token = link.json()["url"].rsplit("/", 1)[1]
        opened = await self.client.post("/v1/sessions/exchange", {"link": token}, {}, name="session")
        return Shopper(self.client, order, {"Authorization": f"Bearer {opened.json()['token']}"})

    async def _send(self, order: OrderBody) -> None:
        message_id = f"msg_{uuid4().hex}"
        await send_until_taken(self.place.store, order, message_id, self.client)
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
                if order.id in self._told and self._told[order.id] < order.sequence:
                    await self._send(order)
            await asyncio.sleep(LOOK_EVERY)

    async def _cancel(self, shopper: Shopper, wish: Wish) -> None:
        for number, ask in enumerate(wish.asks):
            await shopper.cancel(ask, f"{shopper.order.id}-{number}")

    async def _until_final(self, order: Order) -> None:
        """Until nothing is left to do twice in a row; what the bank has pending comes through."""
        since = self._since or self.timeline.note("asked")
        while time.monotonic() - since < HEALED_WITHIN:
            await self.place.let_the_bank_work()
            left = await undone(self.place)
            if left:
                self.timeline.note(f"left: {left[0]}")
            elif self._is_echoed():
                final = time.monotonic()
                if self._since:
                    self.outcome.recovery = final - self._since
                self.timeline.note("final")
                return
            await asyncio.sleep(LOOK_EVERY)
        left = await undone(self.place)
        self.outcome.broken.append(f"Not final {HEALED_WITHIN:.0f} s after the strike: {left}")

    def _is_echoed(self) -> bool:
        return all(self._told[order.id] >= order.sequence for order in self.place.store.orders.values())
