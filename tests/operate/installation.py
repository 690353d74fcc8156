"""An installation as an operator has it: the real command in processes of its own, on a database of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from plugin import db
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.stripe.amounts import to_stripe
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.demo.server import serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.postgres import OwnPostgres
from tests.fixtures_command import ROOT, SECRET, Ended

PATIENCE = 20.0  # seconds until a test gives up waiting for a process


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@dataclass
class Process:
    """A process of ours that runs, and what it has written."""

    handle: asyncio.subprocess.Process
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def signal(self, which: signal.Signals) -> None:
        self.handle.send_signal(which)

    async def ended(self, within: float = PATIENCE) -> int:
        """Its exit status, waited for."""
        return await asyncio.wait_for(self.handle.wait(), within)


@dataclass
class Installation:
    """``url`` is where its web process listens; ``root`` is the checkout whose code is run."""

    data: Path
    port: int
    database: str
    environment: dict[str, str]
    root: Path = ROOT
    running: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *command: str, root: Path | None = None, **changes: str) -> Process:
        """Start ``comeback`` with this command, of another checkout where one is named."""
        log = self.data / f"{command[0]}{len(self.running)}.log"
        with log.open("ab") as file:
            handle = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "handlers.cli", *command, env={**self.environment, **changes},
                cwd=root or self.root, stdout=file, stderr=file, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        process = Process(handle, log)
        self.running.append(process)
        return process

    async def serve(self, *options: str, root: Path | None = None, **changes: str) -> Process:
        """Start the web process and wait until it is ready."""
        process = await self.start("serve", *options, root=root, **changes)
        url = f"http://127.0.0.1:{changes.get('PORT', self.port)}"
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(base_url=url, trust_env=False, timeout=2) as http:
            while process.handle.returncode is None:
                try:
                    if (await http.get("/health/ready")).is_success:
                        return process
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(process.said)

    async def run(self, *command: str, root: Path | None = None, **changes: str) -> Ended:
        """Run a command to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.cli", *command, env={**self.environment, **changes},
            cwd=root or self.root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Look into its database, from outside."""
        credentials = db.tortoise_config(self.database)["connections"]["default"]["credentials"]
        connection = await asyncpg.connect(
            **{name: credentials[name] for name in ("host", "port", "user", "password", "database")}
        )
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def until(self, happened: Callable[[], Awaitable[Any]], within: float = PATIENCE) -> Any:
        """Wait for something that should happen soon."""
        deadline = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < deadline:
            if answer := await happened():
                return answer
            await asyncio.sleep(0.05)
        left = await self.rows("SELECT kind, state, attempts, last_error FROM work WHERE state <> 'done'")
        raise AssertionError(f"It did not happen. Work left: {left}. {[each.said[-2000:] for each in self.running]}")


@asynccontextmanager
async def an_installation(data: Path, **environment: str) -> AsyncIterator[Installation]:
    """A database server of its own, and nothing started yet. Whatever is started is killed in the end."""
    postgres = await asyncio.to_thread(OwnPostgres, data)
    port = free_port()
    installation = Installation(
        data,
        port,
        postgres.url,
        {
            "PATH": os.environ["PATH"], "COMEBACK_DATA": str(data), "COMEBACK_SECRET_KEY": SECRET, "COLUMNS": "300",
            "DATABASE_URL": postgres.url, "PORT": str(port), "LOG_LEVEL": "warning", **environment,
        },
    )  # fmt: skip
    try:
        yield installation
    finally:
        for process in installation.running:
            if process.handle.returncode is None:
                process.signal(signal.SIGKILL)
                await process.ended()
        await asyncio.to_thread(postgres.close)


@dataclass
class Stall:
    """A shop of the installation: its store, its account at Stripe, and the shoppers who come by."""

    installation: Installation
    shop_id: str
    secret_key: str
    store: DemoStore
    stripe: SandboxControl
    http: httpx.AsyncClient
    numbers: list[int] = field(default_factory=lambda: [1000])

    async def place(self, sample: str = "fashion") -> OrderBody:
        """An order that is paid at Stripe, sent, stored and read."""
        self.numbers[0] += 1
        at = datetime.now(UTC)
        part = stripe_part(sample, at)
        assert part is not None
        intent = await self.stripe.pay(to_stripe(part.amount, part.currency), part.currency)
        order = self.store.place(build_sample(sample, id=str(self.numbers[0]), at=at, payment_intent=intent))
        await self.send(order)
        return order

    async def send(self, order: OrderBody) -> None:
        """The order's newest version as a webhook, until it is stored and its payment is read."""
        assert (await self.store.send(self.store.orders[order.id])).status_code == 202

        async def is_read() -> bool:
            found = await self.installation.rows(
                "SELECT 1 FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.external_id = $1 "
                "AND o.sequence >= $2 AND p.read_at IS NOT NULL",
                order.id, self.store.orders[order.id].sequence,
            )  # fmt: skip
            return bool(found)

        await self.installation.until(is_read)

    async def shopper(self, order: OrderBody) -> dict[str, str]:
        """The headers of a shopper's session."""
        made = await self.http.post(
            "/v1/links", json={"order_id": order.id}, headers={"Authorization": f"Bearer {self.secret_key}"}
        )
        opened = await self.http.post("/v1/sessions/exchange", json={"link": made.json()["url"].rsplit("/", 1)[1]})
        return {"Authorization": f"Bearer {opened.json()['token']}"}

    async def preview(self, order: OrderBody, **ask: Any) -> dict[str, Any]:
        answer = await self.http.post(
            "/v1/order/cancellations/preview", json=ask or {"whole": True}, headers=await self.shopper(order)
        )
        seen: dict[str, Any] = answer.json()
        return seen

    async def cancel(self, order: OrderBody, **ask: Any) -> dict[str, Any]:
        """Preview and confirm; the case as it was answered."""
        headers = {**await self.shopper(order), "Idempotency-Key": uuid4().hex}
        asked = ask or {"whole": True}
        seen = await self.http.post("/v1/order/cancellations/preview", json=asked, headers=headers)
        answer = await self.http.post(
            "/v1/order/cancellations", json={**asked, "digest": seen.json()["digest"]}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        case: dict[str, Any] = answer.json()
        return case

    async def until_state(self, case_id: str, *states: str) -> None:
        async def reached() -> bool:
            found = await self.installation.rows("SELECT state FROM cases WHERE id = $1", case_id)
            return bool(found) and found[0]["state"] in states

        await self.installation.until(reached)

    async def refunded(self, order: OrderBody) -> list[int]:
        """What Stripe has given back on the order's payment, refund by refund, the oldest first."""
        (reference,) = [each.stripe_payment_intent for each in order.payments if each.stripe_payment_intent]
        return [refund.amount for refund in reversed((await self.stripe.payment(reference)).refunds)]


@asynccontextmanager
async def a_stall(installation: Installation, sandbox_url: str) -> AsyncIterator[Stall]:
    """Create a shop by the command; the web process may start before or after."""
    api_key = f"sk_test_{uuid4().hex}"
    store = DemoStore(webhook_secret="", call_secret="")
    async with (
        serve_demo_store(store) as served,
        SandboxControl(sandbox_url, api_key) as stripe,
        httpx.AsyncClient(base_url=installation.url, timeout=20, trust_env=False) as http,
    ):
        made = (
            await installation.run(
                "shop", "create", "Lumen", "--country", "US", "--store-address", served.calls_url, "--stripe-key",
                api_key, "--stripe-webhook-secret", f"whsec_{uuid4().hex}", "--json", STRIPE_API_BASE=sandbox_url,
            )
        ).json  # fmt: skip
        store.webhook_secret, store.call_secret = made["webhook_secret"], made["store_secret"]
        store.hooks_url = f"{installation.url}/hooks/{made['shop']}/standard"
        yield Stall(installation, made["shop"], made["secret_key"], store, stripe, http)
