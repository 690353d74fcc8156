"""A small world whose shop is connected to a platform's stand-in over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from handlers.housekeeping import keep_house
from plugin.db import rows, transaction
from plugin.journeys.store_hooks import mend_hooks
from plugin.ports.orders import Custodian
from plugin.shops.links import StripeCredentials, connect_platform
from plugin.shops.settings import CodeOffer, ShopSettings
from tests.arrivals import receive
from tests.contracts.bench import Placed
from tests.fakes import NOON, FakePorts, fake_ports
from tests.properties.honest_stripe import HonestStripe
from tests.properties.living_store import LivingStore, Opened, Told
from tests.properties.scripted_store import ScriptedStore
from tests.properties.shelf import Shelf
from tests.properties.small_world import LOOK_ABOVE, SmallWorld, TickingClock

POLLED_EVERY = timedelta(minutes=11)
UNDER_WAY_AT_MOST = timedelta(minutes=10)


@dataclass(kw_only=True)
class ConnectedWorld(SmallWorld):
    """``placed`` are the orders as they were sold, by the store's id; ``waiting`` the webhooks on their way to us."""

    living: LivingStore
    placed: dict[str, Placed] = field(default_factory=dict)
    custodians: dict[str, Custodian] = field(default_factory=dict)
    waiting: list[Told] = field(default_factory=list)
    heard: int = 0

    async def sell(self, custodian: Custodian) -> Placed:
        reference = f"pi_{len(self.placed) + 1}"
        placed = await self.living.sold(custodian, reference)
        if custodian is Custodian.STRIPE:
            self.stripe.pay(reference, placed.currency, placed.total, is_captured=True)
        self.placed[placed.order_id], self.custodians[placed.order_id] = placed, custodian
        return placed

    async def listen(self, told: Told) -> None:
        """A webhook comes in."""
        self.heard += 1
        await receive(
            self.ports.doorbell, shop_id=self.shop.id, source=self.living.name, key=f"delivery-{self.heard}",
            topic=told.topic, body=told.body, at=self.clock.now(),
        )  # fmt: skip

    async def our_id(self, placed: Placed) -> str | None:
        found = await rows("SELECT id FROM orders WHERE external_id = $1", placed.order_id)
        return found[0]["id"] if found else None

    async def work(self, *kinds: str) -> None:
        """Do the work of these kinds that is there, or all of it, whenever it is due."""
        for row in await self.open_work():
            if not kinds or row["kind"] in kinds:
                await self.do(row["id"])

    async def wait(self, pause: timedelta) -> None:
        """No call is under way at a store for longer than ten minutes."""
        if pause >= UNDER_WAY_AT_MOST:
            await self.living.settle()
        await super().wait(pause)

    async def poll(self) -> None:
        """Ten minutes later both are asked what has changed."""
        await self.wait(POLLED_EVERY)
        await keep_house(self.ports)
        for _ in range(3):
            await self.work("poll_store", "poll_stripe", "read_payment")

    async def heal(self) -> None:
        """Nothing goes wrong any more, what was under way is done, and everybody is asked till nothing is new."""
        self.living.heal()
        self.living.calls.next = None
        await self.living.settle()
        await self.drain()
        await self.poll()
        for told in self.living.tells_until_heard():
            await self.listen(told)
        await self.drain()
        await self.poll()
        await self.drain()


@asynccontextmanager
async def connected_world(opened: Opened) -> AsyncIterator[ConnectedWorld]:
    clock = TickingClock(NOON)
    async with opened(clock.now) as living:
        stripe, store = HonestStripe(clock.now), ScriptedStore(clock.now)
        ports = FakePorts(
            **{
                **vars(fake_ports({living.name: living.storefront})), "clock": clock, "payments": stripe,
                "platforms": {living.name: living.platform}, "goods": {"standard": Shelf(store, clock.now)},
                "allow_private_addresses": True,
                "public_url": "http://127.0.0.1:9",
            }
        )  # fmt: skip
        async with transaction(ports.doorbell):
            made = await connect_platform(
                ports.vault, storefront=living.name, name="Lumen", credentials=living.credentials,
                stripe=StripeCredentials(api_key="sk_test_of_the_tests"),
                settings=ShopSettings(codes=CodeOffer(per_customer=2)), at=clock.now(),
            )  # fmt: skip
        world = ConnectedWorld(ports, clock, stripe, store, made.shop, ("EUR",), living=living)
        await world.publish(fee=0, look_above=LOOK_ABOVE)
        await mend_hooks(ports, made.shop)
        yield world
