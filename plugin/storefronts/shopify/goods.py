"""Shopify's goods, as ``plugin.ports.goods`` wants them told."""

from __future__ import annotations

from plugin.ports.goods import (
    CreditAnswer,
    Fix,
    FixAnswer,
    Offers,
    OutboundAnswer,
    OutboundOrder,
    Restock,
    StoreCredit,
    StoreStatus,
    Wanted,
)
from plugin.ports.payments import RejectCode
from plugin.ports.runtime import Clock, SystemClock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.goods_answers import answered, no_credit, no_fix, no_offers, no_order, no_restock
from plugin.storefronts.shopify import crediting, fixing, offering, outbound, returning
from plugin.storefronts.shopify.api import ShopifyApi

_LATER = (RejectCode.UNEXPECTED_STATE,)  # a frozen shop may thaw
_BY_HAND = "The shop is not connected to Shopify: a person does it in its admin."


class ShopifyGoods:
    """A shop without a token is UNSUPPORTED throughout. ``clock`` dates the marks of what is asked once."""

    name = "shopify"

    def __init__(self, api: ShopifyApi, clock: Clock | None = None) -> None:
        self._api = api
        self._clock = clock or SystemClock()

    async def offers(self, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
        """See ``Goods.offers``."""
        if not _is_connected(store):
            return no_offers(StoreStatus.UNSUPPORTED, _BY_HAND)
        asking = offering.offers(self._api, store, order_id, wanted, currency)
        return await answered(asking, no_offers, later=_LATER)

    async def variants(self, store: StoreConnection, product_id: str, currency: str) -> Offers:
        """See ``Goods.variants``."""
        if not _is_connected(store):
            return no_offers(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(offering.variants(self._api, store, product_id, currency), no_offers, later=_LATER)

    async def make_order(self, store: StoreConnection, order: OutboundOrder) -> OutboundAnswer:
        """See ``Goods.make_order``."""
        if not _is_connected(store):
            return no_order(StoreStatus.UNSUPPORTED, _BY_HAND)
        asking = outbound.make_order(self._api, store, order, self._clock.now())
        return await answered(asking, no_order, later=_LATER)

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus:
        """See ``Goods.restock``."""
        if not _is_connected(store):
            return StoreStatus.UNSUPPORTED
        return await answered(returning.restock(self._api, store, restock), no_restock, later=_LATER)

    async def fix(self, store: StoreConnection, fix: Fix) -> FixAnswer:
        """See ``Goods.fix``."""
        if not _is_connected(store):
            return no_fix(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(fixing.fix(self._api, store, fix, self._clock.now()), no_fix, later=_LATER)

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer:
        """See ``Goods.give_credit``."""
        if not _is_connected(store):
            return no_credit(StoreStatus.UNSUPPORTED, _BY_HAND)
        asking = crediting.give_credit(self._api, store, credit, self._clock.now())
        return await answered(asking, no_credit, later=_LATER)


def _is_connected(store: StoreConnection) -> bool:
    return bool(store.address and store.secret)
