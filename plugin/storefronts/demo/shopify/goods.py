"""The root fields that make, edit and credit: ``orderCreate``, ``orderEdit…``, ``storeCreditAccountCredit`` and
``metafieldsSet``, each as the documentation of version 2026-07 describes it."""

from __future__ import annotations

from typing import Any

from plugin.core.money import parse_amount, share_out
from plugin.storefronts.demo.shopify.orders import DemoLine, DemoOrder, DemoShopper, DemoToSend, DemoTransaction
from plugin.storefronts.demo.shopify.queries import number
from plugin.storefronts.demo.shopify.shelf import DemoCredit, DemoEdit, DemoVariant
from plugin.storefronts.demo.shopify.shop import DemoShopify
from plugin.storefronts.demo.shopify.told import Values, bag, connection, errors, gid, when


class GoodsMutations:
    def __init__(self, shop: DemoShopify) -> None:
        self._shop = shop

    def metafieldsSet(self, info: Any, metafields: list[Values]) -> Values:
        for field in metafields:
            order = self._shop.orders.get(number(field["ownerId"], "Order") or 0)
            if order is None or not field["value"]:
                return {"userErrors": errors("The owner or the value is missing.", code="INVALID")}
            order.metafields[field["namespace"], field["key"]] = field["value"]
        return {"userErrors": []}

    def orderCreate(self, info: Any, order: Values, options: Values | None = None) -> Values:
        """``DECREMENT_OBEYING_POLICY`` claims what is there, and refuses what is not."""
        shop = self._shop
        wanted = [
            (shop.variants.get(number(line["variantId"], "ProductVariant") or 0), line) for line in order["lineItems"]
        ]
        obeys = (options or {}).get("inventoryBehaviour") == "DECREMENT_OBEYING_POLICY"
        lines = []
        for variant, line in wanted:
            if variant is None:
                return {"userErrors": errors("The variant does not exist.")}
            if obeys and variant.policy == "DENY" and variant.tracked and variant.stock < line["quantity"]:
                return {"userErrors": errors("Unable to reserve inventory.")}
            lines.append(
                self._line(variant, line["quantity"], self._amount(line["priceSet"]), line.get("taxLines", []))
            )
        self._share_discount(lines, order.get("discountCode"))
        made = DemoOrder(
            id=shop.next_id(), placed_at=shop.clock.now().replace(microsecond=0), lines=lines,
            currency=order["currency"], presentment_currency=order["currency"],
            shipping=sum(self._amount(each["priceSet"]) for each in order.get("shippingLines") or ()),
            email=order.get("email"), note=order.get("note"), tags=tuple(order.get("tags") or ()),
            source_name=order.get("sourceName") or "web", source_identifier=order.get("sourceIdentifier"),
        )  # fmt: skip
        made.updated_at = made.placed_at
        customer = (order.get("customer") or {}).get("toAssociate")
        made.customer_id = number(customer["id"], "Customer") if customer else None
        if address := order.get("shippingAddress"):
            made.shopper = shopper_of(address, made.shopper)
        made.transactions = [
            DemoTransaction(
                shop.next_id(), each["kind"], self._amount(each["amountSet"]), each["gateway"], each["status"]
            )
            for each in order.get("transactions") or ()
        ]
        made.to_send = [DemoToSend(shop.next_id(), {line.id: line.quantity for line in lines})]
        for line in lines:
            shop.take(line.variant_id, line.quantity)
        shop.orders[made.id] = made
        shop.events.append(("orders/create", made.id))
        source = made.source_identifier
        return {"order": {"id": gid("Order", made.id), "name": f"#{made.id}", "sourceIdentifier": source},
                "userErrors": []}  # fmt: skip

    def orderEditBegin(self, info: Any, id: str) -> Values:
        order = self._shop.orders.get(number(id, "Order") or 0)
        if order is None or order.cancelled_at:
            return {"userErrors": errors("The order cannot be edited.")}
        edit = self._shop.next_id()
        self._shop.edits[edit] = DemoEdit(order.id, {}, {})
        return {"calculatedOrder": self._calculated(edit), "userErrors": []}

    def orderEditSetQuantity(
        self, info: Any, id: str, lineItemId: str, quantity: int, restock: bool = False
    ) -> Values:  # fmt: skip
        edit = self._edit(id)
        order = self._shop.orders[edit.order_id]
        line = next(each for each in order.lines if each.id == number(lineItemId, "CalculatedLineItem"))
        taken = order.current(line) - quantity
        if not 0 <= taken <= order.unfulfilled(line):
            return {"userErrors": errors("The quantity cannot be set.")}
        edit.taken[line.id] = taken
        return {"calculatedOrder": self._calculated(number(id, "CalculatedOrder") or 0), "userErrors": []}

    def orderEditAddVariant(
        self, info: Any, id: str, variantId: str, quantity: int, allowDuplicates: bool = False
    ) -> Values:  # fmt: skip
        variant = number(variantId, "ProductVariant") or 0
        if variant not in self._shop.variants:
            return {"userErrors": errors("The variant does not exist.")}
        self._edit(id).added[variant] = quantity
        return {"calculatedOrder": self._calculated(number(id, "CalculatedOrder") or 0), "userErrors": []}

    def orderEditCommit(
        self, info: Any, id: str, notifyCustomer: bool = False, staffNote: str | None = None
    ) -> Values:  # fmt: skip
        edit = self._edit(id)
        order = self._shop.orders[edit.order_id]
        del self._shop.edits[number(id, "CalculatedOrder") or 0]
        for line in [each for each in order.lines if each.id in edit.taken]:
            line.edited_out += edit.taken[line.id]
            order.take_from_sending(line.id, edit.taken[line.id])
            self._shop.take(line.variant_id, -edit.taken[line.id])
        for variant_id, units in edit.added.items():
            variant = self._shop.variants[variant_id]
            added = self._line(variant, units, variant.price, [])
            added.tax = self._shop.tax_in(variant.price * units)
            order.lines.append(added)
            order.to_send.append(DemoToSend(self._shop.next_id(), {added.id: units}))
            self._shop.take(variant_id, units)
        self._shop.touch(order, "orders/edited")
        return {"userErrors": []}

    def storeCreditAccountCredit(self, info: Any, id: str, creditInput: Values) -> Values:
        customer = number(id, "Customer")
        if customer not in self._shop.customers.values():
            return {"userErrors": errors("Owner does not exist.", code="OWNER_NOT_FOUND")}
        money = creditInput["creditAmount"]
        amount = parse_amount(money["amount"], money["currencyCode"])
        credit = DemoCredit(self._shop.next_id(), customer or 0, amount, money["currencyCode"],
                            when(self._shop.clock.now()) or "", creditInput.get("expiresAt"))  # fmt: skip
        self._shop.credits.append(credit)
        return {"storeCreditAccountTransaction": {"id": gid("StoreCreditAccountCreditTransaction", credit.id)},
                "userErrors": []}  # fmt: skip

    def _line(self, variant: DemoVariant, units: int, price: int, taxes: list[Values]) -> DemoLine:
        tax = sum(self._amount(each["priceSet"]) for each in taxes)
        return DemoLine(
            self._shop.next_id(), variant.product, units, price, tax,
            product_id=variant.product_id, variant_id=variant.id, variant_title=variant.title,
            rate=str(taxes[0]["rate"]) if taxes else self._shop.rate,
        )  # fmt: skip

    def _amount(self, money: Values) -> int:
        return parse_amount(money["shopMoney"]["amount"], money["shopMoney"]["currencyCode"])

    def _share_discount(self, lines: list[DemoLine], code: Values | None) -> None:
        if code is not None:
            off = self._amount(code["itemFixedDiscountCode"]["amountSet"])
            parts = share_out(off, [line.price * line.quantity for line in lines])
            for line, part in zip(lines, parts, strict=True):
                line.discount = part

    def _edit(self, id: str) -> DemoEdit:
        return self._shop.edits[number(id, "CalculatedOrder") or 0]

    def _calculated(self, id: int) -> Values:
        edit = self._shop.edits[id]
        order, total, tax = self._shop.orders[edit.order_id], 0, 0
        for line in order.lines:
            left = order.current(line) - edit.taken.get(line.id, 0)
            total += (line.price * line.quantity - line.discount) * left // line.quantity
            tax += line.tax * left // line.quantity
        for variant, units in edit.added.items():
            worth = self._shop.variants[variant].price * units
            total, tax = total + worth, tax + self._shop.tax_in(worth)
        lines = [
            {"id": gid("CalculatedLineItem", line.id), "quantity": order.current(line) - edit.taken.get(line.id, 0)}
            for line in order.lines
        ]
        return {
            "id": gid("CalculatedOrder", id),
            "totalPriceSet": bag(order, total + order.shipping),
            "taxLines": [{"priceSet": bag(order, tax)}],
            "lineItems": connection(lines),
        }


def shopper_of(address: Values, before: DemoShopper) -> DemoShopper:
    """Who and where, as a ``MailingAddressInput`` says it."""
    return DemoShopper(
        first_name=address.get("firstName") or "", last_name=address.get("lastName") or "",
        country=address["countryCode"], postcode=address.get("zip") or "", locale=before.locale,
        address1=address.get("address1") or "", address2=address.get("address2"), city=address.get("city") or "",
        province_code=address.get("provinceCode"), phone=address.get("phone"),
    )  # fmt: skip
