"""Starts everything that the demo needs in this one process, plays the story, and keeps serving."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from handlers.demo.callers import Caller
from handlers.demo.inbox import inbox_routes
from handlers.demo.shop import DemoKeys, open_demo_shop, remember_orders
from handlers.demo.story import Story
from handlers.demo.transcript import Report, Transcript
from handlers.serving import listen, serve_app
from handlers.web import build_app
from plugin import db
from plugin.orders.models import Order
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.server import RunningSandbox, serve_sandbox
from plugin.settings import Settings
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import DemoStore

HOST = "127.0.0.1"
FIRST_NUMBER = 1001
TO_PLAY_WITH = ("spanish", "russian", "two_payments", "authorised")
BANK_TAKES = 3.0  # seconds until the sandbox's pending refunds settle


@dataclass(frozen=True)
class Stage:
    """Everything running, and the addresses to open."""

    story: Story
    urls: dict[str, str]


def demo_settings(settings: Settings, port: int) -> Settings:
    """``settings`` with the embedded defaults: a demo never touches a database or a mail server that you have."""
    embedded: dict[str, object] = {"database_url": None, "redis_url": None, "smtp_url": None, "trusted_proxies": ()}
    return settings.model_copy(update={**embedded, "host": HOST, "port": port, "public_address": None})


@dataclass
class Demo:
    """One run. ``database`` is the address of the embedded one, which may still be starting; ``started`` is a
    ``perf_counter`` reading."""

    settings: Settings
    tell: Transcript
    database: Future[str]
    started: float
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _is_told: bool = False

    async def play(self, *, once: bool) -> Report:
        """Play the story; then, unless ``once``, serve until a signal comes. Raises ``KeyboardInterrupt`` when the
        signal comes in the middle of the story."""
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, self._stop.set)
        playing, stopping = asyncio.create_task(self._play(once)), asyncio.create_task(self._stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not self._is_told and not playing.done():
            playing.cancel()
        await asyncio.wait({playing})
        if playing.cancelled():
            raise KeyboardInterrupt
        return playing.result()

    async def _play(self, once: bool) -> Report:
        wanted, tell = self.settings.port, self.tell
        listener = listen(HOST, wanted)
        port = listener.getsockname()[1]
        if wanted and port != wanted:
            tell.say(f"[yellow]Port {wanted} is taken, so this demo serves on {port}.[/]\n")
        settings = demo_settings(self.settings, port)
        await db.migrate(await asyncio.wrap_future(self.database))
        async with (
            serve_sandbox(state=settings.data / "stripe.json", settle_after=BANK_TAKES) as sandbox,
            serve_demo_store(DemoStore("", "")) as store,
        ):
            app = build_app(settings, more_routes=[inbox_routes(settings.data / "mail")])
            async with serve_app(app, listener):
                keys, _ = await open_demo_shop(
                    app.state.ports, settings.data, sandbox_url=sandbox.url, store_url=store.calls_url
                )
                async with _stage(settings, tell, keys, sandbox, store) as stage:
                    ready_ms = round((time.perf_counter() - self.started) * 1000, 1)
                    tell.say(f"[bold]Ready in {ready_ms:.0f} ms[/] at {settings.public_url}\n")
                    report = await _tell_story(stage, keys, tell, ready_ms)
                    self._is_told = True
                    if not once:
                        await _open_house(stage, settings, tell)
                        await self._stop.wait()
                    return report


@asynccontextmanager
async def _stage(
    settings: Settings, tell: Transcript, keys: DemoKeys, sandbox: RunningSandbox, served: ServedStore
) -> AsyncIterator[Stage]:
    store = served.store
    store.webhook_secret, store.call_secret = keys.webhook_secret, keys.store_secret
    store.hooks_url = f"{settings.public_url}/hooks/{keys.shop_id}/standard"
    await remember_orders(store, keys.shop_id)
    sold = await Order.filter(shop_id=keys.shop_id).count()
    async with (
        httpx.AsyncClient(base_url=settings.public_url, trust_env=False, timeout=15) as http,
        sandbox.control(keys.stripe_api_key) as control,
    ):
        await _point_stripe_at_us(http, control, keys, sandbox.url, settings.public_url)
        mail = settings.data / "mail"
        story = Story(http, keys, store, control, mail, tell, FIRST_NUMBER + sold)
        store.order_page = lambda order: story.ending.links.get(order.id, "")
        urls = {
            "inbox": f"{settings.public_url}/demo/inbox",
            "docs": f"{settings.public_url}/docs",
            "store": served.url,
            "stripe_sandbox": sandbox.url,
            "webhooks": store.hooks_url,
        }
        yield Stage(story, urls)


async def _point_stripe_at_us(
    http: httpx.AsyncClient, control: SandboxControl, keys: DemoKeys, sandbox_url: str, public_url: str
) -> None:
    """Register our webhook endpoint as a shop would in Stripe's dashboard, and drop those of earlier runs."""
    login = {"authorization": f"Bearer {keys.stripe_api_key}"}
    endpoints = f"{sandbox_url}/v1/webhook_endpoints"
    for endpoint in (await http.get(endpoints, headers=login)).json()["data"]:
        await http.delete(f"{endpoints}/{endpoint['id']}", headers=login)
    await control.add_endpoint(f"{public_url}/hooks/{keys.shop_id}/stripe", keys.stripe_webhook_secret)


async def _tell_story(stage: Stage, keys: DemoKeys, tell: Transcript, ready_ms: float) -> Report:
    story = stage.story
    try:
        await story.play()
    except Exception:
        tell.say("\n[red]The story stopped at the step above.[/]")
    ending = story.ending
    if tell.is_good:
        tell.say(f"\n[bold green]From the click to the refund created and the mail accepted: {ending.click_ms} ms[/]")
    return Report(
        ok=tell.is_good,
        steps=tell.steps,
        ready_ms=ready_ms,
        click_to_refund_and_mail_ms=ending.click_ms,
        refund_id=ending.refund_id,
        amount=ending.amount,
        currency=ending.currency,
        code=ending.code,
        mail_path=ending.mail_path,
        case_id=ending.case_id,
        order_id=ending.order_id,
        shop_id=keys.shop_id,
        urls=stage.urls,
    )


async def _open_house(stage: Stage, settings: Settings, tell: Transcript) -> None:
    """Sell a few more orders for the visitor to play with, and say where everything is."""
    story, keys = stage.story, stage.story.keys
    server = Caller(story.http, keys.secret_key)
    pages = {}
    for place, sample in enumerate(TO_PLAY_WITH):
        order = await story.sell(sample, story.first_number + 10 + place)
        await story.send(order)
        pages[f"order {order.number} ({sample.replace('_', ' ')})"] = await story.link(server, order)
    tell.say("\n[bold]Open[/]")
    width = max(len(name) for name in (*pages, *stage.urls))
    for name, url in {**pages, **stage.urls}.items():
        tell.say(f"  {name.replace('_', ' '):<{width}}  [link={url}]{url}[/link]")
    tell.say(
        f"\nThe shop is {keys.shop_id}; its keys are in {_shown(settings.data / 'demo.json')}. Ctrl-C ends the demo."
    )


def _shown(path: Path) -> str:
    """``path`` from where the reader stands."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
