"""An order as the stand-in keeps it: money in minor units of one currency, and what may be done to it.

The rules are those of https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCancel and refundCreate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MANUAL_GATEWAYS = frozenset({"cash_on_delivery", "bank_deposit", "manual"})
AT_SERVICE = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})


@dataclass
class DemoLine:
    """``tax`` lies inside the price; ``discount`` is the line's share of all discounts; ``edited_out`` are units that
    an edit has taken away."""

    id: int
    title: str
    quantity: int
    price: int
    tax: int = 0
    discount: int = 0
    product_id: int | None = None
    sku: str | None = None
    variant_id: int | None = None
    variant_title: str | None = None
    rate: str = "0.19"
    edited_out: int = 0


@dataclass
class DemoTransaction:
    id: int
    kind: str
    amount: int
    gateway: str = "shopify_payments"
    status: str = "SUCCESS"
    parent: int | None = None
    error_code: str | None = None


@dataclass
class DemoParcel:
    id: int
    lines: dict[int, int]
    at: datetime
    status: str = "SUCCESS"
    delivered_at: datetime | None = None
    number: str = "DP000000001"


@dataclass
class DemoRefund:
    """``lines`` are (line, units, restock type)."""

    id: int
    at: datetime
    note: str | None = None
    lines: list[tuple[int, int, str]] = field(default_factory=list)
    transactions: list[DemoTransaction] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.transactions if each.status == "SUCCESS")


@dataclass
class DemoToSend:
    """A fulfilment order; ``holds`` are handles by their id."""

    id: int
    lines: dict[int, int]
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    holds: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoShopper:
    """Who has ordered; ``locale`` is the language that the shop was shown in."""

    first_name: str = "Ana"
    last_name: str = "Ferrer"
    country: str = "ES"
    postcode: str = "08001"
    locale: str = "es-ES"
    address1: str = "Carrer Gran 1"
    address2: str | None = None
    city: str = "Barcelona"
    province_code: str | None = "B"
    phone: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass
class DemoOrder:
    id: int
    placed_at: datetime
    lines: list[DemoLine]
    currency: str = "EUR"
    presentment_currency: str = "EUR"
    shipping: int = 495
    email: str | None = "ana@example.com"
    customer_id: int | None = 5001
    shopper: DemoShopper = DemoShopper()
    codes: tuple[str, ...] = ()
    note: str | None = None
    tags: tuple[str, ...] = ("vip",)
    source_name: str = "web"
    source_identifier: str | None = None
    metafields: dict[tuple[str, str], str] = field(default_factory=dict)
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    staff_note: str | None = None
    transactions: list[DemoTransaction] = field(default_factory=list)
    refunds: list[DemoRefund] = field(default_factory=list)
    parcels: list[DemoParcel] = field(default_factory=list)
    to_send: list[DemoToSend] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(line.price * line.quantity - line.discount for line in self.lines) + self.shipping

    @property
    def gateways(self) -> list[str]:
        return list(dict.fromkeys(each.gateway for each in self.transactions if each.kind != "REFUND"))

    @property
    def financial_status(self) -> str:
        roots = [each for each in self.transactions if each.kind in ("SALE", "CAPTURE") and each.status == "SUCCESS"]
        refunded = sum(refund.amount for refund in self.refunds)
        if not roots and not self.total:
            return "PAID"
        if not roots:
            kinds = {each.kind for each in self.transactions if each.status == "SUCCESS"}
            return "VOIDED" if "VOID" in kinds else "AUTHORIZED" if "AUTHORIZATION" in kinds else "PENDING"
        if not refunded:
            return "PAID"
        return "REFUNDED" if refunded >= sum(each.amount for each in roots) else "PARTIALLY_REFUNDED"

    def refunded_units(self, line: int) -> int:
        return sum(units for refund in self.refunds for id, units, _ in refund.lines if id == line)

    def current(self, line: DemoLine) -> int:
        """What refunds and edits have left of the line; nothing of an order that was cancelled."""
        return 0 if self.cancelled_at else line.quantity - self.refunded_units(line.id) - line.edited_out

    def to_come_back(self, line: DemoLine) -> int:
        """Units that were sent and have not come back: what can be returned."""
        sent = sum(parcel.lines.get(line.id, 0) for parcel in self.parcels if parcel.status == "SUCCESS")
        return sent - sum(n for r in self.refunds for id, n, type in r.lines if id == line.id and type == "RETURN")

    def unfulfilled(self, line: DemoLine) -> int:
        if self.cancelled_at:
            return 0
        sent = sum(parcel.lines.get(line.id, 0) for parcel in self.parcels if parcel.status == "SUCCESS")
        taken = sum(n for r in self.refunds for id, n, type in r.lines if id == line.id and type == "CANCEL")
        return line.quantity - sent - taken - line.edited_out

    def left_of(self, transaction: DemoTransaction) -> int:
        """What a sale or a capture can still give back; a refund that runs is taken from it at once."""
        if transaction.kind not in ("SALE", "CAPTURE") or transaction.status != "SUCCESS":
            return 0
        given = (
            each.amount
            for each in self.transactions
            if each.kind == "REFUND" and each.parent == transaction.id and each.status in ("SUCCESS", "PENDING")
        )
        return transaction.amount - sum(given)

    def why_not_cancel(self) -> str | None:
        if self.cancelled_at:
            return "Order has already been cancelled."
        if any(parcel.status == "SUCCESS" for parcel in self.parcels):
            return "Cannot cancel an order that has fulfillments."
        if any(part.request_status in AT_SERVICE and part.status != "CLOSED" for part in self.to_send):
            return "Cannot cancel an order with fulfillments in progress."
        return None

    def cancel(self, at: datetime, next_id: int, staff_note: str | None) -> None:
        """What the job does: nothing is paid, an authorisation is let go, nothing is left to send."""
        self.cancelled_at, self.staff_note = at, staff_note
        for part in self.to_send:
            part.status = "CLOSED"
        captured = {each.parent for each in self.transactions if each.kind == "CAPTURE"}
        for each in [each for each in self.transactions if each.kind == "AUTHORIZATION" and each.id not in captured]:
            self.transactions.append(DemoTransaction(next_id, "VOID", each.amount, each.gateway, parent=each.id))

    def take_from_sending(self, line: int, units: int) -> None:
        """Units that are sent or taken out are no longer to be sent."""
        for part in self.to_send:
            here = min(part.lines.get(line, 0), units)
            if here:
                part.lines[line] -= here
                units -= here
            if not any(part.lines.values()):
                part.status = "CLOSED"
