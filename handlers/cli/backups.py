"""The commands that keep an installation safe and bring it back: backup, restore, reconcile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.care import OneShop, each_under_a_bar, verify_chains
from handlers.cli.frame import err, fail, load, opened, out, run, shops_of

if TYPE_CHECKING:
    from plugin.journeys.reconcile import ForgottenRefund
    from plugin.ports.runtime import Ports
    from plugin.settings import Settings
    from plugin.shops.models import Shop

# Stripe's clock and ours may differ, and a refund may have been under way when the last event was written.
MARGIN = timedelta(hours=1)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as comeback.dump.", dir_okay=False)],
) -> None:
    """Write the whole database to one file, beside running processes.

    The file does not hold COMEBACK_SECRET_KEY (in development: .data/secret_key). Keep that too, and apart: without it
    nobody opens the shops' secrets.
    """
    run(_backup(load(), file))
    size = f"{file.stat().st_size:,} bytes"
    out.print(f"[green]✓[/] {file}, {size}. Keep your COMEBACK_SECRET_KEY too, in another place.", soft_wrap=True)


async def _backup(settings: Settings, file: Path) -> None:
    from handlers.compose import database_address
    from plugin.backup import BackupFailed, dump

    try:
        await dump(database_address(settings), file)
    except BackupFailed as failed:
        fail(f"No back-up was written: {failed}")


def restore(
    file: Annotated[
        Path, typer.Argument(help="A file that `comeback backup` has written.", exists=True, dir_okay=False)
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds now.")] = False,
) -> None:
    """Bring a back-up back, prove that it is whole, and compare its money with Stripe's.

    Stop `comeback serve` and `comeback work` first. It is taken whole or nothing changes. Until the comparison with
    Stripe has been made, they do not start.
    """
    settings = load()
    run(_restore(settings, file, replace=replace))
    reconcile()


async def _restore(settings: Settings, file: Path, *, replace: bool) -> None:
    from handlers.compose import database_address
    from plugin import backup as backups
    from plugin import db
    from plugin.core.vault import CannotOpen, Vault
    from plugin.shops.service import webhook_secrets

    address = database_address(settings)
    await db.connect(address, pool=1)
    try:
        if await backups.others_at_work():
            fail("Comeback is still running on this database. Stop `comeback serve` and `comeback work` first.")
        if not replace and await _holds_shops():
            fail("The database is not empty. Add --replace to throw away what it holds now.")
        await backups.restore(address, file)
    except backups.BackupFailed as failed:
        fail(f"Nothing was changed: {failed}")
    finally:
        await db.disconnect()
    await db.migrate(address)  # the file may be of an older version
    try:
        await db.connect(address, pool=4)
        out.print(
            f"[green]✓[/] {await _counted()} are back, as of {_minute(await backups.last_known())}.", soft_wrap=True
        )
        for shop in await shops_of(None):
            webhook_secrets(Vault(settings.secret_keys), shop)
    except CannotOpen as error:
        fail(
            f"But the {error} was sealed under a key that COMEBACK_SECRET_KEY does not hold. Set the key that belongs "
            "to this back-up, then run: comeback reconcile"
        )
    finally:
        await db.disconnect()
    broken, chains = await verify_chains(None, None)
    for line in broken:
        err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    if broken:
        fail("The audit does not hold: this file was altered. Find out by whom before you go to work with it.")
    out.print(f"[green]✓[/] {chains} chains of the audit hold.")


async def _holds_shops() -> bool:
    from plugin.db import rows

    there = await rows("SELECT to_regclass('public.shops') IS NOT NULL AS yes")
    return bool(there[0]["yes"] and await rows("SELECT 1 FROM shops LIMIT 1"))


async def _counted() -> str:
    from plugin.db import rows

    (n,) = await rows(
        "SELECT (SELECT count(*) FROM shops) AS shops, (SELECT count(*) FROM orders) AS orders, "
        "(SELECT count(*) FROM cases) AS cases, (SELECT count(*) FROM refund_legs) AS refunds"
    )
    return ", ".join(f"{count} {what}" for what, count in n.items())


def _minute(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "a time when nothing had happened yet"


def reconcile(
    shop_id: OneShop = None,
    days: Annotated[int, typer.Option(help="Orders of so many days.", min=1)] = 30,
) -> None:
    """Compare our books with Stripe's: every refund made lately, recent orders, unfinished refunds. Take over its word.

    For after a restore, or when webhooks were lost. Reading twice changes nothing. A shop whose key Stripe refuses is
    paused.
    """
    told = run(_reconcile(shop_id, days))
    for line in (*told.news, *told.forgotten, *told.paused, *told.failed):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"[green]✓[/] {told.read} payments read, {len(told.news)} had news, {len(told.forgotten)} refunds are not "
        f"known here, {len(told.failed)} could not be read.",
        soft_wrap=True,
    )
    raise typer.Exit(1 if told.failed else 0)


class _Told:
    """What a comparison has found, in lines to print."""

    def __init__(self) -> None:
        self.news: list[str] = []
        self.forgotten: list[str] = []
        self.paused: list[str] = []
        self.failed: list[str] = []
        self.read = 0


async def _reconcile(shop_id: str | None, days: int) -> _Told:
    from plugin import backup as backups

    told = _Told()
    async with opened(load()) as ports:
        is_restored, last_known = await backups.was_restored(), await backups.last_known()
        since = ports.clock.now() - timedelta(days=days)
        refunds_since = min(since, last_known - MARGIN) if is_restored and last_known else since
        for shop in await shops_of(shop_id):
            await _compare_shop(ports, shop, since, refunds_since, told)
        if is_restored and shop_id is None and not told.failed:
            await backups.settle_here()
    return told


async def _compare_shop(ports: Ports, shop: Shop, since: datetime, refunds_since: datetime, told: _Told) -> None:
    from handlers.cli.health import one_line
    from plugin.journeys.reconcile import compare_payment, what_to_compare
    from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected
    from plugin.shops.service import set_paused

    try:
        todo = await what_to_compare(ports, shop, orders_since=since, refunds_since=refunds_since)
    except Rejected as no:
        await set_paused(shop, paused=True)
        told.paused.append(
            f"{shop.name}: Stripe refuses its key ({one_line(no)}), so nothing of it could be compared. It is paused: "
            f"comeback shop connect {shop.id} --stripe-key sk_…, reconcile again, then comeback shop resume {shop.id}"
        )
        return
    except (OutcomeUnknown, OutcomeStored) as unknown:
        told.failed.append(f"{shop.name}: Stripe did not list its refunds: {one_line(unknown)}")
        return
    told.forgotten += [_say(refund) for refund in todo.forgotten]

    async def read(payment_id: str) -> None:
        try:
            reference, news = await compare_payment(ports, payment_id)
        except (OutcomeUnknown, OutcomeStored, Rejected) as error:
            # A payment that this account does not know cannot be refunded with its key either.
            is_gone = isinstance(error, Rejected) and error.code is RejectCode.NOT_FOUND
            (told.news if is_gone else told.failed).append(f"{payment_id}: {one_line(error)}")
            return
        told.read += 1
        if news:
            told.news.append(f"{reference}: {news}")

    await each_under_a_bar(f"Reading payments of {shop.name}", todo.payment_ids, read)


def _say(refund: ForgottenRefund) -> str:
    money = f"{refund.amount} {refund.currency} (minor units)"
    what = f"{refund.reference}: {money}, refunded by us on {_minute(refund.created_at)} as {refund.leg_id}"
    if refund.order_number is None:
        return f"{what}, for an order that is not here. Have the store send its orders again."
    return f"{what}: the next ask about order {refund.order_number} goes to a person."
