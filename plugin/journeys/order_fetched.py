"""On a platform a webhook is a doorbell: the order is asked for, and what the store says of it now is what counts.

A fetched order is newer than all that was stored before it was asked for, also where the store's clock of changes ticks
in seconds or a deletion has no time. So it is taken over only if nothing was stored since; else it is fetched again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from msgspec import structs

from plugin.db import Transaction, transaction
from plugin.orders.origins import lock_origin
from plugin.orders.people import without_person
from plugin.orders.service import StoredOrder, find_by_external_id
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.ports.orders import OrderState, StoreOrder
from plugin.ports.payments import OutcomeUnknown, Rejected
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Unparseable
from plugin.shops.models import Shop
from plugin.shops.platforms import Connected, note_problem, platform_of


@dataclass(frozen=True)
class Fetched:
    """``order`` is None where the store has it no more and it was never stored here. ``after`` is the sequence that was
    stored before the store was asked; None where the order was not here."""

    order: StoreOrder | None
    after: int | None

    @property
    def tells_more(self) -> bool:
        """Whether it is another version than the one that was stored."""
        return self.order is not None and (self.after is None or self.order.sequence > self.after)


@dataclass(frozen=True)
class NotRead:
    """Why the store's own version of an order is not to be had, in words for staff."""

    reason: str


class Overtaken(Later):
    """A version of the order was stored since the store was asked, and the answer may be the older one of the two."""

    def __init__(self) -> None:
        super().__init__(timedelta(0), "another version of the order was faster")


async def fetch_order(shop: Shop, connected: Connected, order_id: str) -> Fetched:
    """Ask the store for the order of its own id ``order_id``. One that it has no more is our last version, deleted.

    Raises what ``Platform.fetch_order`` raises.
    """
    known = await find_by_external_id(shop.id, order_id)
    order = await connected.platform.fetch_order(connected.store, order_id)
    if order is None and known is not None:
        order = structs.replace(known.now, state=OrderState.DELETED)
    return Fetched(order, None) if order is None else as_answered(order, known)


def as_answered(order: StoreOrder, known: StoredOrder | None) -> Fetched:
    """What the store answered, beside what was stored before it was asked: if they differ, the answer is the newer."""
    if known is None:
        return Fetched(order, None)
    kept = without_person(order) if known.row.erased_at else order
    if structs.replace(kept, sequence=known.now.sequence, updated_at=known.now.updated_at) != known.now:
        order = structs.replace(order, sequence=max(order.sequence, known.row.sequence + 1))
    return Fetched(order, known.row.sequence)


async def as_it_stands(
    ports: Ports, claim: Claim, shop: Shop, order_id: str, told: StoreOrder | None
) -> Fetched | NotRead:
    """The order that a webhook is about as the store has it now; ``told`` is what the body made of it. Where the store
    cannot be asked, its answer not be read, or a later change than ``told`` is stored, the body stands."""
    if (connected := await platform_of(ports, shop)) is None:
        return NotRead(f"Order {order_id} cannot be asked for: the store is not connected.")
    known = await find_by_external_id(shop.id, order_id)
    if told is not None and known is not None and told.updated_at < known.now.updated_at:
        # Of a burst of webhooks, the first has brought what the others tell of.
        return NotRead(f"A later change of order {order_id} is stored.")
    claim.check_may_send()
    try:
        return await fetch_order(shop, connected, order_id)
    except OutcomeUnknown as unknown:
        raise waits_for(claim, unknown) from unknown
    except (Rejected, Unparseable) as no:
        not_read = NotRead(f"Order {order_id} could not be read at the store: {no}")
        async with transaction(ports.doorbell) as tx:
            await note_problem(tx, shop.id, not_read.reason)
        return not_read


async def check_still_newest(tx: Transaction, shop: Shop, fetched: Fetched, order_id: str) -> None:
    """Lock the order, and raise ``Overtaken`` if a version of it was stored since the store was asked."""
    await lock_origin(tx, shop.id, order_id)
    found = await tx.rows(
        "SELECT sequence FROM orders WHERE shop_id = $1 AND external_id = $2 FOR UPDATE", shop.id, order_id
    )
    if (found[0]["sequence"] if found else None) != fetched.after:
        raise Overtaken()


def waits_for(claim: Claim, unknown: OutcomeUnknown) -> Later:
    """When a platform that gave no answer is asked again: when it said so, else after a growing pause."""
    wait = timedelta(seconds=unknown.retry_after) if unknown.retry_after else None
    return Later(wait or back_off(claim.attempts, MONEY_WAITS_AT_MOST), unknown.reason)
