"""All queries of quotes, differences and orders of new goods."""

from __future__ import annotations

from datetime import datetime

from plugin.core.errors import NotFound
from plugin.db import Transaction, read, rows
from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.exchanges.refusals import QuoteEnded
from plugin.exchanges.states import DifferenceState, OutboundState
from plugin.ports.payments import PaymentPage


async def get_quote(shop_id: str, order_id: str, quote_id: str) -> Quote:
    """The quote of this order; raises ``QuoteEnded``, for one that never was as for one that is over."""
    found = await read(Quote, "WHERE id = $1 AND shop_id = $2 AND order_id = $3", quote_id, shop_id, order_id)
    if not found:
        raise QuoteEnded(param="quote")
    return found[0]


async def quote_of(outbound: OutboundOrder) -> Quote | None:
    """The quote that an order of new goods was made from: it lends it its key. None for a re-shipment."""
    found = await read(Quote, "WHERE id = $1 AND order_id = $2", outbound.key, outbound.order_id)
    return found[0] if found else None


async def get_difference(shop_id: str, difference_id: str) -> Difference:
    """The difference of this shop; raises ``NotFound``."""
    found = await read(Difference, "WHERE id = $1 AND shop_id = $2", difference_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such payment.", param="difference")
    return found[0]


async def lock_difference(tx: Transaction, difference_id: str) -> Difference:
    """The difference with its row locked, after the order and the case."""
    (difference,) = await read(Difference, "WHERE id = $1 FOR UPDATE", difference_id, tx=tx)
    return difference


async def difference_of_case(case_id: str) -> Difference | None:
    """What the shopper pays on top in this case, if anything: the newest ask of it."""
    found = await read(Difference, "WHERE case_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1", case_id)
    return found[0] if found else None


async def differences_of_case(case_id: str) -> list[Difference]:
    """All that the shopper was asked to pay on top in this case, the oldest first."""
    return await read(Difference, "WHERE case_id = $1 ORDER BY created_at, id", case_id)


async def keep_page(tx: Transaction, difference_id: str, page: PaymentPage) -> None:
    """The page on which a difference is paid. Nothing where it has one already: the first one stays."""
    await tx.execute(
        "UPDATE differences SET page_id = $2, page_url = $3, reference = $4 WHERE id = $1 AND page_id IS NULL",
        difference_id, page.id, page.url, page.reference,
    )  # fmt: skip


async def ask_page_anew(tx: Transaction, difference_id: str, *, ends_at: datetime, key: str) -> None:
    """The next try to make its page has all this time and a key of its own. Nothing where a page was made meanwhile, or
    the difference is over."""
    await tx.execute(
        "UPDATE differences SET ends_at = $2, key = $3 WHERE id = $1 AND page_id IS NULL AND state = 'awaiting'",
        difference_id, ends_at, key,
    )  # fmt: skip


async def keep_late_payment(
    tx: Transaction, difference: Difference, payment_id: str, *, reference: str | None, at: datetime
) -> None:
    """What was paid of a locked difference after its end: the payment, and when we learned of it. Its state stays."""
    await tx.execute(
        "UPDATE differences SET payment_id = $2, reference = $3, paid_at = $4 WHERE id = $1",
        difference.id, payment_id, reference, at,
    )  # fmt: skip
    difference.payment_id = payment_id


async def given_back_on_top(case_id: str) -> int:
    """What of a case was paid on top and goes back, beside what the case owes; in minor units."""
    return await _captured(case_id, DifferenceState.GIVEN_BACK)


async def collected_on_top(case_id: str) -> int:
    """What was paid on top in this case and is kept for its new goods; in minor units."""
    return await _captured(case_id, DifferenceState.PAID)


async def _captured(case_id: str, state: DifferenceState) -> int:
    found = await rows(
        "SELECT COALESCE(sum(p.captured), 0)::bigint AS n FROM differences d JOIN payments p ON p.id = d.payment_id "
        "WHERE d.case_id = $1 AND d.state = $2",
        case_id, str(state),
    )  # fmt: skip
    n: int = found[0]["n"]
    return n


async def difference_at(shop_id: str, page_id: str | None, reference: str | None) -> str | None:
    """The id of the difference that is paid on this page of the custodian's, or with this PaymentIntent."""
    found = await rows(
        "SELECT id FROM differences WHERE shop_id = $1 AND (page_id = $2 OR reference = $3) LIMIT 1",
        shop_id, page_id, reference,
    )  # fmt: skip
    return found[0]["id"] if found else None


async def get_outbound(shop_id: str, outbound_id: str) -> OutboundOrder:
    """The order of new goods of this shop; raises ``NotFound``."""
    found = await read(OutboundOrder, "WHERE id = $1 AND shop_id = $2", outbound_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such order of new goods.", param="outbound")
    return found[0]


async def lock_outbound(tx: Transaction, outbound_id: str) -> OutboundOrder:
    """The order of new goods with its row locked, after the order and the case."""
    (outbound,) = await read(OutboundOrder, "WHERE id = $1 FOR UPDATE", outbound_id, tx=tx)
    return outbound


async def start_asking_anew(tx: Transaction, outbound: OutboundOrder) -> None:
    """The store's silence so far counts no more."""
    outbound.asks = 0
    await outbound.save(using_db=tx.connection, update_fields=["asks"])


async def count_silence(tx: Transaction, outbound: OutboundOrder) -> None:
    """The store was asked for a locked order of new goods, and what it did is not known."""
    await tx.execute("UPDATE outbound_orders SET asks = asks + 1 WHERE id = $1", outbound.id)


async def outbounds_of_case(case_id: str) -> list[OutboundOrder]:
    """All orders of new goods of a case, the oldest first."""
    return await read(OutboundOrder, "WHERE case_id = $1 ORDER BY created_at, id", case_id)


async def outbound_of_case(case_id: str) -> OutboundOrder | None:
    """The new goods of a case: the newest order of them."""
    found = await read(OutboundOrder, "WHERE case_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1", case_id)
    return found[0] if found else None


async def is_outbound_open(case_id: str) -> bool:
    """Whether new goods of a case are still to be ordered."""
    return bool(
        await rows(
            "SELECT 1 FROM outbound_orders WHERE case_id = $1 AND state IN ('waiting', 'asking', 'with_person') "
            "LIMIT 1",
            case_id,
        )
    )


async def has_fallen_back(case_id: str) -> bool:
    """Whether there are no new goods for what goes back in a case, so that it is worth money, and no fee is kept."""
    outbound = await outbound_of_case(case_id)
    return outbound is not None and OutboundState(outbound.state) in (
        OutboundState.OUT_OF_STOCK, OutboundState.CANCELLED,
    )  # fmt: skip


async def forget_exchanges(tx: Transaction, order_id: str) -> None:
    """Take the person out of a locked order's new goods: what the store and a colleague wrote about them, and the pages
    on which their differences were paid."""
    await tx.execute(
        "UPDATE outbound_orders SET why = NULL, request = request || '{\"note\": null}' WHERE order_id = $1", order_id
    )
    await tx.execute("UPDATE differences SET page_url = NULL WHERE order_id = $1", order_id)


async def link_new_order(tx: Transaction, shop_id: str, external_id: str) -> bool:
    """Write on the store's order whose new goods it is, if both are known; whether it was news.

    Called where the store's order comes in first and where its id becomes known: one waits for the other, so that the
    second of them finds the first.
    """
    await tx.rows("SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))", shop_id, external_id)
    return bool(
        await tx.execute(
            "UPDATE orders SET origin_case = o.case_id FROM outbound_orders o WHERE o.shop_id = $1 "
            "AND o.external_id = $2 AND orders.shop_id = $1 AND orders.external_id = $2 AND orders.origin_case IS NULL "
            "AND orders.id <> o.order_id",
            shop_id, external_id,
        )
    )  # fmt: skip
