"""What the store's own orders tell of a code: bought with it, or cancelled again. And which message carried it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from plugin.audit.service import record
from plugin.codes.models import PUBLISH_CODE, Code
from plugin.codes.publishing import Authority
from plugin.codes.redemption import Flag, Redemption, lateness, settle
from plugin.codes.states import CodeState
from plugin.codes.store import codes_in, codes_used_by, lock_codes, move
from plugin.db import Transaction
from plugin.outbox.service import add
from plugin.shops.models import Shop


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
    carried = await codes_in(tx, shop.id, discount_codes)
    for code in await lock_codes(tx, [code for code in carried if code.redeemed_order != external_order_id]):
        if code.redeemed_order == external_order_id:
            continue  # seen before, or given back since
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

    A code published at Stripe or at the store is published there anew, because the old one is used up. The code keeps
    its end. One that was revoked, that another order carries as well, or whose customer was erased, is not given back.
    """
    given = []
    for code in await lock_codes(tx, await codes_used_by(tx, shop_id, external_order_id)):
        if code.state != CodeState.REDEEMED or code.redeemed_order != external_order_id or code.given_back:
            continue
        if code.customer_hash is None:
            continue
        if code.flag in (Flag.AFTER_REVOCATION, Flag.SEEN_IN_TWO_ORDERS):
            continue
        republish = code.authority != Authority.LEDGER and at < code.expires_at
        code.given_back, code.redeemed_at = True, None
        code.discount_given = code.revenue_kept = code.cart_id = code.reserved_until = code.flag = None
        code.promotion_id = None if republish else code.promotion_id
        await move(tx, code, CodeState.MINTED)
        await record(
            tx, shop_id=shop_id, order_id=code.order_id, kind="code_given_back", actor="system", at=at,
            data={"code": code.id, "by_order": external_order_id},
        )  # fmt: skip
        if republish:
            await add(tx, shop_id=shop_id, kind=PUBLISH_CODE, ref=code.id)
        given.append(code.id)
    return given


async def carried_by(tx: Transaction, code_id: str, message_id: str) -> None:
    """Remember which message carries the code, for its attribution."""
    await tx.execute("UPDATE codes SET message_id = $2 WHERE id = $1", code_id, message_id)
