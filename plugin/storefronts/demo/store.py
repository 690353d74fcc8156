"""The demo storefront's order book: it takes our signed calls, changes its orders, and posts them as webhooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import httpx
import msgspec
from msgspec.structs import replace

from plugin.core.ids import new_id
from plugin.core.tls import trusted
from plugin.ports.orders import LineCount, OrderState
from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import CancelAnswer, CancelStatus
from plugin.storefronts.standard.cancelling import Ask, CancelData
from plugin.storefronts.standard.signature import sign
from plugin.storefronts.standard.wire import FulfilmentBody, LineCountBody, OrderBody, OrderMessage


class Behaviour(StrEnum):
    """How the store answers our calls. The last five are troubles; NEVER_ANSWER, FAIL and GARBAGE do nothing."""

    AGREE = "agree"
    TOO_LATE = "too_late"
    PENDING = "pending"
    UNSUPPORTED = "unsupported"
    NEVER_ANSWER = "never_answer"
    ANSWER_LATE = "answer_late"
    DROP_ANSWER = "drop_answer"
    FAIL = "fail"
    GARBAGE = "garbage"


@dataclass(frozen=True)
class Asked:
    """One call that the store took, as its log keeps it. ``is_repeat``: the same message came before."""

    at: datetime
    ask: Ask
    request_id: str
    order_id: str
    is_repeat: bool
    capture_at_most: dict[str, int] = field(default_factory=dict)


@dataclass
class DemoStore:
    """A stand-in for a shop. ``webhook_secret`` signs what it sends, ``call_secret`` proves what it is asked.

    ``webhook_secret``, ``call_secret`` and ``hooks_url`` may be set after the shop has been created in Comeback.
    ``order_page`` gives the link for the store's own page. Times come from ``clock``.
    """

    webhook_secret: str
    call_secret: str
    hooks_url: str | None = None
    behaviour: Behaviour = Behaviour.AGREE
    late_by: float = 6.0
    order_page: Callable[[OrderBody], str] | None = None
    clock: Clock = field(default_factory=SystemClock)
    orders: dict[str, OrderBody] = field(default_factory=dict)
    asks: list[Asked] = field(default_factory=list)
    answers: dict[str, CancelAnswer] = field(default_factory=dict)
    _pending: dict[str, CancelData] = field(default_factory=dict)

    def place(self, order: OrderBody) -> OrderBody:
        """Put a new order into the book."""
        self.orders[order.id] = order
        return order

    def edit(self, order_id: str, **changes: object) -> OrderBody:
        """Change fields of an order; its sequence grows."""
        order = self.orders[order_id]
        now = self.clock.now()
        changed = replace(order, **{"sequence": order.sequence + 1, "updated_at": now, **changes})
        self.orders[order_id] = changed
        return changed

    def ship(self, order_id: str, lines: tuple[LineCount, ...] | None = None) -> OrderBody:
        """Send ``lines``, or all that is still open, in one new parcel."""
        order = self.orders[order_id]
        sent = tuple(LineCountBody(line_id=id, quantity=n) for id, n in _counted(lines, self.open_units(order)).items())
        parcel = FulfilmentBody(
            id=new_id("ful"),
            lines=sent,
            shipped_at=self.clock.now(),
            carrier="Demo Post",
            tracking_number=f"DP{len(order.fulfilments) + 1:09d}",
        )
        return self.edit(order_id, fulfilments=(*order.fulfilments, parcel))

    def deliver(self, order_id: str) -> OrderBody:
        """All parcels of the order have arrived."""
        now = self.clock.now()
        parcels = self.orders[order_id].fulfilments
        return self.edit(order_id, fulfilments=tuple(replace(p, delivered_at=p.delivered_at or now) for p in parcels))

    def cancel(self, order_id: str, lines: tuple[LineCount, ...] | None = None) -> OrderBody:
        """Cancel ``lines``, or all that is still open; an order with every unit cancelled is cancelled itself."""
        order = self.orders[order_id]
        cancelled = {count.line_id: count.quantity for count in order.cancelled}
        for id, quantity in _counted(lines, self.open_units(order)).items():
            cancelled[id] = cancelled.get(id, 0) + quantity
        is_whole = all(cancelled.get(line.id, 0) >= line.quantity for line in order.lines)
        return self.edit(
            order_id,
            cancelled=tuple(LineCountBody(line_id=id, quantity=n) for id, n in cancelled.items()),
            state=OrderState.CANCELLED if is_whole else order.state,
        )

    def open_units(self, order: OrderBody) -> dict[str, int]:
        """By line: the units that are neither cancelled nor shipped."""
        left = {line.id: line.quantity for line in order.lines}
        for count in (*order.cancelled, *(c for parcel in order.fulfilments for c in parcel.lines)):
            left[count.line_id] -= count.quantity
        return {id: quantity for id, quantity in left.items() if quantity > 0}

    def signed(self, order: OrderBody, *, message_id: str | None = None) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a webhook; the same ``message_id`` again is a repeated delivery."""
        now = self.clock.now()
        body = msgspec.json.encode(OrderMessage(type="order.updated", timestamp=now, data=order))
        headers = sign(self.webhook_secret, message_id or new_id("msg"), int(now.timestamp()), body)
        return {**headers, "content-type": "application/json"}, body

    async def send(self, order: OrderBody, *, message_id: str | None = None) -> httpx.Response:
        """Post ``order`` to ``hooks_url`` as a signed webhook; raises ``httpx.HTTPError`` if nobody answers."""
        if self.hooks_url is None:
            raise ValueError("The demo store does not know where to send its webhooks.")
        headers, body = self.signed(order, message_id=message_id)
        async with httpx.AsyncClient(verify=trusted(), trust_env=False, timeout=10) as http:
            return await http.post(self.hooks_url, content=body, headers=headers)

    def take(self, ask: Ask, data: CancelData) -> CancelAnswer | None:
        """Do what a verified call asks, once per request; None when a status is asked of an unknown request."""
        is_repeat = ask is Ask.CANCEL and any(a.ask is ask and a.request_id == data.request_id for a in self.asks)
        self.asks.append(Asked(self.clock.now(), ask, data.request_id, data.order_id, is_repeat, data.capture_at_most))
        if self.behaviour in (Behaviour.NEVER_ANSWER, Behaviour.FAIL, Behaviour.GARBAGE):
            return None
        if self.behaviour is Behaviour.UNSUPPORTED:
            return CancelAnswer(status=CancelStatus.UNSUPPORTED)
        if ask is Ask.CANCEL and data.request_id not in self.answers:
            self.answers[data.request_id] = self._decide(data)
        return self.answers.get(data.request_id)

    def settle_pending(self, *, agree: bool = True) -> list[OrderBody]:
        """Answer all asks that were left pending; returns the orders that changed, ready to be sent."""
        changed = []
        for request_id, data in self._pending.items():
            self.answers[request_id] = self._done(data) if agree else _too_late("The parcel had been packed.")
            if self.answers[request_id].status is CancelStatus.CANCELLED:
                changed.append(self.orders[data.order_id])
        self._pending.clear()
        return changed

    def _decide(self, data: CancelData) -> CancelAnswer:
        if self.behaviour is Behaviour.TOO_LATE:
            return _too_late("The parcel has left.")
        if self.behaviour is Behaviour.PENDING:
            self._pending[data.request_id] = data
            deadline = self.clock.now() + timedelta(hours=1)
            return CancelAnswer(status=CancelStatus.PENDING, deadline=deadline, reason="The warehouse is asked.")
        return self._done(data)

    def _done(self, data: CancelData) -> CancelAnswer:
        order = self.orders.get(data.order_id)
        if order is None:
            return _too_late("There is no such order.")
        left = self.open_units(order)
        lines = None if data.whole_order else data.lines
        if not left or any(count.quantity > left.get(count.line_id, 0) for count in data.lines):
            return _too_late("Not all of these units are still here.")
        self.cancel(order.id, lines)
        return CancelAnswer(status=CancelStatus.CANCELLED)


def _counted(lines: tuple[LineCount, ...] | None, left: dict[str, int]) -> dict[str, int]:
    return left if lines is None else {count.line_id: count.quantity for count in lines}


def _too_late(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.TOO_LATE, reason=reason)
