"""Starts everything that the demo needs in this one process, plays the story, and keeps serving."""

from __future__ import annotations

import asyncio
import signal
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from handlers.demo.coming_back import check_books, comes_back
from handlers.demo.goods_story import play_goods
from handlers.demo.inbox import inbox_routes
from handlers.demo.shop import kept_in
from handlers.demo.stores.opening import open_side
from handlers.demo.stores.side import DemoStoreSide, Ground
from handlers.demo.story import Ending, Story
from handlers.demo.transcript import Report, Transcript
from handlers.serving import listen, serve_app
from handlers.web import build_app
from plugin import db
from plugin.orders.models import Order
from plugin.settings import Settings

HOST = "127.0.0.1"
FIRST_NUMBER = 1001
BANK_TAKES = 3.0  # seconds until the sandbox's pending refunds settle


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
    storefront: str = "standard"
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
        async with open_side(self.storefront, settings.data, BANK_TAKES) as side:
            app = build_app(settings, more_routes=[inbox_routes(settings.data / "mail")])
            async with (
                serve_app(app, listener),
                httpx.AsyncClient(base_url=settings.public_url, trust_env=False, timeout=15) as http,
            ):
                ready_ms = round((time.perf_counter() - self.started) * 1000, 1)
                tell.say(f"[bold]Ready in {ready_ms:.0f} ms[/] at {settings.public_url}\n")
                story = await _tell_story(Ground(app.state.ports, settings, http), side, tell)
                self._is_told = True
                if story is not None and not once:
                    await _open_house(story, settings, tell)
                    await self._stop.wait()
                return _report(story, side, settings, tell, ready_ms)


async def _tell_story(ground: Ground, side: DemoStoreSide, tell: Transcript) -> Story | None:
    """The story as far as it came; None where the store could not even be connected."""
    story = None
    try:
        with tell.step("connected", side.lines.connected) as told:
            connected = await side.connect(ground)
            told.detail = connected.how
        number = FIRST_NUMBER + await Order.filter(shop_id=connected.keys.shop_id).count()
        story = Story(ground.http, connected.keys, side, ground.settings.data / "mail", tell, number)
        tell.say("\n[bold]A cancellation, and what it brings back[/]\n")
        order = await story.play()
        bought = await comes_back(story, order)
        await check_books(story, order, bought)
        await play_goods(story, ground.ports)
    except Exception:
        tell.say("\n[red]The story stopped at the step above.[/]")
    else:
        tell.say(
            "\n[bold green]The cancellation, from the click to the refund created and the mail accepted: "
            f"{story.ending.click_ms} ms[/]"
        )
    return story


def _urls(side: DemoStoreSide, settings: Settings) -> dict[str, str]:
    ours = {"inbox": f"{settings.public_url}/demo/inbox", "docs": f"{settings.public_url}/docs"}
    return {**ours, **side.urls}


def _report(
    story: Story | None, side: DemoStoreSide, settings: Settings, tell: Transcript, ready_ms: float
) -> Report:  # fmt: skip
    ending = story.ending if story else Ending()
    return Report(
        storefront=side.storefront,
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
        shop_id=story.keys.shop_id if story else None,
        urls=_urls(side, settings),
    )


async def _open_house(story: Story, settings: Settings, tell: Transcript) -> None:
    """Sell a few more orders for the visitor to play with, and say where everything is."""
    side, pages = story.side, {}
    for place, sample in enumerate(side.to_play_with):
        order = await side.sell(sample, 10 + place)
        await side.tell(order)
        pages[f"order {order.number} ({sample.replace('_', ' ')})"] = await story.link(order)
    tell.say("\n[bold]Open[/]")
    addresses = {**pages, **_urls(side, settings)}
    width = max(len(name) for name in addresses)
    for name, url in addresses.items():
        tell.say(f"  {name.replace('_', ' '):<{width}}  [link={url}]{url}[/link]")
    keys = _shown(kept_in(settings.data, side.storefront))
    tell.say(f"\nThe shop is {story.keys.shop_id}; its keys are in {keys}. Ctrl-C ends the demo.")


def _shown(path: Path) -> str:
    """``path`` from where the reader stands."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
