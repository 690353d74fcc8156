"""What a fault run knows of goods beyond the tables: the store's book of new orders, Stripe's of pages, and what was
declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from plugin.db import rows
from tests.faults.shoppers import Shopper
from tests.faults.town import Place, Town

MADE_FOR_US = "comeback"  # the channel of an order that we had the store make


async def broken_goods(town: Town, place: Place, shoppers: Sequence[Shopper]) -> list[str]:
    """Every promise about goods that does not hold, in words."""
    shop_id = place.shop.shop.id
    return await _new_goods(place, shop_id) + await _pages(town, place, shop_id) + await _declared(shoppers)


async def _new_goods(place: Place, shop_id: str) -> list[str]:
    """I16 at the store: it has made each order that we call made, and none that we do not know."""
    found = await rows(
        "SELECT o.external_id, n.origin_case = o.case_id AS is_linked FROM outbound_orders o LEFT JOIN orders n "
        "ON n.shop_id = o.shop_id AND n.external_id = o.external_id WHERE o.shop_id = $1 AND o.state = 'ordered'",
        shop_id,
    )
    ours = Counter(row["external_id"] for row in found)
    made = Counter(order.id for order in place.store.orders.values() if order.channel == MADE_FOR_US)
    broken = [f"I16: the store has made {sorted(made)} for us, and we know of {sorted(ours)}."] if made != ours else []
    return broken + [f"I16: {row['external_id']} is not known as new goods." for row in found if not row["is_linked"]]


async def _pages(town: Town, place: Place, shop_id: str) -> list[str]:
    """What is paid on top is asked for on one page, and what was paid there is a payment of the order, once."""
    found = await rows(
        "SELECT d.page_id, p.captured FROM differences d LEFT JOIN payments p ON p.id = d.payment_id "
        "WHERE d.shop_id = $1",
        shop_id,
    )
    ours = {row["page_id"]: row["captured"] for row in found}
    there = town.stripe.books.ledger(place.stripe.api_key).tables.get("checkout.session", {}).values()
    broken = [
        f"I8: Stripe has the page {page['id']}, which we do not know." for page in there if page["id"] not in ours
    ]
    return broken + [
        f"I8: {page['amount_total']} was paid on {page['id']}, and we know of {ours.get(page['id'])}."
        for page in there
        if page["payment_status"] == "paid" and ours.get(page["id"]) != page["amount_total"]
    ]


async def _declared(shoppers: Sequence[Shopper]) -> list[str]:
    """I9 for withdrawals: what was answered as confirmed is."""
    told = [id for shopper in shoppers for id in shopper.declared]
    kept = {
        row["id"]
        for row in await rows("SELECT id FROM withdrawals WHERE id = ANY($1) AND confirmed_at IS NOT NULL", told)
    }
    return [f"I9: the withdrawal {id} was confirmed with a 2xx, and is not." for id in told if id not in kept]
