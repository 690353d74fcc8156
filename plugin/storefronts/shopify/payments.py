"""Who holds the money of a Shopify order.

An order's body names its gateways and one financial status; how much each gateway took is only in ``transactions``,
which some bodies carry. Without them there is one payment of the whole, and the platform's own refund call knows how
to split it. No gateway's key is ours on Shopify, so the custodian is the storefront, or a person.
"""

from __future__ import annotations

from plugin.ports.orders import Custodian, Instrument, PaymentState, StorePayment
from plugin.storefronts.platform_values import minor, text, texts
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.wire import Order, Transaction

OUR_GATEWAY = "comeback"  # of an order that we made: what was collected for it was not collected by the shop
_MANUAL = frozenset(
    {"manual", "cash", "cash on delivery (cod)", "cash_on_delivery", "money order", "bank deposit", "bank_deposit",
     OUR_GATEWAY}
)  # fmt: skip
STORED_VALUE = frozenset({"gift_card", "shopify_store_credit", "store_credit"})
_STATES = {
    "authorized": PaymentState.AUTHORISED,
    "paid": PaymentState.CAPTURED,
    "partially_paid": PaymentState.CAPTURED,
    "partially_refunded": PaymentState.CAPTURED,
    "refunded": PaymentState.CAPTURED,
    "voided": PaymentState.VOIDED,
    "expired": PaymentState.VOIDED,
}


def payments_of(order: Order, total: int) -> tuple[StorePayment, ...]:
    """The payments in minor units; none for an order that cost nothing and was paid with nothing."""
    paid = [each for each in order.transactions or () if each.status == "success" and each.id and each.amount]
    if any(each.kind in ("sale", "capture", "authorization") for each in paid):
        return _by_transaction(order, paid)
    return _as_a_whole(order, total) if total else ()


def _as_a_whole(order: Order, total: int) -> tuple[StorePayment, ...]:
    names = texts(order.payment_gateway_names or ()) or texts([order.gateway])
    state = _STATES.get(order.financial_status or "", PaymentState.PENDING)
    captured = total if state is PaymentState.CAPTURED else 0
    if order.financial_status == "partially_paid":
        captured = max(total - minor(order.total_outstanding, order.currency, "total_outstanding"), 0)
    refunds = [t for refund in order.refunds or () for t in refund.transactions or ()]
    gateways = {name.lower() for name in names}
    return (
        StorePayment(
            id=f"{global_number(order.admin_graphql_api_id) or order.id}:payment",
            custodian=Custodian.MANUAL if not gateways or gateways <= _MANUAL else Custodian.STOREFRONT,
            state=state,
            amount=total,
            captured=captured,
            refunded=refunded_by(refunds, order.currency),
            instrument=Instrument.STORED_VALUE if gateways and gateways <= STORED_VALUE else Instrument.OTHER,
            label=", ".join(names) or None,
        ),
    )


def _by_transaction(order: Order, paid: list[Transaction]) -> tuple[StorePayment, ...]:
    """Each sale or authorisation is a payment; captures, voids and refunds hang on it by their parent."""
    payments = []
    refunds = [*paid, *(t for refund in order.refunds or () for t in refund.transactions or ())]
    for root in paid:
        if root.kind not in ("sale", "authorization"):
            continue
        captures = [each for each in paid if each.kind == "capture" and each.parent_id == root.id]
        family = {root.id, *(each.id for each in captures)}
        amount = minor(root.amount, order.currency, "transactions.amount")
        captured = (
            amount
            if root.kind == "sale"
            else sum(minor(each.amount, order.currency, "transactions.amount") for each in captures)
        )
        is_void = any(each.kind == "void" and each.parent_id in family for each in paid)
        gateway = (root.gateway or "").lower()
        own = {each.id: each for each in refunds if each.parent_id in family}
        payments.append(
            StorePayment(
                id=str(root.id),
                custodian=Custodian.MANUAL if gateway in _MANUAL else Custodian.STOREFRONT,
                state=(
                    PaymentState.CAPTURED if captured else PaymentState.VOIDED if is_void else PaymentState.AUTHORISED
                ),
                amount=amount,
                captured=captured,
                refunded=refunded_by(list(own.values()), order.currency),
                instrument=Instrument.STORED_VALUE if gateway in STORED_VALUE else Instrument.OTHER,
                label=text(root.gateway),
            )
        )
    return tuple(payments)


def refunded_by(transactions: list[Transaction], currency: str) -> int:
    """The sum of the refunds among ``transactions`` that succeeded."""
    return sum(
        abs(minor(each.amount, currency, "transactions.amount"))
        for each in transactions
        if each.kind == "refund" and each.status == "success"
    )
