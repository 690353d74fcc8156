"""New goods for old: the order that the store is to make, and when it may leave.

An order of new goods is written with its whole request when the case is agreed on, and waits. The policy's trigger
lets it go (``exchange``, the form of ``resolve``); ``store_orders`` then asks the store. A re-shipment for a fault is
ordered in the same way (``order_outbound``).
"""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.models import Case
from plugin.cases.service import amounts_of, say_why_anew
from plugin.db import Transaction
from plugin.exchanges.models import OutboundOrder
from plugin.exchanges.quoting import Price
from plugin.exchanges.service import count_as_paid, move_outbound, request_of, save_outbound
from plugin.exchanges.states import EXCHANGE, NOT_ACCEPTED, RESHIPMENT, UNQUOTED, OutboundState
from plugin.exchanges.store import collected_on_top, outbound_of_case
from plugin.journeys.giving import Due, give_money, hand_over
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.ports import goods
from plugin.ports.goods import OutboundLine
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

MAKE_ORDER = "make_order"


async def prepare_exchange(
    tx: Transaction, ports: Ports, order: StoredOrder, case: Case, key: str, price: Price, *, worth: int
) -> OutboundOrder:
    """Write down what the store will be asked for, once the goods that go back and the difference allow it."""
    request = goods.OutboundOrder(
        key=key, order_id=order.row.external_id, order_number=order.row.number, reason=EXCHANGE,
        currency=price.currency, lines=tuple(line.to_order() for line in price.lines),
        shipping=price.shipping.amount, shipping_tax=price.shipping.tax,
        credited=min(worth, price.total), collected=max(0, price.above(worth)), note=f"Comeback case {case.number}",
    )  # fmt: skip
    return await save_outbound(tx, case, request, at=ports.clock.now())


async def order_outbound(
    tx: Transaction, ports: Ports, order: StoredOrder, case: Case, lines: Sequence[OutboundLine],
) -> OutboundOrder:  # fmt: skip
    """Have the store make an order that costs the shopper nothing, at once. The order and the case are locked."""
    request = goods.OutboundOrder(
        key=f"{RESHIPMENT}-{case.id}", order_id=order.row.external_id, order_number=order.row.number, reason=RESHIPMENT,
        currency=case.currency, lines=tuple(lines),
        credited=sum(line.unit_price * line.quantity for line in lines), note=f"Comeback case {case.number}",
    )  # fmt: skip
    outbound = await save_outbound(tx, case, request, at=ports.clock.now())
    await release(tx, ports, outbound)
    return outbound


async def release(tx: Transaction, ports: Ports, outbound: OutboundOrder, *, actor: str = "comeback") -> None:
    """Let it be ordered: the store is asked outside this transaction."""
    await move_outbound(tx, outbound, OutboundState.ASKING, at=ports.clock.now(), actor=actor)
    await outbox.add(tx, shop_id=outbound.shop_id, kind=MAKE_ORDER, ref=outbound.id)


async def exchange(tx: Transaction, due: Due) -> None:
    """The form of an exchange: the new goods are ordered, and what they leave over of the worth is refunded.

    Where less is accepted than the new goods were counted against, nobody is charged and nothing leaves: a person says
    what becomes of it.
    """
    case, ports, shop = due.case, due.ports, due.shop
    outbound = await outbound_of_case(case.id)
    if outbound is None or OutboundState(outbound.state) is not OutboundState.WAITING:
        await hand_over(tx, ports, shop, case, UNQUOTED, AlertKind.REVIEW)
        await say_why_anew(tx, case, UNQUOTED, at=ports.clock.now())  # who had it for its goods has more to decide now
        return
    if due.amounts.total < amounts_of(case).total:
        await hand_over(tx, ports, shop, case, NOT_ACCEPTED, AlertKind.REVIEW)
        return
    await settle_price(tx, ports, shop, case, outbound)
    await release(tx, ports, outbound)


async def settle_price(tx: Transaction, ports: Ports, shop: Shop, case: Case, outbound: OutboundOrder) -> None:
    """Before the new goods leave: the store is told what was really collected for them, and what they leave over of
    what the case owes is refunded."""
    await count_as_paid(tx, outbound, await collected_on_top(case.id))
    left_over = case.owed - request_of(outbound).price
    if left_over > 0:
        await give_money(tx, ports, shop, case, left_over)


async def drop(tx: Transaction, ports: Ports, case: Case, *, actor: str = "comeback", why: str | None = None) -> None:
    """The new goods of a case are not to be ordered any more; what was ordered is not taken back."""
    outbound = await outbound_of_case(case.id)
    if outbound is not None and OutboundState(outbound.state) in (OutboundState.WAITING, OutboundState.WITH_PERSON):
        await move_outbound(tx, outbound, OutboundState.CANCELLED, at=ports.clock.now(), actor=actor, why=why)
