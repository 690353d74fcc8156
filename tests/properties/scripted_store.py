"""A storefront in memory: an honest keeper of its orders that answers as it is told, and writes a version a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import structs

from plugin.orders.service import counted, fulfilled_by_line
from plugin.ports.orders import LineCount, OrderState, StoreFulfilment, StoreOrder
from plugin.ports.storefronts import (
    CancelAnswer,
    CancelRequest,
    CancelStatus,
    Delivery,
    OrderChanged,
    Parsed,
    SignatureInvalid,
    StoreConnection,
    Unparseable,
)

ANSWERS_WITHIN = timedelta(hours=1)


class Mood(StrEnum):
    """How the store meets the next asks."""

    AGREES = "agrees"
    AGREES_SILENTLY = "agrees, and the answer is lost"
    TOO_LATE = "says that it is too late"
    PENDING = "says that it will answer later"
    DOWN = "does not answer"
    CANNOT = "says that it cannot cancel"


_FLAT = {
    Mood.TOO_LATE: CancelStatus.TOO_LATE,
    Mood.DOWN: CancelStatus.UNKNOWN,
    Mood.CANNOT: CancelStatus.UNSUPPORTED,
}


class ScriptedStore:
    """``versions`` are all versions of all orders, in the sequence in which they came to be."""

    name = "standard"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.mood = Mood.AGREES
        self.orders: dict[str, StoreOrder] = {}
        self.versions: list[StoreOrder] = []
        self.agreed: dict[str, CancelRequest] = {}
        self.refused: set[str] = set()
        self.only_names: set[str] = set()  # orders of which a webhook's body tells no more than the id
        self._promised: dict[str, datetime] = {}

    def put(self, order: StoreOrder) -> StoreOrder:
        """A new order, or the next version of one."""
        self.orders[order.id] = order
        self.versions.append(order)
        return order

    def change(self, order_id: str, **changes: object) -> StoreOrder:
        order = self.orders[order_id]
        return self.put(structs.replace(order, sequence=order.sequence + 1, updated_at=self._now(), **changes))

    def left(self, order: StoreOrder, line_id: str) -> int:
        """Units of a line that are neither cancelled nor shipped, by the store's own books."""
        if order.state is not OrderState.OPEN:
            return 0
        quantity = next((line.quantity for line in order.lines if line.id == line_id), 0)
        return quantity - counted(order.cancelled).get(line_id, 0) - fulfilled_by_line(order).get(line_id, 0)

    def ship(self, order_id: str, line_id: str, quantity: int) -> StoreOrder:
        """A parcel leaves; nobody here asks whether its units were cancelled."""
        order = self.orders[order_id]
        parcel = StoreFulfilment(id=f"f{order.sequence}", lines=(LineCount(line_id, quantity),), shipped_at=self._now())
        return self.change(order_id, fulfilments=(*order.fulfilments, parcel))

    def cancel_by_hand(self, order_id: str, line_id: str, quantity: int) -> StoreOrder:
        """Somebody cancels units in the store's own admin."""
        order = self.orders[order_id]
        return self.change(order_id, cancelled=(*order.cancelled, LineCount(line_id, quantity)))

    def _agree(self, request: CancelRequest) -> CancelAnswer:
        order = self.orders[request.order_id]
        if any(self.left(order, count.line_id) < count.quantity for count in request.lines):
            self.refused.add(request.key)
            return CancelAnswer(status=CancelStatus.TOO_LATE)
        self.agreed[request.key] = request
        cancelled = (*order.cancelled, *request.lines)
        counts = counted(cancelled)
        is_all = all(counts.get(line.id, 0) >= line.quantity for line in order.lines)
        self.change(order.id, cancelled=cancelled, state=OrderState.CANCELLED if is_all else order.state)
        return CancelAnswer(status=CancelStatus.CANCELLED)

    def _known(self, key: str) -> CancelAnswer | None:
        if key in self.agreed:
            return CancelAnswer(status=CancelStatus.CANCELLED)
        return CancelAnswer(status=CancelStatus.TOO_LATE) if key in self.refused else None

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        known = self._known(request.key)
        if known is not None and self.mood is not Mood.DOWN:
            return known
        if self.mood is Mood.PENDING:
            deadline = self._promised.setdefault(request.key, self._now() + ANSWERS_WITHIN)
            return CancelAnswer(status=CancelStatus.PENDING, deadline=deadline)
        if self.mood is Mood.AGREES_SILENTLY:
            self._agree(request)
            return CancelAnswer(status=CancelStatus.UNKNOWN)
        if self.mood is Mood.TOO_LATE:
            self.refused.add(request.key)
        return CancelAnswer(status=_FLAT[self.mood]) if self.mood in _FLAT else self._agree(request)

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        known = self._known(request.key)
        if known is None or self.mood in (Mood.DOWN, Mood.AGREES_SILENTLY):
            return CancelAnswer(status=CancelStatus.UNKNOWN)
        return known

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Delivery:
        raise SignatureInvalid()

    def parse(self, topic: str, body: bytes) -> Parsed:
        order = msgspec.json.decode(body, type=StoreOrder)
        if order.id in self.only_names:
            raise Unparseable("only its id", order.id)
        return OrderChanged(order)
