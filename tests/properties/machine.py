"""What can happen to a few orders, in any order: the shopper, the store, Stripe, workers that sleep and die.

``outside`` adds the bank, the staff and time, and looks at every promise after every step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import structs

from handlers.jobs import run_claim
from plugin.ports.orders import (
    Custodian,
    Instrument,
    OrderState,
    PaymentState,
    StoreCustomer,
    StoreLine,
    StoreOrder,
    StorePayment,
    StoreShipping,
)
from tests.fakes import NOON
from tests.properties.honest_stripe import Fault, Intent, Killed
from tests.properties.scripted_store import Mood
from tests.properties.small_world import SmallWorld, empty_database

T = TypeVar("T")
CURRENCIES = ("USD", "JPY", "KWD")
PAID_BY = ("captured", "authorised", "two cards", "with a gift card", "by cash")
EVENTS = ("charge.refunded", "refund.updated", "refund.failed", "charge.dispute.created", "payment_intent.succeeded")
STEPS_ON_CASES = ("approve", "refuse", "confirmed_by_hand", "ask_again", "close")
STEPS_ON_LEGS = ("mark_paid", "retry")
PAUSES = (timedelta(seconds=20), timedelta(minutes=12), timedelta(hours=2), timedelta(hours=25), timedelta(days=15))

few = st.integers(0, 7)
once_asked = precondition(lambda self: self.asked > 0)
prices = st.integers(0, 9000)


@st.composite
def orders(draw: st.DrawFn, number: int) -> StoreOrder:
    """An order as a store sends it: lines after discounts, taxes inside, shipping, one or two payments."""
    currency = draw(st.sampled_from(CURRENCIES))
    step = 10 if currency == "KWD" else 1
    lines = tuple(
        StoreLine(
            id=f"l{i}",
            title=f"Thing {i}",
            quantity=draw(st.integers(1, 3)),
            unit_price=0,
            discount=0,
            tax=0,
            total=draw(prices),
        )
        for i in range(draw(st.integers(1, 2)))
    )
    goods = sum(line.total for line in lines)
    shipping = draw(st.integers(0, 900))
    shipping += -(goods + shipping) % step  # Stripe has taken it, so the whole is a whole number of its steps
    lines = tuple(structs.replace(line, tax=line.total * draw(st.integers(0, 20)) // 100) for line in lines)
    total = goods + shipping
    payments = draw(payments_for(number, total))
    return StoreOrder(
        id=f"o{number}",
        number=f"#{number}",
        sequence=1,
        currency=currency,
        placed_at=NOON - timedelta(hours=2),
        updated_at=NOON,
        total=total,
        lines=lines,
        shipping=StoreShipping(total=shipping),
        payments=payments,
        customer=StoreCustomer(email="ada@example.com", name="Ada", country="US", marketing_consent=True),
    )


@st.composite
def payments_for(draw: st.DrawFn, number: int, total: int) -> tuple[StorePayment, ...]:
    how = draw(st.sampled_from(PAID_BY))

    def at_stripe(n: int, amount: int, *, is_captured: bool = True) -> StorePayment:
        return StorePayment(
            id=f"p{n}",
            custodian=Custodian.STRIPE,
            instrument=Instrument.CARD,
            amount=amount,
            state=PaymentState.CAPTURED if is_captured else PaymentState.AUTHORISED,
            captured=amount if is_captured else 0,
            reference=f"pi_{number}_{n}",
        )

    part = total * draw(st.integers(1, 9)) // 10 // 10 * 10
    match how:
        case "authorised":
            return (at_stripe(1, total, is_captured=False),)
        case "two cards":
            return at_stripe(1, part), at_stripe(2, total - part)
        case "with a gift card":
            gift = StorePayment(
                id="gift",
                custodian=Custodian.STOREFRONT,
                instrument=Instrument.STORED_VALUE,
                amount=part,
                state=PaymentState.CAPTURED,
                captured=part,
            )
            return at_stripe(1, total - part), gift
        case "by cash":
            cash = StorePayment(id="cash", custodian=Custodian.MANUAL, amount=total, state=PaymentState.PENDING)
            return (cash,)
        case _:
            return (at_stripe(1, total),)


class Shops(RuleBasedStateMachine):
    """One shop, its orders, and all that may befall them. ``loop`` is the one that owns the database."""

    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.run(empty_database())
        self.world = self.run(SmallWorld.begin(CURRENCIES))
        self.deliveries = 0
        self.asked = 0
        self.has_moved = True  # whether our own database may have changed since the promises were last looked at

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        self.has_moved = True
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    @initialize(data=st.data())
    def first_order(self, data: st.DataObject) -> None:
        self.place(data)
        self.work_on_all(2)
        self.ask(0, data.draw(st.lists(st.integers(0, 2), max_size=2), label="units"), 1)

    @precondition(lambda self: self.asked and len(self.world.store.orders) < 2)
    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        number = len(self.world.store.orders) + 1
        order = data.draw(orders(number), label="order")
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
        self.hear(len(self.world.store.versions) - 1, again=False)

    def order(self, which: int) -> StoreOrder:
        known = list(self.world.store.orders.values())
        return known[which % len(known)]

    def intent(self, which: int) -> Intent | None:
        known = list(self.world.stripe.intents.values())
        return known[which % len(known)] if known else None

    @rule(which=few, units=st.lists(st.integers(0, 2), max_size=2), tabs=st.integers(1, 2))
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
        for row in await self.world.open_work():
            if row["kind"] == "read_event":
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

    @once_asked
    @rule(which=few, line=few, quantity=st.integers(1, 2), dishonest=st.booleans())
    def ship(self, which: int, line: int, quantity: int, dishonest: bool) -> None:
        """A parcel leaves; a dishonest store also ships what it has cancelled, but not more than there was."""
        order = self.order(which)
        chosen = order.lines[line % len(order.lines)]
        left = self.world.store.left(order, chosen.id)
        sent = sum(c.quantity for f in order.fulfilments for c in f.lines if c.line_id == chosen.id)
        most = min(quantity, chosen.quantity - sent if dishonest else left)
        if most > 0:
            self.world.store.ship(order.id, chosen.id, most)

    @rule(which=few, line=few)
    def store_cancels_by_hand(self, which: int, line: int) -> None:
        order = self.order(which)
        chosen = order.lines[line % len(order.lines)]
        if self.world.store.left(order, chosen.id) > 0:
            self.world.store.cancel_by_hand(order.id, chosen.id, 1)
            self.world.by_hand.append((order.id, chosen.id, 1, self.world.clock.now()))

    @once_asked
    @rule(which=few)
    def store_cancels_all(self, which: int) -> None:
        order = self.order(which)
        if order.state is OrderState.OPEN and not order.fulfilments:
            self.world.store.change(order.id, state=OrderState.CANCELLED)
