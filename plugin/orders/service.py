"""Keeping orders as the store placed them: newest version wins, amounts stay as they were frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import msgspec

from plugin.audit.chain import Chains
from plugin.core.errors import NotFound
from plugin.core.ids import new_id
from plugin.db import Transaction, read, rows
from plugin.orders.models import Order, Payment
from plugin.orders.origins import origin
from plugin.orders.payments import store_payments
from plugin.orders.people import without_person
from plugin.ports.orders import LineCount, OrderState, StoreOrder

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class StoredOrder:
    """An order's row with its documents read: ``now`` the store's newest version, ``placement`` the frozen amounts."""

    row: Order
    now: StoreOrder
    placement: StoreOrder

    @property
    def id(self) -> str:
        return self.row.id


@dataclass(frozen=True)
class OrderChange:
    """What a version of the order brought. A stale one brought nothing."""

    order_id: str
    is_new: bool
    is_stale: bool
    is_edited: bool
    before: StoreOrder | None
    after: StoreOrder
    payments_to_read: tuple[str, ...] = ()
    is_erased: bool = False  # its person was, and is kept out of this version, too


def read_order(document: object) -> StoreOrder:
    return msgspec.convert(document, StoreOrder)


def as_stored(row: Order) -> StoredOrder:
    return StoredOrder(row, read_order(row.document), read_order(row.placement))


async def get_order(shop_id: str, order_id: str) -> StoredOrder:
    """The order of this shop; raises ``NotFound``."""
    found = await read(Order, "WHERE id = $1 AND shop_id = $2", order_id, shop_id)
    if not found:
        raise NotFound(detail="We could not find this order.", param="order_id")
    return as_stored(found[0])


async def find_by_external_id(shop_id: str, external_id: str) -> StoredOrder | None:
    """The order by the store's own id."""
    row = await Order.get_or_none(shop_id=shop_id, external_id=external_id)
    return as_stored(row) if row else None


