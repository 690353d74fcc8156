"""Looking orders up: one with all that belongs to it, or all that changed since a moment, oldest change first.

Times are sent without an offset: ``dates_are_gmt`` compares with the GMT columns, but WordPress turns a time that names
an offset into the site's own zone first (``class-wc-rest-crud-controller.php``, ``prepare_objects_query``, and
WordPress' ``WP_Date_Query``). ``modified_after`` leaves out the moment itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from plugin.ports.orders import StoreOrder
from plugin.ports.platforms import OrderPage
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import decode, moment
from plugin.storefronts.woocommerce.api import OddAnswer, Refusal, WooApi
from plugin.storefronts.woocommerce.orders import neutral
from plugin.storefronts.woocommerce.wire import Order, RefundRecord

PER_PAGE = 50
_PER_PAGE_OF_REFUNDS = 100
_UNKNOWN_ORDER = frozenset({"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id"})
_LISTS = ("any", "trash")  # "any" leaves the trash out

Shape = TypeVar("Shape", bound=msgspec.Struct)


class _Stub(msgspec.Struct, frozen=True):
    id: int
    date_modified_gmt: str | None = None


@dataclass(frozen=True)
class _Place:
    """Where in the changed orders we are: by the last change that was read, and not by a page's number, which moves
    when orders change meanwhile. ``seen`` are the orders of that very second."""

    list: int
    after: datetime
    seen: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.list}|{self.after.isoformat()}|{','.join(map(str, self.seen))}"

    @classmethod
    def read(cls, cursor: str) -> _Place:
        list, after, seen = cursor.split("|")
        return cls(int(list), datetime.fromisoformat(after), tuple(int(id) for id in seen.split(",") if id))


async def find_order(api: WooApi, order_id: str) -> Order | None:
    """The order as WooCommerce has it; None where it has none of this id. Raises ``Unparseable``."""
    return await find_as(api, order_id, Order)


async def find_as(api: WooApi, order_id: str, shape: type[Shape]) -> Shape | None:
    """The same, as ``shape``: other parts of it."""
    if not order_id.isdecimal():
        return None
    try:
        reply = await api.get(f"orders/{order_id}")
    except Refusal as no:
        if no.error in _UNKNOWN_ORDER:
            return None
        raise
    return decode(reply.body, shape, "WooCommerce")


async def refunds_of(api: WooApi, order_id: str) -> list[RefundRecord]:
    """All refunds of an order, the oldest first. Raises ``OddAnswer`` where they are not what WooCommerce documents."""
    found: list[RefundRecord] = []
    for page in range(1, 11):
        reply = await api.get(f"orders/{order_id}/refunds", per_page=_PER_PAGE_OF_REFUNDS, page=page)
        records = reply.read(list[RefundRecord])
        found += records
        if len(records) < _PER_PAGE_OF_REFUNDS:
            break
    return sorted(found, key=lambda record: record.id)


async def fetch(api: WooApi, order_id: str) -> StoreOrder | None:
    """See ``Platform.fetch_order``."""
    order = await find_order(api, order_id)
    return None if order is None else neutral(order, await _refunds(api, order))


async def changed(api: WooApi, since: datetime, cursor: str | None) -> OrderPage:
    """See ``Platform.orders_changed``. ``total`` is given with the first page, and leaves the trash out."""
    begin = since.astimezone(UTC).replace(microsecond=0)
    place = _Place.read(cursor) if cursor else _Place(0, begin)
    query: dict[str, str | int] = {
        "status": _LISTS[place.list],
        "modified_after": (place.after - timedelta(seconds=1)).replace(tzinfo=None).isoformat(),
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "per_page": PER_PAGE,
    }
    if place.seen:
        query["exclude"] = ",".join(map(str, place.seen))
    reply = await api.get("orders", **query)
    bodies = reply.read(list[msgspec.Raw])
    orders, unreadable = await _read_all(api, bodies)
    return OrderPage(
        orders=tuple(orders),
        next=_next(place, begin, [_stub(body) for body in bodies]),
        unreadable=tuple(unreadable),
        total=reply.total if cursor is None else None,
    )


async def _read_all(api: WooApi, bodies: Sequence[Any]) -> tuple[list[StoreOrder], list[tuple[str, str]]]:
    orders, unreadable = [], []
    for body in bodies:
        try:
            order = decode(bytes(body), Order, "WooCommerce")
            found = neutral(order, await _refunds(api, order))
        except Unparseable as error:
            unreadable.append((str(_stub(body).id), str(error)))
        else:
            orders += [found] if found else []
    return orders, unreadable


async def _refunds(api: WooApi, order: Order) -> list[RefundRecord]:
    """Refunds that a plugin has bent make this order unreadable, and keep no other one waiting."""
    try:
        return await refunds_of(api, str(order.id)) if order.refunds else []
    except OddAnswer as odd:
        raise Unparseable(f"refunds: {odd.reason}", str(order.id)) from odd


def _next(place: _Place, begin: datetime, stubs: Sequence[_Stub]) -> str | None:
    if len(stubs) < PER_PAGE:  # the next list is walked from the beginning, too
        return str(_Place(place.list + 1, begin)) if place.list + 1 < len(_LISTS) else None
    last = max((_changed_at(stub) for stub in stubs), default=place.after)
    seen = tuple(stub.id for stub in stubs if _changed_at(stub) == last)
    return str(_Place(place.list, last, seen if last > place.after else place.seen + seen))


def _changed_at(stub: _Stub) -> datetime:
    return moment(stub.date_modified_gmt, "date_modified_gmt", is_utc=True)


def _stub(body: Any) -> _Stub:
    return decode(bytes(body), _Stub, "WooCommerce")
