"""What the stand-in sells, orders that are made and edited over its API, and the tax that it lays on them.

Sources: ``class-wc-rest-products-controller.php`` and ``class-wc-rest-product-variations-controller.php``
(``inventory_delta``), ``class-wc-rest-orders-controller.php`` (``save_object``: totals and taxes are reckoned anew when
lines or an address change, ``set_paid`` takes the stock; a line of 0 units is removed; stock is asked of nobody),
``class-wc-rest-crud-controller.php`` (``parent`` of a list).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plugin.storefronts.demo.woocommerce.books import Books, Refused, shelf_of
from plugin.storefronts.demo.woocommerce.samples import Body, stamp, tax_lines, taxed

_CENT = Decimal("0.01")
_IN_STOCK = 100


def fashion() -> dict[int, Body]:
    """A shirt in three sizes, and a scarf."""
    return {
        101: for_sale(101, "Linen shirt", "39.50", type="variable", manage_stock=False, variations=[1011, 1012, 1013]),
        102: for_sale(102, "Silk scarf", "24.00"),
    }


def sizes() -> dict[int, Body]:
    """The variations of the shirt; the largest costs more."""
    sold = {1011: ("S", "39.50"), 1012: ("M", "39.50"), 1013: ("XL", "44.50")}
    return {
        id: for_sale(id, size, price, type="variation", parent_id=101, attributes=[{"name": "Size", "option": size}])
        for id, (size, price) in sold.items()
    }


@dataclass
class Shelf(Books):
    """``tax_percent`` is laid on every line, and lies in the prices where ``prices_include_tax``; ``stock`` is added to
    each product's ``stock_quantity``."""

    products: dict[int, Body] = field(default_factory=fashion)
    variations: dict[int, Body] = field(default_factory=sizes)
    tax_percent: int = 0
    prices_include_tax: bool = False

    def product(self, id: int) -> Body:
        if id not in self.products:
            raise Refused(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return self._counted(self.products[id])

    def variations_of(self, product_id: int) -> list[Body]:
        self.product(product_id)
        return [self._counted(each) for each in self.variations.values() if each["parent_id"] == product_id]

    def variation(self, product_id: int, id: int) -> Body:
        found = next((each for each in self.variations_of(product_id) if each["id"] == id), None)
        if found is None:
            raise Refused(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        return found

    def change_stock(self, sold: Body, changes: Body) -> Body:
        if sold["manage_stock"] is True:
            self.stock[sold["id"]] += changes.get("inventory_delta", 0)
        return self._counted(sold)

    def make_order(self, asked: Body) -> Body:
        """What ``POST orders`` does."""
        now = stamp(self.clock.now())
        order: Body = {
            "id": self.new_id(), "status": "pending", "prices_include_tax": self.prices_include_tax,
            "date_created_gmt": now, "date_modified_gmt": now, "date_paid_gmt": None, "date_completed_gmt": None,
            "created_via": "rest-api", "transaction_id": "", "parent_id": 0, "customer_id": 0, "billing": {},
            "shipping": {}, "payment_method": "", "fee_lines": [], "coupon_lines": [], "refunds": [],
            **asked, "line_items": [], "meta_data": [], "tax_lines": tax_lines(self.tax_percent),
        }  # fmt: skip
        is_paid = order.pop("set_paid", False)
        order["number"] = str(order["id"])
        order["line_items"] = [self._new_line(each) for each in asked.get("line_items", [])]
        order["shipping_lines"] = [
            {"id": self.new_id(), "method_title": each["method_title"], **self._taxed(each["total"], each["total"])}
            for each in asked.get("shipping_lines", [])
        ]
        for meta in asked.get("meta_data", []):
            self.set_meta(order, meta["key"], meta["value"])
        self._reckon(order)
        if is_paid:
            order |= {"status": "processing", "date_paid_gmt": now}
        return self.place(order)

    def update(self, id: int, changes: Body) -> Body:
        if id in self.orders:
            order = self.orders[id]
            order["shipping"] = {**order["shipping"], **changes.get("shipping", {})}
            for each in changes.get("line_items", []):
                self._edit(order, each)
            if "shipping" in changes or "line_items" in changes:
                self._reckon(order)
        return super().update(id, changes)

    def _edit(self, order: Body, asked: Body) -> None:
        if "id" not in asked:
            order["line_items"].append(self._new_line(asked))
            return
        line = next(each for each in order["line_items"] if each["id"] == asked["id"])
        if asked.get("quantity") == 0:
            order["line_items"].remove(line)
            return
        line |= {key: asked[key] for key in ("quantity", "product_id", "variation_id") if key in asked}
        line |= self._taxed(asked.get("subtotal", line["subtotal"]), asked.get("total", line["total"]))
        for meta in asked.get("meta_data", []):
            self.set_meta(line, meta["key"], meta["value"])

    def _new_line(self, asked: Body) -> Body:
        sold = self.product(asked["product_id"])
        line: Body = {
            "id": self.new_id(), "name": sold["name"], "product_id": sold["id"], "sku": sold["sku"],
            "variation_id": asked.get("variation_id", 0), "quantity": asked["quantity"], "meta_data": [],
            **self._taxed(asked["subtotal"], asked["total"]),
        }  # fmt: skip
        for meta in asked.get("meta_data", []):
            self.set_meta(line, meta["key"], meta["value"])
        return line

    def _taxed(self, subtotal: Any, total: Any) -> Body:
        return taxed(Decimal(str(subtotal)), Decimal(str(total)), self.tax_percent)

    def _reckon(self, order: Body) -> None:
        lines = [*order["line_items"], *order["shipping_lines"]]
        tax = sum((Decimal(each["total_tax"]) for each in lines), Decimal(0))
        net = sum((Decimal(each["total"]) for each in lines), Decimal(0))
        order |= {"total": _shown(net + tax), "total_tax": _shown(tax)}

    def _counted(self, sold: Body) -> Body:
        if sold["manage_stock"] is not True:
            return sold
        left = _IN_STOCK + self.stock[shelf_of({"product_id": sold["id"]})]
        return {**sold, "stock_quantity": left, "stock_status": "instock" if left > 0 else "outofstock"}


def _shown(amount: Decimal) -> str:
    return str(amount.quantize(_CENT, rounding=ROUND_HALF_UP))


def for_sale(id: int, name: str, price: str, **more: Any) -> Body:
    """A simple product, or what ``more`` makes of it; ``price`` as the API writes it."""
    return {
        "id": id, "name": name, "type": "simple", "status": "publish", "sku": f"SKU-{id}", "price": price,
        "purchasable": True, "tax_status": "taxable", "tax_class": "", "manage_stock": True, "stock_quantity": None,
        "stock_status": "instock", "backorders_allowed": False, "attributes": [], "images": [], **more,
    }  # fmt: skip
