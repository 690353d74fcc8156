"""What the store does by itself: it ships, cancels by hand, edits what was ordered, captures, lets payments lapse."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec import structs

from plugin.ports.orders import OrderState, PaymentState, StoreLine, StoreOrder, parts_total
from tests.properties.machine import Shops, few, heard, once_asked
from tests.properties.orders import at_stripe, whole_steps

EDITS = ("fewer", "fewer", "another line", "dearer", "cheaper")


class StoreSide(Shops):
    """The store's own hands."""

    def packable(self, order: StoreOrder, line: int) -> StoreLine | None:
        """A line of which units are left that are neither cancelled nor shipped, by the store's books."""
        known = [one for one in order.lines if self.world.store.left(order, one.id) > 0]
        return known[line % len(known)] if known else None

    @once_asked
    @rule(which=few, line=few, quantity=st.integers(1, 2), dishonest=st.booleans(), heard=heard)
    def ship(self, which: int, line: int, quantity: int, dishonest: bool, heard: bool) -> None:
        """A parcel leaves; a dishonest store also ships what it has cancelled, but not more than there was."""
        order = self.order(which)
        chosen = (None if dishonest else self.packable(order, line)) or order.lines[line % len(order.lines)]
        left = self.world.store.left(order, chosen.id)
        sent = sum(c.quantity for f in order.fulfilments for c in f.lines if c.line_id == chosen.id)
        most = min(quantity, chosen.quantity - sent if dishonest else left)
        if most > 0:
            self.world.store.ship(order.id, chosen.id, most)
            self.tell(heard)

    @rule(which=few, line=few, heard=heard)
    def store_cancels_by_hand(self, which: int, line: int, heard: bool) -> None:
        order = self.order(which)
        if (chosen := self.packable(order, line)) is not None:
            self.world.store.cancel_by_hand(order.id, chosen.id, 1)
            self.world.by_hand.append((order.id, chosen.id, 1, self.world.clock.now()))
            self.tell(heard)

    @once_asked
    @rule(which=few)
    def store_cancels_all(self, which: int) -> None:
        order = self.order(which)
        if order.state is OrderState.OPEN and not order.fulfilments:
            self.world.store.change(order.id, state=OrderState.CANCELLED)

    @rule(which=few, line=few, edit=st.sampled_from(EDITS), by=st.integers(1, 900), heard=heard)
    def store_edits(self, which: int, line: int, edit: str, by: int, heard: bool) -> None:
        """Fewer units, a line more, another price. What is dearer is paid at once, by another card payment.

        The store edits what it can still pack: cancelled and shipped units stay as they were.
        """
        known = [order for order in self.world.store.orders.values() if order.state is OrderState.OPEN]
        if not known:
            return
        order = known[which % len(known)]
        chosen = self.packable(order, line)
        if edit == "another line":
            number = len(order.lines)
            added = StoreLine(
                id=f"l{number}", title=f"Thing {number}", quantity=1, unit_price=by, discount=0, tax=0, total=by
            )
            self._edited(order, (*order.lines, added))
        elif chosen is not None:
            quantity, total = chosen.quantity, chosen.total
            if edit == "fewer" and quantity > 1:
                quantity, total = quantity - 1, total - total // quantity
            elif edit != "fewer":
                total = max(0, total + (by if edit == "dearer" else -by))
            changed = structs.replace(chosen, quantity=quantity, total=total, tax=min(chosen.tax, total))
            self._edited(order, tuple(changed if one.id == chosen.id else one for one in order.lines))
        self.tell(heard)

    def _edited(self, order: StoreOrder, lines: tuple[StoreLine, ...]) -> None:
        after = whole_steps(structs.replace(order, lines=lines))
        payments, missing = order.payments, parts_total(after) - order.total
        if missing > 0:
            n = len(payments) + 1
            paid = at_stripe(int(order.id.removeprefix("o")), n, missing)
            self.world.stripe.pay(str(paid.reference), order.currency, missing, is_captured=True)
            payments = (*payments, paid)
        self.world.store.change(
            order.id, lines=after.lines, shipping=after.shipping, total=after.total, payments=payments
        )

    @once_asked
    @rule(which=few, forgets=st.booleans())
    def store_captures(self, which: int, forgets: bool) -> None:
        """The store takes its money; a forgetful one takes all of it, whatever ceiling it was told."""
        intent = self.intent(which)
        if intent is not None and intent.state is PaymentState.AUTHORISED:
            ceiling = intent.amount if forgets or intent.at_most is None else intent.at_most
            if ceiling > 0:
                intent.state, intent.captured = PaymentState.CAPTURED, ceiling

    @once_asked
    @rule(which=few)
    def authorisation_lapses(self, which: int) -> None:
        intent = self.intent(which)
        if intent is not None and intent.state is PaymentState.AUTHORISED:
            intent.state = PaymentState.VOIDED
            self.world.voided_elsewhere.add(intent.reference)
