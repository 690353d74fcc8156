"""Correcting an order of a Shopify shop that has not left: its address by ``orderUpdate``, the variant of units by an
edit of the order (https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps/edit-orders).

An edit is begun, its units and the other variant are staged, and only ``orderEditCommit`` changes the order: a trial
stops before that, and what it would cost is the calculated order's total. An edit knows no key: how many units the line
had is remembered at the order before the commit, so that a repetition sees whether it was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from plugin.ports.goods import Address, Fix, FixAnswer, StoreStatus
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.platform_values import minor
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import Connection, MoneyBag, TaxLine
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse
from plugin.storefronts.shopify.asking_once import NAMESPACE, Remembered, asking, check_not_under_way, name_of, remember
from plugin.storefronts.shopify.marks import marked
from plugin.storefronts.shopify.offering import Place, find_variant
from plugin.storefronts.shopify.reading import gid

_STATE = f"""
query FixState($id: ID!, $lines: [ID!]!, $mark: String!) {{
  order(id: $id) {{
    currencyCode presentmentCurrencyCode cancelledAt
    shippingAddress {{ countryCodeV2 }} billingAddress {{ countryCodeV2 }}
    fulfillments(first: 100) {{ status }}
    fulfillmentOrders(first: 10) {{ nodes {{ status requestStatus }} }}
    metafield(namespace: "{NAMESPACE}", key: $mark) {{ value }}
  }}
  lines: nodes(ids: $lines) {{ ... on LineItem {{ currentQuantity unfulfilledQuantity }} }}
}}"""

_SET_ADDRESS = """
mutation SetAddress($input: OrderInput!) { orderUpdate(input: $input) { userErrors { message field } } }"""

_CALCULATED = (
    "calculatedOrder { id totalPriceSet { shopMoney { amount } } taxLines { priceSet { shopMoney { amount } } } }"
)

_BEGIN = """
mutation BeginEdit($id: ID!) {
  orderEditBegin(id: $id) {
    calculatedOrder {
      id totalPriceSet { shopMoney { amount } } taxLines { priceSet { shopMoney { amount } } }
      lineItems(first: 100) { nodes { id quantity } }
    }
    userErrors { message field }
  }
}"""

_TAKE_OUT = """
mutation TakeOut($id: ID!, $line: ID!, $quantity: Int!) {
  staged: orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) {
    userErrors { message field }
  }
}"""

_PUT_IN = f"""
mutation PutIn($id: ID!, $variant: ID!, $quantity: Int!) {{
  staged: orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: true) {{
    {_CALCULATED} userErrors {{ message field }}
  }}
}}"""

_COMMIT = """
mutation Commit($id: ID!, $note: String) {
  staged: orderEditCommit(id: $id, notifyCustomer: false, staffNote: $note) { userErrors { message field } }
}"""

_NOT_SENT = frozenset({"CANCELLED", "ERROR", "FAILURE"})
_WITH_SERVICE = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})
_ENDED = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})


class _Sent(Struct, frozen=True):
    status: str


class _ToSend(Struct, frozen=True, rename="camel"):
    status: str
    request_status: str


class _Order(Struct, frozen=True, kw_only=True, rename="camel"):
    currency_code: str
    presentment_currency_code: str
    cancelled_at: str | None = None
    shipping_address: Place | None = None
    billing_address: Place | None = None
    fulfillments: list[_Sent] = []
    fulfillment_orders: Connection[_ToSend] = Connection()
    metafield: Remembered | None = None

    @property
    def country(self) -> str | None:
        place = self.shipping_address or self.billing_address
        return place.country_code_v2 if place else None

    @property
    def is_being_sent(self) -> bool:
        """Cancelled, or with a fulfilment service: nothing of it can be changed."""
        parts = self.fulfillment_orders.nodes
        return self.cancelled_at is not None or any(
            part.request_status in _WITH_SERVICE and part.status not in _ENDED for part in parts
        )

    @property
    def has_left(self) -> bool:
        return any(parcel.status not in _NOT_SENT for parcel in self.fulfillments)


class _Line(Struct, frozen=True, rename="camel"):
    current_quantity: int
    unfulfilled_quantity: int


class _StateData(Struct, frozen=True):
    order: _Order | None
    lines: list[_Line | None]


class _Done(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _AddressData(Struct, frozen=True, rename="camel"):
    order_update: _Done


class _CalculatedLine(Struct, frozen=True):
    id: str
    quantity: int


class _Calculated(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    total_price_set: MoneyBag
    tax_lines: list[TaxLine] = []
    line_items: Connection[_CalculatedLine] = Connection()

    def amounts(self, currency: str) -> tuple[int, int]:
        """Its total, and the tax in it."""
        taxes = (minor(tax.price_set.shop_money.amount, currency, "taxLines") for tax in self.tax_lines)
        return minor(self.total_price_set.shop_money.amount, currency, "totalPriceSet"), sum(taxes)


class _Staged(Struct, frozen=True, rename="camel"):
    calculated_order: _Calculated | None = None
    user_errors: list[UserError] = []


class _BeginData(Struct, frozen=True, rename="camel"):
    order_edit_begin: _Staged


class _StagedData(Struct, frozen=True):
    staged: _Staged


@dataclass(frozen=True)
class _Edit:
    """An edit that is staged, and what it costs."""

    id: str
    costs: FixAnswer


async def fix(api: ShopifyApi, store: StoreConnection, asked: Fix, now: datetime) -> FixAnswer:
    """See ``Goods.fix``."""
    lines = [gid("LineItem", asked.line_id)] if asked.line_id else []
    variables = {"id": gid("Order", asked.order_id), "lines": lines, "mark": name_of("fix", asked.key)}
    state = await api.ask(store, _STATE, variables, _StateData)
    if state.order is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    if asked.address is not None:
        return await _address(api, store, asked, asked.address, state.order)
    line = next(iter(state.lines), None)
    if line is None or asked.to is None:
        raise Rejected(RejectCode.NOT_FOUND, "The order has no such line.")
    return await _variant(api, store, asked, state.order, line, now)


async def _address(
    api: ShopifyApi, store: StoreConnection, asked: Fix, address: Address, order: _Order
) -> FixAnswer:  # fmt: skip
    """Nothing is reckoned anew by Shopify, so that the order costs what it did."""
    if order.is_being_sent or order.has_left:
        return FixAnswer(status=StoreStatus.TOO_LATE, reason="The order has left, or is being sent.")
    if address.country != order.country:
        raise Rejected(RejectCode.OTHER, "To another country the order's taxes and shipping are others: a person's.")
    if asked.is_trial:
        return FixAnswer(status=StoreStatus.DONE)
    first, _, last = address.name.rpartition(" ")
    shipping = {
        "firstName": first, "lastName": last, "company": None, "address1": address.line1, "address2": address.line2,
        "city": address.city, "provinceCode": address.region, "zip": address.postal_code,
        "countryCode": address.country, "phone": address.phone,
    }  # fmt: skip
    variables = {"input": {"id": gid("Order", asked.order_id), "shippingAddress": shipping}}
    refuse((await api.ask(store, _SET_ADDRESS, variables, _AddressData)).order_update.user_errors)
    return FixAnswer(status=StoreStatus.DONE)


async def _variant(
    api: ShopifyApi, store: StoreConnection, asked: Fix, order: _Order, line: _Line, now: datetime
) -> FixAnswer:
    before = order.metafield.value if order.metafield else None
    _, _, told = (before or "").partition("|")
    if told and (str(before).startswith("done") or line.current_quantity < int(told.split("|")[0])):
        _, costs, tax = told.split("|")
        return FixAnswer(status=StoreStatus.DONE, costs=int(costs), tax=int(tax))
    check_not_under_way(order.metafield, now)
    units = asked.to.quantity if asked.to else 0
    if order.is_being_sent or not 0 < units <= line.unfulfilled_quantity:
        return FixAnswer(status=StoreStatus.TOO_LATE, reason="Not all of these units are still to be sent.")
    if order.currency_code != order.presentment_currency_code:
        raise Rejected(RejectCode.OTHER, "The order was paid in another currency than the shop's: a person edits it.")
    edit = await _stage(api, store, asked, order, units)
    if isinstance(edit, FixAnswer):
        return edit
    if asked.is_trial:
        return edit.costs
    name, rest = name_of("fix", asked.key), f"{line.current_quantity}|{edit.costs.costs}|{edit.costs.tax}"
    async with asking(api, store, asked.order_id, name, f"{now.isoformat()}|{rest}"):
        variables = {"id": edit.id, "note": marked(_noted(asked), asked.key)}
        refuse((await api.ask(store, _COMMIT, variables, _StagedData)).staged.user_errors)
    await remember(api, store, asked.order_id, name, f"done|{rest}")
    return edit.costs


def _noted(asked: Fix) -> str:
    """For the shop's people, who see in Shopify's admin that the edited order costs more than was paid there."""
    wanted = "The shopper wanted another variant."
    return f"{wanted} What it costs more is paid at Stripe: collect nothing." if asked.collected else wanted


async def _stage(
    api: ShopifyApi, store: StoreConnection, asked: Fix, order: _Order, units: int
) -> _Edit | FixAnswer:  # fmt: skip
    if asked.to is None:
        raise Rejected(RejectCode.NOT_FOUND, "No variant is named.")
    variant = await find_variant(api, store, asked.to, order.country)
    if variant is None or (variant.available is not None and variant.available < units):
        return FixAnswer(status=StoreStatus.OUT_OF_STOCK, reason="The shop has not so many of this variant.")
    begun = await api.ask(store, _BEGIN, {"id": gid("Order", asked.order_id)}, _BeginData)
    was = _calculated(begun.order_edit_begin)
    line = next((each for each in was.line_items.nodes if global_number(each.id) == asked.line_id), None)
    if line is None:
        raise Rejected(RejectCode.NOT_FOUND, "The order's line cannot be edited.")
    less = {"id": was.id, "line": line.id, "quantity": line.quantity - units}
    refuse((await api.ask(store, _TAKE_OUT, less, _StagedData)).staged.user_errors)
    more = {"id": was.id, "variant": variant.id, "quantity": units}
    becomes = _calculated((await api.ask(store, _PUT_IN, more, _StagedData)).staged)
    (total, tax), (before, tax_before) = becomes.amounts(order.currency_code), was.amounts(order.currency_code)
    return _Edit(was.id, FixAnswer(status=StoreStatus.DONE, costs=total - before, tax=tax - tax_before))


def _calculated(staged: _Staged) -> _Calculated:
    refuse(staged.user_errors)
    if staged.calculated_order is None:
        raise OutcomeUnknown("Shopify answered with neither an edit nor an error.")
    return staged.calculated_order
