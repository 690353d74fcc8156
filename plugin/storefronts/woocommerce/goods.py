"""WooCommerce's goods, as ``plugin.ports.goods`` wants them told."""

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
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.goods_answers import answered, no_fix, no_offers, no_order, no_restock
from plugin.storefronts.woocommerce import fixing, offering, outbound, restocking
from plugin.storefronts.woocommerce.api import WooApi
from plugin.storefronts.woocommerce.platform import WooCommercePlatform

_LATER = (RejectCode.BAD_CREDENTIALS,)  # a key can be put right
_BY_HAND = "The shop is not connected to its store: a person does it in WooCommerce's admin."


class WooCommerceGoods:
    """A shop without the store's key is UNSUPPORTED throughout."""

    name = "woocommerce"

    def __init__(self, connected: WooCommercePlatform) -> None:
        self._connected = connected

    async def offers(self, store: StoreConnection, order_id: str, wanted: tuple[Wanted, ...], currency: str) -> Offers:
        """See ``Goods.offers``."""
        if (api := self._api(store)) is None:
            return no_offers(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(offering.offers(api, order_id, wanted, currency), no_offers, later=_LATER)

    async def variants(self, store: StoreConnection, product_id: str, currency: str) -> Offers:
        """See ``Goods.variants``."""
        if (api := self._api(store)) is None:
            return no_offers(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(offering.variants(api, product_id, currency), no_offers, later=_LATER)

    async def make_order(self, store: StoreConnection, order: OutboundOrder) -> OutboundAnswer:
        """See ``Goods.make_order``."""
        if (api := self._api(store)) is None:
            return no_order(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(outbound.make_order(api, order), no_order, later=_LATER)

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus:
        """See ``Goods.restock``."""
        if (api := self._api(store)) is None:
            return StoreStatus.UNSUPPORTED
        return await answered(restocking.restock(api, restock), no_restock, later=_LATER)

    async def fix(self, store: StoreConnection, fix: Fix) -> FixAnswer:
        """See ``Goods.fix``."""
        if (api := self._api(store)) is None:
            return no_fix(StoreStatus.UNSUPPORTED, _BY_HAND)
        return await answered(fixing.fix(api, fix), no_fix, later=_LATER)

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer:
        """See ``Goods.give_credit``: WooCommerce itself has none, only extensions do."""
        return CreditAnswer(status=StoreStatus.UNSUPPORTED, reason="WooCommerce has no credit of its own.")

    def _api(self, store: StoreConnection) -> WooApi | None:
        return self._connected.api(store) if store.address and store.key and store.secret else None
