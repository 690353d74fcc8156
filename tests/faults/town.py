"""A running installation for fault runs: real processes over real servers, and what survives beside them."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec

from plugin import db
from plugin.core.vault import Vault
from plugin.db import transaction
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.policies.document import Policy
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.ports.runtime import SystemClock
from plugin.shops.service import NewShop, create_shop
from plugin.shops.settings import ShopSettings
from plugin.storefronts.demo.server import serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from tests.fakes import SilentDoorbell
from tests.faults.nursery import Born, Nursery
from tests.faults.postgres import OwnPostgres
from tests.faults.process import Order
from tests.faults.stand_ins import GatedStripe, Postmaster
from tests.faults.supervisor import Supervised, supervised
from tests.fixtures_redis import RunningRedis
from tests.world import shop_settings

SECRET = "a secret of the fault runs that is long enough"


class Mode(StrEnum):
    """The two ways to run Comeback: one process that does its own work, or workers beside it, woken through Redis."""

    EMBEDDED = "embedded"
    REDIS = "redis"


DESK = "desk"
"""The role of the commands of a shop's people, beside those of the processes."""


@dataclass(frozen=True)
class Past:
    """A shop of an earlier run, and what Stripe's ledger held of it when that run was found in order."""

    shop_id: str
    api_key: str
    refunds: tuple[tuple[str, str, int, str], ...]
    clocks_within: timedelta


@dataclass
class Town:
    """``web`` and ``workers`` are what may be struck; in embedded mode the web process is the worker as well."""

    mode: Mode
    data: Path
    lease: int
    postgres: OwnPostgres
    redis: RunningRedis | None
    stripe: GatedStripe
    postmaster: Postmaster
    port: int
    environment: dict[str, str]
    nursery: Nursery
    web: Supervised
    workers: list[Supervised]
    struck_at: list[float] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def doers(self) -> list[Supervised]:
        """The processes that do the work in the background."""
        return self.workers or [self.web]

    def order_strike(self, order: Order) -> None:
        """Arm a point inside Comeback's own processes."""
        draft = self.data / "draft"
        draft.write_bytes(msgspec.json.encode(order))
        draft.rename(self.data / "fault")

    def withdraw_strike(self) -> None:
        (self.data / "fault").unlink(missing_ok=True)

    def _struck(self, order: Order) -> int | None:
        for mark in self.data.glob(f"struck.{order.id}.*"):
            return int(mark.name.rpartition(".")[2])
        return None

    async def until_struck(self, order: Order) -> int:
        """The process that was struck, waited for."""
        while True:
            if (pid := self._struck(order)) is not None:
                return pid
            await asyncio.sleep(0.02)

    def kill_doers(self) -> None:
        for process in self.doers:
            process.signal(signal.SIGKILL)

    def remember(self, place: Place, clocks_within: timedelta) -> None:
        """A shop that was found in order: what Stripe has given back for it may not change any more."""
        key = place.stripe.api_key
        self.past.append(Past(place.shop.shop.id, key, self.stripe.refunds_of(key), clocks_within))

    def signal(self, pid: int, which: signal.Signals) -> None:
        """Signal the process of this id, if it is one of ours."""
        for process in (self.web, *self.workers):
            if process.pid == pid:
                process.signal(which)

    async def start_command(self, *command: str) -> Born:
        """Start ``comeback`` as an operator would, beside the running processes."""
        environment = {**self.environment, "DATABASE_URL": self.postgres.door(DESK)}
        return await self.nursery.start(command, environment, self.data / "commands.log")

    async def run_command(self, *command: str) -> None:
        """Run it to its end."""
        await (await self.start_command(*command)).wait()

    async def until_it_listens(self) -> None:
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=2) as http:
            while True:
                try:
                    if (await http.get("/health/ready")).is_success:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)


