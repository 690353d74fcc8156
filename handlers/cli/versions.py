"""``comeback policy``: a shop's versions, from a draft to the one that decides, and back to an old one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.table import Table

from handlers.cli.frame import AsJson, By, ShopId, fail, load, opened, out, print_json, run, shops_of
from handlers.cli.policies import Document, visible

if TYPE_CHECKING:
    from plugin.policies.models import PolicyVersion
    from plugin.shops.models import Shop

COMMAND = "comeback policy"  # who it was where nobody says it: one name, so that it is never a second person
SHORT = 12  # characters of a hash that are shown, and that are enough to name a draft

Version = Annotated[str, typer.Argument(metavar="VERSION", help="Its number, or live, scheduled or draft.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of an old version.", min=1)]
ExpectLive = Annotated[
    int | None,
    typer.Option("--expect", metavar="NUMBER", help="Only if this is the version that is live.", min=0),
]
ExpectDraft = Annotated[
    str | None, typer.Option("--draft", metavar="HASH", help="Only if the draft is this one (its hash, or 8 of it).")
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Not now but then, say 2026-12-01T09:00.")]

T = TypeVar("T")
Step = Callable[[Any, Any, datetime], Awaitable[T]]  # in a transaction, of this shop, at this time


def list_versions(shop_id: ShopId, as_json: AsJson = False) -> None:
    """Every version: the draft, the scheduled one, the one that decides, and those before it."""

    async def read() -> list[dict[str, Any]]:
        from plugin.policies.store import versions_of

        async with opened(load()):
            (shop,) = await shops_of(shop_id)
            return [_brief(version) for version in await versions_of(shop.id)]

    found = run(read())
    if as_json:
        print_json(found)
        return
    table = Table("Number", "State", "Name", "From (UTC)", "Written by", "Published by", "Hash")
    for each in found:
        since = f"{each['live_from']:%Y-%m-%d %H:%M}" if each["live_from"] else ""
        table.add_row(
            str(each["number"] or ""), each["state"], escape(visible(each["name"])), since, escape(each["written_by"]),
            escape(each["published_by"] or ""), each["hash"][:SHORT],
        )  # fmt: skip
    out.print(table if found else "No version yet. Begin with: comeback policy draft")


def _brief(version: PolicyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "name": version.document.get("name", ""),
        "live_from": version.live_from,
        "written_by": version.written_by,
        "written_at": version.written_at,
        "published_by": version.published_by,
        "hash": version.hash,
    }


def show_policy(shop_id: ShopId, which: Version = "live") -> None:
    """The policy that decides now, or another version, as JSON."""

    async def read() -> object:
        from plugin.policies.store import get_version

        async with opened(load()):
            (shop,) = await shops_of(shop_id)
            return (await get_version(shop.id, which)).document

    print_json(run(read()))


def save_draft(
    shop_id: ShopId,
    document: Document,
    expect: Annotated[
        str | None, typer.Option("--replace", metavar="HASH", help="The draft that this one takes the place of.")
    ] = None,
    by: By = COMMAND,
) -> None:
    """Keep a policy of a JSON file as the shop's draft. It decides nothing until it is published."""
    from plugin.policies import service

    async def put() -> PolicyVersion:
        parsed = _parsed(document)

        async def step(tx: Any, shop: Shop, at: datetime) -> PolicyVersion:
            seen = await _draft_hash(shop, expect) if expect else None
            return await service.save_draft(tx, shop_id=shop.id, policy=parsed, by=by, at=at, expected=seen)

        return await _acting(shop_id, step)

    draft = run(put())
    out.print(f"[green]✓[/] Draft {draft.hash[:SHORT]}. To have it decide: comeback policy publish {shop_id}")


def publish_policy(
    shop_id: ShopId,
    document: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A JSON file; without it, the draft.")
    ] = None,
    at_time: At = None,
    expect: ExpectLive = None,
    draft: ExpectDraft = None,
    by: By = COMMAND,
) -> None:
    """Make a policy the one that decides, now or from a time on. Cases keep the version that decided them."""
    from plugin.policies import service

    async def put() -> PolicyVersion:
        parsed = _parsed(document) if document else None

        async def step(tx: Any, shop: Shop, at: datetime) -> PolicyVersion:
            who: dict[str, Any] = {"shop_id": shop.id, "by": by, "at": at}
            if parsed is not None and at_time is None:
                return await service.publish(tx, policy=parsed, expected_live=expect, **who)
            if parsed is not None:
                seen = (await service.save_draft(tx, policy=parsed, **who)).hash
            else:
                seen = await _draft_hash(shop, draft)
            if at_time is None:
                return await service.publish_draft(tx, draft=seen, expected_live=expect, **who)
            return await service.schedule_draft(tx, draft=seen, live_from=_moment(at_time, shop), **who)

        return await _acting(shop_id, step)

    version = run(put())
    if version.number is None:
        out.print(f"[green]✓[/] Decides from {version.live_from:%Y-%m-%d %H:%M} UTC on.", highlight=False)
    else:
        out.print(f"[green]✓[/] Version {version.number} decides from now on.")


def unschedule(shop_id: ShopId, by: By = COMMAND) -> None:
    """Take the scheduled version back to a draft."""
    from plugin.policies import service

    async def step(tx: Any, shop: Shop, at: datetime) -> PolicyVersion:
        return await service.unschedule(tx, shop_id=shop.id, by=by, at=at)

    run(_acting(shop_id, step))
    out.print("[green]✓[/] It is a draft again.")


def rollback(shop_id: ShopId, number: Number, expect: ExpectLive = None, by: By = COMMAND) -> None:
    """Publish an old version once more: the same policy, under a new number."""
    from plugin.policies import service

    async def step(tx: Any, shop: Shop, at: datetime) -> PolicyVersion:
        return await service.publish_again(tx, shop_id=shop.id, number=number, by=by, at=at, expected_live=expect)

    version = run(_acting(shop_id, step))
    out.print(f"[green]✓[/] Version {version.number}, the same as {number}, decides from now on.")


def discard(shop_id: ShopId, draft: ExpectDraft = None, by: By = COMMAND) -> None:
    """Throw the draft away."""
    from plugin.policies import service

    async def step(tx: Any, shop: Shop, at: datetime) -> None:
        await service.discard_draft(tx, shop_id=shop.id, draft=await _draft_hash(shop, draft), by=by, at=at)

    run(_acting(shop_id, step))
    out.print("[green]✓[/] The draft is gone.")


async def _acting(shop_id: str, step: Step[T]) -> T:
    from plugin.db import transaction

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        async with transaction(ports.doorbell) as tx:
            return await step(tx, shop, ports.clock.now())


def _parsed(document: Path) -> Any:
    from plugin.policies.document import parse_policy

    return parse_policy(document.read_bytes())


async def _draft_hash(shop: Shop, said: str | None) -> str:
    """The draft's hash where nothing else is said, or that is how it begins; else what was said, to be refused."""
    from plugin.policies.store import get_version

    draft = (await get_version(shop.id, "draft")).hash
    return draft if said is None or (len(said) >= 8 and draft.startswith(said)) else said


def _moment(text: str, shop: Shop) -> datetime:
    """A time of ISO 8601; in the shop's own zone where it names none."""
    from plugin.shops.service import settings_of, zone_of

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no time. Write one such as 2026-12-01T09:00.")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(settings_of(shop)))
