"""The shop itself: what it holds, what it was told to do wrong, and what its staff, gateway and warehouse do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from plugin.ports.runtime import Clock, SystemClock
from plugin.storefronts.demo.shopify.cost import Bucket
from plugin.storefronts.demo.shopify.orders import (
    MANUAL_GATEWAYS,
    DemoLine,
    DemoOrder,
    DemoParcel,
    DemoRefund,
    DemoToSend,
    DemoTransaction,
)
from plugin.storefronts.demo.shopify.shelf import DemoCredit, DemoEdit, DemoVariant, fashion
from plugin.storefronts.shopify.permissions import NEEDED_FOR

TOKEN = "shpat_demo_0123456789abcdef"  # noqa: S105


class Fault(StrEnum):
    """What goes wrong with a root field; only DROP_ANSWER, SLOW and ANSWER_DENIED (a part of it may not be
    seen) come after the thing was done."""

    DROP_ANSWER = "drop_answer"
    SLOW = "slow"
    ERROR_500 = "error_500"
    BAD_GATEWAY = "bad_gateway"
    TOO_MANY = "too_many"
    THROTTLED = "throttled"
    USER_ERRORS = "user_errors"
    ACCESS_DENIED = "access_denied"
    ANSWER_DENIED = "answer_denied"
    HTML = "html"


@dataclass
class DemoHook:
    id: int
    topic: str
    uri: str


@dataclass
class DemoDiscount:
    id: int
    kind: str
    input: Mapping[str, Any]
    is_active: bool = True


@dataclass
class DemoJob:
    id: int
    order_id: int
    staff_note: str | None
    done: bool = False


@dataclass
class DemoShopify:
    """A shop with one app. ``client_secret`` signs its webhooks; ``token`` opens its API, and so do the tokens that
    are fetched for ``client_id`` and the secret. ``faults`` are by root field (``refundCreate``, ``order`` ...)."""

    client_secret: str = "demo-client-secret"  # noqa: S105
    client_id: str = "demo-client-id"
    token: str = TOKEN
    name: str = "Lumen"
    clock: Clock = field(default_factory=SystemClock)
    scopes: set[str] = field(default_factory=lambda: set(NEEDED_FOR))
    faults: dict[str, Fault] = field(default_factory=dict)
    slow_by: float = 6.0
    jobs_wait: bool = True
    refunds_wait: bool = False
    orders: dict[int, DemoOrder] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=lambda: {"ana@example.com": 5001})
    discounts: dict[int, DemoDiscount] = field(default_factory=dict)
    variants: dict[int, DemoVariant] = field(default_factory=fashion)
    tax_percent: int = 19
    currency: str = "EUR"
    edits: dict[int, DemoEdit] = field(default_factory=dict)
    credits: list[DemoCredit] = field(default_factory=list)
    hooks: dict[int, DemoHook] = field(default_factory=dict)
    jobs: dict[int, DemoJob] = field(default_factory=dict)
    done_under_key: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    said_of_keys: dict[str, str] = field(default_factory=dict)  # the user error that a key gets
    fetched_tokens: dict[str, datetime] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # the root fields, in the order in which they came
    events: list[tuple[str, int]] = field(default_factory=list)  # (topic, order id), to be sent as webhooks
    bucket: Bucket = field(init=False)
    last_id: int = 10_000

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.clock.now())

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def touch(self, order: DemoOrder, *topics: str) -> None:
        """The order has changed; each topic becomes a webhook."""
        order.updated_at = self.clock.now().replace(microsecond=0)
        self.events += [(topic, order.id) for topic in (*topics, "orders/updated")]

    def place(
        self, lines: list[DemoLine] | None = None, *, gateway: str = "shopify_payments", **more: Any
    ) -> DemoOrder:
        """A new order, paid at once; of two shirts and a scarf where nothing else is said."""
        now = self.clock.now().replace(microsecond=0)
        goods = lines or [
            DemoLine(self.next_id(), "Linen shirt", 2, 3950, self.tax_in(7900), sku="LS-M", product_id=71,
                     variant_id=7101, variant_title="M", rate=self.rate),
            DemoLine(self.next_id(), "Wool scarf", 1, 2500, self.tax_in(2250), 250, sku="WS", product_id=72,
                     variant_id=7201, rate=self.rate),
        ]  # fmt: skip
        for line in goods:
            self.take(line.variant_id, line.quantity)
        order = DemoOrder(id=self.next_id(), placed_at=now, lines=goods, updated_at=now, **more)
        order.to_send = [DemoToSend(self.next_id(), {line.id: line.quantity for line in goods})]
        status = "PENDING" if gateway in MANUAL_GATEWAYS else "SUCCESS"
        order.transactions = [DemoTransaction(self.next_id(), "SALE", order.total, gateway, status)]
        self.orders[order.id] = order
        self.events.append(("orders/create", order.id))
        return order

    @property
    def rate(self) -> str:
        return f"0.{self.tax_percent:02d}"

    def tax_in(self, price: int) -> int:
        """The tax that lies in a price."""
        return price * self.tax_percent // (100 + self.tax_percent)

    def take(self, variant_id: int | None, units: int) -> None:
        """Off the shelf or, with a negative number, back on it."""
        if variant_id in self.variants:
            self.variants[variant_id].stock -= units

    def ship(self, order: DemoOrder, lines: Mapping[int, int] | None = None) -> DemoParcel:
        """Send ``lines``, or all that is left to be sent."""
        sent = dict(lines or {line.id: order.unfulfilled(line) for line in order.lines if order.unfulfilled(line)})
        parcel = DemoParcel(self.next_id(), sent, self.clock.now().replace(microsecond=0))
        order.parcels.append(parcel)
        for line, units in sent.items():
            order.take_from_sending(line, units)
        self.touch(order, "fulfillments/create")
        return parcel

    def deliver(self, order: DemoOrder) -> None:
        now = self.clock.now().replace(microsecond=0)
        for parcel in order.parcels:
            parcel.delivered_at = parcel.delivered_at or now
        self.touch(order, "fulfillments/update")

    def refund_by_hand(self, order: DemoOrder, line: int, units: int, amount: int) -> DemoRefund:
        """Staff take units out and let the gateway pay."""
        sale = next(each for each in order.transactions if order.left_of(each) >= amount)
        paid = DemoTransaction(self.next_id(), "REFUND", amount, sale.gateway, parent=sale.id)
        refund = DemoRefund(self.next_id(), self.clock.now(), None, [(line, units, "CANCEL")], [paid])
        order.transactions.append(paid)
        order.refunds.append(refund)
        order.take_from_sending(line, units)
        self.touch(order, "refunds/create")
        return refund

    def send_to_service(self, order: DemoOrder, request_status: str = "ACCEPTED") -> None:
        """A fulfilment service was asked to send all of it."""
        for part in order.to_send:
            part.status, part.request_status = "IN_PROGRESS", request_status

    def service_answers(self, order: DemoOrder, *, gives_back: bool) -> None:
        """The service answers a request to cancel; what it gives back is to be sent anew, by nobody yet."""
        for part in [each for each in order.to_send if each.request_status == "CANCELLATION_REQUESTED"]:
            part.request_status = "CANCELLATION_ACCEPTED" if gives_back else "CANCELLATION_REJECTED"
            if gives_back:
                part.status = "CLOSED"
                order.to_send.append(DemoToSend(self.next_id(), dict(part.lines)))

    def settle(self) -> None:
        """Everything that was left running comes to its end."""
        self.finish_jobs()
        for order in self.orders.values():
            waiting = [each for each in order.transactions if each.kind == "REFUND" and each.status == "PENDING"]
            for each in waiting:
                each.status = "SUCCESS"
            if waiting:
                self.touch(order)

    def finish_jobs(self) -> None:
        """Cancel what was asked for, where it still can be."""
        for job in [job for job in self.jobs.values() if not job.done]:
            order, job.done = self.orders.get(job.order_id), True
            if order is not None and order.why_not_cancel() is None:
                order.cancel(self.clock.now().replace(microsecond=0), self.next_id(), job.staff_note)
                self.touch(order, "orders/cancelled")

    def grant_token(self) -> str:
        token = f"shpat_fetched_{self.next_id()}"
        self.fetched_tokens[token] = self.clock.now() + timedelta(hours=24)
        return token

    def opens(self, token: str) -> bool:
        ends = self.fetched_tokens.get(token)
        return token == self.token or (ends is not None and self.clock.now() < ends)
