"""Goods that come back: shoppers ask, carriers tell, people count and judge, debits end, or nothing comes at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from plugin.cases.models import Case
from plugin.parcels.models import Parcel
from plugin.parcels.states import Seen, Verdict
from plugin.policies.reasons import FaultKind, Resolution, Trigger
from plugin.ports.orders import LineCount
from tests.properties import way_back
from tests.properties.lives import Lives
from tests.properties.machine import few, units
from tests.properties.scripted_store import Mood

MOST_LOOKS = 80
triggers = st.sampled_from(Trigger)
wanted = st.sampled_from((Resolution.REFUND, Resolution.REFUND, Resolution.STORE_CREDIT))
made_good = st.sampled_from((Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.RESHIPMENT))
faults = st.sampled_from((FaultKind.DAMAGED, FaultKind.MISSING, FaultKind.WRONG_ITEM, FaultKind.NOT_ARRIVED))
seen = st.sampled_from((Seen.IN_TRANSIT, Seen.DELIVERED, Seen.RECEIVED, Seen.LOST))
parts = st.lists(st.sampled_from((0, 1, 1, 2, 4)), min_size=1, max_size=3)
verdicts = st.lists(st.sampled_from((Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED)), min_size=1, max_size=4)
most = st.sampled_from((True, True, True, False))


class GoodsSide(Lives):
    """A shop of which most orders have arrived, and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.tells = 0

    @rule(pays_on=triggers, fee=st.sampled_from((0, 300)), is_reviewed=st.booleans(), keeps=st.booleans())
    def another_policy(self, pays_on: Trigger, fee: int, is_reviewed: bool, keeps: bool) -> None:
        policy = way_back.goods_policy(self.world.currencies, pays_on, fee=fee, is_reviewed=is_reviewed, keeps=keeps)
        self.run(way_back.set_policy(self.world, policy))

    @rule(which=few)
    def it_arrives(self, which: int) -> None:
        way_back.deliver(self.world, self.order(which))
        self.hear_the_last()

    @rule(which=few, units=units, resolution=wanted, greedy=st.booleans())
    def ask_to_send_back(self, which: int, units: list[int], resolution: Resolution, greedy: bool) -> None:
        self._ask_back(which, units, resolution, None, greedy)

    @rule(which=few, units=units, resolution=made_good, fault=faults)
    def tell_of_a_fault(self, which: int, units: list[int], resolution: Resolution, fault: FaultKind) -> None:
        self._ask_back(which, units, resolution, fault, greedy=False)

    def _ask_back(
        self, which: int, units: list[int], resolution: Resolution, fault: FaultKind | None, greedy: bool
    ) -> None:
        order = self.order(which)
        counts = [LineCount(line.id, n) for line, n in zip(order.lines, units, strict=False) if n]

        async def go() -> None:
            order_id = await self.world.order_id(order)
            if order_id is not None:
                case = await way_back.send_back(self.world, order_id, counts, resolution, fault, greedy=greedy)
                self.asked += case is not None

        self.run(go())

    @rule(which=few, units=units, resolution=wanted, found=verdicts)
    def goes_back_on_a_good_day(
        self, which: int, units: list[int], resolution: Resolution, found: list[Verdict]
    ) -> None:
        """It is asked for, comes whole, is judged at once, and all work is done: what makes a life deep."""
        self.world.store.mood = Mood.AGREES
        self.world.stripe.faults.clear()
        self.hear_the_last()
        self._ask_back(which, units, resolution, None, greedy=False)
        self.on_the_last(lambda case: way_back.count_in(self.world, case, (9, 9, 9, 9), by_scan=False, wrong=False))
        self.on_the_last(lambda case: way_back.judge(self.world, case, found))
        self.work_on_all(2)

    def on_the_last(self, step: Callable[[Case], Awaitable[None]]) -> None:
        self.on_a_case(-1, step)

    def on_a_case(self, which: int, step: Callable[[Case], Awaitable[None]]) -> None:
        async def go() -> None:
            cases = await way_back.cases_of_goods(self.world)
            if cases:
                await step(cases[which % len(cases)])

        self.run(go())

    @rule(which=few)
    def it_is_taken_back(self, which: int) -> None:
        self.on_a_case(which, lambda case: way_back.shopper_takes_back(self.world, case))

    @rule(which=few, seen=seen, again=st.booleans(), hours=st.integers(0, 200), by_carrier=most)
    def news_of_a_parcel(self, which: int, seen: Seen, again: bool, hours: int, by_carrier: bool) -> None:
        """Late, doubled, or out of order."""
        if not again:
            self.tells += 1

        async def go() -> None:
            parcels = await Parcel.all().order_by("created_at", "id")
            if parcels:
                await way_back.tell(
                    self.world, parcels[which % len(parcels)], seen, "carrier" if by_carrier else "staff",
                    f"event-{self.tells}", timedelta(hours=hours),
                )  # fmt: skip

        self.run(go())

    @rule(which=few, parts=parts, by_scan=st.booleans(), wrong=st.sampled_from((False, False, True)))
    def goods_come(self, which: int, parts: list[int], by_scan: bool, wrong: bool) -> None:
        self.on_a_case(which, lambda case: way_back.count_in(self.world, case, parts, by_scan=by_scan, wrong=wrong))

    @rule(which=few, found=verdicts)
    def goods_are_judged(self, which: int, found: list[Verdict]) -> None:
        self.on_a_case(which, lambda case: way_back.judge(self.world, case, found))

    @rule(which=few, days=st.sampled_from((1, 7, 30)))
    def more_time_is_given(self, which: int, days: int) -> None:
        self.on_a_case(which, lambda case: way_back.give_more_time(self.world, case, days))

    @rule(which=few, pays=st.booleans())
    def the_rest_is_given_up(self, which: int, pays: bool) -> None:
        self.on_a_case(which, lambda case: way_back.give_up(self.world, case, pays=pays))

    @rule(which=few, is_paid=st.booleans())
    def a_debit_ends(self, which: int, is_paid: bool) -> None:
        self.run(way_back.end_debit(self.world, which, is_paid=is_paid))

    async def awaited(self) -> list[datetime]:
        """The last days of all that somebody outside has still to do."""
        return [case.due_at for case in await self.world.cases() if case.waiting_on == "shopper" and case.due_at]

    async def _heal(self) -> None:
        """Nothing more comes: the last days of all that is awaited pass."""
        for _ in range(MOST_LOOKS):
            if not (days := await self.awaited()):
                break
            for row in await self.world.open_work():
                await self.world.do(row["id"])
            await self.world.wait(max(min(days) - self.world.clock.at, timedelta(seconds=1)))
        await super()._heal()
