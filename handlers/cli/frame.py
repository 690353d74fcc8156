"""What every command needs: the settings, the adapters over an open database, and troubles told in one sentence."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

if TYPE_CHECKING:
    from plugin.ports.runtime import Ports
    from plugin.settings import Settings
    from plugin.shops.models import Shop

T = TypeVar("T")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ShopId = Annotated[str, typer.Argument(metavar="SHOP", help="The shop's id, as `comeback shop list` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who you are: it is written into the audit.", show_default=False)]


def fail(sentence: str, *, status: int = 1) -> NoReturn:
    """Say what is wrong on standard error, and end."""
    err.print(sentence, style="red", markup=False, soft_wrap=True, highlight=False)
    raise typer.Exit(status)


def print_json(value: object) -> None:
    """One JSON document on standard output, for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def load() -> Settings:
    """The environment; ends with every fault when it does not do. From here on logs are lines on standard error."""
    from handlers.logs import configure_logs
    from plugin.settings import SettingsRefused, load_settings

    configure_logs("warning", sys.stderr)
    try:
        return load_settings()
    except SettingsRefused as refused:
        fail(str(refused))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command to its end; what goes wrong is told in a sentence and not in a traceback."""
    import asyncpg
    import uvloop
    from tortoise.exceptions import BaseORMException

    from plugin.core.errors import DomainError
    from plugin.core.vault import CannotOpen
    from plugin.settings import SettingsRefused

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except SettingsRefused as refused:
        fail(str(refused))
    except DomainError as error:
        fail(error.detail if error.detail != error.sentence else error.sentence)
    except CannotOpen as error:
        fail(
            f"The {error} was sealed under a key that COMEBACK_SECRET_KEY does not hold. Add the old key behind the "
            "new one, separated by a comma."
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, BaseORMException) as error:
        fail(f"The database would not do it: {_first_line(error)} Is it migrated? Run: comeback migrate")
    except OSError as error:
        fail(f"Something could not be reached: {_first_line(error)} Run `comeback doctor` to see what.")
    except KeyboardInterrupt:
        err.print("Stopped.")
        raise typer.Exit(130) from None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Ports]:
    """The adapters over an open database. Work that is written is rung for where there is a Redis."""
    from handlers.bells import RedisBell
    from handlers.compose import adapters, database_address
    from handlers.runner import LocalBell
    from plugin import db

    await db.connect(database_address(settings), pool=4)
    try:
        if settings.redis_url:
            async with RedisBell(settings.redis_url) as bell, adapters(settings, bell) as ports:
                yield ports
        else:
            async with adapters(settings, LocalBell()) as ports:
                yield ports
    finally:
        await db.disconnect()


async def refuse_restored() -> None:
    """Raise ``SettingsRefused`` while the connected database is a restored one that nobody has compared with Stripe."""
    from plugin.backup import was_restored
    from plugin.settings import SettingsRefused

    if await was_restored():
        raise SettingsRefused(
            (
                "This database was restored from a back-up, and money may have moved since that was made. Compare it "
                "with Stripe first: comeback reconcile",
            )
        )


async def shops_of(shop_id: str | None) -> list[Shop]:
    """The named shop, or all; raises ``NotFound``."""
    from plugin.shops.models import Shop
    from plugin.shops.service import get_shop

    return [await get_shop(shop_id)] if shop_id else await Shop.all().order_by("created_at")
