"""The person of an order: finding all that is theirs at a shop, and taking them out of what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from plugin.db import Transaction, rows
from plugin.ports.orders import StoreCustomer, StoreOrder


@dataclass(frozen=True)
class Who:
    """A person as they are named from outside: by the store's id of the customer, by address, or by the store's ids of
    orders. Whatever is named counts. ``pseudonym`` is the keyed hash of the address, by which orders are indexed.
    """

    customer_id: str | None = None
    email: str | None = None
    order_ids: tuple[str, ...] = ()
    pseudonym: str | None = None


@dataclass(frozen=True)
class TheirOrder:
    """An order of a person, and whether they were to be erased from it, and were."""

    id: str
    is_asked: bool
    is_erased: bool


async def orders_of(shop_id: str, who: Who) -> list[TheirOrder]:
    """All orders of this person, the newest first. An erased one is found by its own id only.

    The address is compared whole: what is one mailbox at one provider is two people at another.
    """
    found = await rows(
        "SELECT id, erase_asked_at IS NOT NULL AS is_asked, erased_at IS NOT NULL AS is_erased FROM orders "
        "WHERE shop_id = $1 AND (external_id = ANY($2) OR (customer_hash = $3 AND email = $4) "
        "OR document #>> '{customer,id}' = $5) ORDER BY placed_at DESC, id DESC",
        shop_id, list(who.order_ids), who.pseudonym, who.email.strip().lower() if who.email else None,
        who.customer_id,
    )  # fmt: skip
    return [TheirOrder(**row) for row in found]


async def next_unasked(shop_id: str, limit: int) -> list[str]:
    """Some orders of the shop whose person is not erased and was not asked to be."""
    found = await rows(
        "SELECT id FROM orders WHERE shop_id = $1 AND erase_asked_at IS NULL ORDER BY id LIMIT $2", shop_id, limit
    )
    return [row["id"] for row in found]


def without_person(order: StoreOrder) -> StoreOrder:
    """The order with its goods, amounts and dates, and the country in which it was taxed; nothing else of its person.

    The delivery's tracking, the card's last digits and what people wrote at the store go as well.
    """
    return replace(
        order,
        customer=StoreCustomer(country=order.customer.country),
        payments=tuple(replace(payment, label=None) for payment in order.payments),
        fulfilments=tuple(replace(each, tracking_number=None, tracking_url=None) for each in order.fulfilments),
        refunds=tuple(replace(refund, reason=None) for refund in order.refunds),
        tags=(),
    )


async def mark_asked(tx: Transaction, order_id: str, at: datetime) -> bool:
    """Note that the order's person is to be erased; False when that was asked before."""
    return bool(
        await tx.execute("UPDATE orders SET erase_asked_at = $2 WHERE id = $1 AND erase_asked_at IS NULL", order_id, at)
    )


async def take_person_out(
    tx: Transaction, order_id: str, *, now: StoreOrder, placement: StoreOrder, at: datetime
) -> None:
    """Write both documents of a locked order without their person, and mark it so that no later version brings them
    back."""
    await tx.execute(
        "UPDATE orders SET email = NULL, customer_hash = NULL, document = $2, placement = $3, erased_at = $4 "
        "WHERE id = $1",
        order_id,
        msgspec.json.encode(without_person(now)).decode(),
        msgspec.json.encode(without_person(placement)).decode(),
        at,
    )
    await tx.execute("UPDATE payments SET label = NULL WHERE order_id = $1", order_id)


async def is_erased(tx: Transaction, shop_id: str, reference: str) -> bool:
    """Whether this payment is of an order whose person was erased. Nobody erases one until the transaction ends."""
    found = await tx.rows(
        "SELECT erased_at FROM orders WHERE id IN "
        "(SELECT order_id FROM payments WHERE shop_id = $1 AND reference = $2) ORDER BY id FOR SHARE",
        shop_id, reference,
    )  # fmt: skip
    return any(row["erased_at"] for row in found)


async def external_ids(shop_id: str, named: Sequence[str], keys: Sequence[str]) -> tuple[str, ...]:
    """The store's ids of orders that a colleague names by that id, or else by the number that people read.

    ``keys`` are the same names as ``number_key`` makes them.
    """
    by_id = await rows(
        "SELECT external_id FROM orders WHERE shop_id = $1 AND external_id = ANY($2)", shop_id, list(named)
    )
    found = by_id or await rows(
        "SELECT external_id FROM orders WHERE shop_id = $1 AND number_key = ANY($2)", shop_id, list(keys)
    )
    return tuple(row["external_id"] for row in found)
