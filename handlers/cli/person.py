"""The commands about a person: what they have written, everything that is kept of them, and their erasure."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handlers.cli.frame import AsJson, ShopId, fail, load, opened, out, print_json, run, shops_of

if TYPE_CHECKING:
    from plugin.orders.people import Who
    from plugin.ports.runtime import Ports
    from plugin.shops.models import Shop

person = typer.Typer(
    name="person", help="What a shopper has written, all that is kept of them, and their erasure.", no_args_is_help=True
)

Email = Annotated[str | None, typer.Option("--email", help="Their address, as the store knows it.")]
Customer = Annotated[str | None, typer.Option("--customer", help="The store's id of the customer.")]
Orders = Annotated[
    list[str] | None, typer.Option("--order", help="An order by the store's id or its number; give it again for more.")
]
By = Annotated[str, typer.Option("--by", help="Your name: the audit says who did it.", prompt="Your name")]


@person.command("list")
def list_messages(shop_id: ShopId, as_json: AsJson = False) -> None:
    """What shoppers have written, the newest first, with the address to answer to and until when."""

    async def read() -> list[dict[str, Any]]:
        from plugin.messages.contacts import newest_contacts

        async with opened(load()) as ports:
            (shop,) = await shops_of(shop_id)
            return [asdict(each) for each in await newest_contacts(ports.vault, shop.id)]

    found = run(read())
    if as_json:
        print_json(found)
        return
    for each in found:
        head = f"{each['created_at']:%Y-%m-%d %H:%M} order {each['order_number']} {each['email'] or '-'}"
        out.print(f"{head}, answer by {each['answers_by']:%Y-%m-%d %H:%M}", markup=False, highlight=False)
        out.print(f"  {each['message']}", markup=False, highlight=False, soft_wrap=True)
    if not found:
        out.print("[green]✓[/] Nobody has written.")


@person.command("export")
def export(
    shop_id: ShopId,
    email: Email = None,
    customer: Customer = None,
    order: Orders = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write into this new file instead of standard output.", dir_okay=False)
    ] = None,
) -> None:
    """Everything that is kept of a person, as one JSON document to send to them. Their photos go into a folder beside
    the file of --to, named as it is."""
    if to is not None and to.exists():
        fail(f"{to} is there already. Name a new file.")
    document, found = run(_export(shop_id, email, customer, order or [], to))
    if to is None:
        sys.stdout.write(document + "\n")
        return
    try:
        _write_new(to, f"{document}\n".encode())
    except FileExistsError:
        fail(f"{to} is there already. Name a new file.")
    out.print(f"[green]✓[/] {found}: {to}", highlight=False)


@person.command("erase")
def erase(shop_id: ShopId, by: By, email: Email = None, customer: Customer = None, order: Orders = None) -> None:
    """Erase a person everywhere. Amounts and the audit stay; what is under way is finished first."""
    done, waiting = run(_erase(shop_id, email, customer, order or [], by))
    out.print(f"[green]✓[/] Erased from {done} orders.", highlight=False)
    for number, why in waiting:
        out.print(f"Order {number} waits, because {why}. It is tried again by itself.", markup=False, highlight=False)


def _write_new(path: Path, content: bytes) -> None:
    """Never over a file that is there, and for nobody else's eyes from the beginning; raises ``FileExistsError``."""
    with open(path, "xb", opener=partial(os.open, mode=0o600)) as file:
        file.write(content)


async def _who(ports: Ports, shop: Shop, email: str | None, customer: str | None, orders: list[str]) -> Who:
    from plugin.journeys.erase_person import who_is
    from plugin.orders.people import external_ids
    from plugin.orders.service import number_key

    if not (email or customer or orders):
        fail("Say whom: --email, --customer or --order.")
    ids = await external_ids(shop.id, orders, [number_key(each) for each in orders]) if orders else ()
    ids = ids or tuple(orders)  # one that could not be read is known by the store's id only
    return who_is(ports, shop, customer_id=customer, email=email, order_ids=ids)


async def _export(
    shop_id: str, email: str | None, customer: str | None, orders: list[str], to: Path | None
) -> tuple[str, str]:
    import msgspec

    from plugin.journeys.export_person import export_person
    from plugin.journeys.kept_files import file_contents

    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        kept = await export_person(ports, shop, await _who(ports, shop, email, customer, orders))
        files = [each for order in kept.orders for each in order.files]
        if to is not None and files:
            folder = to.with_name(f"{to.name}.files")
            folder.mkdir(mode=0o700)
            async for name, content in file_contents(ports, shop.id, files):
                _write_new(folder / name, content)
    found = f"{len(kept.orders)} orders and all about them, {len(kept.webhooks)} webhooks beside them"
    return msgspec.json.format(msgspec.json.encode(kept), indent=2).decode(), found


async def _erase(
    shop_id: str, email: str | None, customer: str | None, orders: list[str], by: str
) -> tuple[int, list[tuple[str, str]]]:
    from plugin.journeys.erase_person import erase_person_of, forget_unread
    from plugin.journeys.forget_declared import forget_declared_by
    from plugin.orders.people import orders_of
    from plugin.orders.service import get_order

    waiting = []
    async with opened(load()) as ports:
        (shop,) = await shops_of(shop_id)
        who = await _who(ports, shop, email, customer, orders)
        found = await orders_of(shop.id, who)
        for each in found:
            hindrance = await erase_person_of(ports, shop, each.id, f"staff:{by}")
            if hindrance is not None:
                waiting.append(((await get_order(shop.id, each.id)).row.number, hindrance.value))
        if who.email:
            await forget_declared_by(ports, shop, who.email)
        if not waiting:  # else a case may hang on what they would be forgotten from, and they go with its order
            await forget_unread(ports, shop, who)
    return len(found) - len(waiting), waiting
