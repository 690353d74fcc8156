"""Money given back by Shopify's own gateways, by ``refundCreate`` with transactions and without lines
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/refundCreate): the units were cancelled before.

Each refund hangs on the capture or sale that took the money. What each can still give is reckoned here from the
transactions: ``maximumRefundableV2`` is told only of suggested refunds
(https://shopify.dev/docs/api/admin-graphql/2026-07/objects/OrderTransaction). Money that a person handles (cash on
delivery, bank transfer) is left alone: a refund there would only say that somebody had paid it.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from plugin.core.money import as_decimal
from plugin.ports.payments import OutcomeUnknown, RefundFact, RefundState, RejectCode, Rejected
from plugin.ports.platforms import PlatformRefund
from plugin.ports.storefronts import StoreConnection, Unparseable
from plugin.storefronts.platform_values import minor, moment
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import OrderTransaction, Refund, RefundData
from plugin.storefronts.shopify.api import ShopifyApi, UserError, check_key, refuse
from plugin.storefronts.shopify.marks import idempotency_key, mark_in, marked
from plugin.storefronts.shopify.payments import STORED_VALUE
from plugin.storefronts.shopify.reading import gid

_TRANSACTION = (
    "id kind status gateway manualPaymentGateway errorCode amountSet { shopMoney { amount } } parentTransaction { id }"
)

_MONEY_OF = f"""
query MoneyOf($id: ID!) {{
  order(id: $id) {{
    currencyCode presentmentCurrencyCode
    transactions(first: 100) {{ {_TRANSACTION} }}
    refunds(first: 200) {{ id note }}
  }}
}}"""

_REFUND_OF = f"""
query RefundOf($id: ID!) {{
  refund(id: $id) {{ id note createdAt transactions(first: 50) {{ nodes {{ {_TRANSACTION} }} }} }}
}}"""

PAY_BACK = f"""
mutation PayBack($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{
    refund {{ id note createdAt transactions(first: 50) {{ nodes {{ {_TRANSACTION} }} }} }}
    userErrors {{ message field }}
  }}
}}"""

_TAKES = frozenset({"SALE", "CAPTURE"})
_GIVES = "REFUND"
_FAILED = frozenset({"FAILURE", "ERROR"})


class _Noted(Struct, frozen=True):
    id: str
    note: str | None = None


class _Order(Struct, frozen=True, rename="camel"):
    currency_code: str
    presentment_currency_code: str
    transactions: list[OrderTransaction]
    refunds: list[_Noted]


class _MoneyData(Struct, frozen=True):
    order: _Order | None


class _PaidBack(Struct, frozen=True, rename="camel"):
    refund: Refund | None = None
    user_errors: list[UserError] = []


class PayBackData(Struct, frozen=True, rename="camel"):
    refund_create: _PaidBack


@dataclass(frozen=True)
class _Source:
    """A transaction that took money, and how much of it is still there."""

    id: str
    gateway: str
    room: int


async def refund(api: ShopifyApi, store: StoreConnection, ask: PlatformRefund) -> RefundFact:
    """See ``Platform.refund``. One that was made already, under this leg's mark, is the answer; so the money moves once
    also after Shopify has forgotten the key. An answer that was lost is ``OutcomeUnknown``: the key makes a repetition
    safe. If what the payments can give has changed since, the split is another one, and Shopify tells so: that is
    ``OutcomeStored``."""
    order = await _order(api, store, ask)
    if (made := await _made(api, store, order, ask)) is not None:
        return made
    variables = {
        "input": {
            "orderId": gid("Order", ask.order_id),
            "note": marked(ask.note, ask.leg_id),
            "notify": False,
            "transactions": _transactions(order, ask),
        },
        "key": idempotency_key(ask.key),
    }
    answer = (await api.ask(store, PAY_BACK, variables, PayBackData)).refund_create
    check_key(answer.user_errors)
    refuse(answer.user_errors)
    if answer.refund is None:
        raise OutcomeUnknown("Shopify answered with neither a refund nor an error.")
    return _fact(answer.refund, ask)


async def find_refund(api: ShopifyApi, store: StoreConnection, ask: PlatformRefund) -> RefundFact | None:
    """See ``Platform.find_refund``."""
    return await _made(api, store, await _order(api, store, ask), ask)


async def _order(api: ShopifyApi, store: StoreConnection, ask: PlatformRefund) -> _Order:
    order = (await api.ask(store, _MONEY_OF, {"id": gid("Order", ask.order_id)}, _MoneyData)).order
    if order is None:
        raise Rejected(RejectCode.NOT_FOUND, "Shopify knows no such order.")
    return order


async def _made(api: ShopifyApi, store: StoreConnection, order: _Order, ask: PlatformRefund) -> RefundFact | None:
    for noted in order.refunds:
        if mark_in(noted.note) == ask.leg_id:
            found = (await api.ask(store, _REFUND_OF, {"id": noted.id}, RefundData)).refund
            if found is None:
                raise OutcomeUnknown("The refund went away while it was read.")
            return _fact(found, ask)
    return None


def _transactions(order: _Order, ask: PlatformRefund) -> list[dict[str, str]]:
    """The amount, split over what took it: stored value gives last."""
    if order.currency_code != order.presentment_currency_code or order.currency_code != ask.currency:
        raise Rejected(
            RejectCode.UNEXPECTED_STATE,
            f"The order was paid in {order.presentment_currency_code} and is kept in {order.currency_code}: a person "
            "refunds it in Shopify's admin, where the rate is known.",
        )
    sources = sorted(_sources(order, ask), key=lambda source: source.gateway in STORED_VALUE)
    if not sources:
        raise Rejected(RejectCode.UNEXPECTED_STATE, "No gateway of Shopify's has taken this payment.")
    if sum(source.room for source in sources) < ask.amount:
        raise Rejected(RejectCode.ALREADY_REFUNDED, "Less than this is left to be refunded of the payment.")
    parts, missing = [], ask.amount
    for source in sources:
        amount = min(source.room, missing)
        missing -= amount
        if amount:
            parts.append(
                {
                    "orderId": gid("Order", ask.order_id),
                    "parentId": source.id,
                    "gateway": source.gateway,
                    "kind": _GIVES,
                    "amount": str(as_decimal(amount, ask.currency)),
                }
            )
    return parts


def _sources(order: _Order, ask: PlatformRefund) -> list[_Source]:
    """The captures and sales of ``payment_id``: of the whole order where it ends in ``:payment``, else its own."""
    root = None if ask.payment_id.endswith(":payment") else gid("OrderTransaction", ask.payment_id)
    sources = []
    for each in order.transactions:
        parent = each.parent_transaction and each.parent_transaction.id
        is_ours = root is None or root in (each.id, parent)
        if is_ours and each.kind in _TAKES and each.status == "SUCCESS" and not each.manual_payment_gateway:
            given = sum(
                _amount(other, ask)
                for other in order.transactions
                if other.kind == _GIVES and other.status not in _FAILED and other.parent_transaction
                and other.parent_transaction.id == each.id
            )  # fmt: skip
            sources.append(_Source(each.id, each.gateway or "", max(_amount(each, ask) - given, 0)))
    return sources


def _fact(refund: Refund, ask: PlatformRefund) -> RefundFact:
    """One refund of one or more transactions. Where some of them failed, its amount is what has moved or will; before
    Shopify shows any of them, nothing has failed (the object ``Refund``: that it exists says nothing of the money)."""
    parts = [each for each in refund.transactions.nodes if each.kind == _GIVES]
    alive = [each for each in parts if each.status not in _FAILED]
    state = RefundState.PENDING
    if parts and not alive:
        state = RefundState.FAILED
    elif alive and all(each.status == "SUCCESS" for each in alive):
        state = RefundState.SUCCEEDED
    try:
        created_at = moment(refund.created_at, "refund.createdAt")
    except Unparseable as error:
        raise OutcomeUnknown(str(error)) from error
    return RefundFact(
        id=global_number(refund.id) or refund.id,
        payment_reference=ask.payment_id,
        amount=sum(_amount(each, ask) for each in alive or parts) if parts else ask.amount,
        currency=ask.currency,
        state=state,
        created_at=created_at,
        leg_id=ask.leg_id,
        failure_reason=next((each.error_code for each in parts if each.error_code), None),
    )


def _amount(transaction: OrderTransaction, ask: PlatformRefund) -> int:
    try:
        return abs(minor(transaction.amount_set.shop_money.amount, ask.currency, "amountSet"))
    except Unparseable as error:
        raise OutcomeUnknown(str(error)) from error
