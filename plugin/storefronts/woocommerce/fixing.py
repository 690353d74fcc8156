"""Correcting an order of a WooCommerce store that has not left: its address, or the variation of units of a line.

Any such change makes WooCommerce reckon the order's totals anew (``class-wc-rest-orders-controller.php``,
``save_object``), so what it costs is read from the answer; the same PUT writes the totals from before into the order,
and a repetition finds them. Units of another variation cost what the two differ by now, beside what was paid: a
discount stays. The whole of a line changes in its place, a part of it becomes a line of its own.

The API moves no stock for an edited line. What the line had taken (``_reduced_stock``) is moved with the units, and
both variations are put right by ``inventory_delta`` (``class-wc-rest-products-controller.php``); if that fails the
order is right all the same, and the answer says that the stock is not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from plugin.core.money import as_decimal
from plugin.ports.goods import Address, Fix, FixAnswer, Offered, StoreStatus, Wanted
from plugin.ports.orders import StoreOrder
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.storefronts.platform_values import count, minor
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.asking_once import check_not_under_way, in_good_time, mark_asked, marked_as_asked
from plugin.storefronts.woocommerce.looking import find_order, refunds_of
from plugin.storefronts.woocommerce.marks import fixed_mark, meta_body
from plugin.storefronts.woocommerce.offering import find_product, offered_one, prices_for
from plugin.storefronts.woocommerce.orders import neutral
from plugin.storefronts.woocommerce.origins import Origin, OriginLine, read_origin
from plugin.storefronts.woocommerce.wire import value_of

_CAN_BE_CHANGED = frozenset({"on-hold", "processing"})
_TAKEN = "_reduced_stock"


async def fix(api: WooApi, asked: Fix) -> FixAnswer:
    """See ``Goods.fix``."""
    async with in_good_time(api):
        origin = await read_origin(api, asked.order_id)
        before = value_of(origin.meta_data, fixed_mark(asked.key))
        if isinstance(before, str):
            return _changed_by(origin, before)
        now = await _as_it_stands(api, asked)
        if now is None:
            return FixAnswer(
                status=StoreStatus.TOO_LATE, reason=f"It has left, or is no longer to be sent: {origin.status}."
            )
        if asked.address is not None:
            return await _address(api, asked, asked.address, origin)
        change = await _variation(api, asked, origin, now)
        if isinstance(change, FixAnswer):
            return change
        if asked.is_trial:
            return change.costs
        check_not_under_way(api, origin.meta_data, f"fix:{asked.key}")
        await mark_asked(api, asked.order_id, f"fix:{asked.key}")
    async with marked_as_asked(api, asked.order_id, f"fix:{asked.key}"):
        answer = await _put(api, asked, origin, {"line_items": change.line_items})
    return await _with_stock_moved(api, change, answer)


async def _as_it_stands(api: WooApi, asked: Fix) -> StoreOrder | None:
    """The order where all of it is still here; None where something of it has left, or it is closed or not paid."""
    order = await find_order(api, asked.order_id)
    if order is None or order.status not in _CAN_BE_CHANGED:
        return None
    now = neutral(order, await refunds_of(api, asked.order_id))
    return None if now is None or now.fulfilments else now


async def _address(api: WooApi, asked: Fix, address: Address, origin: Origin) -> FixAnswer:
    if address.country != origin.country:
        raise Rejected(RejectCode.OTHER, "To another country the order's taxes and shipping are others: a person's.")
    if asked.is_trial:
        return FixAnswer(status=StoreStatus.DONE)
    first, _, last = address.name.rpartition(" ")
    shipping = {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": address.line1,
        "address_2": address.line2 or "",
        "city": address.city,
        "state": address.region or "",
        "postcode": address.postal_code or "",
        "country": address.country,
    }
    if address.phone:
        shipping["phone"] = address.phone
    return await _put(api, asked, origin, {"shipping": shipping})


async def _put(api: WooApi, asked: Fix, origin: Origin, change: dict[str, Any]) -> FixAnswer:
    before = f"{origin.total}|{origin.total_tax}"
    body = {**change, "meta_data": meta_body({fixed_mark(asked.key): before})}
    reply = await api.put(f"orders/{asked.order_id}", body)
    return _changed_by(reply.read(Origin), before)


def _changed_by(origin: Origin, before: str) -> FixAnswer:
    total, _, tax = before.partition("|")
    costs = minor(origin.total, origin.currency, "total") - minor(total, origin.currency, "total")
    more_tax = minor(origin.total_tax, origin.currency, "total_tax") - minor(tax, origin.currency, "total_tax")
    return FixAnswer(status=StoreStatus.DONE, costs=costs, tax=more_tax)


@dataclass(frozen=True)
class _Change:
    """``moved`` says by how many units the stock of which product changes, where the line had taken any."""

    line_items: list[dict[str, Any]]
    costs: FixAnswer
    moved: tuple[tuple[Wanted, int], ...]


async def _variation(api: WooApi, asked: Fix, origin: Origin, now: StoreOrder) -> _Change | FixAnswer:
    line = next((each for each in origin.line_items if str(each.id) == asked.line_id), None)
    if line is None or asked.to is None:
        raise Rejected(RejectCode.NOT_FOUND, "The order has no such line.")
    units = asked.to.quantity
    gone = Counter({each.line_id: each.quantity for each in now.cancelled})
    if not 0 < units <= count(line.quantity, "quantity") - gone[str(line.id)]:
        return FixAnswer(status=StoreStatus.TOO_LATE, reason="Not all of these units are still here.")
    prices = await prices_for(api, origin, now.currency)
    new = await offered_one(prices, asked.to)
    if new is None or not new.is_sold or (new.available is not None and new.available < units):
        return FixAnswer(status=StoreStatus.OUT_OF_STOCK, reason="The store has not so many of this variation.")
    old = Wanted(product_id=str(line.product_id), variant_id=str(line.variation_id) if line.variation_id else None)
    was = await offered_one(prices, old)
    price, tax = _paid_for_one(line, now.currency)
    if was is not None and was.is_sold:
        price, tax = was.unit_price, was.unit_tax
    costs = FixAnswer(status=StoreStatus.DONE, costs=units * (new.unit_price - price), tax=units * (new.unit_tax - tax))
    taken = value_of(line.meta_data, _TAKEN)
    moved = ((old, units), (asked.to, -units)) if taken else ()
    return _Change(_line_items(line, new, costs, units, now.currency), costs, moved)


def _paid_for_one(line: OriginLine, currency: str) -> tuple[int, int]:
    quantity = count(line.quantity, "quantity")
    net, tax = minor(line.total, currency, "total"), minor(line.total_tax, currency, "total_tax")
    return (net + tax) // quantity, tax // quantity


def _line_items(line: OriginLine, new: Offered, costs: FixAnswer, units: int, currency: str) -> list[dict[str, Any]]:
    """The line with fewer units, if any are left, and the units of the other variation; without their tax."""
    quantity, dearer = count(line.quantity, "quantity"), costs.costs - costs.tax
    total, subtotal = minor(line.total, currency, "total"), minor(line.subtotal, currency, "subtotal")
    part, part_before = total * units // quantity, subtotal * units // quantity
    paid = max(part + dearer, 0)
    other: dict[str, Any] = {
        "product_id": int(new.product_id),
        "variation_id": int(new.variant_id) if new.variant_id else 0,
        "quantity": units,
        "subtotal": _text(max(part_before + dearer, paid), currency),
        "total": _text(paid, currency),
    }
    if units == quantity:
        return [{"id": line.id, **other}]
    rest: dict[str, Any] = {
        "id": line.id,
        "quantity": quantity - units,
        "subtotal": _text(subtotal - part_before, currency),
        "total": _text(total - part, currency),
    }
    taken = value_of(line.meta_data, _TAKEN)
    if str(taken).isdecimal():
        rest["meta_data"] = [{"key": _TAKEN, "value": str(max(int(taken) - units, 0))}]
        other["meta_data"] = [{"key": _TAKEN, "value": str(units)}]
    return [rest, other]


async def _with_stock_moved(api: WooApi, change: _Change, answer: FixAnswer) -> FixAnswer:
    try:
        for wanted, delta in change.moved:
            if path := await _stock_of(api, wanted):
                await api.put(path, {"inventory_delta": delta})
    except (OutcomeUnknown, Rejected) as error:
        reason = f"The order is changed, but look at the stock of both variations: {error}"
        return FixAnswer(status=answer.status, costs=answer.costs, tax=answer.tax, reason=reason)
    return answer


async def _stock_of(api: WooApi, wanted: Wanted) -> str | None:
    """Where the stock of this is counted: at the variation, at its product, or (None) nowhere."""
    found = await find_product(api, wanted.product_id, wanted.variant_id)
    product, variation = found or (None, None)
    if product is not None and variation is not None and variation.manage_stock is True:
        return f"products/{product.id}/variations/{variation.id}"
    return f"products/{product.id}" if product is not None and product.manage_stock is True else None


def _text(amount: int, currency: str) -> str:
    return str(as_decimal(amount, currency))
