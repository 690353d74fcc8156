"""A whole small world in one event loop: Comeback over HTTP, the Stripe sandbox, a demo store, a mailbox, one shop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from handlers.serving import listen
from plugin.core.tls import trusted
from plugin.db import rows, transaction
from plugin.mailers.files import InboxMail, read_inbox
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.stripe.amounts import to_stripe
from plugin.policies.document import Policy
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.ports.runtime import Clock, Ports
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import NewShop, create_shop
from plugin.shops.settings import CodeOffer, Person, ShopSettings
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import OrderBody
from tests.applications import served

PATIENCE = 15.0  # seconds until a test gives up waiting for something that should happen at once


@dataclass
class World:
    """What a journey test plays with. Everything speaks HTTP to a real server."""

    url: str
    http: httpx.AsyncClient
    ports: Ports
    store: DemoStore
    served: ServedStore
    stripe: SandboxControl
    mailbox: Path
    new_shop: NewShop
    numbers: list[int] = field(default_factory=lambda: [1000])

    @property
    def shop(self) -> Shop:
        return self.new_shop.shop

    @property
    def server_key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.new_shop.secret_key}"}

    @property
    def page_key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.new_shop.publishable_key}"}

    async def place(self, sample: str = "fashion", *, card: str = "pm_card_visa", **changes: Any) -> OrderBody:
        """An order of the demo store, paid at the sandbox and sent as a signed webhook; returns once it is stored."""
        self.numbers[0] += 1
        number, at = str(self.numbers[0]), datetime.now(UTC)
        part = stripe_part(sample, at)
        intent = "pi_none"
        if part is not None:
            intent = await self.stripe.pay(
                to_stripe(part.amount, part.currency), part.currency, card=card, is_manual=not part.is_captured
            )
        order = self.store.place(build_sample(sample, id=number, at=at, payment_intent=intent))
        if changes:
            order = self.store.edit(order.id, **changes)
        await self.send(order)
        await self.until(lambda: self.is_read(order))
        return order

    async def send(self, order: OrderBody) -> None:
        response = await self.store.send(order)
        assert response.status_code == 202, response.text

    async def is_read(self, order: OrderBody) -> bool:
        """Whether this version of the order is stored and its payments are read at Stripe."""
        found = await rows(
            "SELECT count(*) FILTER (WHERE p.custodian = 'stripe' AND p.read_at IS NULL) AS unread FROM orders o "
            "LEFT JOIN payments p ON p.order_id = o.id "
            "WHERE o.external_id = $1 AND o.shop_id = $2 AND o.sequence >= $3 GROUP BY o.id",
            order.id,
            self.shop.id,
            order.sequence,
        )
        return bool(found) and found[0]["unread"] == 0

    async def until(self, happened: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for something that should happen at once; fails loudly, with the work that is left, if it does not."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if answer := await happened():
                return answer
            await asyncio.sleep(0.01)
        left = await rows("SELECT kind, ref, state, attempts, last_error FROM work WHERE state <> 'done'")
        mails = await rows("SELECT template, state, message_id, last_error FROM mails")
        raise AssertionError(
            f"It did not happen in time. Work left: {left}. Mails: {mails}, {[m.message_id for m in self.mails()]}"
        )

    async def shopper(self, order: OrderBody) -> Shopper:
        """A shopper who has opened the signed link of the order."""
        made = await self.http.post("/v1/links", json={"order_id": order.id}, headers=self.server_key)
        assert made.status_code == 201, made.text
        token = made.json()["url"].rsplit("/", 1)[1]
        opened = await self.http.post("/v1/sessions/exchange", json={"link": token})
        assert opened.status_code == 201, opened.text
        return Shopper(self, {"Authorization": f"Bearer {opened.json()['token']}"}, opened.json()["order_id"])

    def mails(self, to: str | None = None) -> list[InboxMail]:
        """What has arrived, newest first."""
        return [mail for mail in read_inbox(self.mailbox) if to is None or to in mail.recipient]

    async def mail(self, template: str, order: OrderBody) -> InboxMail:
        """The mail of this template about this order, waited for."""

        async def arrived() -> InboxMail | None:
            found = await rows(
                "SELECT m.message_id FROM mails m JOIN orders o ON o.id = m.order_id WHERE m.template = $1 "
                "AND o.external_id = $2 AND o.shop_id = $3 AND m.state = 'sent'",
                template,
                order.id,
                self.shop.id,
            )
            ids = {row["message_id"] for row in found}
            return next((mail for mail in self.mails() if mail.message_id in ids), None)

        mail: InboxMail = await self.until(arrived)
        return mail


@dataclass
class Shopper:
    """Somebody inside a session."""

    world: World
    headers: Mapping[str, str]
    order_id: str

    async def get(self, path: str) -> dict[str, Any]:
        response = await self.world.http.get(path, headers=dict(self.headers))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def preview(self, **ask: Any) -> dict[str, Any]:
        response = await self.world.http.post(
            "/v1/order/cancellations/preview", json=ask or {"whole": True}, headers=dict(self.headers)
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def confirm(self, digest: str, *, key: str | None = None, **ask: Any) -> httpx.Response:
        return await self.world.http.post(
            "/v1/order/cancellations",
            json={**(ask or {"whole": True}), "digest": digest},
            headers={**self.headers, "Idempotency-Key": key or uuid4().hex},
        )

    async def cancel(self, **ask: Any) -> dict[str, Any]:
        """Preview and confirm; the case as it was answered."""
        response = await self.confirm((await self.preview(**ask))["digest"], **ask)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def case(self, case_id: str) -> dict[str, Any]:
        return await self.get(f"/v1/cases/{case_id}")

    async def until_state(self, case_id: str, *states: str) -> dict[str, Any]:
        async def reached() -> dict[str, Any] | None:
            case = await self.case(case_id)
            return case if case["state"] in states else None

        case: dict[str, Any] = await self.world.until(reached)
        return case


def shop_settings(**changes: Any) -> ShopSettings:
    return ShopSettings(
        **{
            "country": "US",
            "time_zone": "America/New_York",
            "person": Person(reply_to="help@lumen.example", alerts_to="staff@lumen.example"),
            "codes": CodeOffer(worth={"USD": 800}, per_customer=3),
            **changes,
        }
    )


@asynccontextmanager
async def a_world(
    data: Path, sandbox_url: str, *, settings: ShopSettings | None = None, policy: Policy | None = None,
    smtp_url: str | None = None, redis_url: str | None = None, clock: Clock | None = None, **app_changes: Any,
) -> AsyncIterator[World]:  # fmt: skip
    """Start it all on free ports; the database is connected already. ``sandbox_url`` is a running Stripe sandbox, and
    ``app_changes`` are fields of ``Settings``."""
    app_settings = Settings(
        data=data,
        secret_keys=("a test secret that is long enough to be one",),
        smtp_url=smtp_url,
        redis_url=redis_url,
        mail_from="Comeback <comeback@localhost.example>",
        **app_changes,
    )
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    api_key = f"sk_test_{uuid4().hex}"
    store = DemoStore(webhook_secret="", call_secret="")
    async with (
        served(app_settings, clock, listener) as app,
        serve_demo_store(store) as demo_store,
        SandboxControl(sandbox_url, api_key) as stripe,
        httpx.AsyncClient(base_url=url, timeout=20, verify=trusted()) as http,
    ):
        ports: Ports = app.state.ports
        stripe_secret = f"whsec_{uuid4().hex}"
        new_shop = await create_shop(
            ports.vault,
            name="Lumen",
            storefront="standard",
            at=ports.clock.now(),
            settings=settings or shop_settings(),
            store_address=demo_store.calls_url,
            stripe_api_key=api_key,
            stripe_api_base=sandbox_url,
            stripe_webhook_secret=stripe_secret,
        )
        async with transaction(ports.doorbell) as tx:
            await publish(
                tx, shop_id=new_shop.shop.id, policy=policy or default_policy(), by="tests", at=ports.clock.now()
            )
        store.webhook_secret = new_shop.webhook_secret
        store.call_secret = new_shop.store_secret or ""
        store.hooks_url = f"{url}/hooks/{new_shop.shop.id}/standard"
        await stripe.add_endpoint(f"{url}/hooks/{new_shop.shop.id}/stripe", stripe_secret)
        yield World(url, http, ports, store, demo_store, stripe, data / "mail", new_shop)
