"""A store is connected: its credentials are proved before anything is kept, and its orders of 90 days come in.

Every step may be taken again: the shop is found by its store's address, keys are replaced, webhooks put right, and an
import that broke off goes on where it was. Imported orders are journeys' orders like any other, but nobody asked for
anything yet: no shopper is mailed and no code is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import rows, transaction
from plugin.journeys.poll import PageTaken, take_page
from plugin.outbox.service import back_off
from plugin.policies.models import PolicyVersion
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.ports.payments import OutcomeUnknown
from plugin.ports.platforms import Permission, StoreFacts
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import StoreConnection
from plugin.shops.links import (
    Credentials,
    StripeCredentials,
    connect_platform,
    find_link,
    find_shop_at,
    reconnect_platform,
)
from plugin.shops.models import Shop
from plugin.shops.service import NewShop, get_shop, store_connection
from plugin.shops.settings import BadSettings, ShopSettings, parse_settings

MOST_TRIES = 6
Pause = Callable[[float], Awaitable[None]]


class AnotherStorefront(DomainError):
    status = 409
    code = "another_storefront"
    sentence = "This shop is on another storefront."


class NoCredentials(DomainError):
    status = 409
    code = "no_credentials"
    sentence = "This shop has no credentials of its store yet. Give them."


@dataclass(frozen=True)
class Proved:
    """What a store has said of itself, and what its key may do."""

    facts: StoreFacts
    permissions: tuple[Permission, ...]

    @property
    def missing(self) -> tuple[Permission, ...]:
        return tuple(each for each in self.permissions if not each.is_granted)


@dataclass(frozen=True)
class Saved:
    """The shop as it is kept now; ``keys`` are there to be shown once, where it is a new one."""

    shop: Shop
    keys: NewShop | None


@dataclass(frozen=True)
class PaidThrough:
    """How many orders were paid alike: ``label`` is the way of payment as the store calls it, None at Stripe."""

    custodian: str
    label: str | None
    orders: int


@dataclass(frozen=True)
class Outlook:
    """What a shopper can do from now on: of how many orders, how many have not left, and how they were paid."""

    orders: int
    cancellable: int
    paid: tuple[PaidThrough, ...]


async def shop_to_connect(storefront: str, address: str | None, shop_id: str | None) -> Shop | None:
    """The named shop, or the one whose store is at this address; None where a new one is to be made.

    Raises ``NotFound`` and ``AnotherStorefront``.
    """
    if shop_id is not None:
        shop = await get_shop(shop_id)
        if shop.storefront != storefront:
            raise AnotherStorefront(detail=f"{shop.name} is a {shop.storefront} shop.", param="shop")
        return shop
    return await find_shop_at(storefront, address) if address else None


def kept_credentials(ports: Ports, shop: Shop) -> Credentials:
    """The credentials that the shop has already; raises ``NoCredentials``."""
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    if store.address is None or store.secret is None:
        raise NoCredentials()
    return Credentials(address=store.address, key=store.key, secret=store.secret)


async def prove(ports: Ports, storefront: str, credentials: Credentials) -> Proved:
    """Ask the store who it is and try what the key may do. Raises ``Rejected`` and ``OutcomeUnknown``."""
    store = StoreConnection(
        shop_id=new_id("shop"),  # nobody's yet: an adapter that remembers tokens by shop must not take an older one
        address=credentials.address,
        secret=credentials.secret,
        key=credentials.key,
        allow_private_address=ports.allow_private_addresses,
    )
    platform = ports.platforms[storefront]
    return Proved(await platform.describe(store), await platform.permissions(store))


async def save_connection(
    ports: Ports,
    storefront: str,
    shop: Shop | None,
    credentials: Credentials,
    *,
    facts: StoreFacts,
    name: str | None,
    stripe: StripeCredentials,
) -> Saved:
    """Create the shop as its store describes itself, or give an existing one these credentials: whole or not at all.

    A shop without a policy gets the default one. An existing shop keeps its settings, and its name unless one is given.
    """  # fmt: skip
    at, keys = ports.clock.now(), None
    async with transaction(ports.doorbell) as tx:
        if shop is None:
            keys = await connect_platform(
                ports.vault, storefront=storefront, name=name or facts.name, credentials=credentials, stripe=stripe,
                settings=settings_of_store(facts), at=at,
            )  # fmt: skip
            shop = keys.shop
        else:
            await reconnect_platform(ports.vault, shop, credentials, stripe, at=at)
            if name is not None:
                shop.name = name
                await shop.save(update_fields=["name"])
        if not await PolicyVersion.exists(shop_id=shop.id, state="live"):
            await publish(tx, shop_id=shop.id, policy=default_policy(), by="comeback connect", at=at)
    return Saved(shop, keys)


def settings_of_store(facts: StoreFacts) -> ShopSettings:
    """Settings that begin where the store's own are; what we cannot take in stays at its default.

    Codes are the store's own: its checkout redeems them, and nobody has to build anything.
    """
    document: dict[str, object] = {"code_authority": "store"}
    brand = {"home_url": facts.home_url} if facts.home_url else None
    said = {"locale": facts.locale, "time_zone": facts.time_zone, "country": facts.country, "brand": brand}
    for name, value in said.items():
        if value is None:
            continue
        try:
            parse_settings({name: value})
        except BadSettings:
            continue
        document[name] = value
    return parse_settings(document)


async def import_orders(
    ports: Ports, shop: Shop, told: Callable[[PageTaken], None], *, pause: Pause = asyncio.sleep
) -> int:
    """Take over all that has changed: the last 90 days the first time, and from the last round on later. How many
    orders the store has listed; those that made none are set aside (``unread_orders``).

    ``told`` hears of each page. A store that does not answer is asked six times, with growing pauses; then raises
    ``OutcomeUnknown``, and the round goes on at the next call. Raises ``Rejected``.
    """
    orders, tries = 0, 0
    while True:
        link = await find_link(shop.id)
        if link is None:
            raise NoCredentials()
        try:
            taken = await take_page(ports, shop, link)
        except OutcomeUnknown as unknown:
            tries += 1
            if tries == MOST_TRIES:
                raise
            await pause(unknown.retry_after or back_off(tries).total_seconds())
            continue
        tries, orders = 0, orders + taken.orders
        told(taken)
        if taken.is_last:
            return orders


async def look_ahead(shop_id: str) -> Outlook:
    """What can be cancelled now, and who pays it back."""
    (counted,) = await rows(
        "SELECT count(*) AS orders, count(*) FILTER (WHERE state = 'open' "
        "AND jsonb_array_length(document -> 'fulfilments') = 0) AS cancellable FROM orders WHERE shop_id = $1",
        shop_id,
    )
    paid = await rows(
        "SELECT custodian, CASE WHEN custodian <> 'stripe' THEN label END AS label, "
        "count(DISTINCT order_id) AS orders FROM payments WHERE shop_id = $1 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        shop_id,
    )
    return Outlook(counted["orders"], counted["cancellable"], tuple(PaidThrough(**each) for each in paid))
