"""A store on a platform, connected by the steps of ``comeback connect``; its webhooks leave by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec

from handlers.cli.connecting import Connected as ConnectedStore
from handlers.cli.connecting import Telling, Wanted, connect_store
from handlers.demo.shop import DEMO_SETTINGS, keep, kept_in, publish_policy
from handlers.demo.stores.side import Connected, Ground, ShopKeys
from handlers.demo.transcript import StepFailed, require
from plugin.core.ids import new_token
from plugin.db import rows
from plugin.policies.document import policy_hash
from plugin.policies.live import live_policy
from plugin.policies.ready_made.fashion import FASHION
from plugin.shops.links import Credentials, StripeCredentials
from plugin.shops.models import Shop
from plugin.shops.service import new_webhook_secret, settings_of

TELLS_EVERY = 0.02  # seconds between two rounds of the platform's own background job
NAME = "Lumen Demo Store"


async def connect_platform_shop(
    ground: Ground, storefront: str, credentials: Credentials, *, stripe_url: str
) -> Connected:
    """Connect the store as a new shop, or repair the connection of an earlier run, whose stand-in is gone.

    ``stripe_url``: the sandbox at which its shoppers pay, or pay only what an exchange costs on top.
    """
    path = kept_in(ground.settings.data, storefront)
    known = msgspec.json.decode(path.read_bytes(), type=ShopKeys) if path.exists() else None
    if known is not None and not await Shop.exists(id=known.shop_id):
        known = None
    stripe = _at_stripe(known, stripe_url)
    faults: list[str] = []
    wanted = Wanted(
        storefront=storefront, credentials=credentials, shop_id=known.shop_id if known else None, name=NAME,
        stripe=stripe,
    )  # fmt: skip
    made = await connect_store(
        ground.ports, wanted, Telling(well=lambda _: None, badly=faults.append, page=lambda _: None)
    )
    require(not faults and not made.to_mend, f"Connecting met: {'; '.join((*faults, *made.to_mend))}")
    told = _keys(made) or known
    if told is None:
        raise StepFailed("The shop's keys are not known.")
    keys = msgspec.structs.replace(told, stripe_api_key=stripe.api_key, stripe_webhook_secret=stripe.webhook_secret)
    keep(path, keys)
    await _dress(keys.shop_id)
    if (await live_policy(keys.shop_id, ground.ports.clock.now())).hash != policy_hash(FASHION):
        await publish_policy(ground.ports, keys.shop_id)
    return Connected(keys, f"{len(made.hooks)} webhooks registered, {made.orders_read} orders imported")


def _at_stripe(known: ShopKeys | None, url: str) -> StripeCredentials:
    return StripeCredentials(
        api_key=(known and known.stripe_api_key) or new_token("sk_test_demo"),
        api_base=url,
        webhook_secret=(known and known.stripe_webhook_secret) or new_webhook_secret(),
    )


def _keys(made: ConnectedStore) -> ShopKeys | None:
    """Those of a new shop, which are told this once."""
    if made.keys is None:
        return None
    return ShopKeys(
        shop_id=made.shop, secret_key=made.keys.secret_key, publishable_key=made.keys.publishable_key
    )  # fmt: skip


async def _dress(shop_id: str) -> None:
    """The demo's people and offer, in English; who redeems codes stays as connecting has set it."""
    shop = await Shop.get(id=shop_id)
    settings = msgspec.structs.replace(DEMO_SETTINGS, code_authority=settings_of(shop).code_authority)
    shop.settings = msgspec.to_builtins(settings)
    await shop.save(update_fields=["settings"])


async def last_order_id(shop_id: str) -> int:
    """The highest number that an earlier run's stand-in gave an order; 0 without one."""
    (found,) = await rows(
        "SELECT COALESCE(max(external_id::bigint), 0)::bigint AS last FROM orders WHERE shop_id = $1", shop_id
    )
    return int(found["last"])


class Heartbeat:
    """The platform's background job: ``round`` finishes what the store has begun and sends its webhooks."""

    def __init__(self, round: Callable[[], Awaitable[None]]) -> None:
        self._round = round
        self._lock = asyncio.Lock()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat until the block ends."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()

    async def now(self) -> None:
        """One whole round, after the one that is under way."""
        async with self._lock:
            await self._round()

    async def _beat(self) -> None:
        while True:
            await self.now()
            await asyncio.sleep(TELLS_EVERY)
