"""A standard store's goods: signed calls, and what its answers mean. No trouble of the store is an error here.

| what comes back                              | means                                                          |
|----------------------------------------------|----------------------------------------------------------------|
| 2xx with a body of the published form        | what it says                                                   |
| 404, 501, or no address that may be called   | ``UNSUPPORTED``: the store takes no such asks                  |
| 400, 422                                     | ``REFUSED``: it understood enough to say no                    |
| anything else, or nothing                    | ``UNKNOWN``: it may have been done; the same ask again finds it |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from plugin.core.ids import new_id
from plugin.ports.goods import (
    CreditAnswer,
    Fix,
    FixAnswer,
    Offered,
    Offers,
    OutboundAnswer,
    OutboundOrder,
    Restock,
    StoreCredit,
    StoreStatus,
    Wanted,
)
from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import Resolve, resolve_by_system
from plugin.storefronts.calling import NoAnswer, Outgoing
from plugin.storefronts.standard.asking import CannotAsk, post, readable, stable_id
from plugin.storefronts.standard.goods_wire import (
    CreditAsk,
    CreditData,
    CreditedBody,
    FixAsk,
    FixData,
    FixedBody,
    GoodsAsk,
    OfferBody,
    OffersAsk,
    OffersBody,
    OffersData,
    OrderAsk,
    OrderData,
    OrderMadeBody,
    RestockAsk,
    RestockData,
    SaidBody,
    VariantsAsk,
    VariantsData,
)

TIMEOUT_SECONDS = 5.0
_LONGEST_ANSWER = 512 * 1024  # a product may come in hundreds of variants
_TAKES_NONE = frozenset({404, 501})
_SAYS_NO = frozenset({400, 422})

Body = TypeVar("Body", bound=msgspec.Struct)


@dataclass(frozen=True)
class _NotDone:
    """Instead of a body: how it ended, and why, for staff."""

    status: StoreStatus
    reason: str


class StandardGoods:
    """``http`` should be an ``outgoing_client()``; ``clock`` dates the signatures of our calls."""

    name = "standard"

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        resolve: Resolve = resolve_by_system,
        clock: Clock | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._outgoing = Outgoing(http, resolve, timeout)
        self._clock = clock or SystemClock()

    async def offers(self, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
        """See ``Goods.offers``. What was not asked for is left out."""
        ask = OffersAsk(OffersData(order_id=order_id, currency=currency, wanted=wanted))
        names = {(each.product_id, each.variant_id) for each in wanted}
        said = await self._ask(store, new_id("offers"), ask, OffersBody)
        return _offers(said, currency, lambda offer: (offer.product_id, offer.variant_id) in names)

    async def variants(self, store: StoreConnection, product_id: str, currency: str) -> Offers:
        """See ``Goods.variants``."""
        ask = VariantsAsk(VariantsData(product_id=product_id, currency=currency))
        said = await self._ask(store, new_id("variants"), ask, OffersBody)
        return _offers(said, currency, lambda offer: offer.product_id == product_id)

    async def make_order(self, store: StoreConnection, order: OutboundOrder) -> OutboundAnswer:
        """See ``Goods.make_order``. The same message again is the question what became of it."""
        id = stable_id("order", order.key)
        data = OrderData(
            request_id=id, order_id=order.order_id, order_number=order.order_number, reason=order.reason,
            currency=order.currency, lines=order.lines, shipping=order.shipping, shipping_tax=order.shipping_tax,
            credited=order.credited, collected=order.collected, note=order.note,
        )  # fmt: skip
        said = await self._ask(store, id, OrderAsk(data), OrderMadeBody)
        if isinstance(said, _NotDone):
            return OutboundAnswer(status=said.status, reason=said.reason)
        if said.status == "done" and said.order_id is None:
            return OutboundAnswer(status=StoreStatus.UNKNOWN, reason="The store did not name the order it made.")
        return OutboundAnswer(
            status=StoreStatus(said.status), order_id=said.order_id, order_number=said.order_number,
            reason=readable(said.reason),
        )  # fmt: skip

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus:
        """See ``Goods.restock``."""
        id = stable_id("restock", restock.key)
        data = RestockData(request_id=id, order_id=restock.order_id, lines=restock.lines)
        return StoreStatus((await self._ask(store, id, RestockAsk(data), SaidBody)).status)

    async def fix(self, store: StoreConnection, fix: Fix) -> FixAnswer:
        """See ``Goods.fix``. A trial is a new message each time: what something costs may have changed."""
        id = stable_id("fix", fix.key)
        data = FixData(
            request_id=id, order_id=fix.order_id, address=fix.address, line_id=fix.line_id, to=fix.to,
            collected=fix.collected, is_trial=fix.is_trial,
        )  # fmt: skip
        said = await self._ask(store, new_id("trial") if fix.is_trial else id, FixAsk(data), FixedBody)
        if isinstance(said, _NotDone):
            return FixAnswer(status=said.status, reason=said.reason)
        return FixAnswer(
            status=StoreStatus(said.status), costs=said.costs, tax=said.tax, shipping=said.shipping,
            reason=readable(said.reason),
        )  # fmt: skip

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer:
        """See ``Goods.give_credit``."""
        id = stable_id("credit", credit.key)
        data = CreditData(
            request_id=id, order_id=credit.order_id, customer_id=credit.customer_id, email=credit.email,
            amount=credit.amount, currency=credit.currency, expires_at=credit.expires_at,
        )  # fmt: skip
        said = await self._ask(store, id, CreditAsk(data), CreditedBody)
        if isinstance(said, _NotDone):
            return CreditAnswer(status=said.status, reason=said.reason)
        if said.status == "done" and said.reference is None:
            return CreditAnswer(status=StoreStatus.UNKNOWN, reason="The store did not name the credit it gave.")
        return CreditAnswer(
            status=StoreStatus(said.status), reference=said.reference, reason=readable(said.reason)
        )  # fmt: skip

    async def _ask(self, store: StoreConnection, id: str, ask: GoodsAsk, shape: type[Body]) -> Body | _NotDone:
        body = msgspec.json.encode(ask)
        try:
            answer = await post(self._outgoing, store, id, body, self._clock.now(), longest=_LONGEST_ANSWER)
        except CannotAsk as cannot:
            return _NotDone(StoreStatus.UNSUPPORTED, cannot.reason)
        except NoAnswer as nothing:
            return _NotDone(StoreStatus.UNKNOWN, nothing.reason)
        if answer.status in _TAKES_NONE:
            return _NotDone(StoreStatus.UNSUPPORTED, f"The store takes no such asks ({answer.status}).")
        if answer.status in _SAYS_NO:
            return _NotDone(StoreStatus.REFUSED, f"The store answered {answer.status}.")
        if not 200 <= answer.status < 300:
            return _NotDone(StoreStatus.UNKNOWN, f"The store answered {answer.status}.")
        try:
            return msgspec.json.decode(answer.body or b"", type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            reason = f"The store answered {answer.status} with a body that is no answer."
            return _NotDone(StoreStatus.UNKNOWN, reason)


def _offers(said: OffersBody | _NotDone, currency: str, is_asked: Callable[[OfferBody], bool]) -> Offers:
    if isinstance(said, _NotDone):
        return Offers(status=said.status, reason=said.reason)
    if said.currency != currency:
        return Offers(status=StoreStatus.UNKNOWN, reason=f"The store named prices in {said.currency!r}.")
    wrong = [offer for offer in said.offers if offer.unit_tax > offer.unit_price]
    if wrong or said.shipping_tax > said.shipping:
        return Offers(status=StoreStatus.UNKNOWN, reason="The store named a tax that is more than its price.")
    offered = tuple(
        Offered(
            product_id=offer.product_id, variant_id=offer.variant_id, title=offer.title, variant=offer.variant,
            sku=offer.sku, unit_price=offer.unit_price, unit_tax=offer.unit_tax, currency=currency,
            available=offer.available, is_sold=offer.is_sold, image_url=offer.image_url,
        )
        for offer in said.offers
        if is_asked(offer)
    )  # fmt: skip
    return Offers(
        status=StoreStatus.DONE, offered=offered, shipping=said.shipping, shipping_tax=said.shipping_tax
    )  # fmt: skip
