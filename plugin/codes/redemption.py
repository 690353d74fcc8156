"""Writing a redemption down: once, and with what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.audit.service import record
from plugin.codes.models import Code
from plugin.codes.rules import budget_month
from plugin.codes.states import CodeState
from plugin.codes.store import charge, move
from plugin.db import Transaction


class Flag(StrEnum):
    """What a person should know about a redemption."""

    AFTER_EXPIRY = "redeemed_after_expiry"
    AFTER_RESERVATION = "redeemed_after_reservation"
    AFTER_REVOCATION = "redeemed_after_revocation"
    SEEN_IN_ORDER = "seen_in_order"
    SEEN_IN_TWO_ORDERS = "seen_in_two_orders"


@dataclass(frozen=True)
class Redemption:
    """A code redeemed, and where it came from. ``discount_given`` is None while only the order's webhook told of it."""

    code_id: str
    external_order_id: str
    redeemed_at: datetime
    currency: str
    discount_given: int | None
    revenue_kept: int
    flag: str | None
    case_id: str
    order_id: str
    message_id: str | None


def lateness(code: Code, cart_id: str | None, at: datetime) -> Flag | None:
    """How a redemption that is made now comes too late for this code; None when it does not."""
    if code.state == CodeState.REVOKED:
        return Flag.AFTER_REVOCATION
    if at >= code.expires_at and not (code.state == CodeState.RESERVED and at < (code.reserved_until or at)):
        return Flag.AFTER_EXPIRY
    if cart_id is not None and code.cart_id == cart_id and code.reserved_until and at >= code.reserved_until:
        return Flag.AFTER_RESERVATION
    return None


async def settle(
    tx: Transaction, code: Code, external_order_id: str, total: int, discount: int | None, flag: Flag | None,
    at: datetime,
) -> Redemption:  # fmt: skip
    """Redeem a locked code for an order of ``total``; audited on the chain of the order that earned it."""
    if code.state in (CodeState.EXPIRED, CodeState.REVOKED):  # its budget had returned
        await charge(tx, code.shop_id, budget_month(code.currency, code.minted_at), code.budget)
    code.redeemed_order, code.redeemed_at = external_order_id, at
    code.discount_given, code.revenue_kept = discount, total
    code.flag = flag.value if flag else code.flag
    await move(tx, code, CodeState.REDEEMED)
    await record(
        tx, shop_id=code.shop_id, order_id=code.order_id, kind="code_redeemed", actor="store", at=at,
        data={"code": code.id, "with_order": external_order_id, "revenue": total, "discount": discount,
              "flag": code.flag},
    )  # fmt: skip
    return redemption_of(code)


def redemption_of(code: Code) -> Redemption:
    """How a redeemed code was redeemed."""
    return Redemption(
        code.id, code.redeemed_order or "", code.redeemed_at or code.minted_at, code.currency, code.discount_given,
        code.revenue_kept or 0, code.flag, code.case_id, code.order_id, code.message_id,
    )  # fmt: skip
