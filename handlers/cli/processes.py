"""The commands that run something: the web service, the worker, the demo, the sandbox; and the migrations."""

from __future__ import annotations

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.frame import err, fail, load, out, refuse_restored, run

if TYPE_CHECKING:
    from plugin.settings import Settings

TAKES_AWAY = "_contract_"  # in the name of a migration that an older version cannot live with (docs/operations.md)

_STORES = {
    "standard": "one of your own, which speaks our published format",
    "woocommerce": "a stand-in of WooCommerce",
    "shopify": "a stand-in of Shopify",
}
Port = Annotated[int | None, typer.Option(help="Listen here instead of on PORT.", min=0, max=65535)]


Host = Annotated[str | None, typer.Option(help="Listen on this address instead of on HOST.")]


def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int, typer.Option(help="Web processes under one port; more than one needs DATABASE_URL.", min=1)
    ] = 1,
    migrate_first: Annotated[
        bool | None,
        typer.Option(
            "--migrate/--no-migrate", help="Bring the database up to date first. [dim]Default: in development.[/]"
        ),
    ] = None,
) -> None:
    """Run the web service.

    Without REDIS_URL it does the work in the background as well; with it, run `comeback work` beside it. One process
    uses one core and has its own /metrics, so prefer more containers over more --workers.
    """
    settings = load()
    settings = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    if workers > 1 and settings.database_url is None:
        fail("Several web processes need a database of their own to meet at: set DATABASE_URL.")
    _check_port(settings.host, settings.port)
    database = _address(settings)
    run(
        _prepare(settings, database, should_migrate=not settings.production if migrate_first is None else migrate_first)
    )
    if workers > 1:
        raise typer.Exit(run(_serve_several(settings, workers)))
    run(_serve(settings))


def work() -> None:
    """Run a worker: it does what the web service has left to do, woken through Redis.

    Start as many as you like. While Redis is away it finds its work in the database.
    """
    settings = load()
    run(_work(settings, _address(settings)))


def migrate() -> None:
    """Bring the database up to date. A second one started meanwhile waits, and finds nothing to do."""
    settings = load()
    done = run(_migrate(_address(settings)))
    out.print(f"[green]✓[/] {', '.join(done)} applied." if done else "[green]✓[/] The database is up to date.")


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the story; exit 0 only if every step was right.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the story as one JSON object (with --once).")] = False,
    port: Port = None,
    storefront: Annotated[
        str, typer.Option("--storefront", help="Play it on a store of this kind: standard, woocommerce or shopify.")
    ] = "standard",
) -> None:
    """Start everything on this machine and play the story once.

    An order comes in, its shopper cancels, Stripe (a sandbox) refunds, a mail arrives with a code, and the code is
    redeemed: all over real HTTP and with a real PostgreSQL. Then it keeps serving for you to look around. It never
    touches a database, a mail server or a Stripe account of yours.
    """
    started = time.perf_counter()
    settings = load()
    if settings.production:
        fail("The demo is not for production: its shop's keys lie in a file. Unset COMEBACK_ENV to play it.")
    if storefront not in _STORES:
        fail(f"The story can be played on {', '.join(_STORES)}.", status=2)
    if json and not once:
        fail("--json prints the finished story, so it goes with --once.", status=2)
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Never closed: the embedded server writes to it when it is stopped at exit.
    log = (settings.data / "demo.log").open("a", encoding="utf-8")
    with ThreadPoolExecutor(1) as starter:
        from plugin import db

        database = starter.submit(db.embedded_url, settings.data)  # while it starts, the rest is imported

        import msgspec

        from handlers.demo.run import Demo
        from handlers.demo.transcript import Transcript
        from handlers.logs import configure_logs

        configure_logs(settings.log_level, log)
        tell = Transcript(None if json else out)
        tell.say("[bold]Comeback[/], the demo: from the click on cancel to the code that brings the shopper back")
        tell.say(f"The store is {_STORES[storefront]}.\n")
        report = run(Demo(settings, tell, database, started, storefront).play(once=once))
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    raise typer.Exit(0 if report.ok else 1)