@dataclass
class Place:
    """One run's own shop: its store, its account at Stripe, its keys."""

    shop: NewShop
    store: DemoStore
    stripe: SandboxControl
    stripe_hooks: tuple[str, str]
    copies: int = 1  # how often its store sends each webhook

    async def let_the_bank_work(self) -> None:
        """Refunds that are pending at the bank come through."""
        for payment in (await self.stripe.ledger()).payments:
            for refund in payment.refunds:
                if refund.status == "pending":
                    await self.stripe.settle_refund(refund.id)

    async def hear_stripe(self) -> None:
        """Let Stripe's webhooks come from now on. What it says of a payment before its order is known waits 15 s to be
        read, which would hide how soon all else has recovered."""
        await self.stripe.add_endpoint(*self.stripe_hooks)


@asynccontextmanager
async def a_town(mode: Mode, data: Path, *, lease: int, workers: int = 2) -> AsyncIterator[Town]:
    """Start it all. ``lease`` (seconds) is short, so that a run takes seconds and not minutes. With Redis there are
    two ``workers``, so that one takes over what the other has let lie, and meets it when that one wakes."""
    async with AsyncExitStack() as stack:
        postgres = await asyncio.to_thread(OwnPostgres, data)
        stack.callback(postgres.close)
        await db.migrate(postgres.url)
        await db.connect(postgres.url, pool=4)
        stack.push_async_callback(db.disconnect)
        roles = ["web", *(f"worker{n}" for n in range(workers if mode is Mode.REDIS else 0))]
        await stack.enter_async_context(postgres.proxy([*roles, DESK]))
        redis = None
        if mode is Mode.REDIS:
            redis = RunningRedis(data)
            await redis.start()
            stack.push_async_callback(redis.stop)
        stripe = GatedStripe()
        await stack.enter_async_context(stripe.serve())
        postmaster = Postmaster(data / "mail")
        await postmaster.open()
        stack.callback(postmaster.close)
        nursery = Nursery()
        await nursery.open()
        stack.push_async_callback(nursery.close)
        port = _free_port()
        environment = {
            "PATH": "/usr/bin:/bin", "COMEBACK_DATA": str(data), "COMEBACK_SECRET_KEY": SECRET,
            "SMTP_URL": f"smtp://127.0.0.1:{postmaster.port}",
            "MAIL_FROM": "Comeback <comeback@localhost.example>", "PORT": str(port), "LOG_LEVEL": "warning",
            "COMEBACK_LEASE_SECONDS": str(lease), "COMEBACK_FAULT_FILE": str(data / "fault"),
            **({"REDIS_URL": redis.url} if redis else {}),
        }  # fmt: skip
        web, *hands = (
            Supervised(
                nursery, role, ("serve", "--no-migrate") if role == "web" else ("work",),
                {**environment, "DATABASE_URL": postgres.door(role)}, data / f"{role}.log",
            )
            for role in roles
        )  # fmt: skip
        town = Town(mode, data, lease, postgres, redis, stripe, postmaster, port, environment, nursery, web, hands)
        await stack.enter_async_context(supervised(web, *hands))
        await town.until_it_listens()
        yield town


@asynccontextmanager
async def a_place(
    town: Town, *, settings: ShopSettings | None = None, policy: Policy | None = None
) -> AsyncIterator[Place]:
    """A fresh shop in the town, with a store of its own and an account of its own at Stripe."""
    store = DemoStore(webhook_secret="", call_secret="")
    api_key, stripe_secret = f"sk_test_{uuid4().hex}", f"whsec_{uuid4().hex}"
    async with serve_demo_store(store) as served, SandboxControl(town.stripe.url, api_key) as stripe:
        at = SystemClock().now()
        shop = await create_shop(
            Vault((SECRET,)), name="Lumen", storefront="standard", at=at, settings=settings or shop_settings(),
            store_address=served.calls_url, stripe_api_key=api_key, stripe_api_base=town.stripe.url,
            stripe_webhook_secret=stripe_secret,
        )  # fmt: skip
        async with transaction(SilentDoorbell()) as tx:
            await publish(tx, shop_id=shop.shop.id, policy=policy or default_policy(), by="faults", at=at)
        store.webhook_secret, store.call_secret = shop.webhook_secret, shop.store_secret or ""
        store.hooks_url = f"{town.url}/hooks/{shop.shop.id}/standard"
        yield Place(shop, store, stripe, (f"{town.url}/hooks/{shop.shop.id}/stripe", stripe_secret))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
