"""``comeback policy diff`` and ``backtest``: what a draft would change, for anybody and for whom it was already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from handlers.cli.frame import AsJson, err, fail, load, opened, out, print_json, run, shops_of
from handlers.cli.policies import Document

if TYPE_CHECKING:
    from plugin.core.words import Words
    from plugin.policies.backtest import Money, Report, Tally
    from plugin.policies.document import Policy
    from plugin.shops.models import Shop

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
        shop = await _one_shop(shop_id)
        version = await PolicyVersion.get_or_none(shop_id=shop.id, state="live")
        if version is None:
            raise NoPolicy()
        return policy_of(version)


async def _one_shop(shop_id: str | None) -> Shop:
    shops = await shops_of(shop_id)
    if len(shops) != 1:
        fail("Say which shop: --shop SHOP." if shops else "There is no shop yet.")
    return shops[0]


def backtest(
    document: Document,
    days: Annotated[int, typer.Option(help="How far to look back.", min=1, max=3650)] = 90,
    shop_id: OneShop = None,
    as_json: AsJson = False,
) -> None:
    """Try a draft on the asks and orders of the last days: what changes, in answers and in money. Writes nothing."""
    report = run(_try(document.read_bytes(), days, shop_id))
    if as_json:
        print_json(msgspec.to_builtins(report))
        return
    _show(f"Asks of the last {days} days, decided again", report.asks)
    for action, tally in report.orders.items():
        _show(f"Orders of the last {days} days, if all that is left were asked for now: {action}", tally)


async def _try(raw: bytes, days: int, shop_id: str | None) -> Report:
    from plugin.journeys.backtest import Stage, Trial, beginning, how_many, try_part
    from plugin.policies.backtest import Report
    from plugin.policies.document import parse_policy
    from plugin.policies.live import live_policy
    from plugin.policies.rules import compile_policy

    draft = compile_policy(parse_policy(raw))
    async with opened(load()) as ports:
        shop, at = await _one_shop(shop_id), ports.clock.now()
        live = await live_policy(shop.id, at)
        trial = Trial(shop, live.rules, draft, at - timedelta(days=days), at)
        report, place = Report(), beginning(trial)
        columns = TextColumn("Trying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task("", total=await how_many(trial))
            while place.stage is not Stage.OVER:
                place, n = await try_part(trial, place, report)
                progress.advance(task, n)
    return report


def _show(title: str, tally: Tally) -> None:
    from plugin.core.words import Words

    words = Words("en", UTC)
    table = Table("", "Now", "Draft", "Changed", "For example", title=title, title_justify="left")
    for outcome, name in (("approve", "Approved"), ("review", "Looked at by a person"), ("refuse", "Refused")):
        moved = [figure for move, figure in sorted(tally.moves.items()) if move.endswith(f">{outcome}")]
        orders = [sample.order_number for figure in moved for sample in figure.samples][:3]
        counts = (tally.outcomes_before.get(outcome, 0), tally.outcomes_after.get(outcome, 0))
        more = sum(figure.count for figure in moved)
        table.add_row(name, *(f"{count:,}" for count in counts), f"+{more:,}" if more else "", ", ".join(orders))
    for name, sums in (("Refunds", tally.refunds), ("Fees", tally.fees)):
        for currency, money in sorted(sums.items()):
            table.add_row(f"{name}, {currency}", *_cells(words, currency, money))
    out.print(table)
    left_out = [
        (tally.with_defaults, "decided without facts that were not kept then"),
        (tally.unreadable, "unreadable"),
    ]
    notes = [f"{n:,} {what}" for n, what in left_out if n]
    out.print(f"{tally.changed:,} of {tally.decided:,} change." + "".join(f" {note}." for note in notes) + "\n")


def _cells(words: Words, currency: str, money: Money) -> tuple[str, str, str, str]:
    amounts = words.money(money.before, currency), words.money(money.after, currency)
    orders = ", ".join(sample.order_number for sample in money.changed.samples[:3])
    return *amounts, f"{money.changed.count:,}" if money.changed.count else "", orders
