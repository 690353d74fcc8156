"""What the store in memory does with goods: it prices and orders new ones, restocks, puts an order right; a key once.

A product's id says what it costs (``at-1500``), in the currency of whoever asks: a life can wish for anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import structs

from plugin.ports.goods import (
    CreditAnswer,
    Fix,
    FixAnswer,
    Offered,
    Offers,
    OutboundAnswer,
    OutboundOrder,
    Restock,
    StoreCredit,
    StoreStatus,
    Wanted,
)
from plugin.ports.orders import OrderState, StoreLine, StoreOrder, StoreShipping
from plugin.ports.storefronts import StoreConnection
from tests.properties.scripted_store import ScriptedStore


class ShelfMood(StrEnum):
    """How the next asks about goods are met."""

    FULL = "everything is there"
    SOLD_OUT = "nothing is left, once it is ordered"
    SILENT = "does it, and the answer is lost"
    DOWN = "does not answer"
    CANNOT = "takes no orders from us"


_FLAT = {
    ShelfMood.SOLD_OUT: StoreStatus.OUT_OF_STOCK,
    ShelfMood.DOWN: StoreStatus.UNKNOWN,
    ShelfMood.CANNOT: StoreStatus.UNSUPPORTED,
}


def price_of(product_id: str) -> int:
    """In minor units, as the product's id says."""
    return int(product_id.removeprefix("at-"))


class Shelf:
    """``made`` are the orders of new goods by the key that they were asked for under, ``fixed`` the corrections that
    were done; ``times`` counts what was carried out under each key."""

    name = "standard"

    def __init__(self, store: ScriptedStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.mood = ShelfMood.FULL
        self.made: dict[str, str] = {}
        self.fixed: dict[str, FixAnswer] = {}
        self.times: Counter[str] = Counter()

    async def offers(self, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
        if self.mood is ShelfMood.DOWN:
            return Offers(status=StoreStatus.UNKNOWN)
        offered = tuple(self._offered(each.product_id, currency) for each in wanted)
        return Offers(status=StoreStatus.DONE, offered=offered, shipping=120 if len(order_id) % 2 else 0)

    async def variants(self, store: StoreConnection, product_id: str, currency: str) -> Offers:
        return Offers(status=StoreStatus.DONE, offered=(self._offered(product_id, currency),))

    def _offered(self, product_id: str, currency: str) -> Offered:
        price = price_of(product_id)
        return Offered(
            product_id=product_id, title=product_id, unit_price=price, unit_tax=price // 6, currency=currency
        )  # fmt: skip

    async def make_order(self, store: StoreConnection, order: OutboundOrder) -> OutboundAnswer:
        if order.key not in self.made:
            if self.mood in _FLAT:
                return OutboundAnswer(status=_FLAT[self.mood])
            self.made[order.key] = self.put(order).id
        if self.mood in (ShelfMood.SILENT, ShelfMood.DOWN):
            return OutboundAnswer(status=StoreStatus.UNKNOWN)
        id = self.made[order.key]
        return OutboundAnswer(status=StoreStatus.DONE, order_id=id, order_number=f"#{id}")

    @property
    def next_id(self) -> str:
        """Of the next order that the store has."""
        return f"o{len(self._store.orders) + 1}"

    def put(self, asked: OutboundOrder) -> StoreOrder:
        """The order as it was asked for; what pays it is with us."""
        origin, at = self._store.orders[asked.order_id], self._now()
        lines = tuple(
            StoreLine(
                id=f"l{n}", title=line.title, quantity=line.quantity, unit_price=line.unit_price, discount=0,
                tax=line.unit_tax * line.quantity, total=line.unit_price * line.quantity, product_id=line.product_id,
            )
            for n, line in enumerate(asked.lines)
        )  # fmt: skip
        id, shipping = self.next_id, StoreShipping(total=asked.shipping, tax=asked.shipping_tax)
        self.times[asked.key] += 1
        return self._store.put(
            StoreOrder(
                id=id, number=f"#{id}", sequence=1, currency=asked.currency, placed_at=at, updated_at=at,
                total=sum(line.total for line in lines) + shipping.total, lines=lines, shipping=shipping,
                customer=origin.customer,
            )
        )  # fmt: skip

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus:
        return StoreStatus.UNKNOWN if self.mood is ShelfMood.DOWN else StoreStatus.DONE

    async def fix(self, store: StoreConnection, fix: Fix) -> FixAnswer:
        if fix.key not in self.fixed:
            if self.mood in _FLAT:
                return FixAnswer(status=_FLAT[self.mood])
            answer, order = self._as_fixed(fix)
            if fix.is_trial or order is None:
                return answer
            self.fixed[fix.key] = answer
            self.times[fix.key] += 1
            self._store.change(order.id, lines=order.lines, total=order.total, customer=order.customer)
        return FixAnswer(status=StoreStatus.UNKNOWN) if self.mood is ShelfMood.SILENT else self.fixed[fix.key]

    def _as_fixed(self, fix: Fix) -> tuple[FixAnswer, StoreOrder | None]:
        """What it costs, and the order as it would be."""
        order = self._store.orders[fix.order_id]
        line = next((each for each in order.lines if each.id == fix.line_id), None)
        if fix.address is not None:
            if order.state is not OrderState.OPEN or order.fulfilments:
                return FixAnswer(status=StoreStatus.TOO_LATE), None
            name = fix.address.name
            return FixAnswer(status=StoreStatus.DONE), structs.replace(
                order, customer=structs.replace(order.customer, name=name)
            )
        if line is None or fix.to is None or self._store.left(order, line.id) < line.quantity:
            return FixAnswer(status=StoreStatus.TOO_LATE), None
        return _revaried(order, line, fix.to)

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer:
        return CreditAnswer(status=StoreStatus.UNSUPPORTED)


def _revaried(order: StoreOrder, line: StoreLine, to: Wanted) -> tuple[FixAnswer, StoreOrder]:
    """So many units of the line as another product, at its price; the rest of the line stays as it is."""
    rest = line.quantity - to.quantity
    kept = structs.replace(
        line, quantity=rest, discount=line.discount * rest // line.quantity, tax=line.tax * rest // line.quantity,
        total=line.total * rest // line.quantity,
    )  # fmt: skip
    price = price_of(to.product_id)
    new = StoreLine(
        id=f"{line.id}-{order.sequence}", title=to.product_id, quantity=to.quantity, unit_price=price, discount=0,
        tax=0, total=price * to.quantity, product_id=to.product_id,
    )  # fmt: skip
    lines = tuple(
        part for each in order.lines for part in (((kept, new) if rest else (new,)) if each.id == line.id else (each,))
    )
    costs = new.total - (line.total - (kept.total if rest else 0))
    tax = new.tax - (line.tax - (kept.tax if rest else 0))
    changed = structs.replace(order, lines=lines, total=order.total + costs)
    return FixAnswer(status=StoreStatus.DONE, costs=costs, tax=tax), changed
