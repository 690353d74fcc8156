"""How the shop tells an order: as the values of the GraphQL schema, and as the body of a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plugin.core.money import as_decimal
from plugin.storefronts.demo.shopify.orders import MANUAL_GATEWAYS, DemoLine, DemoOrder, DemoRefund, DemoTransaction

Values = dict[str, Any]


def gid(kind: str, id: int) -> str:
    return f"gid://shopify/{kind}/{id}"


def connection(nodes: Sequence[Values]) -> Any:
    """A field that pages; the cursor is the place in the list."""

    def page(info: Any, first: int = 50, after: str | None = None, **_: Any) -> Values:
        start = int(after) if after else 0
        end = min(start + first, len(nodes))
        return {
            "nodes": list(nodes[start:end]),
            "edges": [{"cursor": str(i + 1), "node": nodes[i]} for i in range(start, end)],
            "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end) if end > start else None},
        }

    return page


def listed(nodes: Sequence[Values]) -> Any:
    """A list that has a length to ask for, and no pages."""
    return lambda info, first=None, **_: list(nodes[:first])


def errors(*messages: str, code: str | None = None) -> list[Values]:
    return [{"field": None, "message": message, "code": code} for message in messages]


def bag(order: DemoOrder, amount: int) -> Values:
    money = {"amount": text(amount, order.currency), "currencyCode": order.currency}
    return {"shopMoney": money, "presentmentMoney": {**money, "currencyCode": order.presentment_currency}}


def when(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def order_values(order: DemoOrder) -> Values:
    """The order for the schema's ``Order``."""

    def line(each: DemoLine) -> Values:
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", each.id),
            "title": each.title,
            "variantTitle": each.variant_title,
            "sku": each.sku,
            "product": {"id": gid("Product", each.product_id)} if each.product_id else None,
            "variant": {"id": gid("ProductVariant", each.variant_id)} if each.variant_id else None,
            "quantity": each.quantity,
            "currentQuantity": order.current(each),
            "unfulfilledQuantity": order.unfulfilled(each),
            "originalUnitPriceSet": bag(order, each.price),
            "discountAllocations": [{"allocatedAmountSet": bag(order, each.discount)}] if each.discount else [],
            "taxLines": listed([{"rate": float(each.rate), "priceSet": bag(order, each.tax)}] if each.tax else []),
            "duties": [],
            "isGiftCard": False,
            "requiresShipping": True,
        }

    lines = {each.id: line(each) for each in order.lines}

    def transaction(each: DemoTransaction) -> Values:
        parent = next((one for one in order.transactions if one.id == each.parent), None)
        return {
            "id": gid("OrderTransaction", each.id),
            "kind": each.kind,
            "status": each.status,
            "gateway": each.gateway,
            "manualPaymentGateway": each.gateway in MANUAL_GATEWAYS,
            "errorCode": each.error_code,
            "amountSet": bag(order, each.amount),
            "parentTransaction": transaction(parent) if parent else None,
        }

    def refund(each: DemoRefund) -> Values:
        units = [
            {"lineItem": lines[id], "quantity": quantity, "restockType": type} for id, quantity, type in each.lines
        ]
        return {
            "id": gid("Refund", each.id),
            "note": each.note,
            "createdAt": when(each.at),
            "refundLineItems": connection(units),
            "refundShippingLines": connection([]),
            "transactions": connection([transaction(one) for one in each.transactions]),
        }

    discount, shopper = sum(each.discount for each in order.lines), order.shopper
    address = {
        "name": shopper.name, "firstName": shopper.first_name, "lastName": shopper.last_name, "company": None,
        "address1": shopper.address1, "address2": shopper.address2, "city": shopper.city,
        "provinceCode": shopper.province_code, "countryCodeV2": shopper.country, "zip": shopper.postcode,
        "phone": shopper.phone,
    }  # fmt: skip
    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "name": f"#{order.id}",
        "currencyCode": order.currency,
        "presentmentCurrencyCode": order.presentment_currency,
        "taxesIncluded": True,
        "note": order.note,
        "createdAt": when(order.placed_at),
        "processedAt": when(order.placed_at),
        "updatedAt": when(order.updated_at),
        "cancelledAt": when(order.cancelled_at),
        "displayFinancialStatus": order.financial_status,
        "paymentGatewayNames": order.gateways,
        "email": order.email,
        "customerLocale": order.shopper.locale,
        "customerAcceptsMarketing": True,
        "tags": list(order.tags),
        "sourceName": order.source_name,
        "sourceIdentifier": order.source_identifier,
        "metafield": lambda info, namespace, key: _metafield(order, namespace, key),
        "test": False,
        "discountCodes": list(order.codes) or (["WELCOME10"] if discount else []),
        "totalPriceSet": bag(order, order.total),
        "totalTaxSet": bag(order, sum(each.tax for each in order.lines)),
        "totalDiscountsSet": bag(order, discount),
        "totalTipReceivedSet": bag(order, 0),
        "totalOutstandingSet": bag(order, 0),
        "customer": _customer(order),
        "shippingAddress": address,
        "billingAddress": address,
        "purchasingEntity": _customer(order),
        "lineItems": connection(list(lines.values())),
        "shippingLines": connection(
            [
                {
                    "title": "Standard",
                    "originalPriceSet": bag(order, order.shipping),
                    "discountedPriceSet": bag(order, order.shipping),
                    "discountAllocations": [],
                    "taxLines": [],
                }
            ]
        ),
        "fulfillments": listed(
            [
                {
                    "id": gid("Fulfillment", each.id),
                    "status": each.status,
                    "createdAt": when(each.at),
                    "updatedAt": when(each.delivered_at or each.at),
                    "deliveredAt": when(each.delivered_at),
                    "location": {"id": gid("Location", 1)},
                    "trackingInfo": listed([{"company": "Demo Post", "number": each.number, "url": None}]),
                    "fulfillmentLineItems": connection(
                        [{"lineItem": lines[id], "quantity": units} for id, units in each.lines.items()]
                    ),
                }
                for each in order.parcels
            ]
        ),
        "refunds": listed([refund(each) for each in order.refunds]),
        "transactions": listed([transaction(each) for each in order.transactions]),
        "fulfillmentOrders": connection(
            [
                {
                    "id": gid("FulfillmentOrder", part.id),
                    "status": "ON_HOLD" if part.holds and part.status == "OPEN" else part.status,
                    "requestStatus": part.request_status,
                    "fulfillmentHolds": [
                        {"id": gid("FulfillmentHold", id), "handle": handle, "heldByRequestingApp": handle != "theirs"}
                        for id, handle in part.holds.items()
                    ],
                    "lineItems": connection(
                        [{"lineItem": lines[id], "remainingQuantity": units} for id, units in part.lines.items()]
                    ),
                }
                for part in order.to_send
            ]
        ),
    }


def _metafield(order: DemoOrder, namespace: str, key: str) -> Values | None:
    value = order.metafields.get((namespace, key))
    return {"value": value} if value else None


def text(amount: int, currency: str) -> str:
    return str(as_decimal(amount, currency))


def _customer(order: DemoOrder) -> Values | None:
    if order.customer_id is None:
        return None
    return {
        "__typename": "Customer",
        "id": gid("Customer", order.customer_id),
        "firstName": order.shopper.first_name,
        "lastName": order.shopper.last_name,
        "defaultEmailAddress": {"emailAddress": order.email, "marketingState": "SUBSCRIBED"} if order.email else None,
    }
