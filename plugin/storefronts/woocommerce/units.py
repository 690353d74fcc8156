"""Which units of an order have left, and which never will.

WooCommerce itself knows neither parcels nor cancelled units. What has left is told by the order's status and by the
tracking that plugins keep in ``_wc_shipment_tracking_items`` (WooCommerce Shipment Tracking, documented at
woocommerce.com/document/shipment-tracking; Advanced Shipment Tracking adds ``products_list``). What never will leave is
told by refunds that name units which have not left; a refund of ours that puts units into stock again is of units that
had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from plugin.ports.orders import LineCount, StoreFulfilment, StoreLine
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import moment, text
from plugin.storefronts.woocommerce.marks import is_cancel_mark, is_restock_mark, mark_of
from plugin.storefronts.woocommerce.wire import Order, RefundRecord, value_of

SHIPPED = frozenset({"completed", "shipped", "delivered", "updated-tracking"})
PARTLY_SHIPPED = "partial-shipped"
_TRACKING = "_wc_shipment_tracking_items"
_MOST_PARCELS = 200
_NOBODY_SENDS_BACK_WITHIN = timedelta(days=1)


def refunded_units(record: RefundRecord) -> tuple[LineCount, ...]:
    """The units that a refund names; a line refunded by its amount alone names none."""
    counts: Counter[str] = Counter()
    for line in record.line_items:
        refunded = value_of(line.meta_data, "_refunded_item_id")
        if refunded and (quantity := abs(_whole(line.quantity))):
            counts[str(refunded)] += quantity
    return tuple(LineCount(id, quantity) for id, quantity in counts.items())


def units_of(
    order: Order, lines: Sequence[StoreLine], records: Sequence[RefundRecord]
) -> tuple[tuple[StoreFulfilment, ...], tuple[LineCount, ...]]:
    """The parcels, and the units that were cancelled; together never more than were ordered."""
    left = Counter({line.id: line.quantity for line in lines})
    parcels = [_parcel(order, i, item, left) for i, item in enumerate(_tracking(order))]
    cancelled: Counter[str] = Counter()
    for record in records:
        if _took_units_out(order, record, parcels):
            for count in refunded_units(record):
                taken = min(count.quantity, left[count.line_id])
                cancelled[count.line_id] += taken
                left[count.line_id] -= taken
    if order.status == "refunded" and not order.date_completed_gmt and not parcels:
        cancelled, left = cancelled + left, Counter()
    rest = tuple(LineCount(id, n) for id, n in left.items() if n > 0)
    if rest and (_has_left(order) or (parcels and order.status != PARTLY_SHIPPED)):
        parcels = _with_the_rest(order, parcels, rest)
    return tuple(parcels), tuple(LineCount(id, n) for id, n in cancelled.items() if n > 0)


def _with_the_rest(order: Order, parcels: list[StoreFulfilment], rest: tuple[LineCount, ...]) -> list[StoreFulfilment]:
    """What no parcel names went with the last of those that name nothing, or, in an order that is shipped, without
    tracking; beside parcels that say what is in them the rest of an open order has not left."""
    unnamed = [i for i, parcel in enumerate(parcels) if not parcel.lines]
    if unnamed:
        last = max(unnamed, key=lambda i: parcels[i].shipped_at or datetime.min.replace(tzinfo=UTC))
        return [replace(parcel, lines=rest) if i == last else parcel for i, parcel in enumerate(parcels)]
    if not _has_left(order):
        return parcels
    completed = order.date_completed_gmt or order.date_completed
    at = moment(completed, "date_completed_gmt", is_utc=True) if completed else None
    whole = StoreFulfilment(id=f"{order.id}:completed", lines=rest, shipped_at=at, delivered_at=_delivered(order))
    return [*parcels, whole]


def _parcel(order: Order, i: int, item: dict[str, Any], left: Counter[str]) -> StoreFulfilment:
    """One tracking item; what it says to be in it is taken out of ``left``."""
    inside: Counter[str] = Counter()
    for named in _list(item.get("products_list")):
        line_id, quantity = _line_of(order, named), _whole(named.get("qty"))
        if line_id is not None and quantity > 0:
            taken = min(quantity, left[line_id])
            inside[line_id] += taken
            left[line_id] -= taken
    return StoreFulfilment(
        id=text(item.get("tracking_id"), 80) or f"{order.id}:{i}",
        lines=tuple(LineCount(id, n) for id, n in inside.items() if n > 0),
        shipped_at=_day(item.get("date_shipped")),
        delivered_at=_delivered(order),
        carrier=text(
            item.get("custom_tracking_provider")
            or item.get("formatted_tracking_provider")
            or item.get("tracking_provider"),
            200,
        ),
        tracking_number=text(item.get("tracking_number"), 200),
        tracking_url=_link(item),
    )


def _link(item: dict[str, Any]) -> str | None:
    """A link of the shop's own has ``%1$s`` where the number goes, and may want a postcode, which we leave out."""
    link = text(item.get("custom_tracking_link") or item.get("ast_tracking_link"), 2000) or ""
    link = link.replace("%1$s", quote(text(item.get("tracking_number"), 200) or "", safe=""))
    return link if link.startswith(("https://", "http://")) and "$s" not in link else None


