"""The commands that run something: the web service, the worker, the demo, the sandbox; and the migrations."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.frame import AsJson, err, fail, load, out, run

if TYPE_CHECKING:
    from plugin.settings import Settings

Port = Annotated[int | None, typer.Option(help="Listen here instead of on PORT.", min=0, max=65535)]


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story; exit 0 only if every step was right.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the story as one JSON object (with --once).")] = False,
    port: Port = None,
) -> None:
    """Start everything on this machine and play the story once.

    An order comes in, its shopper cancels, Stripe (a sandbox) refunds, a mail arrives with a code, and the code is
    redeemed: all over real HTTP and with a real PostgreSQL. Then it keeps serving for you to look around. It never
    touches a database, a mail server or a Stripe account of yours.
    """
    started = time.perf_counter()
    settings = load()
    if settings.production:
        fail("The demo is not for production: it makes a shop with known keys. Unset COMEBACK_ENV to play it.")
    if json and not once:
        fail("--json prints the finished story, so it goes with --once.", status=2)
    if port is not None:
        settings = settings.model_copy(update={"port": port})

    import msgspec

    from handlers.demo.run import play_demo
    from handlers.demo.transcript import Transcript
    from handlers.logs import configure_logs

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data / "demo.log").open("a", encoding="utf-8") as log:
        configure_logs(settings.log_level, log)
        tell = Transcript(None if json else out)
        tell.say("[bold]Comeback[/], the demo: a cancellation from the click to the code that brings the shopper back\n")
        report = run(play_demo(settings, tell, once=once, started=started))
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    raise typer.Exit(0 if report.ok else 1)