def sandbox_stripe(
    port: Annotated[int, typer.Option(help="Listen on this port.", min=0, max=65535)] = 12111,
    state: Annotated[Path | None, typer.Option(help="Remember everything in this file.")] = None,
    settle_after: Annotated[float, typer.Option(help="Seconds until pending refunds settle.", min=0)] = 3.0,
) -> None:
    """Run the Stripe sandbox: a stand-in that speaks the part of Stripe's API that Comeback uses.

    Point STRIPE_API_BASE at it, and use any key that begins with sk_test_. docs/stripe-sandbox.md lists its tricks.
    """
    run(_sandbox(port, state, settle_after))


def previews(
    directory: Annotated[Path, typer.Argument(help="Where to write them.")] = Path(".data/previews"),
) -> None:
    """Render every mail in every language to files to look at."""
    from datetime import UTC, datetime

    from plugin.mailers.mime import build
    from plugin.messages.preview import write_previews

    at = datetime.now(UTC)
    index, *rest = write_previews(directory, lambda envelope: build(envelope, at).as_bytes())
    out.print(f"[green]✓[/] {len(rest)} files. Open {index.absolute().as_uri()}", soft_wrap=True)


def _address(settings: Settings) -> str:
    from handlers.compose import database_address

    return database_address(settings)


def _check_port(host: str, port: int) -> None:
    """End with a sentence where granian would end with a backtrace."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            return
    except OSError as error:
        fail(f"Comeback cannot listen at {host}:{port}: {error.strerror}. Choose another with --host and --port.")


async def _migrate(database: str) -> list[str]:
    from plugin import db

    await db.connect(database, pool=2)
    missing = await db.missing_migrations()
    await db.disconnect()
    await db.migrate(database)
    return missing


async def _prepare(settings: Settings, database: str, *, should_migrate: bool) -> None:
    """Raise ``SettingsRefused`` unless the database is one to go to work on."""
    from plugin import db
    from plugin.settings import SettingsRefused

    if should_migrate:
        await db.migrate(database)
    await db.connect(database, pool=2)
    try:
        if missing := await db.missing_migrations():
            raise SettingsRefused((f"The database has not had {', '.join(missing)}. Run: comeback migrate",))
        if taken_away := [name for name in await db.newer_migrations() if TAKES_AWAY in name]:
            raise SettingsRefused(
                (f"A newer version has taken away what this one needs ({', '.join(taken_away)}). Start the newer one.",)
            )
        await refuse_restored()
    finally:
        await db.disconnect()


async def _serve(settings: Settings) -> None:
    from handlers.closing import Closing
    from handlers.logs import configure_logs
    from handlers.serving import serve_alone
    from handlers.web import build_app

    configure_logs(settings.log_level)
    closing = Closing()
    closing.listen()
    err.print(f"Comeback serves at {settings.public_url}, its API page at {settings.public_url}/docs", soft_wrap=True)
    await serve_alone(settings, build_app(settings, closing=closing), closing)


async def _serve_several(settings: Settings, count: int) -> int:
    from handlers.closing import Closing
    from handlers.several import serve_several

    closing = Closing()
    closing.listen()
    err.print(f"Comeback serves at {settings.public_url}, with {count} processes.", soft_wrap=True)
    return await serve_several(settings, count, closing)


async def _work(settings: Settings, database: str) -> None:
    from handlers import worker
    from handlers.closing import Closing
    from handlers.logs import configure_logs

    configure_logs(settings.log_level)
    closing = Closing()
    closing.listen()
    await _prepare(settings, database, should_migrate=False)
    await worker.work(settings, database, closing)


async def _sandbox(port: int, state: Path | None, settle_after: float) -> None:
    from handlers.closing import Closing
    from plugin.payments.sandbox.server import serve_sandbox

    closing = Closing()
    closing.listen()
    async with serve_sandbox(port, state=state, settle_after=settle_after) as running:
        out.print(f"The Stripe sandbox listens at {running.url}. Ctrl-C ends it.", soft_wrap=True)
        await closing.begun.wait()
