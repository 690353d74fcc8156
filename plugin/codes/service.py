"""The life of a code at checkout: quoted, reserved, redeemed, released; and what the store's own orders tell of it.

Redemption is one compare-and-set on the code's row, under the locks of the order that earned it and of the code. The
store redeems after the shopper has paid, so a late redemption is a fact: it is accepted, unless somebody else was
faster, and flagged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.audit.service import record
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
    codes_in,
    codes_used_by,
    get_code,
    lock_code,
    move,
    standing_of,
    terms_of,
)
from plugin.core.errors import DomainError
from plugin.db import Transaction
from plugin.outbox.service import add
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

    Raises ``CodeUnknown``, ``CodeUsed`` (by another order), ``CodeReservedElsewhere`` (another cart holds it now),
    ``CodeRevoked``, ``CodeGivenBack`` or ``CodeCurrencyDiffers``.
    """
    code = await lock_code(tx, await get_code(shop.id, text))
    at, is_same_order = ports.clock.now(), code.redeemed_order == purchase.external_order_id
    if code.state == CodeState.REDEEMED and is_same_order:
        return await _complete_redemption(tx, code, purchase)
    if code.given_back and is_same_order:
        raise CodeGivenBack(param="order_id")
    _check_redeemable(code, purchase, at)
    flag = lateness(code, purchase.cart_id, at)
    return await settle(tx, code, purchase.external_order_id, purchase.total, purchase.discount, flag, at)


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


async def seen_in_order(
    tx: Transaction,
    shop: Shop,
    *,
    external_order_id: str,
    discount_codes: Iterable[str],
    order_total: int,
    at: datetime,
) -> list[Redemption]:
    """A version of an order that is not cancelled carries codes of ours: settle them as redeemed.

    For Stripe's and the store's own codes this is how we learn of it. A code of our ledger that nobody redeemed is
    flagged, for nothing has kept it from being used twice. The caller may hold this order's lock: a code's own order is
    always older, so two orders are locked from child to parent, never in a circle.
    """
    settled = []
    for found in await codes_in(tx, shop.id, discount_codes):
        if found.redeemed_order == external_order_id:
            continue  # seen before, or given back since
        code = await lock_code(tx, found)
        if code.redeemed_order == external_order_id:
            continue
        if code.state == CodeState.REDEEMED:
            await _flag_second_use(tx, code, external_order_id, at)
            continue
        flag = lateness(code, None, at) or (Flag.SEEN_IN_ORDER if code.authority == Authority.LEDGER else None)
        settled.append(await settle(tx, code, external_order_id, order_total, None, flag, at))
    return settled


async def _flag_second_use(tx: Transaction, code: Code, external_order_id: str, at: datetime) -> None:
    if code.flag == Flag.SEEN_IN_TWO_ORDERS:
        return
    code.flag = Flag.SEEN_IN_TWO_ORDERS.value
    await code.save(using_db=tx.connection, update_fields=["flag"])
    await record(
        tx, shop_id=code.shop_id, order_id=code.order_id, kind="code_seen_twice", actor="store", at=at,
        data={"code": code.id, "with_order": external_order_id},
    )  # fmt: skip


async def give_back(tx: Transaction, shop_id: str, external_order_id: str, at: datetime) -> list[str]:
    """A cancelled order gives back the code that it was bought with, once in the code's life; the ids given back.

    A code published at Stripe is published there anew, because the old one is used up. The code keeps its end.
    """
    given = []
    for found in await codes_used_by(tx, shop_id, external_order_id):
        code = await lock_code(tx, found)
        if code.state != CodeState.REDEEMED or code.redeemed_order != external_order_id or code.given_back:
            continue
        republish = code.authority == Authority.STRIPE and at < code.expires_at
        code.given_back, code.redeemed_at = True, None
        code.discount_given = code.revenue_kept = code.cart_id = code.reserved_until = code.flag = None
        code.promotion_id = None if republish else code.promotion_id
        await move(tx, code, CodeState.MINTED)
        await record(
            tx, shop_id=shop_id, order_id=code.order_id, kind="code_given_back", actor="system", at=at,
            data={"code": code.id, "by_order": external_order_id},
        )  # fmt: skip
        if republish:
            await add(tx, shop_id=shop_id, kind="publish_code", ref=code.id)
        given.append(code.id)
    return given


async def carried_by(tx: Transaction, code_id: str, message_id: str) -> None:
    """Remember which message carries the code, for its attribution."""
    await tx.execute("UPDATE codes SET message_id = $2 WHERE id = $1", code_id, message_id)
