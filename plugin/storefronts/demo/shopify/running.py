"""One GraphQL request from its text to its answer: cost, access, and the faults that the shop was told to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from plugin.storefronts.demo.shopify import cost
from plugin.storefronts.demo.shopify.mutations import Mutations
from plugin.storefronts.demo.shopify.queries import Queries
from plugin.storefronts.demo.shopify.schema import admin_schema
from plugin.storefronts.demo.shopify.shop import DemoShopify, Fault
from plugin.storefronts.demo.shopify.told import errors

_SCOPES = {
    "order": "read_orders",
    "orders": "read_orders",
    "fulfillment": "read_orders",
    "refund": "read_orders",
    "orderCancel": "write_orders",
    "refundCreate": "write_orders",
    "orderUpdate": "write_orders",
    "fulfillmentOrderHold": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderReleaseHold": "write_merchant_managed_fulfillment_orders",
    "fulfillmentOrderSubmitCancellationRequest": "write_third_party_fulfillment_orders",
    "discountCodeBasicCreate": "write_discounts",
    "discountCodeFreeShippingCreate": "write_discounts",
    "discountCodeDeactivate": "write_discounts",
    "codeDiscountNodeByCode": "read_discounts",
    "customerByIdentifier": "read_customers",
    "customer": "read_customers",
    "product": "read_products",
    "productVariant": "read_products",
    "orderCreate": "write_orders",
    "metafieldsSet": "write_orders",
    "orderEditBegin": "write_order_edits",
    "orderEditSetQuantity": "write_order_edits",
    "orderEditAddVariant": "write_order_edits",
    "orderEditCommit": "write_order_edits",
    "storeCreditAccountCredit": "write_store_credit_account_transactions",
}
_BEFORE = frozenset({Fault.ERROR_500, Fault.BAD_GATEWAY, Fault.TOO_MANY, Fault.HTML})


@dataclass(frozen=True)
class Ran:
    """``body`` is None where the request was not run; ``fault`` is what the server does with the answer."""

    body: dict[str, Any] | None
    fault: Fault | None = None


class Runner:
    def __init__(self, shop: DemoShopify) -> None:
        self._shop = shop
        self._schema: GraphQLSchema = admin_schema()
        self._queries, self._mutations = Queries(shop), Mutations(shop)

    def run(self, text: str, variables: dict[str, Any]) -> Ran:
        """What https://shopify.dev/docs/api/usage/response-codes promises for this document."""
        try:
            document = parse(text)
        except GraphQLError as error:
            return Ran({"errors": [error.formatted]})
        if wrong := validate(self._schema, document):
            return Ran({"errors": [error.formatted for error in wrong]})
        fields = root_fields(document)
        self._shop.asked += fields
        fault = next((self._shop.faults[field] for field in fields if field in self._shop.faults), None)
        if fault in _BEFORE:
            return Ran(None, fault)
        price = cost.requested(self._schema, document, variables)
        return Ran(self._answer(document, variables, fields, price, fault), fault)

    def _answer(
        self, document: DocumentNode, variables: dict[str, Any], fields: list[str], price: int, fault: Fault | None
    ) -> dict[str, Any]:  # fmt: skip
        bucket = self._shop.bucket
        bucket.refill(self._shop.clock.now())
        if price > cost.MOST:
            return _refused(f"Query cost is {price}, which exceeds {cost.MOST}.", "MAX_COST_EXCEEDED")
        if fault is Fault.THROTTLED or bucket.available < price:
            status = {**bucket.status(), **({"currentlyAvailable": 0} if fault else {})}
            told = {"requestedQueryCost": price, "actualQueryCost": None, "throttleStatus": status}
            return _refused("Throttled", "THROTTLED") | {"extensions": {"cost": told}}
        missing = [field for field in fields if field in _SCOPES and not self._may(_SCOPES[field])]
        if missing or fault is Fault.ACCESS_DENIED:
            return _refused(f"Access denied for {(missing or fields)[0]} field.", "ACCESS_DENIED")
        root: Any = _UserErrors(fields) if fault is Fault.USER_ERRORS else self._root(document)
        result = execute_sync(self._schema, document, root, variable_values=variables)
        spent = cost.actual(result.data)
        bucket.available -= min(spent, price)
        told = {"requestedQueryCost": price, "actualQueryCost": spent, "throttleStatus": bucket.status()}
        answer: dict[str, Any] = {"data": result.data, "extensions": {"cost": told}}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        if fault is Fault.ANSWER_DENIED:
            answer |= _refused("Access denied for errorCode field.", "ACCESS_DENIED")
        return answer

    def _root(self, document: DocumentNode) -> Queries | Mutations:
        operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
        return self._mutations if operation.operation.value == "mutation" else self._queries

    def _may(self, scope: str) -> bool:
        return scope in self._shop.scopes or scope.replace("read_", "write_", 1) in self._shop.scopes


class _UserErrors:
    """A root whose every field refuses."""

    def __init__(self, fields: list[str]) -> None:
        said = errors("The shop was told to refuse.")
        for field in fields:
            setattr(self, field, lambda info, **_: {"userErrors": said, "orderCancelUserErrors": said})


def root_fields(document: DocumentNode) -> list[str]:
    """The names of the operation's own fields."""
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return [each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)]


def _refused(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}
