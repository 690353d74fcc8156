"""The web process whole: the shell, all routes, the database, the adapters, and the runner if it does its own work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from handlers.admin.routes import admin_routes
from handlers.app import create_app
from handlers.bells import RedisBell
from handlers.checkout.credit_routes import credit_checkout_routes
from handlers.checkout.routes import checkout_routes
from handlers.closing import Closing
from handlers.compose import adapters, database_address
from handlers.dependencies import provide_closing, provide_ports
from handlers.hooks.door import WebhookDoor
from handlers.hooks.routes import hook_routes
from handlers.metrics import Backlog
from handlers.pages.failures import error_page
from handlers.pages.routes import page_routes
from handlers.runner import LocalBell, Runner
from handlers.shopper.routes import shopper_routes
from plugin import db
from plugin.inbox.events import unread
from plugin.messages.outbox import mails_by_state
from plugin.outbox.service import depth
from plugin.ports.runtime import Clock
from plugin.refunds.store import legs_by_state
from plugin.settings import Settings
from plugin.shops.links import link_numbers
from plugin.shops.service import origin_is_known


def build_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    connected: bool = False,
    closing: Closing | None = None,
    more_routes: Sequence[ControllerRouterHandler] = (),
) -> Litestar:
    """The application as it is served. Its lifespan opens everything, but for the database where the caller has
    ``connected`` it; migrations are the caller's to have run. ``more_routes`` are those of a special occasion, such as
    the demo's inbox page. ``closing`` is how the caller says that the process ends."""
    ends = closing or Closing()
    work = _work(ends)
    app = create_app(
        settings,
        route_handlers=[*_ROUTES, *more_routes],
        lifespan=[work] if connected else [_database(settings), work],
        dependencies={
            "ports": Provide(provide_ports, sync_to_thread=False),
            "closing": Provide(provide_closing, sync_to_thread=False),
        },
        readiness={"process": ends.why_not_ready, "database": _database_answers},
        read_backlog=_backlog,
        origin_is_known=origin_is_known,
        error_page=error_page,
    )
    app.state.clock = clock
    return app


_ROUTES: list[ControllerRouterHandler] = [
    *hook_routes, *shopper_routes, *checkout_routes, *credit_checkout_routes, *admin_routes, *page_routes,
]  # fmt: skip
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def _database(settings: Settings) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        await db.connect(database_address(settings))
        try:
            yield
        finally:
            await db.disconnect()

    return lifespan


def _work(closing: Closing) -> Lifespan:
    """Open the adapters that the application's state asks for, and run the work unless workers of their own do."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        settings: Settings = app.state.settings
        clock: Clock | None = app.state.clock
        bell = RedisBell(settings.redis_url) if settings.redis_url else LocalBell()
        lease = timedelta(seconds=settings.lease_seconds)
        async with adapters(settings, bell, clock) as ports:
            app.state.ports, app.state.closing = ports, closing
            app.state.door = WebhookDoor.of(ports)
            if isinstance(bell, RedisBell):
                async with bell:
                    yield
            else:
                async with working(Runner(ports, bell, lease=lease, closing=closing)):
                    yield

    return lifespan


@asynccontextmanager
async def working(runner: Runner) -> AsyncIterator[None]:
    """Run the work beside the block; when the block ends, finish what was claimed and stop."""
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        runner.stop()
        await task


async def _database_answers() -> str | None:
    await db.rows("SELECT 1")
    return None


async def _backlog() -> Backlog:
    due, age = await depth()
    return Backlog(
        inbox_depth=await unread(),
        outbox_depth=due,
        outbox_age_seconds=int(age),
        legs=await legs_by_state(),
        mails=await mails_by_state(),
        links=await link_numbers(),
    )
