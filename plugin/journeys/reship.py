"""The same goods again, for a fault: the store is asked for an order that costs the shopper nothing.

What it is worth is what the units cost, to the cent. Where the order does not say by which ids the store knows the
goods, or which variant they are, nobody guesses: a person has them sent.
"""

from __future__ import annotations

from collections import Counter

from plugin.db import Transaction
from plugin.exchanges.service import move_outbound, save_outbound
from plugin.exchanges.states import RESHIPMENT, OutboundState
from plugin.journeys.giving import Due, hand_over, refund
from plugin.journeys.outbound import order_outbound
from plugin.messages.parts import AlertKind
from plugin.ports import goods
from plugin.ports.goods import OutboundLine

WHICH_GOODS = "goods_not_known"


async def reship(tx: Transaction, due: Due) -> None:
    """The form of a re-shipment. A person who has granted a smaller sum has granted money: that is what is given."""
    case, order, ports = due.case, due.order, due.ports
    if case.withheld:
        await refund(tx, due)
        return
    known = {line.id: line for line in order.placement.lines}
    counted = Counter((unit.line_id, unit.worth, unit.tax) for unit in due.units)
    lines = tuple(
        OutboundLine(
            product_id=known[line_id].product_id or "", variant_id=known[line_id].variant_id,
            title=known[line_id].title, quantity=quantity, unit_price=worth, unit_tax=tax,
        )
        for (line_id, worth, tax), quantity in counted.items()
    )  # fmt: skip
    named = [known[line_id] for line_id, _, _ in counted]
    if lines and all(line.product_id and (line.variant_id or not line.variant) for line in named):
        await order_outbound(tx, ports, order, case, lines)
        return
    request = goods.OutboundOrder(
        key=f"{RESHIPMENT}-{case.id}", order_id=order.row.external_id, order_number=order.row.number, reason=RESHIPMENT,
        currency=case.currency, lines=lines, credited=sum(line.unit_price * line.quantity for line in lines),
        note=f"Comeback case {case.number}",
    )  # fmt: skip
    outbound = await save_outbound(tx, case, request, at=ports.clock.now())
    await move_outbound(tx, outbound, OutboundState.WITH_PERSON, at=ports.clock.now(), why=WHICH_GOODS)
    await hand_over(tx, ports, due.shop, case, WHICH_GOODS, AlertKind.REVIEW)
