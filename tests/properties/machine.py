"""What can happen to a few orders, in any order: the shopper asks, workers work, sleep and die, webhooks come in.

``store_side`` adds what the store does by itself, ``checkout_side`` codes and repeated calls, ``outside`` the bank, the
staff and time; ``lives`` looks at every promise after every step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from handlers.jobs import run_claim
from plugin.ports.orders import StoreOrder
from tests.properties.honest_stripe import Fault, HonestStripe, Intent, Killed
from tests.properties.orders import CURRENCIES, orders
from tests.properties.scripted_store import Mood, ScriptedStore
from tests.properties.small_world import SmallWorld, empty_database

T = TypeVar("T")
EVENTS = ("charge.refunded", "refund.updated", "refund.failed", "charge.dispute.created", "payment_intent.succeeded")
MOST_ORDERS = 3

few = st.integers(0, 7)
units = st.lists(st.sampled_from((0, 1, 1, 2)), min_size=1, max_size=3)  # by line; none at all is everything
heard = st.sampled_from((True, True, False))  # whether we are told of it at once
# A lost answer is what the row's key is for: it is common here, so that many lives send a refund again.
mishaps = st.sampled_from((*[None] * 8, *Fault, Fault.ANSWER_LOST, Fault.ANSWER_LOST, Fault.KILLED_AFTER))
policies = st.tuples(st.sampled_from((0, 0, 0, 300)), st.sampled_from((20_000, 20_000, 20_000, 1500)))
once_asked = precondition(lambda self: self.asked > 0)


class Shops(RuleBasedStateMachine):
    """One shop, its orders, and all that may befall them. ``loop`` is the one that owns the database."""

    loop: asyncio.AbstractEventLoop
    stripe_of: ClassVar[type[HonestStripe]] = HonestStripe
    store_of: ClassVar[type[ScriptedStore]] = ScriptedStore
    country = "US"  # where the shop's shoppers live

    def __init__(self) -> None:
        super().__init__()
        self.run(empty_database())
        self.world = self.run(SmallWorld.begin(CURRENCIES, self.stripe_of, self.store_of))
        self.deliveries = 0
        self.asked = 0
        self.has_moved = True  # whether our own database may have changed since the promises were last looked at

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        self.has_moved = True
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    @initialize(data=st.data(), policy=policies)
    def first_order(self, data: st.DataObject, policy: tuple[int, int]) -> None:
        fee, look_above = policy
        self.run(self.world.publish(fee=fee, look_above=look_above))
        self.place(data)
        self.work_on_all(2)
        self.ask(0, data.draw(units, label="units"), 1)
        for _ in range(data.draw(st.integers(1, 3), label="good days")):
            self.ask_on_a_good_day(0, data.draw(units, label="units"), data.draw(mishaps, label="fault"))

    @precondition(lambda self: self.asked and len(self.world.store.orders) < MOST_ORDERS)
    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        """Somebody buys, perhaps with a code that an earlier cancellation has earned."""
        codes = self.run(self.world.codes())
        number = len(self.world.store.orders) + 1
        carried = data.draw(st.sampled_from((None, *codes)), label="code") if codes else None
        order = data.draw(orders(number, (carried,) if carried else (), self.country), label="order")
        self.paid(order)

    def paid(self, order: StoreOrder) -> None:
        """The order as its shopper has just paid it comes to be, and its first webhook comes in."""
        for payment in order.payments:
            if payment.reference:
                self.world.stripe.pay(
                    payment.reference, order.currency, payment.amount, is_captured=payment.captured > 0
                )
        self.world.store.put(order)
        self.hear(len(self.world.store.versions) - 1, again=False)

    @rule(which=st.integers(0, 60), again=st.booleans())
    def hear(self, which: int, again: bool) -> None:
        """A version of an order comes in: late, twice under one name, or once more under another."""
        version = self.world.store.versions[which % len(self.world.store.versions)]
        self.deliveries += 1
        name = f"{version.id}-{version.sequence}" if again else f"delivery-{self.deliveries}"
        self.run(self.world.hear(version, name))

    @rule()
    def hear_the_last(self) -> None:
        """The newest version comes in and is read."""
        self.hear(len(self.world.store.versions) - 1, again=False)
        self.run(self._work_on("read_event"))

    def tell(self, heard: bool) -> None:
        if heard:
            self.hear_the_last()

    def order(self, which: int) -> StoreOrder:
        known = list(self.world.store.orders.values())
        return known[which % len(known)]

    def intent(self, which: int) -> Intent | None:
        known = list(self.world.stripe.intents.values())
        return known[which % len(known)] if known else None

    @rule(which=few, units=units, tabs=st.integers(1, 2))
    def ask(self, which: int, units: list[int], tabs: int) -> None:
        """A shopper looks, agrees and confirms, perhaps in two tabs. No units: everything."""
        order = self.order(which)
        lines = [(line.id, n) for line, n in zip(order.lines, units, strict=False) if n]

        async def go() -> None:
            order_id = await self.world.order_id(order)
            if order_id is not None:
                ask, preview = await self.world.preview(order_id, lines)
                for _ in range(tabs):
                    self.asked += await self.world.confirm(order_id, ask, preview.digest) is not None

        self.run(go())

    @rule(which=few, units=units, fault=mishaps)
    def ask_on_a_good_day(self, which: int, units: list[int], fault: Fault | None) -> None:
        """The store agrees and all work is done at once, perhaps after one fault: what makes a life deep."""
        self.world.store.mood = Mood.AGREES
        self.world.stripe.faults.clear()
        self.world.stripe.faults.extend([fault] if fault else [])
        self.hear_the_last()
        self.ask(which, units, 1)
        self.work_on_all(3)  # the store's answer, the refund, and once more what the fault has left open

    @rule(mood=st.sampled_from(Mood))
    def store_is(self, mood: Mood) -> None:
        self.world.store.mood = mood

    @rule(fault=st.sampled_from(Fault))
    def next_call_at_stripe(self, fault: Fault) -> None:
        self.world.stripe.faults.append(fault)

    @once_asked
    @rule(which=few, event=st.sampled_from(EVENTS))
    def event_before_the_answer(self, which: int, event: str) -> None:
        """During the next call at Stripe its webhook comes in and is read before our caller reads the answer."""
        intent = self.intent(which)

        async def meanwhile() -> None:
            if intent is not None:
                await self._read_event(intent, event)

        self.world.stripe.meanwhile = meanwhile

    async def _read_event(self, intent: Intent, event: str) -> None:
        self.deliveries += 1
        await self.world.hear_stripe(intent, event, f"delivery-{self.deliveries}")
        await self._work_on("read_event")

    async def _work_on(self, kind: str) -> None:
        for row in await self.world.open_work():
            if row["kind"] == kind:
                await self.world.do(row["id"])

    @rule(which=st.integers(0, 30))
    def work(self, which: int) -> None:
        async def go() -> None:
            ready = await self.world.open_work()
            if ready:
                await self.world.do(ready[which % len(ready)]["id"])

        self.run(go())

    @rule(times=st.integers(1, 3))
    def work_on_all(self, times: int) -> None:
        async def go() -> None:
            for _ in range(times):
                for row in await self.world.open_work():
                    await self.world.do(row["id"])

        self.run(go())

    @rule(which=st.integers(0, 30))
    def worker_falls_asleep(self, which: int) -> None:
        async def go() -> None:
            ready = await self.world.open_work()
            claim = await self.world.claim(ready[which % len(ready)]["id"]) if ready else None
            if claim is not None:
                self.world.zombies.append(claim)

        self.run(go())

    @precondition(lambda self: self.world.zombies)
    @rule()
    def worker_wakes(self) -> None:
        async def go() -> None:
            try:
                await run_claim(self.world.ports, self.world.zombies.pop(0))
            except Killed:
                return

        self.run(go())
