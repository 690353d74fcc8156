"""Giving a code, and taking it back unused: the offer, the caps, the budget and the hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.audit.service import record
from plugin.codes.models import PUBLISH_CODE, WITHDRAW_CODE, Code
from plugin.codes.rules import (
    budget_month,
    customer_window,
    ends_at,
    is_held_out,
    worth_of,
)
from plugin.codes.states import CODE, CodeState
from plugin.codes.store import (
    LIVE,
    Origin,
    count_down,
    count_up,
    expire,
    has_live_code,
    lock_code,
    money_counters_of,
    move,
    origin_of,
    time_out_reservations,
)
from plugin.core.ids import new_id, readable_code, token_hash
from plugin.core.readable import CODE_LENGTH, grouped
from plugin.core.vault import Vault
from plugin.db import Transaction, read, transaction
from plugin.outbox.service import add
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import zone_of
from plugin.shops.settings import ShopSettings

_FIELD = "code"
_BATCH = 500


class Withheld(StrEnum):
    """Why a cancellation earned no code."""

    OFF = "offers_are_off"
    NO_OFFER_IN_CURRENCY = "no_offer_in_this_currency"
    NO_CUSTOMER = "customer_unknown"
    CAME_WITH_CODE = "order_came_with_a_code"
    HELD_OUT = "held_out"
    CAP_REACHED = "customer_cap_reached"
    HAS_CODE = "customer_has_a_code"
    WORTH_UNKNOWN = "worth_of_a_code_unknown"
    BUDGET_SPENT = "budget_of_the_month_spent"


@dataclass(frozen=True)
class Minted:
    """A new code; ``text`` is how the shopper reads it, and is kept nowhere but sealed."""

    code_id: str
    text: str
    expires_at: datetime


@dataclass(frozen=True)
class NotMinted:
    reason: Withheld


def show(vault: Vault, code: Code) -> str:
    """The code as the shopper reads it, opened for a mail or a page."""
    return grouped(vault.open(code.sealed_code, tenant=code.shop_id, field=_FIELD))


async def mint(
    tx: Transaction,
    *,
    vault: Vault,
    shop: Shop,
    settings: ShopSettings,
    order_id: str,
    case_id: str,
    customer_hash: str | None,
    currency: str,
    at: datetime,
) -> Minted | NotMinted:
    """Give the customer of a case a code, or say why not; both are audited.

    The caller holds the order's lock. The customer's counter is taken first and held until the commit, so that two
    tabs or two orders of one customer are judged one after the other.
    """
    origin = await origin_of(tx, shop.id, order_id)
    held_back = await _reason_against(tx, shop, settings, origin, customer_hash, currency, at)
    if held_back is not None or customer_hash is None:
        reason = held_back or Withheld.NO_CUSTOMER
        await record(
            tx, shop_id=shop.id, order_id=order_id, kind="code_withheld", actor="system", at=at,
            data={"case": case_id, "reason": reason.value},
        )  # fmt: skip
        return NotMinted(reason)
    offer, letters = settings.codes, readable_code(CODE_LENGTH)
    code = await Code.create(
        using_db=tx.connection,
        id=new_id("code"),
        shop_id=shop.id,
        order_id=order_id,
        case_id=case_id,
        customer_hash=customer_hash,
        code_hash=token_hash(letters),
        sealed_code=vault.seal(letters, tenant=shop.id, field=_FIELD),
        kind=offer.kind,
        percent=offer.percent if offer.kind == "percent" else None,
        amount=offer.amounts[currency] if offer.kind == "amount" else None,
        minimum=offer.minimums.get(currency),
        currency=currency,
        budget=worth_of(offer, currency) or 0 if currency in offer.budgets else 0,
        authority=settings.code_authority,
        state=CodeState.MINTED.value,
        expires_at=ends_at(at, offer.valid_days, zone_of(settings, origin.time_zone)),
        minted_at=at,
    )
    await record(
        tx, shop_id=shop.id, order_id=order_id, kind="code_minted", actor="system", at=at,
        data={"case": case_id, "code": code.id, "budget": code.budget, "currency": currency},
    )  # fmt: skip
    if settings.code_authority != "ledger":
        await add(tx, shop_id=shop.id, kind=PUBLISH_CODE, ref=code.id)
    return Minted(code.id, grouped(letters), code.expires_at)


async def _reason_against(
    tx: Transaction,
    shop: Shop,
    settings: ShopSettings,
    origin: Origin,
    customer_hash: str | None,
    currency: str,
    at: datetime,
) -> Withheld | None:
    """Ask everything that costs nothing first, then take from the counters; what was taken in vain is given back."""
    offer = settings.codes
    if not offer.enabled:
        return Withheld.OFF
    if offer.kind == "amount" and currency not in offer.amounts:
        return Withheld.NO_OFFER_IN_CURRENCY
    if customer_hash is None:
        return Withheld.NO_CUSTOMER
    if origin.came_with_code:
        return Withheld.CAME_WITH_CODE
    if is_held_out(customer_hash, offer.held_out_percent):
        return Withheld.HELD_OUT
    budget, worth = offer.budgets.get(currency), worth_of(offer, currency)
    if budget is not None and worth is None:
        return Withheld.WORTH_UNKNOWN  # a budget that nothing is counted against would hold nothing
    window = customer_window(customer_hash, offer.per_days, at)
    if not await count_up(tx, shop.id, window, 1, offer.per_customer):
        return Withheld.CAP_REACHED
    against = None
    if await has_live_code(tx, shop.id, customer_hash, at):
        against = Withheld.HAS_CODE
    elif budget is not None and not await count_up(tx, shop.id, budget_month(currency, at), worth or 0, budget):
        against = Withheld.BUDGET_SPENT
    if against is not None:
        await count_down(tx, shop.id, window, 1)
    return against


async def revoke(tx: Transaction, code: Code, *, actor: str, reason: str, at: datetime) -> bool:
    """Take an unused code back, and its budget returns; False when it is used, expired or revoked already."""
    locked = await lock_code(tx, code)
    if CODE.is_repeat(CodeState(locked.state), CodeState.REVOKED):
        return False
    await move(tx, locked, CodeState.REVOKED)
    await record(
        tx, shop_id=code.shop_id, order_id=code.order_id, kind="code_revoked", actor=actor, at=at,
        data={"code": code.id, "reason": reason},
    )  # fmt: skip
    await count_down(tx, code.shop_id, budget_month(code.currency, code.minted_at), code.budget)
    if locked.promotion_id is not None:
        await add(tx, shop_id=code.shop_id, kind=WITHDRAW_CODE, ref=code.id)
    return True


async def forget_customer(
    tx: Transaction, shop_id: str, order_id: str, customer_hash: str | None, at: datetime
) -> None:
    """Bind the codes that an order has earned to nobody: what was still good of them is revoked.

    The customer's own counter goes with the last order that knows them. The caller holds the order's lock, and has
    taken its customer out.
    """
    for code in await read(Code, "WHERE order_id = $1 ORDER BY id", order_id, tx=tx):
        if CodeState(code.state) in LIVE:
            await revoke(tx, code, actor="comeback", reason="person_erased", at=at)
    await tx.execute("UPDATE codes SET customer_hash = NULL, cart_id = NULL WHERE order_id = $1", order_id)
    if customer_hash is None:
        return
    await tx.execute(
        "DELETE FROM counters WHERE shop_id = $1 AND (starts_with(key, $2) OR starts_with(key, $4)) "
        "AND NOT EXISTS (SELECT 1 FROM orders WHERE shop_id = $1 AND customer_hash = $3)",
        shop_id, f"codes:{customer_hash}:", customer_hash, money_counters_of(customer_hash),
    )  # fmt: skip


async def reseal_codes(vault: Vault, shop_id: str) -> int:
    """Seal a shop's codes anew under the newest key; returns how many were under an older one."""
    done = 0
    for code in await Code.filter(shop_id=shop_id).only("id", "sealed_code"):
        if vault.needs_resealing(code.sealed_code):
            opened = vault.open(code.sealed_code, tenant=shop_id, field=_FIELD)
            await Code.filter(id=code.id).update(sealed_code=vault.seal(opened, tenant=shop_id, field=_FIELD))
            done += 1
    return done


async def expire_due(ports: Ports) -> int:
    """Housekeeping: free timed-out reservations, expire unused codes and return their budgets; how many expired."""
    at, expired = ports.clock.now(), 0
    while True:
        async with transaction(ports.doorbell) as tx:
            await time_out_reservations(tx, at)
            lapsed = await expire(tx, at, _BATCH)
            returned: dict[tuple[str, str], int] = {}
            for code in lapsed:
                month = code.shop_id, budget_month(code.currency, code.minted_at)
                returned[month] = returned.get(month, 0) + code.budget
            for (shop_id, key), amount in sorted(returned.items()):
                await count_down(tx, shop_id, key, amount)
        expired += len(lapsed)
        if len(lapsed) < _BATCH:
            return expired
