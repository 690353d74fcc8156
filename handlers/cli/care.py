"""The commands that look after an installation: doctor, sweep, reconcile, the audit, and its keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handlers.cli.frame import AsJson, err, load, opened, out, print_json, refuse_restored, run, shops_of

if TYPE_CHECKING:
    from handlers.cli.health import Finding
    from plugin.settings import Settings

T = TypeVar("T")

audit = typer.Typer(name="audit", help="Prove that nothing was changed behind our back.", no_args_is_help=True)
keys = typer.Typer(name="keys", help="The keys that the shops' secrets are sealed under.", no_args_is_help=True)

OneShop = Annotated[str | None, typer.Option("--shop", metavar="SHOP", help="Only this shop.", show_default=False)]
_MARKS = {"ok": "[green]OK     [/]", "warning": "[yellow]warning[/]", "fault": "[red]fault  [/]"}


async def each_under_a_bar(what: str, things: Sequence[T], do: Callable[[T], Awaitable[Any]]) -> None:
    """Do it for each, under a progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        for thing in progress.track(things, description=what):
            await do(thing)


def doctor(as_json: AsJson = False) -> None:
    """Look at everything that Comeback needs, and say how to mend what is wrong. Exit status 1 for a fault."""
    findings = run(_examine(load(), tell=not as_json))
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(findings))
    faults = sum(finding.health == "fault" for finding in findings)
    if not as_json:
        out.print(f"\n{faults} to mend." if faults else "\n[green]Everything that matters is well.[/]")
    raise typer.Exit(1 if faults else 0)


async def _examine(settings: Settings, *, tell: bool) -> list[Finding]:
    from handlers.cli.findings import examine
    from handlers.compose import adapters, database_address
    from handlers.runner import LocalBell
    from plugin import db

    findings = []
    await db.connect(database_address(settings), pool=4)
    try:
        async with adapters(settings, LocalBell()) as ports:
            async for finding in examine(settings, ports):
                findings.append(finding)
                if tell:
                    _tell(finding)
    finally:
        await db.disconnect()
    return findings


def _tell(finding: Finding) -> None:
    out.print(f"{_MARKS[finding.health]} [bold]{escape(finding.what)}[/]: {escape(finding.says)}", soft_wrap=True)
    if finding.mend:
        out.print(f"        {finding.mend}", soft_wrap=True, markup=False)


def sweep() -> None:
    """Do all work that is due now, here and once, until there is none left. Safe beside running workers."""
    done = run(_sweep())
    out.print(f"[green]✓[/] {done} pieces of work done." if done else "[green]✓[/] Nothing was due.")


async def _sweep() -> int:
    from handlers.jobs import JOBS, run_claim
    from plugin.outbox.service import claim_due

    done = 0
    async with opened(load()) as ports:
        await refuse_restored()
        while claims := await claim_due(16, kinds=tuple(JOBS)):
            for claim in claims:
                await run_claim(ports, claim)
                done += 1
    return done


@audit.command("verify")
def verify(
    shop_id: OneShop = None,
    order: Annotated[str | None, typer.Option(help="Only this order, by our id.", show_default=False)] = None,
) -> None:
    """Recompute the chain of every order and shop, and every sealed day. Exit status 1 when one does not hold."""
    broken, count = run(verify_chains(shop_id, order))
    for line in broken:
        out.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    out.print(f"[red]{len(broken)} breaks[/] in {count} chains." if broken else f"[green]✓[/] {count} chains hold.")
    raise typer.Exit(1 if broken else 0)


async def verify_chains(shop_id: str | None, order_id: str | None) -> tuple[list[str], int]:
    from plugin.audit.service import verify_order, verify_root, verify_shop
    from plugin.db import rows

    broken: list[str] = []
    async with opened(load()):
        shop_ids = [each.id for each in await shops_of(shop_id)]
        orders = await rows(
            "SELECT id FROM orders WHERE shop_id = ANY($1) AND ($2::text IS NULL OR id = $2) ORDER BY id",
            shop_ids,
            order_id,
        )
        days = [] if order_id else await rows(
            "SELECT shop_id, day FROM audit_roots WHERE shop_id = ANY($1) ORDER BY shop_id, day", shop_ids
        )  # fmt: skip
        shops = [] if order_id else await rows(
            "SELECT id FROM shops WHERE id = ANY($1) AND (audit_n > 0 OR EXISTS "
            "(SELECT 1 FROM audit_events WHERE shop_id = shops.id AND order_id IS NULL)) ORDER BY id", shop_ids
        )  # fmt: skip

        async def check_order(row: dict[str, Any]) -> None:
            # Looked at twice: an event may be written between the reading of the head and of its chain.
            breaks = await verify_order(row["id"]) and await verify_order(row["id"])
            broken.extend(f"{each.owner_id}, event {each.n}: {each.what}" for each in breaks)

        async def check_shop(row: dict[str, Any]) -> None:
            breaks = await verify_shop(row["id"]) and await verify_shop(row["id"])
            broken.extend(f"{each.owner_id}, event {each.n}: {each.what}" for each in breaks)

        async def check_day(row: dict[str, Any]) -> None:
            if not await verify_root(row["shop_id"], row["day"]):
                broken.append(f"{row['shop_id']}, {row['day']}: the events are not those that were sealed that night")

        await each_under_a_bar("Orders", orders, check_order)
        await each_under_a_bar("Shops", shops, check_shop)
        await each_under_a_bar("Sealed days", days, check_day)
    return broken, len(orders) + len(shops) + len(days)


@keys.command("rotate")
def rotate() -> None:
    """Seal every secret anew under the first key of COMEBACK_SECRET_KEY, so that the older ones can be taken away."""
    done = run(_rotate())
    out.print(f"[green]✓[/] {done} values sealed anew. The older keys can be removed from COMEBACK_SECRET_KEY now.")


async def _rotate() -> int:
    from plugin.access.accounts import reseal_totps
    from plugin.codes.minting import reseal_codes
    from plugin.credit.issuing import reseal_credits
    from plugin.messages.contacts import reseal_contacts
    from plugin.messages.outbox import reseal_mails
    from plugin.shops.models import Shop
    from plugin.shops.service import reseal

    done = 0
    async with opened(load()) as ports:

        async def each(shop: Shop) -> None:
            nonlocal done
            done += await reseal(ports.vault, shop)
            done += await reseal_mails(ports.vault, shop.id)
            done += await reseal_contacts(ports.vault, shop.id)
            done += await reseal_codes(ports.vault, shop.id)
            done += await reseal_credits(ports.vault, shop.id)
            done += await reseal_totps(ports.vault, shop.id)

        await each_under_a_bar("Shops", await shops_of(None), each)
    return done
