"""Store credit of Shopify's own, for the customer of an order
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/storeCreditAccountCredit).

The mutation takes no key and its transactions carry no field of ours. The order is marked before the call; after a lost
answer the customer's accounts are looked at, and a credit of this amount that is younger than the mark is ours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from plugin.core.money import as_decimal
from plugin.ports.goods import CreditAnswer, StoreCredit, StoreStatus
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.platform_values import minor, moment
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import Connection, MoneyV2
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse
from plugin.storefronts.shopify.asking_once import (
    NAMESPACE,
    Remembered,
    asked_since,
    asking,
    check_not_under_way,
    name_of,
    remember,
)
from plugin.storefronts.shopify.reading import gid

_STATE = f"""
query CreditState($id: ID!, $customer: ID!, $mark: String!) {{
  order(id: $id) {{ metafield(namespace: "{NAMESPACE}", key: $mark) {{ value }} }}
  customer(id: $customer) {{
    storeCreditAccounts(first: 5) {{
      nodes {{
        transactions(first: 20, reverse: true) {{
          nodes {{
            amount {{ amount currencyCode }} createdAt ... on StoreCreditAccountCreditTransaction {{ id }}
          }}
        }}
      }}
    }}
  }}
}}"""

_CREDIT = """
mutation GiveCredit($id: ID!, $credit: StoreCreditAccountCreditInput!) {
  storeCreditAccountCredit(id: $id, creditInput: $credit) {
    storeCreditAccountTransaction { id } userErrors { message field code }
  }
}"""

_CLOCKS_DIFFER_BY = timedelta(minutes=1)


class _Transaction(Struct, frozen=True, kw_only=True, rename="camel"):
    """``id`` only of credits."""

    id: str | None = None
    amount: MoneyV2
    created_at: str


class _Account(Struct, frozen=True):
    transactions: Connection[_Transaction]


class _Customer(Struct, frozen=True, rename="camel"):
    store_credit_accounts: Connection[_Account]


class _Order(Struct, frozen=True):
    metafield: Remembered | None = None


class _StateData(Struct, frozen=True):
    order: _Order | None
    customer: _Customer | None


class _Credited(Struct, frozen=True):
    id: str


class _Crediting(Struct, frozen=True, rename="camel"):
    store_credit_account_transaction: _Credited | None = None
    user_errors: list[UserError] = []


class _CreditData(Struct, frozen=True, rename="camel"):
    store_credit_account_credit: _Crediting


async def give_credit(api: ShopifyApi, store: StoreConnection, asked: StoreCredit, now: datetime) -> CreditAnswer:
    """See ``Goods.give_credit``."""
    if asked.customer_id is None:
        raise Rejected(RejectCode.NOT_FOUND, "The order has no customer in Shopify, and only customers have credit.")
    name, customer = name_of("credit", asked.key), gid("Customer", asked.customer_id)
    variables = {"id": gid("Order", asked.order_id), "customer": customer, "mark": name}
    state = await api.ask(store, _STATE, variables, _StateData)
    if state.order is None or state.customer is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order, or not its customer.")
    mark = state.order.metafield
    if mark and (mark.value or "").startswith("done|"):
        return _given((mark.value or "").partition("|")[2])
    since = asked_since(mark)
    if since is not None and (found := _find(state.customer, asked, since)):
        await remember(api, store, asked.order_id, name, f"done|{found}")
        return _given(found)
    check_not_under_way(mark, now)
    async with asking(api, store, asked.order_id, name, now.isoformat()):
        answer = await api.ask(store, _CREDIT, {"id": customer, "credit": _input(asked)}, _CreditData)
        refuse(answer.store_credit_account_credit.user_errors)
        credited = answer.store_credit_account_credit.store_credit_account_transaction
        if credited is None:
            raise OutcomeUnknown("Shopify answered with neither a credit nor an error.")
    await remember(api, store, asked.order_id, name, f"done|{credited.id}")
    return _given(credited.id)


def _find(customer: _Customer, asked: StoreCredit, since: datetime) -> str | None:
    for account in customer.store_credit_accounts.nodes:
        for each in account.transactions.nodes:
            is_this = each.id is not None and each.amount.currency_code == asked.currency
            is_this = is_this and minor(each.amount.amount, asked.currency, "amount") == asked.amount
            if is_this and moment(each.created_at, "createdAt") >= since - _CLOCKS_DIFFER_BY:
                return each.id
    return None


def _input(asked: StoreCredit) -> dict[str, Any]:
    amount = {"amount": str(as_decimal(asked.amount, asked.currency)), "currencyCode": asked.currency}
    ends = asked.expires_at.isoformat() if asked.expires_at else None
    return {"creditAmount": amount, "expiresAt": ends}


def _given(id: str) -> CreditAnswer:
    return CreditAnswer(status=StoreStatus.DONE, reference=global_number(id) or id)
