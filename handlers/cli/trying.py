"""``comeback policy diff`` and ``backtest``: what a draft would change, for anybody and for whom it was already."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from handlers.cli.frame import AsJson, fail, load, opened, out, print_json, run, shops_of
from handlers.cli.policies import Document

if TYPE_CHECKING:
    from plugin.policies.document import Policy

LIVE = "live"
OneShop = Annotated[
    str | None, typer.Option("--shop", help="The shop's id; not needed where there is only one.", show_default=False)
]


def diff(
    document: Document,
    against: Annotated[str, typer.Option(help="Another JSON file, or `live`: what decides now.")] = LIVE,
    shop_id: OneShop = None,
    as_json: AsJson = False,
) -> None:
    """Say in sentences whose answer a draft changes, each with its smallest example (with --json)."""
    from plugin.policies.diff import compare
    from plugin.policies.document import parse_policy

    if against != LIVE and not Path(against).is_file():
        fail(f"{against} is no file. Give a JSON file, or `live`.")
    other = None if against == LIVE else Path(against).read_bytes()

    async def read() -> tuple[Policy, Policy]:
        new = parse_policy(document.read_bytes())
        return await _live(shop_id) if other is None else parse_policy(other), new

    difference = compare(*run(read()), datetime.now(UTC))
    if as_json:
        print_json(msgspec.to_builtins(difference))
        return
    for change in difference.changes:
        out.print(f"• {change.sentence}", markup=False, highlight=False, soft_wrap=True)
    for each in difference.unexamined:
        rows = f"the rows “{each.old_row}” and “{each.new_row}”" if each.old_row else "all rows"
        out.print(f"[yellow]Not looked at, too much work:[/] {each.action}, {rows}", highlight=False, soft_wrap=True)
    if not difference.changes and difference.is_complete:
        out.print("[green]✓[/] Nobody's answer changes.")


async def _live(shop_id: str | None) -> Policy:
    from plugin.policies.live import NoPolicy
    from plugin.policies.models import PolicyVersion
    from plugin.policies.versions import policy_of

    async with opened(load()):
        shops = await shops_of(shop_id)
        if len(shops) != 1:
            fail("Say which shop: --shop SHOP." if shops else "There is no shop yet.")
        version = await PolicyVersion.get_or_none(shop_id=shops[0].id, state="live")
        if version is None:
            raise NoPolicy()
        return policy_of(version)
