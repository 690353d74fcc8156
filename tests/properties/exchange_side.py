"""New goods for old: quotes, what is paid on top, what is sold out, and an exchange of an exchange."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.parcels.states import Verdict
from plugin.policies.reasons import Resolution
from plugin.ports.orders import LineCount, StoreOrder
from tests.properties import new_goods, way_back
from tests.properties.goods_side import GoodsSide, most, verdicts, wanted
from tests.properties.honest_stripe import HonestStripe
from tests.properties.machine import few, units
from tests.properties.scripted_store import Mood
from tests.properties.shelf import ShelfMood
from tests.properties.stripe_pages import StripeWithPages

prices = st.sampled_from((100, 700, 700, 1500, 4000, 4000))
shelves = st.sampled_from((ShelfMood.FULL, ShelfMood.FULL, *ShelfMood))


class ExchangeSide(GoodsSide):
    """Shoppers who want something else, a shelf that may be empty, and pages that are paid in time, late or never."""

    stripe_of: ClassVar[type[HonestStripe]] = StripeWithPages

    def __init__(self) -> None:
        super().__init__()
        self.quotes: list[Quote] = []

    @rule(which=few, units=units, price=prices, otherwise=wanted)
    def ask_for_a_quote(self, which: int, units: list[int], price: int, otherwise: Resolution) -> None:
        order = self.order(which)

        async def go() -> None:
            if (order_id := await self.world.order_id(order)) is not None:
                quote = await new_goods.quote(self.world, order_id, _counts(order, units), price, otherwise)
                self.quotes += [quote] if quote else []

        self.run(go())

    @rule(which=few)
    def take_a_quote(self, which: int) -> None:
        """In time, late, twice, or after another decision."""

        async def go() -> None:
            if self.quotes and await new_goods.take(self.world, self.quotes[-1 - which % len(self.quotes)]):
                self.asked += 1

        self.run(go())

    @rule(which=few, comes_back=st.booleans(), heard=st.booleans())
    def the_difference_is_paid(self, which: int, comes_back: bool, heard: bool) -> None:
        async def go() -> None:
            asked = await Difference.all().order_by("-created_at", "id")
            page = await new_goods.pay(self.world, asked[which % len(asked)], comes_back=comes_back) if asked else None
            if page is not None and heard:
                await self.news_of_a_page(page)

        self.run(go())

    async def news_of_a_page(self, page: str) -> None:
        """Stripe's webhook of a page comes in and is read."""
        intent = self.world.stripe.intents[str(self.world.stripe.pages[page].reference)]
        self.deliveries += 1
        await self.world.hear_stripe(intent, "checkout.session.completed", f"delivery-{self.deliveries}", about=page)
        await self._work_on("read_event")

    @rule()
    def the_shopper_is_quicker(self) -> None:
        """The next page that we end was paid a moment before."""
        assert isinstance(self.world.stripe, StripeWithPages)
        self.world.stripe.is_quicker = True

    @rule(mood=shelves)
    def shelf_is(self, mood: ShelfMood) -> None:
        self.world.shelf.mood = mood

    @rule(which=few, step=st.sampled_from(("again", "by hand", "give up")))
    def person_sees_to_new_goods(self, which: int, step: str) -> None:
        async def go() -> None:
            waiting = await OutboundOrder.filter(state__in=("with_person", "waiting")).order_by("id")
            if waiting:
                await new_goods.see_to(self.world, waiting[which % len(waiting)], step)

        self.run(go())

    @rule(which=few, units=units, price=prices, found=verdicts, is_paid=most, shelf=shelves)
    def exchange_on_a_good_day(
        self, which: int, units: list[int], price: int, found: list[Verdict], is_paid: bool, shelf: ShelfMood
    ) -> None:
        """It is quoted, taken, paid, sent back, judged and ordered, and the new goods arrive."""
        self.world.store.mood, self.world.shelf.mood = Mood.AGREES, ShelfMood.FULL
        self.world.stripe.faults.clear()
        self.hear_the_last()
        self.ask_for_a_quote(which, units, price, Resolution.REFUND)
        self.take_a_quote(0)
        self.work_on_all(1)
        if is_paid:
            self.the_difference_is_paid(0, comes_back=False, heard=True)
        self.world.shelf.mood = shelf
        self.work_on_all(1)
        self.on_the_last(lambda case: way_back.count_in(self.world, case, (9, 9, 9, 9), by_scan=False, wrong=False))
        self.on_the_last(lambda case: way_back.judge(self.world, case, found))
        self.work_on_all(2)
        self.it_arrives(-1)


def _counts(order: StoreOrder, units: list[int]) -> list[LineCount]:
    """These quantities of the order's lines; none at all is everything."""
    wanted = units if any(units) else [line.quantity for line in order.lines]
    return [LineCount(line.id, n) for line, n in zip(order.lines, wanted, strict=False) if n]