async def order_numbers(shop_id: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The numbers that people read, by the store's ids; without orders that we do not know."""
    found = await rows(
        "SELECT external_id, number FROM orders WHERE shop_id = $1 AND external_id = ANY($2)",
        shop_id, list(external_ids),
    )  # fmt: skip
    return {row["external_id"]: row["number"] for row in found}


async def find_id_by_number_and_email(shop_id: str, number: str, email: str) -> str | None:
    """The newest order with this number whose address is exactly this one, for a guest's lookup.

    Its id only: reading the order itself takes the longer the larger it is, and a stranger's clock would tell.
    """
    found = await rows(
        "SELECT id FROM orders WHERE shop_id = $1 AND number_key = $2 AND email = $3 ORDER BY placed_at DESC LIMIT 1",
        shop_id, number_key(number), email.strip().lower(),
    )  # fmt: skip
    return found[0]["id"] if found else None


async def lock_order(tx: Transaction, order_id: str) -> StoredOrder:
    """The order with its row locked until the transaction ends: the first lock of every journey.

    An order of new goods shares its money with the one that they were exchanged for, which is locked before it.
    """
    found = await read(
        Order,
        "WHERE id = $1 AND (SELECT count(*) FROM (SELECT 1 FROM orders "  # noqa: S608 - our own names
        f"WHERE id = {origin('$1')} FOR UPDATE) AS locked) >= 0 FOR UPDATE",
        order_id, tx=tx,
    )  # fmt: skip
    if not found:
        raise NotFound(detail="We could not find this order.", param="order_id")
    return locked(tx, found[0])


async def lock_whether_over(tx: Transaction, shop_id: str, external_id: str, earner_id: str) -> bool:
    """Whether the order with this id at the store is over. Where we know it, it is locked together with an older one,
    which earned what it is paid with: its cancellation then comes before us or after.

    From the newer to the older in one statement, as everybody takes them (docs/architecture.md, "Locks").
    """
    found = await tx.rows(
        "SELECT external_id, state FROM orders WHERE (shop_id = $1 AND external_id = $2) OR id = $3 "
        "ORDER BY id DESC FOR UPDATE",
        shop_id, external_id, earner_id,
    )  # fmt: skip
    return any(row["external_id"] == external_id and row["state"] != OrderState.OPEN for row in found)


def locked(tx: Transaction, row: Order) -> StoredOrder:
    """An order whose row this transaction has just locked and read."""
    tx.batch_of(Chains).head_is(row.id, row.audit_n, row.audit_head)
    return as_stored(row)


async def payments_of(order_id: str) -> list[Payment]:
    """The payments that the order was paid with, always in the same sequence: for new goods those of the first order,
    with what was paid on top, whatever the store's own books say of how they were paid."""
    return await read(Payment, f"WHERE order_id = COALESCE({origin('$1')}, $1) ORDER BY external_id", order_id)


async def payer_of(order: StoredOrder, payment: Payment) -> StoredOrder:
    """The order that a payment of this order's money is of: itself, or the first one."""
    return order if payment.order_id == order.id else await get_order(order.row.shop_id, payment.order_id)


async def payments_by_reference(shop_id: str, reference: str) -> list[Payment]:
    """The payments that are this PaymentIntent: more than one where a store has cloned an order with its payment.

    They come in the sequence in which their orders are locked.
    """
    return await read(
        Payment,
        "WHERE shop_id = $1 AND reference = $2 AND custodian = 'stripe' ORDER BY order_id, id",
        shop_id,
        reference,
    )


def number_key(number: str) -> str:
    """An order number as a shopper may type it: without ``#``, blanks and dashes, in lower case."""
    return "".join(char for char in number.lower() if char.isalnum())[:80]


def _was_edited(placement: StoreOrder, after: StoreOrder) -> bool:
    """Whether the store changed lines or amounts; what ships, is refunded or cancelled is no edit."""

    def frozen(order: StoreOrder) -> object:
        lines = sorted((line.id, line.quantity, line.total, line.tax) for line in order.lines)
        extras = sorted((str(extra.kind), extra.total, extra.tax) for extra in order.extras)
        return lines, extras, order.shipping.total, order.shipping.tax, order.unexplained, order.currency

    return frozen(placement) != frozen(after)


async def store_order(
    tx: Transaction,
    *,
    shop_id: str,
    order: StoreOrder,
    customer_hash: str | None,
    at: datetime,
    ours: Mapping[str, int] = NOTHING,
) -> OrderChange:
    """Write a version of an order. An older or equal version than the stored one changes nothing (I10).

    ``ours`` is what the store's own count of refunds has of our legs, by the store's id of the payment.
    """
    document = msgspec.to_builtins(order)
    order_id = new_id("ord")
    created = await tx.rows(
        "INSERT INTO orders (id, shop_id, external_id, number, number_key, sequence, state, currency, total, "
        "placed_at, email, customer_hash, revision, document, placement, audit_n, audit_head, received_at, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13, 0, '', $14, $14) "
        "ON CONFLICT (shop_id, external_id) DO NOTHING RETURNING id",
        order_id, shop_id, order.id, order.number, number_key(order.number), order.sequence, str(order.state),
        order.currency, order.total, order.placed_at, _address(order), customer_hash,
        msgspec.json.encode(document).decode(), at,
    )  # fmt: skip
    if created:
        to_read = await store_payments(tx, shop_id, order_id, order, ours)
        return OrderChange(order_id, True, False, False, None, order, to_read)
    row = await Order.filter(shop_id=shop_id, external_id=order.id).select_for_update().using_db(tx.connection).get()
    stored, is_erased = as_stored(row), row.erased_at is not None
    if order.sequence <= row.sequence:
        return OrderChange(row.id, False, True, False, stored.now, stored.now, is_erased=is_erased)
    if is_erased:
        order, customer_hash = without_person(order), None
        document = msgspec.to_builtins(order)
    edited = _was_edited(stored.placement, order)
    row.sequence, row.state, row.document, row.changed_at = order.sequence, str(order.state), document, at
    row.number, row.number_key, row.total = order.number, number_key(order.number), order.total
    row.email, row.customer_hash = _address(order), customer_hash
    if edited:
        row.revision, row.placement = row.revision + 1, document
    await row.save(using_db=tx.connection)
    to_read = await store_payments(tx, shop_id, row.id, order, ours)
    return OrderChange(row.id, False, False, edited, stored.now, order, to_read, is_erased)


def _address(order: StoreOrder) -> str | None:
    return order.customer.email.strip().lower() if order.customer.email else None


async def freeze(tx: Transaction, order_id: str, reason: str, fact: str) -> bool:
    """Stop all automatic money on the order until a person has looked; False when this very ``fact`` did so before.

    It may have been let flow again since: the person has looked at this fact, and only a new one outweighs that.
    """
    return bool(
        await tx.execute(
            "UPDATE orders SET frozen_reason = COALESCE(frozen_reason, $2), "
            "frozen_by = COALESCE(frozen_by, '[]') || to_jsonb($3::text) "
            "WHERE id = $1 AND NOT COALESCE(frozen_by, '[]') ? $3::text",
            order_id, reason, fact,
        )
    )  # fmt: skip


async def unfreeze(tx: Transaction, order_id: str) -> bool:
    """Let automatic money flow again, after a person has looked."""
    return bool(
        await tx.execute("UPDATE orders SET frozen_reason = NULL WHERE id = $1 AND frozen_reason IS NOT NULL", order_id)
    )


def counted(counts: tuple[LineCount, ...]) -> dict[str, int]:
    """Quantities by line, repetitions added up."""
    total: dict[str, int] = {}
    for count in counts:
        total[count.line_id] = total.get(count.line_id, 0) + count.quantity
    return total


def fulfilled_by_line(order: StoreOrder) -> dict[str, int]:
    """How many units of each line have left, over all parcels."""
    return counted(tuple([count for fulfilment in order.fulfilments for count in fulfilment.lines]))
