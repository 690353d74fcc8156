"""Orders that we have a WooCommerce store make: of an exchange, or to send goods again.

Such an order is a child of the first one (``parent_id``), so that a repetition finds it: the first one's children are
listed and ours is known by its key. WooCommerce knows no idempotency keys; the first order is marked as asked before
the call, and asked again only when nothing of it can be under way any more (``asking_once``).

The whole order is paid (``set_paid``) by no gateway of the store's, and WooCommerce takes its goods off the shelf then
(``wc_maybe_reduce_stock_levels``). Each line keeps its price as ``subtotal``; what the returned goods pay of it is its
discount, so that the order's total is what was collected. WooCommerce lays the tax on anew, by the address
(``class-wc-rest-orders-controller.php``, ``save_object``): the same tax is taken out before, with parts of a cent, so
that it comes to the same sum. The API sells what is out of stock without a word, so stock is looked at before.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

from plugin.core.money import as_decimal, share_out
from plugin.ports.goods import OutboundAnswer, OutboundLine, OutboundOrder, StoreStatus
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.asking_once import check_not_under_way, in_good_time, mark_asked, marked_as_asked
from plugin.storefronts.woocommerce.marks import MADE_KEY, ORIGIN, OUR_METHOD, meta_body
from plugin.storefronts.woocommerce.offering import Product, find_product
from plugin.storefronts.woocommerce.origins import Origin, factor, rates_of_class, read_origin
from plugin.storefronts.woocommerce.wire import MetaData, value_of

_PER_PAGE = 100
_FINE = Decimal("0.000001")
_TITLES = {"exchange": "Exchange for order", "reshipment": "Sent again for order"}


class _Made(Struct, frozen=True):
    id: int
    number: str | int
    meta_data: list[MetaData] = []


async def make_order(api: WooApi, order: OutboundOrder) -> OutboundAnswer:
    """See ``Goods.make_order``."""
    ask = f"order:{order.key}"
    async with in_good_time(api):
        origin = await read_origin(api, order.order_id)
        if made := await _find(api, order):
            return made
        check_not_under_way(api, origin.meta_data, ask)
        parts: list[Decimal] = []
        for line in order.lines:
            sold = await _sold(api, line)
            if isinstance(sold, OutboundAnswer):
                return sold
            parts.append(_without_tax(origin, sold, line))
        await mark_asked(api, order.order_id, ask)
    async with marked_as_asked(api, order.order_id, ask):
        reply = await api.post("orders", _body(order, origin, parts))
    return _told(reply.read(_Made))


async def _find(api: WooApi, order: OutboundOrder) -> OutboundAnswer | None:
    reply = await api.get("orders", parent=order.order_id, per_page=_PER_PAGE)
    for made in reply.read(list[_Made]):
        if value_of(made.meta_data, MADE_KEY) == order.key:
            return _told(made)
    return None


def _told(made: _Made) -> OutboundAnswer:
    return OutboundAnswer(status=StoreStatus.DONE, order_id=str(made.id), order_number=str(made.number))


async def _sold(api: WooApi, line: OutboundLine) -> Product | OutboundAnswer:
    """What is sold as this line, where there is enough of it."""
    found = await find_product(api, line.product_id, line.variant_id)
    if found is None:
        reason = f"The store no longer sells {line.title}."
        return OutboundAnswer(status=StoreStatus.OUT_OF_STOCK, reason=reason)
    sold = found[1] or found[0]
    if sold.available is not None and sold.available < line.quantity:
        reason = f"There is not enough of {line.title}."
        return OutboundAnswer(status=StoreStatus.OUT_OF_STOCK, reason=reason)
    return sold


def _without_tax(origin: Origin, sold: Product, line: OutboundLine) -> Decimal:
    """Which part of a price is not tax: as the store has taxed the shopper's order, or as we were told."""
    rates = () if sold.tax_status != "taxable" else rates_of_class(origin, sold.tax_class or "")
    return 1 / factor(rates) if rates is not None else _part(line.unit_price, line.unit_tax)


def _body(order: OutboundOrder, origin: Origin, parts: list[Decimal]) -> dict[str, Any]:
    weights = [*(line.unit_price * line.quantity for line in order.lines), order.shipping]
    *paid, paid_shipping = share_out(order.collected, weights)
    title = f"{_TITLES.get(order.reason, 'For order')} {order.order_number}"
    body: dict[str, Any] = {
        "parent_id": origin.id,
        "currency": order.currency,
        "customer_id": origin.customer_id or 0,
        "billing": origin.billing,
        "shipping": origin.shipping,
        "payment_method": OUR_METHOD,
        "payment_method_title": title,
        "set_paid": True,
        "line_items": [_line(order, *each) for each in zip(order.lines, paid, parts, strict=True)],
        "meta_data": meta_body({MADE_KEY: order.key, ORIGIN: order.order_id} | _noted(order)),
    }
    if order.shipping:
        net = _net(paid_shipping, _part(order.shipping, order.shipping_tax), order.currency)
        body["shipping_lines"] = [{"method_id": OUR_METHOD, "method_title": "Shipping", "total": net}]
    return body


def _line(order: OutboundOrder, line: OutboundLine, paid: int, part: Decimal) -> dict[str, Any]:
    return {
        "product_id": int(line.product_id),
        "variation_id": int(line.variant_id) if line.variant_id else 0,
        "quantity": line.quantity,
        "subtotal": _net(line.unit_price * line.quantity, part, order.currency),
        "total": _net(paid, part, order.currency),
    }


def _part(price: int, tax: int) -> Decimal:
    return Decimal(price - tax) / price if price else Decimal(1)


def _net(amount: int, part: Decimal, currency: str) -> str:
    return str((as_decimal(amount, currency) * part).quantize(_FINE, rounding=ROUND_HALF_UP))


def _noted(order: OutboundOrder) -> dict[str, str]:
    return {"comeback_note": order.note} if order.note else {}
