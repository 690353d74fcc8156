"""Putting units that came back on a WooCommerce store's shelf again.

It is a refund of nothing that names the units, as for a cancellation (ADR 10): WooCommerce adds to the stock what the
line had taken from it, and no more (``wc_restock_refunded_items``, ``_reduced_stock``), and staff find the units in the
order. Writing ``stock_quantity`` ourselves would lose what is sold between our look and our writing, and could not be
found again after a lost answer.
"""

from __future__ import annotations

from plugin.ports.goods import Restock, StoreStatus
from plugin.ports.payments import RejectCode, Rejected
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.asking_once import check_not_under_way, in_good_time, mark_asked, post_refund
from plugin.storefronts.woocommerce.looking import refunds_of
from plugin.storefronts.woocommerce.marks import MARK, mark_of, meta_body, reason_with, restock_mark
from plugin.storefronts.woocommerce.origins import read_origin


async def restock(api: WooApi, asked: Restock) -> StoreStatus:
    """See ``Goods.restock``."""
    mark = restock_mark(asked.key)
    async with in_good_time(api):
        origin = await read_origin(api, asked.order_id)
        if any(mark_of(record) == mark for record in await refunds_of(api, asked.order_id)):
            return StoreStatus.DONE
        check_not_under_way(api, origin.meta_data, mark)
        units = {str(line.id): line.quantity for line in origin.line_items}
        if any(count.quantity > units.get(count.line_id, 0) for count in asked.lines):
            raise Rejected(RejectCode.OTHER, "The order has not so many units of this line any more.")
        await mark_asked(api, asked.order_id, mark)
    body = {
        "amount": "0",
        "reason": reason_with("Sent back, and in stock again", mark),
        "api_refund": False,
        "api_restock": True,
        "line_items": [{"id": int(c.line_id), "quantity": c.quantity, "refund_total": 0} for c in asked.lines],
        "meta_data": meta_body({MARK: mark}),
    }
    await post_refund(api, asked.order_id, mark, body)
    return StoreStatus.DONE
