"""The life of a code at checkout: quoted, reserved, redeemed, released; and what the store's own orders tell of it.

Redemption is one compare-and-set on the code's row, under the locks of the order that earned it and of the code. The
store redeems after the shopper has paid, so a late redemption is a fact: it is accepted, unless somebody else was
faster, and flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.codes.from_orders import give_back
from plugin.codes.models import Code
from plugin.codes.publishing import Authority
from plugin.codes.redemption import Flag, Redemption, lateness, redemption_of, settle
from plugin.codes.refusals import (
    ERROR_FOR,
    CodeCurrencyDiffers,
    CodeGivenBack,
    CodeReservedElsewhere,
    CodeRevoked,
    CodeUsed,
    NotReservedHere,
    Refusal,
)
from plugin.codes.rules import Cart, Terms, discount_on, refusal
from plugin.codes.states import CodeState
from plugin.codes.store import (
    get_code,
    lock_code,
    move,
    standing_of,
    terms_of,
)
from plugin.core.errors import DomainError
from plugin.db import Transaction
from plugin.orders.service import lock_whether_over
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import customer_pseudonym

RESERVED_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class Quote:
    """What a code gives on a cart, in minor units of the cart's currency; ``refusal`` says why it gives nothing."""

    terms: Terms
    discount: int
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Reservation:
    """A code held for a cart until ``until``, with the discount that it gives there."""

    terms: Terms
    cart_id: str
    until: datetime
    discount: int


@dataclass(frozen=True)
class Purchase:
    """The order that a code came back with: the store's own id, what was paid, and what the code took off."""

    cart_id: str
    external_order_id: str
    total: int
    discount: int
    currency: str


class CartUnnamed(DomainError):
    status = 422
    code = "cart_unnamed"
    sentence = "Name the cart for which the code is reserved."


def _pseudonym(ports: Ports, shop: Shop, email: str | None) -> str | None:
    return customer_pseudonym(ports.vault, shop, email, None) if email else None


async def quote(ports: Ports, shop: Shop, text: str, cart: Cart, email: str | None = None) -> Quote:
    """What this code gives on this cart. Reads only; raises ``CodeUnknown``."""
    code = await get_code(shop.id, text)
    terms = terms_of(code)
    reason = refusal(terms, standing_of(code), cart, _pseudonym(ports, shop, email), ports.clock.now())
    return Quote(terms, discount_on(terms, cart) if reason is None else 0, reason)


async def reserve(
    tx: Transaction, ports: Ports, shop: Shop, text: str, cart: Cart, email: str | None = None,
    lasts: timedelta = RESERVED_FOR,
) -> Reservation:  # fmt: skip
    """Hold the code for this cart; the same cart again holds it for longer.

    Raises ``CodeUnknown``, the error of a ``Refusal``, or ``NotReservedHere``.
    """
    if cart.id is None:
        raise CartUnnamed(param="cart.id")
    code = await lock_code(tx, await get_code(shop.id, text))
    if code.authority != Authority.LEDGER:
        raise NotReservedHere(param="code")
    terms, at = terms_of(code), ports.clock.now()
    reason = refusal(terms, standing_of(code), cart, _pseudonym(ports, shop, email), at)
    if reason is not None:
        raise ERROR_FOR[reason](param="code")
    code.cart_id, code.reserved_until = cart.id, at + lasts
    await move(tx, code, CodeState.RESERVED)
    return Reservation(terms, cart.id, at + lasts, discount_on(terms, cart))


async def release(tx: Transaction, shop: Shop, text: str, cart_id: str) -> None:
    """Let go of a reservation. Releasing what this cart does not hold is no error and changes nothing."""
    code = await lock_code(tx, await get_code(shop.id, text))
    if code.state == CodeState.RESERVED and code.cart_id == cart_id:
        code.cart_id, code.reserved_until = None, None
        await move(tx, code, CodeState.MINTED)


async def redeem(tx: Transaction, ports: Ports, shop: Shop, text: str, purchase: Purchase) -> Redemption:
    """Redeem the code for an order, once. The same order again gets the same answer.

    An order that was cancelled before we hear of its redemption gives the code back at once.

    Raises ``CodeUnknown``, ``CodeUsed`` (by another order), ``CodeReservedElsewhere`` (another cart holds it now),
    ``CodeRevoked``, ``CodeGivenBack`` or ``CodeCurrencyDiffers``.
    """
    found = await get_code(shop.id, text)
    is_over = await lock_whether_over(tx, shop.id, purchase.external_order_id, found.order_id)
    code = await lock_code(tx, found)
    at, is_same_order = ports.clock.now(), code.redeemed_order == purchase.external_order_id
    if code.state == CodeState.REDEEMED and is_same_order:
        return await _complete_redemption(tx, code, purchase)
    if code.given_back and is_same_order:
        raise CodeGivenBack(param="order_id")
    _check_redeemable(code, purchase, at)
    flag = lateness(code, purchase.cart_id, at)
    done = await settle(tx, code, purchase.external_order_id, purchase.total, purchase.discount, flag, at)
    if is_over:  # and its cancellation found nothing to give back
        await give_back(tx, shop.id, purchase.external_order_id, at)
    return done


def _check_redeemable(code: Code, purchase: Purchase, at: datetime) -> None:
    if code.state == CodeState.REDEEMED:
        raise CodeUsed(param="code")
    if code.state == CodeState.REVOKED and code.authority == Authority.LEDGER:
        raise CodeRevoked(param="code")
    if standing_of(code).is_held_by_another(purchase.cart_id, at):
        raise CodeReservedElsewhere(param="cart_id")
    if code.currency != purchase.currency:
        raise CodeCurrencyDiffers(param="currency")


async def _complete_redemption(tx: Transaction, code: Code, purchase: Purchase) -> Redemption:
    """The checkout tells what the order's webhook, which came first, could not: the discount."""
    if code.discount_given is None:
        code.discount_given = purchase.discount
        code.flag = None if code.flag == Flag.SEEN_IN_ORDER else code.flag
        await code.save(using_db=tx.connection, update_fields=["discount_given", "flag"])
    return redemption_of(code)
