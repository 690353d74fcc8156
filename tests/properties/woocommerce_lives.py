"""WooCommerce's stand-in as random lives need it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from plugin.core.money import parse_amount
from plugin.ports.orders import Custodian, LineCount
from plugin.ports.storefronts import StoreConnection
from plugin.shops.links import Credentials
from plugin.storefronts.demo.woocommerce.books import Refused
from plugin.storefronts.demo.woocommerce.samples import Body, decimal
from plugin.storefronts.demo.woocommerce.server import serve_woo_store
from plugin.storefronts.demo.woocommerce.store import WooStore
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront
from plugin.storefronts.woocommerce.goods import WooCommerceGoods
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from tests.contracts.bench import Placed
from tests.contracts.woocommerce_bench import WooBench
from tests.properties.living_store import Payout, StoreBooks, Told
from tests.properties.mortal_calls import MortalCalls

HOOK: Body = {"id": 1, "secret": "-"}
_MARK = "_comeback_mark"
_TIMED_OUT = "cURL error 28: Operation timed out"


@dataclass(frozen=True)
class _Now:
    read: Callable[[], datetime]

    def now(self) -> datetime:
        return self.read()


@dataclass(kw_only=True)
class PayingStore(WooStore):
    """Keeps what its gateway has paid, also where the store itself has forgotten it."""

    payouts: dict[int, list[Payout]] = field(default_factory=lambda: defaultdict(list))
    pays_and_times_out: bool = False
    sold_for: dict[int, int] = field(default_factory=dict)

    def refund(self, id: int, asked: Body) -> Body:
        mark = next((meta["value"] for meta in asked.get("meta_data", []) if meta["key"] == _MARK), None)
        if asked.get("api_refund", True) and self._amount(id, asked) > self._left_at_gateway(id):
            raise Refused(500, "woocommerce_rest_cannot_create_order_refund", "It exceeds what was paid.")
        if self.pays_and_times_out and mark and asked.get("api_refund", True):
            self.pays_and_times_out = False
            try:
                self.gateway_refuses = _TIMED_OUT
                return super().refund(id, asked)
            finally:
                self.gateway_refuses = None
                self._paid(id, mark, asked)
        record = super().refund(id, asked)
        if asked.get("api_refund", True):
            self._paid(id, mark, asked)
        return record

    def _paid(self, id: int, mark: str | None, asked: Body) -> None:
        self.payouts[id].append(Payout(self._amount(id, asked), mark))

    def _amount(self, id: int, asked: Body) -> int:
        return parse_amount(str(asked["amount"]), self.orders[id]["currency"])

    def _left_at_gateway(self, id: int) -> int:
        return self.sold_for[id] - sum(payout.amount for payout in self.payouts[id])


@dataclass
class WooLives(WooBench):
    """``told`` renders a webhook when it is sent, as WooCommerce's background job does."""

    store: PayingStore
    credentials: Credentials = field(kw_only=True)
    calls: MortalCalls = field(kw_only=True)
    name: str = "woocommerce"

    async def sold(self, custodian: Custodian, reference: str) -> Placed:
        intent = reference if custodian is Custodian.STRIPE else None
        order = self.store.new_order(custodian=custodian, payment_intent=intent)
        first, second = (str(line["id"]) for line in order["line_items"])
        total = parse_amount(order["total"], order["currency"])
        payment, self.store.sold_for[order["id"]] = f"{order['id']}:payment", total
        return Placed(str(order["id"]), order["number"], (first, second), payment, total, order["currency"])

    async def settle(self) -> None:
        await self.calls.carry_out_late()

    def told(self) -> list[Told]:
        changes, self.store.changes = self.store.changes, []
        return [Told(topic, self.store.signed({**HOOK, "topic": topic}, order)[1]) for topic, order in changes]

    def tells_until_heard(self) -> list[Told]:
        return []  # WooCommerce repeats nothing

    def staff_cancel(self, placed: Placed) -> None:
        if self._order(placed)["status"] not in ("refunded", "trash", "cancelled"):
            self.store.update(int(placed.order_id), {"status": "cancelled"})

    def trash(self, placed: Placed) -> None:
        if self._order(placed)["status"] != "trash":
            self.store.trash(int(placed.order_id))

    def restore(self, placed: Placed) -> None:
        if self._order(placed)["status"] in ("trash", "cancelled"):
            self.store.update(int(placed.order_id), {"status": "processing"})

    def edit(self, placed: Placed, line_id: str) -> None:
        order = self._order(placed)
        line = next(line for line in order["line_items"] if str(line["id"]) == line_id)
        if order["status"] != "processing":
            return
        currency = order["currency"]
        before = parse_amount(line["total"], currency)
        if line["quantity"] > 1:
            after = before - before // line["quantity"]
            line["quantity"] -= 1
        else:
            after = before + 100
        if (total := parse_amount(order["total"], currency) + after - before) < self._booked(placed):
            return
        line["total"] = line["subtotal"] = decimal(after, currency)
        order["total"] = decimal(total, currency)
        self.store.touch(order)

    def give_by_hand(self, placed: Placed, amount: int, line: LineCount | None) -> bool:
        asked: Body = {"amount": decimal(amount, placed.currency), "reason": "by hand"}
        if line is not None:
            item = {"id": int(line.line_id), "quantity": line.quantity, "refund_total": asked["amount"]}
            asked["line_items"] = [item]
        try:
            self.store.refund(int(placed.order_id), asked)
        except Refused:
            return False
        return True

    def gateway_pays_and_times_out(self) -> None:
        self.store.pays_and_times_out = True

    def refuse_what_waits(self) -> None:
        """A record whose gateway refuses is deleted at once."""

    def heal(self) -> None:
        super().heal()
        self.store.pays_and_times_out = False

    def books(self, placed: Placed) -> StoreBooks:
        id, order = int(placed.order_id), self._order(placed)
        records: Counter[str] = Counter()
        asks = []
        for record in self.store.refunds[id]:
            mark = next((meta["value"] for meta in record["meta_data"] if meta["key"] == _MARK), "")
            if mark.startswith("cancel:"):
                asks.append((mark.removeprefix("cancel:"), _units(record)))
            elif mark:
                records[mark] += 1
        for meta in order["meta_data"]:
            if meta["key"].startswith("_comeback_booked_"):
                records[meta["key"].removeprefix("_comeback_booked_")] += 1
        return StoreBooks(
            payouts=tuple(self.store.payouts[id]),
            records=records,
            asks=tuple(asks),
            booked=self._booked(placed),
            total=parse_amount(order["total"], order["currency"]),
        )

    def _order(self, placed: Placed) -> Body:
        return self.store.orders[int(placed.order_id)]

    def _booked(self, placed: Placed) -> int:
        id = int(placed.order_id)
        return sum(parse_amount(record["amount"], placed.currency) for record in self.store.refunds[id])


def _units(record: Body) -> dict[str, int]:
    return {line["meta_data"][0]["value"]: -line["quantity"] for line in record["line_items"]}


@asynccontextmanager
async def woo_lives(
    now: Callable[[], datetime], platform_of: type[WooCommercePlatform] = WooCommercePlatform
) -> AsyncIterator[WooLives]:
    store = PayingStore(consumer_key="ck_0123456789abcdef", consumer_secret="cs_fedcba9876543210", clock=_Now(now))
    calls = MortalCalls(lambda request: request.method != "GET")
    async with serve_woo_store(store) as served, httpx.AsyncClient(transport=calls, trust_env=False) as http:
        platform = platform_of(http, timeout=5.0, clock=_Now(now))
        credentials = Credentials(address=served.url, key=store.consumer_key, secret=store.consumer_secret)
        connection = StoreConnection(
            shop_id="shop_1", address=served.url, key=store.consumer_key, secret=store.consumer_secret,
            allow_private_address=True,
        )  # fmt: skip
        storefront = WooCommerceStorefront(platform)
        yield WooLives(
            store,
            storefront,
            platform,
            connection,
            credentials=credentials,
            calls=calls,
            goods=WooCommerceGoods(platform),
        )
