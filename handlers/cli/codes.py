"""The commands that show what retention codes have brought back, and what they cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from handlers.cli.frame import AsJson, ShopId, load, opened, out, print_json, run, shops_of

codes = typer.Typer(name="codes", help="What the retention codes have brought back.", no_args_is_help=True)
Days = Annotated[int, typer.Option("--days", help="How far to look back.", min=1, max=3650)]


@codes.command("report")
def report(shop_id: ShopId, days: Days = 90, as_json: AsJson = False) -> None:
    """Codes minted and redeemed, what they cost and kept, and who came back with a code and without one."""
    sums, ways = run(_read(shop_id, days))
    if as_json:
        print_json({**sums, "codes": ways})
        return
    with_code, held_out = sums["with_code"], sums["held_out"]
    out.print(f"{sums['minted']} codes minted, {sums['redeemed']} redeemed, {sums['flagged']} worth a look.")
    out.print(f"Came back with a code: {with_code['returned']} of {with_code['customers']} customers.")
    out.print(f"Came back held out, without one: {held_out['returned']} of {held_out['customers']}.")
    table = Table("Case", "Order", "Came back with", "Discount", "Revenue kept", "State")
    for way in ways:
        table.add_row(
            way["case_number"], way["order_number"], way["came_back_with"] or "", way["discount"], way["revenue"],
            way["flag"] or way["state"],
        )  # fmt: skip
    if ways:
        out.print(table)


async def _read(shop_id: str, days: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from plugin.codes.attribution import attribution, ways_of_codes
    from plugin.core.words import Words

    words = Words("en", ZoneInfo("UTC"))

    def text(amount: int | None, currency: str) -> str:
        return "" if amount is None else words.money(amount, currency)

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        since = ports.clock.now().astimezone(UTC) - timedelta(days=days)
        ways = [
            {
                **asdict(way),
                "discount": text(way.discount_given, way.currency),
                "revenue": text(way.revenue_kept, way.currency),
            }
            for way in await ways_of_codes(shop.id, since)
        ]
        return asdict(await attribution(shop.id, since)), ways
