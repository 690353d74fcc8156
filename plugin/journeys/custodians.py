"""Who holds the money of a leg, and so who is called to move it: Stripe, or the store's own platform.

Both are asked alike: ``send`` moves the money under the row's key, ``find`` looks for what was sent before, ``look``
reads the payment again after a definitive no. All three raise what the ports raise, and run outside any transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from plugin.cases.models import Case
from plugin.db import transaction
from plugin.journeys.order_changed import order_changed
from plugin.journeys.order_fetched import check_still_newest, fetch_order
from plugin.journeys.payment_reported import refresh_payments
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, get_order
from plugin.ports.orders import Custodian, PaymentState
from plugin.ports.payments import OutcomeUnknown, PaymentAccount, PaymentFact, PaymentGateway, RefundFact, Rejected
from plugin.ports.platforms import PlatformRefund
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Unparseable
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.store import capture_ceiling
from plugin.shops.models import Shop
from plugin.shops.platforms import Connected, note_problem, platform_of
from plugin.shops.service import payment_account

Fact = RefundFact | PaymentFact


class Caller(Protocol):
    """One leg at its custodian, with everything that a call needs, frozen before it is made."""

    async def send(self) -> Fact: ...

    async def find(self) -> Fact | None: ...

    async def look(self) -> PaymentFact | None:
        """The payment as its custodian reports it; None where the report has been taken over already."""
        ...


@dataclass(frozen=True)
class AtStripe:
    gateway: PaymentGateway
    account: PaymentAccount
    reference: str
    leg: RefundLeg
    capture_at_most: int

    async def send(self) -> Fact:
        leg, gateway = self.leg, self.gateway
        match LegKind(leg.kind):
            case LegKind.VOID:
                return await gateway.void(self.account, reference=self.reference, leg_id=leg.id, key=leg.key)
            case LegKind.LOWER_CAPTURE if self.capture_at_most == 0:
                # The last of several cases that the store granted one after the other: nothing is left to capture.
                return await gateway.void(self.account, reference=self.reference, leg_id=leg.id, key=leg.key)
            case LegKind.LOWER_CAPTURE:
                # A ceiling is absolute, and another cancellation may have lowered it since: the key names what is
                # written.
                return await gateway.limit_capture(
                    self.account, reference=self.reference, at_most=self.capture_at_most, currency=leg.currency,
                    leg_id=leg.id, key=f"{leg.key}-{self.capture_at_most}",
                )  # fmt: skip
            case _:
                return await gateway.refund(
                    self.account, reference=self.reference, amount=leg.amount, currency=leg.currency, leg_id=leg.id,
                    key=leg.key, refunded_before=leg.refunded_before or 0,
                )  # fmt: skip

    async def find(self) -> Fact | None:
        if LegKind(self.leg.kind) is LegKind.REFUND:
            return await self.gateway.find_refund(self.account, reference=self.reference, leg_id=self.leg.id)
        if LegKind(self.leg.kind) is LegKind.LOWER_CAPTURE:
            return await self.send()  # writing a ceiling down twice is writing it down once
        fact = await self.look()
        return fact if fact.state is PaymentState.VOIDED else None

    async def look(self) -> PaymentFact:
        return await self.gateway.read(self.account, self.reference)


@dataclass(frozen=True)
class AtStore:
    ports: Ports
    shop: Shop
    connected: Connected
    refund: PlatformRefund

    async def send(self) -> Fact:
        return await self.connected.platform.refund(self.connected.store, self.refund)

    async def find(self) -> Fact | None:
        return await self.connected.platform.find_refund(self.connected.store, self.refund)

    async def look(self) -> None:
        try:
            await refetch(self.ports, self.shop, self.connected, self.refund.order_id)
        except Unparseable as error:
            raise OutcomeUnknown(f"The store's order cannot be read: {error}") from error


async def caller_of(
    ports: Ports, shop: Shop, order: StoredOrder, case: Case, leg: RefundLeg, payment: Payment
) -> Caller | None:
    """Who is called for this leg; None where only a person can move the money. ``order`` is the payment's."""
    match LegKind(leg.kind):
        case LegKind.MANUAL:
            return None
        case LegKind.STOREFRONT:
            connected = await platform_of(ports, shop)
            refund = PlatformRefund(
                leg_id=leg.id, key=leg.key, order_id=order.row.external_id, payment_id=payment.external_id,
                amount=leg.amount, currency=leg.currency, note=f"Comeback case {case.number}",
            )  # fmt: skip
            return AtStore(ports, shop, connected, refund) if connected else None
        case kind:
            account = payment_account(ports.vault, shop)
            if account is None or not payment.reference:
                return None
            ceiling = await capture_ceiling(payment, case.id) if kind is LegKind.LOWER_CAPTURE else 0
            return AtStripe(ports.payments, account, payment.reference, leg, ceiling)


async def read_before_paying(ports: Ports, shop: Shop, payment: Payment) -> bool:
    """Read what was given back of the payment since the ask. False while its custodian gives no answer."""
    if payment.custodian != Custodian.STOREFRONT:
        return await refresh_payments(ports, shop, [payment])
    connected = await platform_of(ports, shop)
    if connected is None:
        return True
    order = await get_order(shop.id, payment.order_id)
    try:
        await refetch(ports, shop, connected, order.row.external_id)
    except OutcomeUnknown:
        return False
    except (Rejected, Unparseable) as no:
        async with transaction(ports.doorbell) as tx:
            await note_problem(tx, shop.id, f"Order {order.row.number} could not be read before it was refunded: {no}")
        return False
    return True


async def refetch(ports: Ports, shop: Shop, connected: Connected, order_id: str) -> None:
    """Ask the store for an order and take over what it says; raises what ``Platform.fetch_order`` raises, and ``Later``
    where another version was faster."""
    fetched = await fetch_order(shop, connected, order_id)
    async with transaction(ports.doorbell) as tx:
        await check_still_newest(tx, shop, fetched, order_id)
        if fetched.order is not None:
            await order_changed(tx, ports, shop, fetched.order)
