"""Mistakes planted into the adapters: the machine must find each, or its silence is worth nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from msgspec import structs

from plugin.core.money import as_decimal
from plugin.ports.orders import Custodian, StoreOrder
from plugin.ports.payments import RefundFact, RefundState
from plugin.ports.platforms import OrderPage, PlatformRefund
from plugin.ports.runtime import Clock
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.api import Data, ShopifyApi
from plugin.storefronts.shopify.platform import ShopifyPlatform
from plugin.storefronts.woocommerce.marks import MARK, meta_body, reason_with
from plugin.storefronts.woocommerce.platform import WooCommercePlatform
from tests.properties.connected_machine import ConnectedShop
from tests.properties.living_store import Living
from tests.properties.shopify_lives import shopify_lives
from tests.properties.woocommerce_lives import woo_lives


class PaysBlindly(WooCommercePlatform):
    """Asks the gateway again after an outcome that it does not know."""

    async def refund(self, store: StoreConnection, refund: PlatformRefund) -> RefundFact:
        body = {
            "amount": str(as_decimal(refund.amount, refund.currency)),
            "reason": reason_with(refund.note, refund.leg_id),
            "api_refund": True,
            "meta_data": meta_body({MARK: refund.leg_id}),
        }
        record = (await self.api(store).post(f"orders/{refund.order_id}/refunds", body)).read(dict[str, Any])
        return RefundFact(
            id=str(record["id"]), payment_reference=refund.payment_id, amount=refund.amount, currency=refund.currency,
            state=RefundState.SUCCEEDED, created_at=self._clock.now(), leg_id=refund.leg_id,
        )  # fmt: skip


def _unmarked(order: StoreOrder) -> StoreOrder:
    return structs.replace(order, refunds=tuple(structs.replace(each, id="?", leg_id=None) for each in order.refunds))


class TakesEchoesForOthers(WooCommercePlatform):
    """Does not read our mark in the store's records: what we had it pay counts a second time, as staff's."""

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        order = await super().fetch_order(store, order_id)
        return _unmarked(order) if order else None

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        page = await super().orders_changed(store, since, cursor)
        return structs.replace(page, orders=tuple(map(_unmarked, page.orders)))


class _SeesNoRefund(ShopifyApi):
    """Every key is a new one, and no refund is found in the order."""

    async def ask(self, store: StoreConnection, document: str, variables: Mapping[str, Any], shape: type[Data]) -> Data:
        if "key" in variables:
            variables = {**variables, "key": str(uuid.uuid4())}
        unseen = document.replace("refunds(first: 200) { id note }", "refunds(first: 0) { id note }")
        return await super().ask(store, unseen, variables, shape)


class PaysBlindlyAtShopify(ShopifyPlatform):
    """The same as ``PaysBlindly``."""

    def __init__(self, api: ShopifyApi, clock: Clock | None = None) -> None:
        super().__init__(_SeesNoRefund(api.outgoing, api.tokens), clock)


class TakesEchoesForOthersAtShopify(ShopifyPlatform):
    """The same as ``TakesEchoesForOthers``."""

    async def fetch_order(self, store: StoreConnection, order_id: str) -> StoreOrder | None:
        order = await super().fetch_order(store, order_id)
        return _unmarked(order) if order else None

    async def orders_changed(self, store: StoreConnection, since: datetime, cursor: str | None = None) -> OrderPage:
        page = await super().orders_changed(store, since, cursor)
        return structs.replace(page, orders=tuple(map(_unmarked, page.orders)))


class _Hurried(Clock):
    """An hour passes between any two looks."""

    def __init__(self, clock: Clock) -> None:
        self._at = clock.now()

    def now(self) -> datetime:
        self._at += timedelta(hours=1)
        return self._at


class ForgetsWhatIsUnderWay(WooCommercePlatform):
    """Holds every earlier ask for over."""

    def __init__(self, http: httpx.AsyncClient, *, timeout: float, clock: Clock) -> None:
        super().__init__(http, timeout=timeout, clock=_Hurried(clock))


class BlindlyPaying(ConnectedShop):
    living = Living(partial(woo_lives, platform_of=PaysBlindly), Custodian.STRIPE)


class WithoutMarks(ConnectedShop):
    living = Living(partial(woo_lives, platform_of=TakesEchoesForOthers), Custodian.STRIPE)


class BlindlyPayingAtShopify(ConnectedShop):
    living = Living(partial(shopify_lives, platform_of=PaysBlindlyAtShopify), Custodian.MANUAL)


class WithoutMarksAtShopify(ConnectedShop):
    living = Living(partial(shopify_lives, platform_of=TakesEchoesForOthersAtShopify), Custodian.MANUAL)
