"""A shop goes: out of its store first, then out of our database, whole or not at all.

While money is under way nothing goes. A refund that was sent and not answered, or that a person still owes, would be
forgotten here and made nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from plugin.codes.publishing import Authority
from plugin.codes.store import LIVE
from plugin.core.errors import DomainError
from plugin.core.vault import CannotOpen
from plugin.db import Transaction, rows, transaction
from plugin.files.service import delete_unwanted, forget_files_of_shop
from plugin.journeys.store_hooks import hooks_url
from plugin.ports.payments import OutcomeUnknown, Rejected
from plugin.ports.platforms import Platform
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import StoreConnection
from plugin.shops.leaving import leave
from plugin.shops.models import Shop
from plugin.shops.service import set_paused, store_connection

BATCH = 5000
# Who points to others goes before them: no cascade then has anything to look for.
TABLES = (
    "work", "mails", "contacts", "codes", "counters", "credit_holds", "credit_entries", "credits", "effort_questions",
    "debits", "outbound_orders", "differences", "quotes", "findings", "parcel_events", "parcels", "stored_files",
    "withdrawals", "refund_legs", "case_units", "case_notes", "cases",
    "shopper_sessions", "lookups", "order_links", "audit_events", "audit_roots", "payments", "orders", "backtests",
    "policy_versions", "happenings", "idempotent_calls", "inbox_events", "store_links", "staff_recovery_codes",
    "staff_sessions", "staff_invitations", "staff_members",
)  # fmt: skip
_UNDER_WAY = """
    SELECT c.number FROM cases c WHERE c.shop_id = $1 AND (
        c.state IN ('approved', 'awaiting_store', 'awaiting_payment', 'ordering', 'inspecting', 'executing') OR EXISTS (
            SELECT 1 FROM refund_legs l WHERE l.case_id = c.id AND (
                l.state NOT IN ('succeeded', 'failed', 'released') OR (
                    l.state = 'failed' AND c.state = 'with_person' AND NOT EXISTS (
                        SELECT 1 FROM refund_legs again WHERE again.case_id = c.id AND again.replaces = l.id
                    )
                )
            )
        )
    ) ORDER BY c.number
"""


class MoneyUnderWay(DomainError):
    status = 409
    code = "money_under_way"
    sentence = "Money of this shop is under way."


@dataclass(frozen=True)
class TakenOut:
    """What was taken out of the store, and sentences about what was not, with how to do it by hand."""

    hooks: int
    codes: int
    by_hand: tuple[str, ...]


async def check_no_money_under_way(shop: Shop) -> None:
    """Raises ``MoneyUnderWay``, naming the cases."""
    if numbers := [row["number"] for row in await rows(_UNDER_WAY, shop.id)]:
        raise _under_way(numbers)


def _under_way(numbers: list[str]) -> MoneyUnderWay:
    return MoneyUnderWay(
        detail=f"Money is under way in {', '.join(numbers)}. Let these cases end first, or end them: comeback case list"
    )


async def take_out_of_store(ports: Ports, shop: Shop) -> TakenOut:
    """Stop the shop, then take our webhooks out of its store, and the store's own codes that still work there."""
    await set_paused(shop, paused=True)
    async with transaction(ports.doorbell) as tx:
        await leave(tx, shop.id)  # first: a poll would register them again
    platform, url = ports.platforms.get(shop.storefront), hooks_url(ports, shop)
    hooks_by_hand = f"Take our webhooks out of the store by hand: they go to {url}"
    try:
        store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    except CannotOpen:
        return TakenOut(0, 0, (f"The store's credentials cannot be opened. {hooks_by_hand}",))
    if platform is None or store.secret is None or store.address is None:
        return TakenOut(0, 0, (hooks_by_hand,))
    by_hand = []
    try:
        hooks = await platform.remove_hooks(store, url)
    except (Rejected, OutcomeUnknown) as error:
        hooks = 0
        by_hand.append(f"The store did not do it ({error.reason}). {hooks_by_hand}")
    codes, left = await _withdraw_codes(platform, store, shop.id)
    if left:
        by_hand.append(f"Delete these codes in the store by hand: {', '.join(left)}")
    return TakenOut(hooks, codes, tuple(by_hand))


async def _withdraw_codes(platform: Platform, store: StoreConnection, shop_id: str) -> tuple[int, list[str]]:
    """How many codes do not work any more, and the store's ids of those that still do."""
    live = await rows(
        "SELECT id, promotion_id FROM codes WHERE shop_id = $1 AND authority = $2 AND promotion_id IS NOT NULL "
        "AND state = ANY($3) ORDER BY id",
        shop_id, str(Authority.STORE), [str(state) for state in LIVE],
    )  # fmt: skip
    left: list[str] = []
    for code in live:
        try:
            await platform.withdraw_code(store, code["promotion_id"], key=f"remove:{code['id']}")
        except (Rejected, OutcomeUnknown):
            left.append(code["promotion_id"])
    return len(live) - len(left), left


async def erase_shop(ports: Ports, shop: Shop) -> int:
    """Delete everything of the shop, and the shop; how many rows. Uploaded files go last, what is left of them with the
    housekeeping. Raises ``MoneyUnderWay``, and then nothing has gone.

    Its orders and then its row are locked first, in the order of all journeys: nothing new of it can begin meanwhile.
    """
    async with transaction(ports.doorbell) as tx:
        await tx.rows(
            "SELECT count(*) FROM (SELECT 1 FROM orders WHERE shop_id = $1 ORDER BY id FOR UPDATE) AS locked", shop.id
        )
        await tx.rows("SELECT id FROM shops WHERE id = $1 FOR UPDATE", shop.id)
        if numbers := [row["number"] for row in await tx.rows(_UNDER_WAY, shop.id)]:
            raise _under_way(numbers)
        await forget_files_of_shop(tx, shop.id)
        gone = sum([await _erase(tx, table, shop.id) for table in TABLES])
        gone += await tx.execute("DELETE FROM shops WHERE id = $1", shop.id)
    await delete_unwanted(ports)
    return gone


async def _erase(tx: Transaction, table: str, shop_id: str) -> int:
    """A table in parts: a large shop must not outlast the time that one statement has."""
    gone = 0
    while n := await tx.execute(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE shop_id = $1 LIMIT {BATCH}))",  # noqa: S608
        shop_id,
    ):
        gone += n
    return gone
