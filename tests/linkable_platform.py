"""A platform in memory that can be connected and polled: what a store says of itself, its orders and our webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from plugin.ports.orders import StoreOrder
from plugin.ports.payments import Promotion, RefundFact
from plugin.ports.platforms import Hook, OrderPage, Permission, PlatformRefund, RefundRecord, StoreFacts
from plugin.ports.storefronts import StoreConnection, Unparseable
from tests.fakes import NotExpected

TOPICS = ("order.created", "order.updated", "order.deleted")
LUMEN = StoreFacts(name="Lumen", currency="EUR", country="ES", time_zone="Europe/Madrid", locale="es")
GRANTED = (
    Permission(name="orders: read", needed_for="orders cannot be seen", is_granted=True),
    Permission(name="orders: write", needed_for="nothing can be cancelled", is_granted=True),
)


@dataclass
class LinkablePlatform:
    """``orders`` by id; ``page_size`` cuts them up; ``fails_with`` is raised by the next call instead of an answer."""

    name: str = "woocommerce"
    orders: dict[str, StoreOrder] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)  # orders that make no neutral one, with the reason
    facts: StoreFacts = LUMEN
    granted: tuple[Permission, ...] = GRANTED
    page_size: int = 25
    live: dict[str, str] = field(default_factory=dict)  # where each topic is sent
    secret: str | None = None
    keys: list[tuple[str | None, str | None]] = field(default_factory=list)
    asked_since: list[datetime] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    fails_with: Exception | None = None
    fails_after: int = 0  # calls that still succeed before it

    def put(self, *orders: StoreOrder) -> None:
        self.orders.update({order.id: order for order in orders})

    def _called(self, store: StoreConnection) -> None:
        self.keys.append((store.key, store.secret))
        if self.fails_with is None:
            return
        if self.fails_after:
            self.fails_after -= 1
            return
        failure, self.fails_with = self.fails_with, None
        raise failure

    async def describe(self, store: StoreConnection) -> StoreFacts:
        self._called(store)
        return self.facts

    async def permissions(self, store: StoreConnection) -> tuple[Permission, ...]:
        self._called(store)
        return self.granted

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        self._called(store)
        if order_id in self.broken:
            raise Unparseable(self.broken[order_id])
        return self.orders.get(order_id)

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        self._called(store)
        self.asked_since.append(since)
        changed = sorted(
            (order for order in self.orders.values() if order.updated_at >= since),
            key=lambda order: (order.updated_at, order.id),
        )
        start = int(cursor or 0)
        end = start + self.page_size
        page = changed[start:end]
        return OrderPage(
            orders=tuple(order for order in page if order.id not in self.broken),
            next=str(end) if end < len(changed) else None,
            unreadable=tuple((order.id, self.broken[order.id]) for order in page if order.id in self.broken),
            total=len(changed),
        )

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        raise NotExpected("refund")

    async def find_refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact | None:
        raise NotExpected("find_refund")

    async def record_refund(self, store: StoreConnection, record: RefundRecord) -> bool:
        raise NotExpected("record_refund")

    async def note(self, store: StoreConnection, order_id: str, text: str) -> None:
        raise NotExpected("note")

    async def hold(self, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
        raise NotExpected("hold")

    async def release_hold(self, store: StoreConnection, order_id: str, key: str) -> None:
        raise NotExpected("release_hold")

    async def publish_code(self, store: StoreConnection, promotion: Promotion, email: str | None, *, key: str) -> str:
        raise NotExpected("publish_code")

    async def withdraw_code(self, store: StoreConnection, promotion_id: str, *, key: str) -> None:
        self._called(store)
        self.withdrawn.append(promotion_id)

    async def hooks(self, store: StoreConnection, url: str) -> tuple[Hook, ...]:
        self._called(store)
        return tuple(self._hook(topic, url) for topic in TOPICS)

    def _hook(self, topic: str, url: str) -> Hook:
        if topic not in self.live:
            return Hook(topic=topic, is_live=False, reason="It is switched off.")
        is_ours = self.live[topic] == url
        return Hook(topic=topic, is_live=is_ours, id=topic, reason=None if is_ours else "It points elsewhere.")

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        self._called(store)
        self.live, self.secret = dict.fromkeys(TOPICS, url), secret
        return tuple(self._hook(topic, url) for topic in TOPICS)

    async def remove_hooks(self, store: StoreConnection, url: str) -> int:
        self._called(store)
        ours = [topic for topic, where in self.live.items() if where == url]
        self.live = {topic: where for topic, where in self.live.items() if where != url}
        return len(ours)
