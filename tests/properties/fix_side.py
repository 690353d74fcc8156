"""Orders that are put right instead of cancelled, codes that were forgotten, and credit that pays for another order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec import structs

from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.credit import service as credits
from plugin.credit.issuing import show
from plugin.credit.models import Credit
from plugin.db import Transaction, transaction
from plugin.journeys.bring_code import SeenCode, confirm_code, preview_code
from plugin.journeys.fix_order import SeenFix, confirm_fix, preview_fix
from plugin.journeys.fixing import FixAsk
from plugin.ports.goods import Address, Wanted
from plugin.ports.orders import Custodian, Instrument, PaymentState, StoreOrder, StorePayment
from tests.properties.machine import MOST_ORDERS, few
from tests.properties.orders import at_stripe, orders, whole_steps
from tests.properties.withdraw_side import WithdrawSide

HOME = Address(name="Ada L.", line1="1 Lantern Street", city="Riga", postal_code="LV-1010", country="LV")
MOST_IN_ALL = MOST_ORDERS + 3  # those of new goods among them
few_orders = precondition(lambda self: self.asked and len(self.world.store.orders) < MOST_IN_ALL)


class FixSide(WithdrawSide):
    """Shoppers who would rather keep the order, and those who come back."""

    @rule(which=few, line=few, quantity=st.integers(1, 2), price=st.sampled_from((0, 0, 100, 700)), moves=st.booleans())
    def an_order_is_put_right(self, which: int, line: int, quantity: int, price: int, moves: bool) -> None:
        """Another address, or units of a line as something else; the newest orders, of which most have not left."""
        order = self.order(-1 - which % 3)
        chosen = order.lines[line % len(order.lines)]
        to = Wanted(product_id=f"at-{price}", quantity=min(quantity, chosen.quantity))
        ask = FixAsk(address=HOME) if moves else FixAsk(line_id=chosen.id, to=to)

        async def go() -> None:
            if (order_id := await self.world.order_id(order)) is None:
                return
            try:
                seen = await preview_fix(self.world.ports, self.world.shop, order_id, ask)
                await confirm_fix(
                    self.world.ports, self.world.shop, order_id, ask, agreed=seen.verdict.digest, asked_by="shopper",
                    locale="en", answered=_unheard,
                )  # fmt: skip
            except DomainError:
                return
            self.asked += 1

        self.run(go())

    @rule(which=few, code=few)
    def a_forgotten_code_is_brought(self, which: int, code: int) -> None:
        order = self.order(-1 - which % 3)

        async def go() -> None:
            known, order_id = await self.world.codes(), await self.world.order_id(order)
            if not known or order_id is None:
                return
            text = known[code % len(known)]
            try:
                seen = await preview_code(self.world.ports, self.world.shop, order_id, text)
                await confirm_code(
                    self.world.ports, self.world.shop, order_id, text, agreed=seen.verdict.digest,
                    asked_by="shopper", locale="en", answered=_unheard,
                )  # fmt: skip
            except DomainError:
                return

        self.run(go())

    @few_orders
    @rule(data=st.data(), which=few, with_credit=st.booleans())
    def somebody_buys_again(self, data: st.DataObject, which: int, with_credit: bool) -> None:
        """Just now, perhaps paid in part with store credit."""
        number = len(self.world.store.orders) + 1
        drawn = data.draw(orders(number, (), self.country), label="order")
        order = structs.replace(drawn, placed_at=self.world.clock.now())
        if with_credit:
            order = self.run(self._with_credit(number, order, which)) or order
        self.paid(order)

    async def _with_credit(self, number: int, order: StoreOrder, which: int) -> StoreOrder | None:
        """As much of the order is paid by one of the shop's credits as there is of it."""
        known = await Credit.filter(balance__gt=0).order_by("id")
        if not known:
            return None
        credit = known[which % len(known)]
        order = whole_steps(structs.replace(order, currency=credit.currency))
        amount = min(credit.balance - credit.held, order.total) // 10 * 10
        if amount < 1:
            return None
        text = show(self.world.ports.vault, credit)
        try:
            async with transaction(self.world.ports.doorbell) as tx:
                spent = await credits.redeem(
                    tx, self.world.ports, self.world.shop, text, cart_id=f"cart-{number}",
                    external_order_id=order.id, amount=amount, currency=order.currency,
                )  # fmt: skip
        except DomainError:
            return None
        by_credit = StorePayment(
            id=spent.payment_id, custodian=Custodian.MANUAL, instrument=Instrument.STORED_VALUE, amount=amount,
            state=PaymentState.CAPTURED, captured=amount,
        )  # fmt: skip
        left = order.total - amount
        payments = (at_stripe(number, 1, left), by_credit) if left else (by_credit,)
        return structs.replace(order, payments=payments)


async def _unheard(tx: Transaction, case: Case, seen: SeenFix | SeenCode) -> None:
    """Nobody waits for an answer that is kept."""
