"""The root fields that change the shop. What Shopify refuses for a reason of its own is a user error, with HTTP 200:
https://shopify.dev/docs/api/usage/response-codes; its sentences are ours, for the documentation gives none."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, get_directive_values

from plugin.core.money import parse_amount
from plugin.storefronts.demo.shopify.goods import GoodsMutations, shopper_of
from plugin.storefronts.demo.shopify.orders import DemoOrder, DemoRefund, DemoToSend, DemoTransaction
from plugin.storefronts.demo.shopify.queries import Queries, discount_values, number
from plugin.storefronts.demo.shopify.shop import DemoDiscount, DemoHook, DemoJob, DemoShopify
from plugin.storefronts.demo.shopify.told import Values, errors, gid

# https://shopify.dev/docs/api/admin-graphql/2026-07/enums/WebhookSubscriptionTopic: these require read_fulfillments.
_OF_PARCELS = frozenset({"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE", "FULFILLMENT_EVENTS_CREATE"})


class Mutations(GoodsMutations):
    """Called by the schema's fields, with their arguments by name."""

    def __init__(self, shop: DemoShopify) -> None:
        super().__init__(shop)
        self._queries = Queries(shop)

    def _order(self, id: str) -> DemoOrder | None:
        return self._shop.orders.get(number(id, "Order") or 0)

    def orderCancel(self, info: Any, orderId: str, staffNote: str | None = None, **_: Any) -> Values:
        """A job that is done later, unless the shop does not let its jobs wait."""
        order = self._order(orderId)
        if order is None:
            return {"orderCancelUserErrors": errors("Order does not exist.", code="NOT_FOUND")}
        if (why := order.why_not_cancel()) is not None:
            return {"orderCancelUserErrors": errors(why, code="INVALID")}
        job = DemoJob(self._shop.next_id(), order.id, staffNote)
        self._shop.jobs[job.id] = job
        told = {"id": gid("Job", job.id), "done": False}
        if not self._shop.jobs_wait:
            self._shop.settle()
        return {"job": told, "orderCancelUserErrors": []}

    def refundCreate(self, info: Any, input: Values) -> Values:
        """``@idempotent`` is required since 2026-04
        (https://shopify.dev/changelog/adding-idempotency-for-inventory-adjustments-and-refund-mutations)."""
        key = _idempotency_key(info)
        if key in self._shop.said_of_keys:
            return {"userErrors": errors(self._shop.said_of_keys[key])}
        if key in self._shop.done_under_key:
            asked, answer = self._shop.done_under_key[key]
            if asked != input:
                raise _error("The key was used with other parameters.", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return {"refund": self._queries.refund(info, answer), "userErrors": []}
        order = self._order(input["orderId"])
        if order is None:
            return {"userErrors": errors("Order does not exist.")}
        why = _why_not_refund(order, input)
        if why is not None:
            return {"userErrors": errors(why)}
        refund = self._refund(order, input)
        self._shop.done_under_key[key] = input, gid("Refund", refund.id)
        return {"refund": self._queries.refund(info, gid("Refund", refund.id)), "userErrors": []}

    def _refund(self, order: DemoOrder, input: Values) -> DemoRefund:
        shop = self._shop
        status = "PENDING" if shop.refunds_wait else "SUCCESS"
        refund = DemoRefund(shop.next_id(), shop.clock.now(), input.get("note"))
        for line in input.get("refundLineItems") or ():
            id, units, type = number(line["lineItemId"], "LineItem") or 0, line["quantity"], line["restockType"]
            refund.lines.append((id, units, type))
            if type == "CANCEL":
                order.take_from_sending(id, units)
            if type in ("CANCEL", "RETURN"):
                shop.take(next(each.variant_id for each in order.lines if each.id == id), -units)
        for each in input.get("transactions") or ():
            amount, parent = parse_amount(each["amount"], order.currency), number(each["parentId"], "OrderTransaction")
            refund.transactions.append(
                DemoTransaction(shop.next_id(), "REFUND", amount, each["gateway"], status, parent)
            )  # fmt: skip
        order.transactions += refund.transactions
        order.refunds.append(refund)
        shop.touch(order, "refunds/create")
        return refund

    def orderUpdate(self, info: Any, input: Values) -> Values:
        order = self._order(input["id"])
        if order is None:
            return {"userErrors": errors("Order does not exist.")}
        order.note = input.get("note", order.note)
        if address := input.get("shippingAddress"):
            order.shopper = shopper_of(address, order.shopper)
        self._shop.touch(order)
        return {"userErrors": []}

    def _to_send(self, id: str) -> DemoToSend | None:
        wanted = number(id, "FulfillmentOrder")
        parts = (part for order in self._shop.orders.values() for part in order.to_send)
        return next((part for part in parts if part.id == wanted), None)

    def fulfillmentOrderSubmitCancellationRequest(self, info: Any, id: str, message: str | None = None) -> Values:
        part = self._to_send(id)
        if part is None or part.request_status not in ("ACCEPTED", "SUBMITTED"):
            return {"userErrors": errors("The fulfillment order's cancellation cannot be requested.")}
        part.request_status = "CANCELLATION_REQUESTED"
        return {"userErrors": []}

    def fulfillmentOrderHold(self, info: Any, id: str, fulfillmentHold: Values) -> Values:
        part = self._to_send(id)
        if part is None or part.status not in ("OPEN", "SCHEDULED"):
            return {"userErrors": errors("The fulfillment order cannot be held.", code="INVALID")}
        handle = fulfillmentHold["handle"]
        if handle in part.holds.values():
            code = "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
            return {"userErrors": errors("The handle is taken.", code=code)}
        part.holds[self._shop.next_id()] = handle
        return {"userErrors": []}

    def fulfillmentOrderReleaseHold(self, info: Any, id: str, holdIds: list[str]) -> Values:
        part = self._to_send(id)
        if part is None:
            return {"userErrors": errors("The fulfillment order does not exist.")}
        for hold in holdIds:
            part.holds.pop(number(hold, "FulfillmentHold") or 0, None)
        return {"userErrors": []}

    def discountCodeBasicCreate(self, info: Any, basicCodeDiscount: Values) -> Values:
        return self._discount(info, "DiscountCodeBasic", basicCodeDiscount)

    def discountCodeFreeShippingCreate(self, info: Any, freeShippingCodeDiscount: Values) -> Values:
        return self._discount(info, "DiscountCodeFreeShipping", freeShippingCodeDiscount)

    def _discount(self, info: Any, kind: str, input: Values) -> Values:
        if missing := {"title", "code", "startsAt", "context"} - set(input):
            return {"userErrors": errors(f"{sorted(missing)} can't be blank", code="BLANK")}
        if self._queries.codeDiscountNodeByCode(info, input["code"]) is not None:
            return {"userErrors": errors("Code must be unique. Please try a different code.", code="TAKEN")}
        discount = DemoDiscount(self._shop.next_id(), kind, input)
        self._shop.discounts[discount.id] = discount
        return {"codeDiscountNode": discount_values(discount), "userErrors": []}

    def discountCodeDeactivate(self, info: Any, id: str) -> Values:
        discount = self._shop.discounts.get(number(id, "DiscountCodeNode") or 0)
        if discount is None:
            return {"userErrors": errors("Discount does not exist.", code="INVALID")}
        discount.is_active = False
        return {"userErrors": []}

    def webhookSubscriptionCreate(self, info: Any, topic: str, webhookSubscription: Values) -> Values:
        uri = webhookSubscription["uri"]
        if topic in _OF_PARCELS and "read_fulfillments" not in self._shop.scopes:
            return {"userErrors": errors(f"The app may not subscribe to {topic}.")}
        if any(hook.topic == topic and hook.uri == uri for hook in self._shop.hooks.values()):
            return {"userErrors": errors("Address for this topic has already been taken")}
        hook = DemoHook(self._shop.next_id(), topic, uri)
        self._shop.hooks[hook.id] = hook
        return {"userErrors": []}

    def webhookSubscriptionUpdate(self, info: Any, id: str, webhookSubscription: Values) -> Values:
        hook = self._shop.hooks.get(number(id, "WebhookSubscription") or 0)
        if hook is None:
            return {"userErrors": errors("Webhook subscription does not exist.")}
        hook.uri = webhookSubscription["uri"]
        return {"userErrors": []}

    def webhookSubscriptionDelete(self, info: Any, id: str) -> Values:
        hook = self._shop.hooks.pop(number(id, "WebhookSubscription") or 0, None)
        return {"userErrors": [] if hook else errors("Webhook subscription does not exist.")}


def _why_not_refund(order: DemoOrder, input: Values) -> str | None:
    lines = {line.id: line for line in order.lines}
    for asked in input.get("refundLineItems") or ():
        line = lines.get(number(asked["lineItemId"], "LineItem") or 0)
        if line is None:
            return "The line item is not part of the order."
        kinds = {"CANCEL": order.unfulfilled, "RETURN": order.to_come_back}
        left = kinds.get(asked.get("restockType") or "", order.current)(line)
        if asked["quantity"] > left:
            return "Quantity cannot refund more items than were purchased."
    for each in input.get("transactions") or ():
        parent = number(each.get("parentId") or "", "OrderTransaction")
        found = next((one for one in order.transactions if one.id == parent), None)
        if found is None or found.gateway != each["gateway"] or each["kind"] != "REFUND":
            return "The parent transaction does not fit."
        if parse_amount(each["amount"], order.currency) > order.left_of(found):
            return "Refund amount is more than what is left of the transaction."
    return None


def _idempotency_key(info: Any) -> str:
    directive = info.schema.get_directive("idempotent")
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if values is None:
        raise _error("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
    return str(values["key"])


def _error(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
