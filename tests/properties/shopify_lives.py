"""Shopify's stand-in as random lives need it.

A job is done before the webhooks that tell of it are sent; what it does not tell is done within ten minutes. Staff may
delete an order only where no gateway of Shopify's took the money, and only once it is cancelled or archived
(https://help.shopify.com/en/manual/fulfillment/managing-orders/delete-orders); no order is put back, but a parcel is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from plugin.ports.orders import Custodian, LineCount
from plugin.ports.runtime import Clock
from plugin.ports.storefronts import CancelAnswer, CancelRequest, StoreConnection
from plugin.shops.links import Credentials
from plugin.storefronts.demo.shopify.cost import Bucket
from plugin.storefronts.demo.shopify.orders import DemoLine, DemoOrder, DemoRefund, DemoToSend, DemoTransaction
from plugin.storefronts.demo.shopify.server import serve_demo_shopify
from plugin.storefronts.demo.shopify.shop import TOKEN, DemoShopify, Fault
from plugin.storefronts.demo.shopify.webhooks import body_of
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.shopify.api import ShopifyApi
from plugin.storefronts.shopify.goods import ShopifyGoods
from plugin.storefronts.shopify.marks import mark_in
from plugin.storefronts.shopify.platform import ShopifyPlatform, shopify_api
from tests.contracts.bench import Placed, Step, Trouble
from tests.contracts.shopify_bench import FIELDS, ShopifyBench
from tests.properties.honest_stripe import Killed
from tests.properties.living_store import Payout, StoreBooks, Told
from tests.properties.mortal_calls import MortalCalls

POINTS = 20_000  # of the largest plan: less would only slow the lives down, and a fault throttles them as well
GIFT_CARD = 3000
DELETED = "orders/delete"


@dataclass(frozen=True)
class _Now:
    read: Callable[[], datetime]

    def now(self) -> datetime:
        return self.read()


class ForgetfulStorefront(ShopifyStorefront):
    """Our process, which forgets what it only remembers when it dies over a call."""

    def __init__(self, api: ShopifyApi, clock: Clock) -> None:
        super().__init__(api, clock)
        self._begun_with = api, clock

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        try:
            return await super().cancel(store, request)
        except Killed:
            super().__init__(*self._begun_with)
            raise


@dataclass
class ShopifyLives(ShopifyBench):
    """``deleted`` are the orders that staff have deleted: they stand in no list, and are remembered here."""

    credentials: Credentials = field(kw_only=True)
    calls: MortalCalls = field(kw_only=True)
    name: str = "shopify"
    deleted: dict[int, DemoOrder] = field(default_factory=dict)

    async def sold(self, custodian: Custodian, reference: str) -> Placed:
        lines = [
            DemoLine(self.shop.next_id(), "Linen shirt", 2, 3950, tax=1261, product_id=71),
            DemoLine(self.shop.next_id(), "Wool scarf", 1, 2650, tax=359, discount=250, product_id=72),
        ]
        gateway = "shopify_payments" if custodian is Custodian.STOREFRONT else "bank_deposit"
        order = self.shop.place(lines, gateway=gateway)
        (paid,) = order.transactions
        paid.status = "SUCCESS"
        if custodian is Custodian.STOREFRONT and len(self.shop.orders) % 2 == 0:
            paid.amount -= GIFT_CARD
            order.transactions.append(DemoTransaction(self.shop.next_id(), "SALE", GIFT_CARD, "gift_card"))
        id, (first, second) = str(order.id), (str(line.id) for line in lines)
        return Placed(id, f"#{id}", (first, second), f"{id}:payment", order.total, order.currency)

    def order(self, placed: Placed) -> DemoOrder:
        id = int(placed.order_id)
        return self.deleted.get(id) or self.shop.orders[id]

    def fail(self, trouble: Trouble, at: Step) -> None:
        """Only a gateway gives a definitive no; a busy shop says so in either of its two ways."""
        if trouble is Trouble.REFUSE:
            super().fail(trouble, Step.REFUND)
        elif trouble is Trouble.BUSY and at is not Step.ORDERS:
            self.shop.faults = dict.fromkeys(FIELDS[at], Fault.THROTTLED)
        else:
            super().fail(trouble, at)

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        order = self.order(placed)
        left = {line.id: order.unfulfilled(line) for line in order.lines}
        asked = {int(line.line_id): line.quantity for line in lines} or left
        sent = {line: units for line, units in asked.items() if 0 < units <= left[line]}
        if self._is_there(placed) and sent:
            self.shop.ship(order, sent)

    async def settle(self) -> None:
        await self.calls.carry_out_late()
        self.shop.settle()

    def told(self) -> list[Told]:
        self.shop.finish_jobs()
        events, self.shop.events = self.shop.events, []
        known = [(topic, id) for topic, id in events if topic == DELETED or id in self.shop.orders]
        return [Told(topic, body_of(self.shop, topic, id)) for topic, id in known]

    def tells_until_heard(self) -> list[Told]:
        """Shopify tries eight times in four hours, and has no list of what was deleted."""
        return [Told(DELETED, body_of(self.shop, DELETED, id)) for id in self.deleted]

    def staff_cancel(self, placed: Placed) -> None:
        order = self.order(placed)
        if self._is_there(placed) and order.why_not_cancel() is None:
            order.cancel(self.shop.clock.now().replace(microsecond=0), self.shop.next_id(), None)
            self.shop.touch(order, "orders/cancelled")

    def trash(self, placed: Placed) -> None:
        order = self.order(placed)
        if self._is_there(placed) and order.gateways == ["bank_deposit"]:
            self.deleted[order.id] = self.shop.orders.pop(order.id)
            self.shop.events.append((DELETED, order.id))

    def restore(self, placed: Placed) -> None:
        order = self.order(placed)
        sent = [parcel for parcel in order.parcels if parcel.status == "SUCCESS"]
        if not self._is_there(placed) or not sent:
            return
        sent[-1].status = "CANCELLED"
        order.to_send.append(DemoToSend(self.shop.next_id(), dict(sent[-1].lines)))
        self.shop.touch(order, "fulfillments/update")

    def edit(self, placed: Placed, line_id: str) -> None:
        order, line = self.order(placed), self._line(placed, line_id)
        if self._is_there(placed) and order.unfulfilled(line):
            order.refunds.append(DemoRefund(self.shop.next_id(), self.shop.clock.now(), None, [(line.id, 1, "CANCEL")]))
            order.take_from_sending(line.id, 1)
            self.shop.touch(order, "orders/edited", "refunds/create")

    def give_by_hand(self, placed: Placed, amount: int, line: LineCount | None) -> bool:
        order = self.order(placed)
        sale = next((each for each in order.transactions if order.left_of(each) >= amount), None)
        if sale is None or not self._is_there(placed):
            return False
        taken = []
        if line is not None:
            known = self._line(placed, line.line_id)
            if order.current(known) < line.quantity:
                return False
            is_here = order.unfulfilled(known) >= line.quantity
            taken.append((known.id, line.quantity, "CANCEL" if is_here else "RETURN"))
            if is_here:
                order.take_from_sending(known.id, line.quantity)
        paid = DemoTransaction(self.shop.next_id(), "REFUND", amount, sale.gateway, parent=sale.id)
        order.transactions.append(paid)
        order.refunds.append(DemoRefund(self.shop.next_id(), self.shop.clock.now(), "by hand", taken, [paid]))
        self.shop.touch(order, "refunds/create")
        return True

    def gateway_pays_and_times_out(self) -> None:
        """Shopify says that it is being paid, and how that ends much later."""
        self.shop.refunds_wait = True

    def refuse_what_waits(self) -> None:
        for order in self.shop.orders.values():
            waiting = [each for each in order.transactions if (each.kind, each.status) == ("REFUND", "PENDING")]
            for each in waiting:
                each.status, each.error_code = "FAILURE", "GENERIC_ERROR"
            if waiting:
                self.shop.touch(order)

    def heal(self) -> None:
        super().heal()
        self.shop.refunds_wait = False

    def books(self, placed: Placed) -> StoreBooks:
        order = self.order(placed)
        payouts, records, asks = [], Counter[str](), []
        for refund in order.refunds:
            mark, amount = mark_in(refund.note), _paid(refund)
            if amount:
                payouts.append(Payout(amount, mark))
            if mark and refund.transactions:
                records[mark] += 1
            elif mark:
                asks.append((mark, {str(line): units for line, units, _ in refund.lines}))
        if (key := mark_in(order.staff_note)) is not None:
            left = {str(line.id): line.quantity - order.refunded_units(line.id) for line in order.lines}
            asks.append((key, {line: units for line, units in left.items() if units}))
        return StoreBooks(
            payouts=tuple(payouts), records=records, asks=tuple(asks), booked=sum(each.amount for each in payouts),
            total=order.total,
        )  # fmt: skip

    def _is_there(self, placed: Placed) -> bool:
        return int(placed.order_id) in self.shop.orders

    def _line(self, placed: Placed, line_id: str) -> DemoLine:
        return next(line for line in self.order(placed).lines if str(line.id) == line_id)


def _paid(refund: DemoRefund) -> int:
    """What has left, or will: money that is on its way is gone from what the payment can give."""
    return sum(each.amount for each in refund.transactions if each.status in ("SUCCESS", "PENDING"))


@asynccontextmanager
async def shopify_lives(
    now: Callable[[], datetime], platform_of: type[ShopifyPlatform] = ShopifyPlatform
) -> AsyncIterator[ShopifyLives]:
    clock = _Now(now)
    shop = DemoShopify(clock=clock)
    shop.bucket = Bucket(clock.now(), POINTS, POINTS // 20, POINTS)
    calls = MortalCalls(lambda request: b"mutation " in request.content)
    async with serve_demo_shopify(shop) as served, httpx.AsyncClient(transport=calls, trust_env=False) as http:
        api = shopify_api(http, clock=clock, timeout=5.0)
        connection = StoreConnection(shop_id="shop_1", address=served.url, secret=TOKEN, allow_private_address=True)
        credentials = Credentials(address=served.url, secret=TOKEN, webhook_secret=shop.client_secret)
        yield ShopifyLives(
            shop, api, ForgetfulStorefront(api, clock), platform_of(api, clock), connection,
            credentials=credentials, calls=calls, goods=ShopifyGoods(api, clock),
        )  # fmt: skip
