"""``comeback shop remove``: a shop leaves its store and our database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.frame import ShopId, err, fail, load, opened, out, run, shops_of

if TYPE_CHECKING:
    from plugin.journeys.remove_shop import TakenOut
    from plugin.shops.models import Shop

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def remove(shop_id: ShopId, yes: Yes = False) -> None:
    """Take a shop out of its store and out of the database, with everything of it. It cannot be undone.

    Make a back-up first: the audit goes, too. While money is under way nothing is removed.
    """
    name, taken, gone = run(_remove(shop_id, yes=yes))
    out.print(f"[green]✓[/] {taken.hooks} webhooks and {taken.codes} codes are taken out of the store.")
    for sentence in taken.by_hand:
        out.print(f"✗ {sentence}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    out.print(f"✓ {name} is removed: {gone} rows are deleted.", markup=False, highlight=False)


async def _remove(shop_id: str, *, yes: bool) -> tuple[str, TakenOut, int]:
    from plugin.journeys.remove_shop import check_no_money_under_way, erase_shop, take_out_of_store

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        await check_no_money_under_way(shop)
        if not yes:
            _make_sure(shop)
        taken = await take_out_of_store(ports, shop)
        return shop.name, taken, await erase_shop(ports, shop)


def _make_sure(shop: Shop) -> None:
    """End unless a person types the shop's name."""
    if not sys.stdin.isatty():
        fail("Nobody is there to be asked. Add --yes to remove the shop without a question.", status=2)
    err.print("This deletes all its orders, cases, codes and its audit. Make a back-up first: comeback backup")
    if typer.prompt(f"Type the shop's name to remove it ({shop.name})", err=True) != shop.name:
        fail("That is another name, so nothing was removed.")
