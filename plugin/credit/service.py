"""Store credit at checkout: quoted, held for a cart, spent on an order, let go.

A cart is known by its id until it is an order, and spends once of each credit. The store redeems after the shopper has
paid, so that a redemption that comes after its hold has ended is taken all the same, as long as the credit covers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.core.errors import DomainError
from plugin.credit import ledger
from plugin.credit.give_back import give_back
from plugin.credit.models import Credit
from plugin.credit.refusals import (
    ERROR_FOR,
    CartHasSpent,
    CreditGivenBack,
    CreditInsufficient,
    Refusal,
    SpentOtherwise,
)
from plugin.credit.states import CreditState, HoldState
from plugin.credit.store import Spending, find_spending, get_credit, timed_out_of
from plugin.db import Transaction
from plugin.orders.service import lock_whether_over
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

HELD_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class Quote:
    """What a credit can pay of a cart's ``total``, in minor units; ``refusal`` says why it pays nothing."""

    currency: str
    available: int
    pays: int
    expires_at: datetime | None
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Held:
    """``amount`` is kept for a cart until ``until``; ``available`` is what other carts may have."""

    cart_id: str
    amount: int
    available: int
    currency: str
    until: datetime


@dataclass(frozen=True)
class Spent:
    """What an order has spent. ``payment_id`` names it among the order's payments, so that it is paid back to here."""

    payment_id: str
    external_order_id: str
    amount: int
    available: int
    currency: str
    at: datetime


class NothingToPay(DomainError):
    status = 422
    code = "credit_nothing_to_pay"
    sentence = "Name an amount of at least one minor unit."


def refusal(credit: Credit, available: int, currency: str, at: datetime) -> Refusal | None:
    """Why the credit pays nothing of a cart in this currency; None when it pays."""
    has_ended = credit.expires_at is not None and at >= credit.expires_at and available <= 0
    answers = (
        (credit.authority != "ledger", Refusal.AT_STORE),
        (credit.state == CreditState.REVOKED, Refusal.REVOKED),
        (credit.state == CreditState.EXPIRED or has_ended, Refusal.EXPIRED),
        (credit.currency != currency, Refusal.CURRENCY_DIFFERS),
        (available <= 0, Refusal.USED_UP),
    )
    return next((reason for holds, reason in answers if holds), None)


async def quote(ports: Ports, shop: Shop, text: str, *, total: int, currency: str, cart_id: str | None = None) -> Quote:
    """What this credit can pay of this cart. Reads only; raises ``CreditUnknown``."""
    credit, at = await get_credit(shop.id, text), ports.clock.now()
    free_again, own = await timed_out_of(credit, at, cart_id)
    available = credit.balance - credit.held + free_again
    if credit.expires_at is not None and at >= credit.expires_at:
        available = 0  # what is left ends with the next look, but for what this cart still holds
    available += own
    reason = refusal(credit, available, currency, at)
    if reason is not None:
        return Quote(credit.currency, 0, 0, credit.expires_at, reason)
    return Quote(credit.currency, available, min(available, total), credit.expires_at)


async def reserve(
    tx: Transaction, ports: Ports, shop: Shop, text: str, *, cart_id: str, total: int, currency: str,
    amount: int | None = None, lasts: timedelta = HELD_FOR,
) -> Held:  # fmt: skip
    """Hold ``amount`` for a cart, or as much of its ``total`` as there is; the same cart again holds it anew.

    Raises ``CreditUnknown``, the error of a ``Refusal``, ``CreditInsufficient``, ``CartHasSpent`` or ``NothingToPay``.
    """
    credit, own, at = await _locked(tx, ports, shop, text, cart_id)
    available = credit.balance - credit.held + own
    _check(refusal(credit, available, currency, at))
    wanted = min(available, total) if amount is None else amount
    if wanted < 1:
        raise NothingToPay(param="cart.total" if amount is None else "amount")
    if wanted > available:
        raise CreditInsufficient(param="amount", available=available)
    await ledger.hold(tx, credit, cart_id, wanted, at + lasts)
    return Held(cart_id, wanted, credit.balance - credit.held, credit.currency, at + lasts)


async def release(tx: Transaction, ports: Ports, shop: Shop, text: str, cart_id: str) -> None:
    """Let go of what a cart holds. Releasing what it does not hold is no error and changes nothing."""
    credit = await ledger.lock_credit(tx, await get_credit(shop.id, text))
    await ledger.let_go(tx, credit, cart_id, ports.clock.now())


async def redeem(
    tx: Transaction, ports: Ports, shop: Shop, text: str, *, cart_id: str, external_order_id: str, amount: int,
    currency: str,
) -> Spent:  # fmt: skip
    """Spend ``amount`` on an order, once. The same order again gets the same answer.

    An order that was cancelled before we hear of its redemption gives it back at once. Raises ``CreditUnknown``, the
    error of a ``Refusal``, ``CreditInsufficient``, ``CartHasSpent``, ``SpentOtherwise`` or ``CreditGivenBack``.
    """
    found = await get_credit(shop.id, text)
    is_over = await lock_whether_over(tx, shop.id, external_order_id, found.order_id)
    credit = await ledger.lock_credit(tx, found)
    before = await find_spending(tx, credit.id, external_order_id)
    if before is not None:
        return _again(credit, before, amount, currency)
    at = ports.clock.now()
    await ledger.bring_up_to_date(tx, credit, at)
    own = await _own_hold(tx, credit, cart_id)
    available = credit.balance - credit.held + own
    _check(refusal(credit, available, currency, at))
    if amount > available:
        raise CreditInsufficient(param="amount", available=available)
    entry_id = await ledger.spend(tx, credit, cart_id, external_order_id, amount, at)
    done = Spent(entry_id or "", external_order_id, amount, credit.balance - credit.held, credit.currency, at)
    if is_over:  # and its cancellation found nothing to give back
        await give_back(tx, shop.id, external_order_id, at)
    return done


def _again(credit: Credit, before: Spending, amount: int, currency: str) -> Spent:
    if before.given_back:
        raise CreditGivenBack(param="order_id")
    if before.amount != amount or credit.currency != currency:
        raise SpentOtherwise(param="amount", amount=before.amount)
    available = credit.balance - credit.held
    return Spent(before.entry_id, before.external_order_id, amount, available, credit.currency, before.at)


async def _locked(tx: Transaction, ports: Ports, shop: Shop, text: str, cart_id: str) -> tuple[Credit, int, datetime]:
    credit, at = await ledger.lock_credit(tx, await get_credit(shop.id, text)), ports.clock.now()
    await ledger.bring_up_to_date(tx, credit, at)
    return credit, await _own_hold(tx, credit, cart_id), at


async def _own_hold(tx: Transaction, credit: Credit, cart_id: str) -> int:
    """What this cart holds now; raises ``CartHasSpent``."""
    own = await ledger.find_hold(tx, credit, cart_id)
    if own is None or own.state == HoldState.RELEASED:
        return 0
    if own.state == HoldState.SPENT:
        raise CartHasSpent(param="cart_id")
    held: int = own.amount
    return held


def _check(reason: Refusal | None) -> None:
    if reason is not None:
        raise ERROR_FOR[reason](param="code")
