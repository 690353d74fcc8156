"""What can happen to a few orders of a shop that is connected to its platform, in any order.

``living`` opens the platform's stand-in; everything else here knows no platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handlers.housekeeping import keep_house
from plugin.ports.orders import Custodian, LineCount
from tests.contracts.bench import Placed, Step, Trouble
from tests.properties.connected_promises import broken_on_a_platform, unfinished_on_a_platform
from tests.properties.connected_world import ConnectedWorld, connected_world
from tests.properties.depth import Tally, marks
from tests.properties.honest_stripe import Fault
from tests.properties.living_store import Living, Told
from tests.properties.mortal_calls import Mishap, Strike
from tests.properties.outside import PAUSES
from tests.properties.promises import story
from tests.properties.small_world import empty_database

T = TypeVar("T")
MOST_ORDERS = 2

few = st.integers(0, 7)
custodians = st.sampled_from((Custodian.STOREFRONT, Custodian.STOREFRONT, Custodian.STOREFRONT, None))  # none: another
units = st.sampled_from(((), (1, 0), (1, 0), (2, 0), (0, 1), (0, 1), (1, 1)))  # by line; none at all is everything
mishaps = st.sampled_from((*Mishap, Mishap.ANSWER_LOST, Mishap.DONE_LATE))
# A lost or late answer to what changes the store is what all the care is for: few asks go without.
at_changes = st.builds(Strike, mishaps, st.integers(0, 3), st.just(True))
on_good_days = st.one_of(at_changes, at_changes, at_changes, st.none())
strikes = st.none() | st.builds(Strike, mishaps, st.integers(0, 4), st.sampled_from((True, True, True, False)))
arrivals = st.sampled_from(("at once", "at once", "at once", "late", "twice", "reversed", "lost"))
once_asked = precondition(lambda self: self.asked > 0)


class ConnectedShop(RuleBasedStateMachine):
    """One connected shop. ``loop`` is the one that owns the database and serves the stand-in."""

    loop: asyncio.AbstractEventLoop
    tally: Tally
    living: ClassVar[Living]

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.steps = 0
        self.stack = AsyncExitStack()
        self.world = self.run(self._begin())
        self.has_moved = True

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        self.has_moved = True
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    async def _begin(self) -> ConnectedWorld:
        await empty_database()
        return await self.stack.enter_async_context(connected_world(self.living.opened))

    @initialize(custodian=custodians, asks=st.lists(st.tuples(units, on_good_days), min_size=1, max_size=3))
    def first_order(self, custodian: Custodian | None, asks: list[tuple[tuple[int, ...], Strike | None]]) -> None:
        self.place(custodian)
        for wanted, strike in asks:
            self.ask_on_a_good_day(0, wanted, strike)

    @precondition(lambda self: self.asked and len(self.world.placed) < MOST_ORDERS)
    @rule(custodian=custodians)
    def place(self, custodian: Custodian | None) -> None:
        self.run(self.world.sell(custodian or self.living.other))
        self.webhooks("at once")

    def order(self, which: int) -> Placed:
        known = list(self.world.placed.values())
        return known[which % len(known)]

    @rule(arrive=arrivals)
    def webhooks(self, arrive: str) -> None:
        """What the store has told so far comes in; or stays away for good, or for now."""

        async def go() -> None:
            told: list[Told] = [*self.world.waiting, *self.world.living.told()]
            self.world.waiting = told if arrive == "late" else []
            if arrive in ("late", "lost"):
                return
            for each in reversed(told) if arrive == "reversed" else told * 2 if arrive == "twice" else told:
                await self.world.listen(each)
            await self.world.work("read_event")
            await self.world.work("read_payment")

        self.run(go())

    @rule(which=few, wanted=units)
    def ask(self, which: int, wanted: tuple[int, ...]) -> None:
        """A shopper looks, agrees and confirms. No units: everything."""
        placed = self.order(which)
        lines = [(line, n) for line, n in zip(placed.lines, wanted, strict=False) if n]

        async def go() -> None:
            order_id = await self.world.our_id(placed)
            if order_id is not None:
                ask, preview = await self.world.preview(order_id, lines)
                self.asked += await self.world.confirm(order_id, ask, preview.digest) is not None

        self.run(go())

    @rule(which=few, wanted=units, strike=on_good_days)
    def ask_on_a_good_day(self, which: int, wanted: tuple[int, ...], strike: Strike | None) -> None:
        """All is heard and done at once, perhaps after one mishap: what makes a life deep."""
        self.webhooks("at once")
        self.ask(which, wanted)
        self.calls_go_wrong(strike)
        self.work_on_all(3)

    @rule(strike=strikes)
    def calls_go_wrong(self, strike: Strike | None) -> None:
        """One of the next calls to the store."""
        self.world.living.calls.next = strike

    @rule(trouble=st.sampled_from(Trouble), at=st.sampled_from((Step.CANCEL, Step.REFUND, Step.REFUND, Step.ORDERS)))
    def store_is_in_trouble(self, trouble: Trouble, at: Step) -> None:
        self.world.living.fail(trouble, at)

    @rule()
    def store_is_well(self) -> None:
        self.world.living.heal()

    @rule()
    def gateway_times_out(self) -> None:
        self.world.living.gateway_pays_and_times_out()

    @rule()
    def gateway_fails_over_what_waits(self) -> None:
        self.world.living.refuse_what_waits()

    @precondition(lambda self: self.world.living.calls.late)
    @rule()
    def late_calls_are_done(self) -> None:
        self.run(self.world.living.settle())

    @rule(fault=st.sampled_from((Fault.NOT_SENT, Fault.ANSWER_LOST, Fault.KILLED_AFTER, Fault.BUSY)))
    def next_call_at_stripe(self, fault: Fault) -> None:
        self.world.stripe.faults.append(fault)

    @rule(which=st.integers(0, 30))
    def work(self, which: int) -> None:
        async def go() -> None:
            if ready := await self.world.open_work():
                await self.world.do(ready[which % len(ready)]["id"])

        self.run(go())

    @rule(times=st.integers(1, 3))
    def work_on_all(self, times: int) -> None:
        async def go() -> None:
            for _ in range(times):
                await self.world.work()

        self.run(go())

    @rule()
    def poll(self) -> None:
        self.run(self.world.poll())

    @once_asked
    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: Any) -> None:
        self.run(self.world.wait(pause))
        self.run(keep_house(self.world.ports))

    @rule(which=few, line=st.integers(0, 1), whole=st.booleans())
    def ship(self, which: int, line: int, whole: bool) -> None:
        placed = self.order(which)
        held = self.world.living.held(placed)
        if not held.is_cancelled and not held.cancelled.get(placed.lines[line]):
            lines = () if whole else (LineCount(placed.lines[line], 1),)
            self.run(self.world.living.ship(placed, *lines))

    @rule(which=few, hand=st.sampled_from(("staff_cancel", "trash", "restore", "restore")))
    def staff_move(self, which: int, hand: str) -> None:
        getattr(self.world.living, hand)(self.order(which))

    @rule(which=few, line=st.integers(0, 1))
    def staff_edit(self, which: int, line: int) -> None:
        placed = self.order(which)
        if not self.world.living.books(placed).asks:
            self.world.living.edit(placed, placed.lines[line])

    @rule(which=few, line=st.integers(0, 1), named=st.booleans())
    def staff_refund(self, which: int, line: int, named: bool) -> None:
        """One unit, by its line or by its price alone; what Stripe holds is given back at Stripe."""
        placed = self.order(which)
        price = (3950, 2400)[line]
        intent = self.world.stripe.intents.get(self._reference(placed))
        if intent is not None and intent.captured - intent.given_back < price:
            return
        counted = LineCount(placed.lines[line], 1) if named else None
        if self.world.living.give_by_hand(placed, price, counted) and intent is not None:
            self.world.stripe.refund_elsewhere(intent, price)

    def _reference(self, placed: Placed) -> str:
        return f"pi_{list(self.world.placed).index(placed.order_id) + 1}"

    @once_asked
    @rule(which=few)
    def gateway_for_stripe_echoes(self, which: int) -> None:
        """It hears of each of our refunds and writes a record of it, as long as there is none."""
        placed = self.order(which)
        intent = self.world.stripe.intents.get(self._reference(placed))
        books = self.world.living.books(placed)
        for refund in intent.refunds if intent else ():
            if refund.leg_id and not books.records[refund.leg_id] and refund.amount <= books.total - books.booked:
                self.world.living.gateway_echoes(placed, refund.amount)
                return

    @once_asked
    @rule(which=few, step=st.sampled_from(("approve", "refuse", "ask_again", "close")))
    def person_takes_a_case(self, which: int, step: str) -> None:
        if cases := [case for case in self.run(self.world.cases()) if case.waiting_on == "staff"]:
            self.run(self.world.person(step, cases[which % len(cases)].id))

    @once_asked
    @rule(which=few, step=st.sampled_from(("mark_paid", "retry")))
    def person_takes_a_refund(self, which: int, step: str) -> None:
        if legs := self.run(self.world.legs()):
            self.run(self.world.person(step, legs[which % len(legs)].id))

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.steps += 1
        if self.has_moved:
            self.look(broken_on_a_platform(self.world))
            self.has_moved = False

    def look(self, sentences: Coroutine[Any, Any, list[str]]) -> None:
        """Fail with what is broken, in words."""
        if broken := self.run(sentences):
            raise AssertionError("\n".join([*broken, "", *self.run(story())]))

    def teardown(self) -> None:
        """Everybody answers and is asked: then all must be over, or with a person, and all books agree."""
        try:
            self.run(self.world.heal())
            self.look(broken_on_a_platform(self.world))
            self.look(unfinished_on_a_platform(self.world))
            self.tally.add(self.steps, self.run(marks()))
        finally:
            self.run(self.stack.aclose())
