"""``comeback policy``: the rules by which a shop's asks are decided."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handlers.cli.frame import By, ShopId, load, opened, out, print_json, run, shops_of

policy = typer.Typer(name="policy", help="The rules by which a shop's asks are decided.", no_args_is_help=True)

Document = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JSON file.")]


@policy.command("show")
def show_policy(shop_id: ShopId) -> None:
    """The policy that decides now, as JSON."""

    async def read() -> object:
        from plugin.policies.live import NoPolicy
        from plugin.policies.models import PolicyVersion

        async with opened(load()):
            (found,) = await shops_of(shop_id)
            version = await PolicyVersion.get_or_none(shop_id=found.id, state="live")
            if version is None:
                raise NoPolicy()
            return version.document

    print_json(run(read()))


@policy.command("publish")
def publish_policy(shop_id: ShopId, document: Document, by: By = "comeback policy publish") -> None:
    """Check a policy of a JSON file and make it the live version. Cases keep the version that decided them."""

    async def put() -> int | None:
        from plugin.db import transaction
        from plugin.policies.document import parse_policy
        from plugin.policies.service import publish

        parsed = parse_policy(document.read_bytes())
        async with opened(load()) as ports:
            (found,) = await shops_of(shop_id)
            async with transaction(ports.doorbell) as tx:
                version = await publish(tx, shop_id=found.id, policy=parsed, by=by, at=ports.clock.now())
            return version.number

    out.print(f"[green]✓[/] Version {run(put())} decides from now on.")
