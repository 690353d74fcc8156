"""A connected platform in memory, over the scripted store's own orders: it pays back, keeps notes, codes and holds.

Each call can be met by a fault, once: raised before anything happens, or after (``answer_lost``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import structs

from plugin.ports.orders import StoreOrder, StorePayment, StoreRefund
from plugin.ports.payments import OutcomeUnknown, Promotion, RefundFact, RefundState, RejectCode, Rejected
from plugin.ports.platforms import Hook, OrderPage, Permission, PlatformRefund, RefundRecord, StoreFacts
from plugin.ports.storefronts import StoreConnection
from tests.fakes import NotExpected
from tests.properties.scripted_store import ScriptedStore


class FakePlatform:
    """``calls`` are the names of all calls in their sequence; ``refuses`` meets each call of a name until it is taken
    away, and ``answer_lost`` names calls whose next answer is lost although they happened."""

    name = "standard"

    def __init__(self, store: ScriptedStore, now: Callable[[], datetime]) -> None:
        self.store, self._now = store, now
        self.calls: list[str] = []
        self.refuses: dict[str, Exception] = {}
        self.answer_lost: set[str] = set()
        self.deleted: set[str] = set()
        self.refunds: dict[str, RefundFact] = {}  # by key
        self.refund_state = RefundState.SUCCEEDED
        self.records: dict[str, RefundRecord] = {}
        self.notes: dict[str, list[str]] = defaultdict(list)
        self.holds: set[tuple[str, str]] = set()
        self.codes: dict[str, tuple[Promotion, str | None]] = {}
        self.while_fetching: Callable[[], Awaitable[None]] | None = None
        self.while_holding: Callable[[], Awaitable[None]] | None = None

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        if call in self.refuses:
            raise self.refuses[call]

    def _end(self, call: str) -> None:
        if call in self.answer_lost:
            self.answer_lost.discard(call)
            raise OutcomeUnknown("the connection was lost")

    def bad_key(self, *calls: str) -> None:
        for call in calls:
            self.refuses[call] = Rejected(RejectCode.BAD_CREDENTIALS, "This key opens nothing.")

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        self._begin("fetch_order")
        meanwhile, self.while_fetching = self.while_fetching, None
        if meanwhile is not None:
            await meanwhile()
        return None if order_id in self.deleted else self.store.orders.get(order_id)

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        self._begin("refund")
        if refund.key not in self.refunds:
            number = f"sr{len(self.refunds) + 1}"
            self.refunds[refund.key] = RefundFact(
                id=number, payment_reference=refund.payment_id, amount=refund.amount, currency=refund.currency,
                state=self.refund_state, created_at=self._now(), leg_id=refund.leg_id,
            )  # fmt: skip
            record = StoreRefund(id=number, amount=refund.amount, payment_id=refund.payment_id, leg_id=refund.leg_id)
            self.write_down(refund.order_id, record)
        self._end("refund")
        return self.refunds[refund.key]

    def write_down(self, order_id: str, record: StoreRefund) -> StoreOrder:
        """The store's own record of a refund, with its payment's count: a new version of the order."""
        order = self.store.orders[order_id]

        def counted(payment: StorePayment) -> StorePayment:
            more = record.amount if payment.id == record.payment_id else 0
            return structs.replace(payment, refunded=payment.refunded + more)

        payments = tuple(counted(payment) for payment in order.payments)
        return self.store.change(order_id, refunds=(*order.refunds, record), payments=payments)

    async def find_refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact | None:
        self._begin("find_refund")
        return next((fact for fact in self.refunds.values() if fact.leg_id == refund.leg_id), None)

    async def record_refund(self, store: StoreConnection, record: RefundRecord) -> bool:
        self._begin("record_refund")
        is_new = record.leg_id not in self.records
        self.records[record.leg_id] = record
        self._end("record_refund")
        return is_new

    async def note(self, store: StoreConnection, order_id: str, text: str) -> None:
        self._begin("note")
        if text not in self.notes[order_id]:
            self.notes[order_id].append(text)
        self._end("note")

    async def hold(self, store: StoreConnection, order_id: str, key: str, reason: str) -> None:
        self._begin("hold")
        meanwhile, self.while_holding = self.while_holding, None
        if meanwhile is not None:
            await meanwhile()
        self.holds.add((order_id, key))
        self._end("hold")

    async def release_hold(self, store: StoreConnection, order_id: str, key: str) -> None:
        self._begin("release_hold")
        self.holds.discard((order_id, key))
        self._end("release_hold")

    async def publish_code(self, store: StoreConnection, promotion: Promotion, email: str | None, *, key: str) -> str:
        self._begin("publish_code")
        self.codes[f"coupon-{key}"] = (promotion, email)
        self._end("publish_code")
        return f"coupon-{key}"

    async def withdraw_code(self, store: StoreConnection, promotion_id: str, *, key: str) -> None:
        self._begin("withdraw_code")
        self.codes.pop(promotion_id, None)

    async def describe(self, store: StoreConnection) -> StoreFacts:
        raise NotExpected("describe")

    async def permissions(self, store: StoreConnection) -> tuple[Permission, ...]:
        raise NotExpected("permissions")

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        raise NotExpected("orders_changed")

    async def hooks(self, store: StoreConnection, url: str) -> tuple[Hook, ...]:
        raise NotExpected("hooks")

    async def register_hooks(self, store: StoreConnection, url: str, secret: str) -> tuple[Hook, ...]:
        raise NotExpected("register_hooks")

    async def remove_hooks(self, store: StoreConnection, url: str) -> int:
        raise NotExpected("remove_hooks")