def _line_of(order: Order, named: dict[str, Any]) -> str | None:
    """By the line's own id, or by the product where the plugin knows no more."""
    item_id, product = _whole(named.get("item_id")), _whole(named.get("product"))
    for line in order.line_items:
        if line.id == item_id or (not item_id and product and product in (line.product_id, line.variation_id)):
            return str(line.id)
    return None


def _has_left(order: Order) -> bool:
    """An order that was completed and then refunded as a whole has been sent all the same."""
    return order.status in SHIPPED or (order.status == "refunded" and bool(order.date_completed_gmt))


def _delivered(order: Order) -> datetime | None:
    """The status of a plugin says that, and nothing says when: the order's change is the nearest there is."""
    changed = order.date_modified_gmt or order.date_modified
    return moment(changed, "date_modified_gmt", is_utc=True) if order.status == "delivered" and changed else None


def _took_units_out(order: Order, record: RefundRecord, parcels: Sequence[StoreFulfilment]) -> bool:
    """Whether the units of this refund never left; those of one that is made after they did were sent back."""
    mark = mark_of(record)
    if is_cancel_mark(mark) or is_restock_mark(mark):
        return is_cancel_mark(mark)
    made = record.date_created_gmt or record.date_created
    if _has_left(order):
        return bool(made and order.date_completed_gmt and made < order.date_completed_gmt)
    unnamed = [parcel for parcel in parcels if not parcel.lines]
    if not unnamed or order.status == PARTLY_SHIPPED or not made:
        return True
    left_at = min((parcel.shipped_at for parcel in unnamed if parcel.shipped_at), default=None)
    at = moment(made, "refunds.date_created_gmt", is_utc=True)
    return left_at is None or at < left_at + _NOBODY_SENDS_BACK_WITHIN


def _tracking(order: Order) -> list[dict[str, Any]]:
    return _list(value_of(order.meta_data, _TRACKING))[:_MOST_PARCELS]


def _list(value: Any) -> list[dict[str, Any]]:
    """PHP's arrays come as a list, or as an object where their keys are not 0, 1, 2 …"""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _whole(value: Any) -> int:
    """A plugin's number, as text or as a number; 0 for anything else."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 11:
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and abs(value) < 10**9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _day(value: Any) -> datetime | None:
    """``date_shipped``: seconds since 1970, or a date."""
    try:
        if seconds := _whole(value):
            return moment(datetime.fromtimestamp(seconds, UTC).isoformat(), "date_shipped")
        return moment(value, "date_shipped", is_utc=True) if isinstance(value, str) and value else None
    except (Unparseable, ValueError, OverflowError, OSError):
        return None
