"""The commands that look after an installation: doctor, sweep, reconcile, the audit, and its keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handlers.cli.frame import AsJson, err, load, opened, out, print_json, run, shops_of

if TYPE_CHECKING:
    from handlers.cli.findings import Finding
    from plugin.ports.runtime import Ports
    from plugin.settings import Settings

T = TypeVar("T")

audit = typer.Typer(name="audit", help="Prove that nothing was changed behind our back.", no_args_is_help=True)
keys = typer.Typer(name="keys", help="The keys that the shops' secrets are sealed under.", no_args_is_help=True)

OneShop = Annotated[str | None, typer.Option("--shop", metavar="SHOP", help="Only this shop.", show_default=False)]
_MARKS = {"ok": "[green]OK     [/]", "warning": "[yellow]warning[/]", "fault": "[red]fault  [/]"}


async def _each(what: str, things: Sequence[T], do: Callable[[T], Awaitable[Any]]) -> None:
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
    from handlers.jobs import run_claim
    from plugin.outbox.service import claim_due

    done = 0
    async with opened(load()) as ports:
        while claims := await claim_due(16):
            for claim in claims:
                await run_claim(ports, claim)
                done += 1
    return done


def reconcile(
    shop_id: OneShop = None,
    days: Annotated[int, typer.Option(help="Orders of so many days.", min=1)] = 30,
) -> None:
    """Read every Stripe payment of recent orders, and of all unfinished refunds, and take over what Stripe says.

    For after a restore, or when webhooks were lost. Reading twice changes nothing.
    """
    missed, failed, read = run(_reconcile(shop_id, days))
    for line in (*missed, *failed):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(f"[green]✓[/] {read} payments read, {len(missed)} had news, {len(failed)} could not be read.")
    raise typer.Exit(1 if failed else 0)


async def _reconcile(shop_id: str | None, days: int) -> tuple[list[str], list[str], int]:
    from handlers.cli.findings import one_line
    from plugin.orders.models import Payment
    from plugin.ports.payments import OutcomeStored, OutcomeUnknown, Rejected

    missed: list[str] = []
    failed: list[str] = []
    async with opened(load()) as ports:
        ids = await _payments_to_read(ports, [each.id for each in await shops_of(shop_id)], days)

        async def read(payment_id: str) -> None:
            payment = await Payment.get(id=payment_id)
            try:
                news = await _read_now(ports, payment)
            except (OutcomeUnknown, OutcomeStored, Rejected) as error:
                failed.append(f"{payment.reference}: {one_line(error)}")
                return
            if news:
                missed.append(f"{payment.reference}: {news}")

        await _each("Reading payments", ids, read)
    return missed, failed, len(ids)


async def _payments_to_read(ports: Ports, shop_ids: list[str], days: int) -> list[str]:
    from plugin.db import rows

    found = await rows(
        "SELECT DISTINCT p.id FROM payments p JOIN orders o ON o.id = p.order_id JOIN shops s ON s.id = p.shop_id "
        "LEFT JOIN refund_legs l ON l.payment_id = p.id "
        "AND l.state IN ('submitting', 'unknown', 'pending', 'requires_action', 'with_person') "
        "WHERE p.shop_id = ANY($1) AND p.custodian = 'stripe' AND p.reference IS NOT NULL "
        "AND s.sealed_stripe_api_key IS NOT NULL AND (o.placed_at > $2 OR l.id IS NOT NULL) ORDER BY p.id",
        shop_ids,
        ports.clock.now() - timedelta(days=days),
    )
    return [row["id"] for row in found]


async def _read_now(ports: Ports, payment: Any) -> str:
    """Read one payment and take it over; what had changed, in words, or nothing."""
    from plugin.db import transaction
    from plugin.journeys.payment_reported import take_payment_fact
    from plugin.orders.models import Payment
    from plugin.orders.service import ReportedMeanwhile
    from plugin.refunds.store import legs_on_payment
    from plugin.shops.service import get_shop, payment_account

    async def picture() -> dict[str, object]:
        now = await Payment.get(id=payment.id)
        legs = {f"refund {leg.id}": leg.state for leg in await legs_on_payment(payment.id)}
        fields = ("state", "captured", "capturable", "external_refunded", "disputed")
        return {**{name: getattr(now, name) for name in fields}, **legs}

    shop = await get_shop(payment.shop_id)
    account = payment_account(ports.vault, shop)
    if account is None:
        return ""
    before = await picture()
    fact = await ports.payments.read(account, payment.reference)
    with suppress(ReportedMeanwhile):  # the service has just read it, too
        async with transaction(ports.doorbell) as tx:
            await take_payment_fact(tx, ports, shop, payment, fact)
    after = await picture()
    return ", ".join(f"{name} {before.get(name)} → {now}" for name, now in after.items() if before.get(name) != now)


@audit.command("verify")
def verify(
    shop_id: OneShop = None,
    order: Annotated[str | None, typer.Option(help="Only this order, by our id.", show_default=False)] = None,
) -> None:
    """Recompute every order's chain and every sealed day. Exit status 1 when one does not hold."""
    broken, count = run(_verify(shop_id, order))
    for line in broken:
        out.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    out.print(f"[red]{len(broken)} breaks[/] in {count} chains." if broken else f"[green]✓[/] {count} chains hold.")
    raise typer.Exit(1 if broken else 0)


async def _verify(shop_id: str | None, order_id: str | None) -> tuple[list[str], int]:
    from plugin.audit.service import verify_order, verify_root
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

        async def check_order(row: dict[str, Any]) -> None:
            # Looked at twice: an event may be written between the reading of the head and of its chain.
            breaks = await verify_order(row["id"]) and await verify_order(row["id"])
            broken.extend(f"{each.order_id}, event {each.n}: {each.what}" for each in breaks)

        async def check_day(row: dict[str, Any]) -> None:
            if not await verify_root(row["shop_id"], row["day"]):
                broken.append(f"{row['shop_id']}, {row['day']}: the events are not those that were sealed that night")

        await _each("Orders", orders, check_order)
        await _each("Sealed days", days, check_day)
    return broken, len(orders) + len(days)


@keys.command("rotate")
def rotate() -> None:
    """Seal every secret anew under the first key of COMEBACK_SECRET_KEY, so that the older ones can be taken away."""
    done = run(_rotate())
    out.print(f"[green]✓[/] {done} values sealed anew. The older keys can be removed from COMEBACK_SECRET_KEY now.")


async def _rotate() -> int:
    from plugin.codes.minting import reseal_codes
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

        await _each("Shops", await shops_of(None), each)
    return done
