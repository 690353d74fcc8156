"""The stand-in's order book: statuses, refunds and stock, as WooCommerce keeps them.

Sources, all in ``woocommerce/woocommerce``: ``wc-order-functions.php`` (``wc_create_refund``: 0 is a valid amount, more
than what remains is not; the record is saved before the gateway pays and deleted when it refuses; the meta comes last;
the order becomes ``refunded`` when nothing remains), ``wc-stock-functions.php`` (``cancelled`` puts back what is still
taken; ``wc_restock_refunded_items``), ``class-wc-rest-orders-controller.php`` (meta is updated by its key).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugin.core.money import parse_amount
from plugin.ports.runtime import Clock, SystemClock
from plugin.storefronts.demo.woocommerce.samples import Body, decimal, stamp

STATUSES = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "partial-shipped",
    "delivered",
)


class Refused(Exception):
    """An error of the API: its status, its code and its words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def shelf_of(line: Body) -> int:
    """Where a line's goods are counted: at the variation, or at the product."""
    return int(line.get("variation_id") or line["product_id"])


@dataclass
class Books:
    """``gateway_refuses`` is what the store's gateway says instead of paying; ``paid_back`` is what it has paid, by
    order, in minor units. ``stock`` is by product or variation, relative to where it was before its orders; new ids
    come after ``last_id``."""

    clock: Clock = field(default_factory=SystemClock)
    orders: dict[int, Body] = field(default_factory=dict)
    refunds: dict[int, list[Body]] = field(default_factory=dict)
    notes: dict[int, list[Body]] = field(default_factory=dict)
    stock: Counter[int] = field(default_factory=Counter)
    paid_back: Counter[int] = field(default_factory=Counter)
    gateway_refuses: str | None = None
    changes: list[tuple[str, int]] = field(default_factory=list)  # (topic, order) that webhooks still have to tell
    last_id: int = 1000

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def place(self, order: Body) -> Body:
        self.orders[order["id"]] = order
        self.refunds[order["id"]] = []
        self.notes[order["id"]] = []
        for line in order["line_items"]:
            self.set_meta(line, "_reduced_stock", str(line["quantity"]))
            self.stock[shelf_of(line)] -= line["quantity"]
        self.changes.append(("order.created", order["id"]))
        return order

    def order(self, id: int) -> Body:
        if id not in self.orders:
            raise Refused(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return self.orders[id]

    def touch(self, order: Body, topic: str = "order.updated", at: datetime | None = None) -> None:
        order["date_modified_gmt"] = stamp(at or self.clock.now())
        self.changes.append((topic, order["id"]))

    def update(self, id: int, changes: Body) -> Body:
        """What ``PUT orders/{id}`` does with a status and with meta."""
        if id not in self.orders:
            raise Refused(400, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        order = self.orders[id]
        status = changes.get("status", order["status"])
        if status not in STATUSES and status != order["status"]:
            raise Refused(400, "rest_invalid_param", "Invalid parameter(s): status")
        for meta in changes.get("meta_data", []):
            self.set_meta(order, meta["key"], meta["value"])
        if status != order["status"]:
            self.set_status(order, status)
        self.touch(order)
        return order

    def set_meta(self, record: Body, key: str, value: Any) -> None:
        kept = [meta for meta in record["meta_data"] if meta["key"] != key]
        record["meta_data"] = [*kept, {"id": self.new_id(), "key": key, "value": value}]

    def set_status(self, order: Body, status: str) -> None:
        order["status"] = status
        if status == "completed":
            order["date_completed_gmt"] = stamp(self.clock.now())
        if status == "cancelled":
            for line in order["line_items"]:
                self._put_back(line)

    def trash(self, id: int) -> None:
        self.order(id)["status"] = "trash"
        self.touch(self.orders[id], "order.deleted")

    def refund(self, id: int, asked: Body) -> Body:
        """What ``POST orders/{id}/refunds`` does."""
        if id not in self.orders:
            raise Refused(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.")
        order, currency = self.orders[id], self.orders[id]["currency"]
        amount = parse_amount(str(asked.get("amount", "0")), currency)
        remaining = self.remaining(id)
        if amount < 0:
            raise Refused(400, "woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.")
        if amount > remaining:
            raise Refused(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
        record = self._record(order, amount, asked)
        self.refunds[id].append(record)
        if asked.get("api_refund", True):
            if self.gateway_refuses is not None:
                self.refunds[id].remove(record)
                raise Refused(500, "woocommerce_rest_cannot_create_order_refund", self.gateway_refuses)
            self.paid_back[id] += amount
            record["refunded_payment"] = True
        if asked.get("api_restock", True):
            for item in asked.get("line_items", []):
                line = next(line for line in order["line_items"] if line["id"] == item["id"])
                self._put_back(line, item.get("quantity", 0))
        for meta in asked.get("meta_data", []):
            self.set_meta(record, meta["key"], meta["value"])
        order["refunds"].append({"id": record["id"], "reason": record["reason"], "total": f"-{record['amount']}"})
        if amount >= remaining:
            self.set_status(order, "refunded")
        self.touch(order)
        return record

    def remaining(self, id: int) -> int:
        """What may still be refunded, in minor units."""
        order = self.orders[id]
        booked = sum(parse_amount(record["amount"], order["currency"]) for record in self.refunds[id])
        return parse_amount(order["total"], order["currency"]) - booked

    def add_note(self, id: int, asked: Body) -> Body:
        self.order(id)
        note = {"id": self.new_id(), "note": asked["note"], "customer_note": bool(asked.get("customer_note"))}
        self.notes[id].insert(0, note)
        return note

    def _record(self, order: Body, amount: int, asked: Body) -> Body:
        ids = {line["id"] for line in order["line_items"]}
        return {
            "id": self.new_id(),
            "date_created_gmt": stamp(self.clock.now()),
            "amount": decimal(amount, order["currency"]),
            "reason": asked.get("reason") or "",
            "refunded_payment": False,
            "meta_data": [],
            "line_items": [
                {
                    "id": self.new_id(),
                    "quantity": -item.get("quantity", 0),
                    "total": f"-{item.get('refund_total', 0)}",
                    "total_tax": "0.00",
                    "meta_data": [{"id": self.new_id(), "key": "_refunded_item_id", "value": str(item["id"])}],
                }
                for item in asked.get("line_items", [])
                if item["id"] in ids
            ],
            "shipping_lines": [],
        }

    def _put_back(self, line: Body, quantity: int | None = None) -> None:
        """What the line has taken off the shelf (``_reduced_stock``), or some units of it."""
        taken = next((int(meta["value"]) for meta in line["meta_data"] if meta["key"] == "_reduced_stock"), 0)
        back = taken if quantity is None else min(quantity, taken)
        self.set_meta(line, "_reduced_stock", str(taken - back))
        self.stock[shelf_of(line)] += back
