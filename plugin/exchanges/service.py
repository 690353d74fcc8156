"""Making and taking a quote, and moving a difference and an order of new goods through their tables.

The caller holds the locks of the order and the case. Each step is a compare-and-set with its audit row.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import structs

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.core.ids import new_id
from plugin.core.transitions import IllegalTransition
from plugin.db import Transaction
from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.exchanges.quoting import Price, QuotedAsk, QuotedLine, digest_of
from plugin.exchanges.refusals import QuoteEnded
from plugin.exchanges.states import DIFFERENCE, OUTBOUND, DifferenceState, OutboundState, QuoteState
from plugin.policies.facts import Component
from plugin.ports import goods


async def save_quote(
    tx: Transaction, *, shop_id: str, order_id: str, ask: QuotedAsk, price: Price, worth: int, at: datetime,
    ends_at: datetime,
) -> Quote:  # fmt: skip
    """Freeze it all until ``ends_at``."""
    quote = Quote(
        id=new_id("quo"), shop_id=shop_id, order_id=order_id, kind="exchange", state=str(QuoteState.OPEN),
        currency=price.currency, worth=worth, price=price.total, tax=price.tax, shipping=price.shipping.amount,
        difference=price.above(worth), digest=digest_of(ask, price, worth), ask=msgspec.to_builtins(ask),
        goods=msgspec.to_builtins(price.lines), made_at=at, ends_at=ends_at,
    )  # fmt: skip
    await quote.save(using_db=tx.connection)
    return quote


async def save_fix_quote(
    tx: Transaction, *, shop_id: str, order_id: str, costs: int, tax: int, shipping: int, currency: str, digest: str,
    at: datetime, ends_at: datetime,
) -> Quote:  # fmt: skip
    """What a correction costs more, to be paid until ``ends_at``; its case is made in the same breath, and holds what
    is asked of the store."""
    quote = Quote(
        id=new_id("quo"), shop_id=shop_id, order_id=order_id, kind="fix", state=str(QuoteState.TAKEN),
        currency=currency, worth=0, price=costs, tax=tax, shipping=shipping, difference=costs, digest=digest, ask={},
        goods=[], made_at=at, ends_at=ends_at,
    )  # fmt: skip
    await quote.save(using_db=tx.connection)
    return quote


def ask_of(quote: Quote) -> QuotedAsk:
    return msgspec.convert(quote.ask, QuotedAsk)


def price_of(quote: Quote) -> Price:
    """The frozen price. The tax of the sending is what the lines' does not explain."""
    lines = msgspec.convert(quote.goods, tuple[QuotedLine, ...])
    of_lines = sum(line.unit_tax * line.quantity for line in lines)
    return Price(lines=lines, shipping=Component(quote.shipping, quote.tax - of_lines), currency=quote.currency)


async def take_quote(tx: Transaction, quote: Quote, *, at: datetime) -> None:
    """A case was made of it; raises ``QuoteEnded`` where that has happened already, or its time is over."""
    taken = await tx.execute(
        "UPDATE quotes SET state = 'taken' WHERE id = $1 AND state = 'open' AND ends_at > $2", quote.id, at
    )
    if not taken:
        raise QuoteEnded()
    quote.state = str(QuoteState.TAKEN)


async def open_difference(
    tx: Transaction, case: Case, quote: Quote, amount: int, *, at: datetime, ends_at: datetime
) -> Difference:
    """What the shopper has to pay on top of what the case owes, until ``ends_at``; minor units."""
    difference = Difference(
        id=new_id("dif"), shop_id=case.shop_id, order_id=case.order_id, case_id=case.id, quote_id=quote.id,
        state=str(DifferenceState.AWAITING), amount=amount, currency=quote.currency, key="",
        ends_at=ends_at, created_at=at,
    )  # fmt: skip
    difference.key = f"comeback-{difference.id}"
    await difference.save(using_db=tx.connection)
    await _note(tx, difference, "difference_asked", at, None)
    return difference


async def move_difference(
    tx: Transaction, difference: Difference, wanted: DifferenceState, *, at: datetime, why: str | None = None,
    **values: object,
) -> bool:  # fmt: skip
    """Take one step; False for a repetition. ``values`` are further columns that the step sets."""
    state = DifferenceState(difference.state)
    if DIFFERENCE.is_repeat(state, wanted):
        return False
    DIFFERENCE.check(state, wanted)
    await _set(tx, difference, str(state), state=str(wanted), **values)
    await _note(tx, difference, f"difference_{wanted}", at, why)
    return True


async def save_outbound(tx: Transaction, case: Case, request: goods.OutboundOrder, *, at: datetime) -> OutboundOrder:
    """New goods that wait for their trigger; ``request`` is what the store is asked for, unchanged until a person asks
    anew."""
    outbound = OutboundOrder(
        id=new_id("out"), shop_id=case.shop_id, order_id=case.order_id, case_id=case.id, key=request.key,
        state=str(OutboundState.WAITING), request=msgspec.to_builtins(request), asks=0, created_at=at,
    )  # fmt: skip
    await outbound.save(using_db=tx.connection)
    return outbound


def request_of(outbound: OutboundOrder) -> goods.OutboundOrder:
    return msgspec.convert(outbound.request, goods.OutboundOrder)


async def count_as_paid(tx: Transaction, outbound: OutboundOrder, collected: int) -> None:
    """Before the store is asked: what of its price is collected, and that the rest of it is credited."""
    request = request_of(outbound)
    now = structs.replace(request, collected=collected, credited=request.price - collected)
    outbound.request = msgspec.to_builtins(now)
    await outbound.save(using_db=tx.connection, update_fields=["request"])


async def move_outbound(
    tx: Transaction, outbound: OutboundOrder, wanted: OutboundState, *, at: datetime, actor: str = "comeback",
    why: str | None = None, **values: object,
) -> bool:  # fmt: skip
    """Take one step; False for a repetition. ``values`` are further columns that the step sets."""
    state = OutboundState(outbound.state)
    if OUTBOUND.is_repeat(state, wanted):
        return False
    OUTBOUND.check(state, wanted)
    ordered_at = at if wanted is OutboundState.ORDERED else None
    await _set(tx, outbound, str(state), state=str(wanted), why=why, ordered_at=ordered_at, **values)
    await _note(tx, outbound, f"outbound_{wanted}", at, why, actor)
    return True


async def _set(tx: Transaction, row: Difference | OutboundOrder, seen: str, **values: object) -> None:
    moved = await type(row).filter(id=row.id, state=seen).using_db(tx.connection).update(**values)
    if not moved:
        raise IllegalTransition(detail="Somebody else has moved this a moment ago.")
    for name, value in values.items():
        setattr(row, name, value)


async def _note(
    tx: Transaction, row: Difference | OutboundOrder, kind: str, at: datetime, why: str | None, actor: str = "comeback"
) -> None:
    about: dict[str, str | int | None] = {"case": row.case_id, "why": why}
    if isinstance(row, Difference):
        about |= {"difference": row.id, "amount": row.amount, "currency": row.currency, "payment": row.payment_id}
    else:
        about |= {"outbound": row.id, "external_id": row.external_id}
    await audit.record(tx, shop_id=row.shop_id, order_id=row.order_id, kind=kind, actor=actor, at=at, data=about)
