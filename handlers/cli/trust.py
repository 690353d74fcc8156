"""``comeback policy``: rows on trial. How often people agreed with them, and how far each is trusted from now on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins
from rich.table import Table

from handlers.cli.frame import AsJson, By, ShopId, fail, load, opened, out, print_json, run, shops_of
from handlers.cli.versions import COMMAND
from plugin.policies.reasons import Mode

if TYPE_CHECKING:
    from plugin.cases.trust import Agreement

Days = Annotated[int, typer.Option("--days", help="How far to look back.", min=1, max=3650)]
RowName = Annotated[str, typer.Argument(metavar="ROW", help="A row's id, or otherwise.cancel where no row matched.")]
To = Annotated[Mode, typer.Argument(metavar="MODE", help="shadow, suggest or automatic.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsDraft = Annotated[bool, typer.Option("--draft", help="Save it as a draft, for a colleague to publish.")]


def show_agreement(shop_id: ShopId, days: Days = 90, as_json: AsJson = False) -> None:
    """How often people answered as each row on trial would have, and the last cases in which they did not."""
    found = run(_agreement(shop_id, days))
    if as_json:
        print_json(to_builtins(found))
    elif found:
        _tell(found)
    else:
        out.print("No row is on trial: the policy answers by itself.")


def promote(
    shop_id: ShopId, row: RowName, mode: To, days: Days = 90, yes: Yes = False, draft: AsDraft = False, by: By = COMMAND
) -> None:
    """Trust a row further, or less far: publish the live policy with this one change."""
    found = [each for each in run(_agreement(shop_id, days)) if each.row == row]
    if found:
        _tell(found)
    else:
        out.print("Nobody has answered for this row yet.")
    if not yes and not typer.confirm(f"Make {row} {mode}?"):
        fail("Nothing was changed.")
    version = run(_promote(shop_id, row, mode, by, draft=draft))
    said = (
        f"Version {version.number} decides from now on." if version.number else f"Draft {version.hash[:12]} is saved."
    )
    out.print(f"[green]✓[/] {said}")


def _tell(found: list[Agreement]) -> None:
    table = Table("Row", "Mode", "Agreed", "Disagreed", "Undecided", "Last disagreements")
    for each in found:
        last = ", ".join(f"{other.case}: {other.ours}, but {other.theirs}" for other in each.disagreements)
        table.add_row(each.row, each.mode, str(each.agreed), str(each.disagreed), str(each.undecided), last)
    out.print(table)


async def _agreement(shop_id: str, days: int) -> list[Agreement]:
    from plugin.cases.trust import agreement

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        return await agreement(shop.id, ports.clock.now() - timedelta(days=days))


async def _promote(shop_id: str, row: str, mode: Mode, by: str, *, draft: bool) -> Any:
    from plugin.db import transaction
    from plugin.policies import service

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        async with transaction(ports.doorbell) as tx:
            step = service.draft_promotion if draft else service.promote
            return await step(tx, shop_id=shop.id, row=row, mode=mode, by=by, at=ports.clock.now())
