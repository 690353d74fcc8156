"""``comeback shop``: creating a shop, looking at it, and changing what it may set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from handlers.cli.frame import AsJson, By, ShopId, fail, load, opened, out, print_json, run, shops_of

if TYPE_CHECKING:
    from plugin.settings import Settings
    from plugin.shops.models import Shop

shop = typer.Typer(name="shop", help="Create shops, look at them, change their settings.", no_args_is_help=True)

StoreAddress = Annotated[str | None, typer.Option(help="Where we ask your store to cancel (standard).")]
StripeKey = Annotated[str | None, typer.Option(help="The shop's secret or restricted Stripe key.")]
StripeSecret = Annotated[str | None, typer.Option(help="The signing secret of its endpoint at Stripe.")]
Document = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JSON file.")]


def _hooks(settings: Settings, found: Shop) -> dict[str, str]:
    return {source: f"{settings.public_url}/hooks/{found.id}/{source}" for source in (found.storefront, "stripe")}


@shop.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The shop's name, as shoppers read it.")],
    storefront: Annotated[str, typer.Option(help="standard, woocommerce or shopify.")] = "standard",
    store_address: StoreAddress = None,
    stripe_key: StripeKey = None,
    stripe_webhook_secret: StripeSecret = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166, for its holidays.")] = None,
    locale: Annotated[str | None, typer.Option(help="Its own language, such as en or es-MX.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Europe/Madrid.")] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", exists=True, dir_okay=False, help="All its settings, as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a shop, and print its keys: they are shown this once and never again.

    It starts with a policy: whatever has not shipped can be cancelled at once. Stripe's key and webhook secret are
    STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET where you do not give them.
    """
    changes = {"country": country, "locale": locale, "time_zone": time_zone}
    document: dict[str, object] = {}
    if settings_file is not None:
        document.update(_read_object(settings_file))
    document |= {key: value for key, value in changes.items() if value is not None}
    made = run(_create(name, storefront, document, store_address, stripe_key, stripe_webhook_secret))
    if as_json:
        print_json(made)
        return
    out.print(f"[bold]{escape(name)}[/]: keep these, they are not shown again\n")
    for key, value in made.items():
        for label, text in value.items() if isinstance(value, dict) else [("", value)]:
            line = f"  {f'{key} {label}'.replace('_', ' '):<22}  {text or '-'}"
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print("\nNext: point your store's webhooks at the address above, then try [bold]comeback trigger[/].")


async def _create(
    name: str, storefront: str, document: dict[str, object], store_address: str | None, stripe_key: str | None,
    stripe_webhook_secret: str | None,
) -> dict[str, str | dict[str, str] | None]:  # fmt: skip
    from plugin.db import transaction
    from plugin.journeys.shop_settings import take_settings
    from plugin.policies.ready import default_policy
    from plugin.policies.service import publish
    from plugin.shops.service import create_shop

    settings = load()
    async with opened(settings) as ports:
        at = ports.clock.now()
        made = await create_shop(
            ports.vault,
            name=name,
            storefront=storefront,
            at=at,
            settings=take_settings(document),
            store_address=store_address,
            stripe_api_key=stripe_key or settings.stripe_api_key,
            stripe_api_base=settings.stripe_api_base,
            stripe_webhook_secret=stripe_webhook_secret or settings.stripe_webhook_secret,
        )
        async with transaction(ports.doorbell) as tx:
            await publish(tx, shop_id=made.shop.id, policy=default_policy(), by="comeback shop create", at=at)
    return {
        "shop": made.shop.id,
        "secret_key": made.secret_key,
        "publishable_key": made.publishable_key,
        "webhook_secret": made.webhook_secret,
        "store_secret": made.store_secret,
        "stripe_webhook_secret": made.stripe_webhook_secret,
        "hooks": _hooks(settings, made.shop),
    }


@shop.command("list")
def list_shops(as_json: AsJson = False) -> None:
    """All shops of this installation."""

    async def read() -> list[dict[str, str | bool]]:
        async with opened(load()):
            return [
                {"shop": each.id, "name": each.name, "storefront": each.storefront, "paused": each.paused}
                for each in await shops_of(None)
            ]

    found = run(read())
    if as_json:
        print_json(found)
        return
    table = Table("Shop", "Name", "Storefront", "")
    for each in found:
        table.add_row(str(each["shop"]), str(each["name"]), str(each["storefront"]), "paused" if each["paused"] else "")
    out.print(table if found else "There is no shop yet. Create one: [bold]comeback shop create NAME[/]")


@shop.command("show")
def show(shop_id: ShopId) -> None:
    """One shop as JSON: addresses, settings, what is connected. Secrets are not shown."""

    async def read() -> dict[str, object]:
        settings = load()
        async with opened(settings):
            (found,) = await shops_of(shop_id)
            return {
                "shop": found.id,
                "name": found.name,
                "storefront": found.storefront,
                "publishable_key": found.publishable_key,
                "store_address": found.store_address,
                "stripe_connected": found.sealed_stripe_api_key is not None,
                "stripe_api_base": found.stripe_api_base,
                "paused": found.paused,
                "money_stopped": found.money_stopped,
                "hooks": _hooks(settings, found),
                "link": await _link(found.id),
                "settings": found.settings,
            }

    print_json(run(read()))


async def _link(shop_id: str) -> dict[str, object] | None:
    """How the shop's connection to its platform stands."""
    from plugin.shops.links import find_link

    link = await find_link(shop_id)
    if link is None:
        return None
    said = ("state", "connected_at", "imported_at", "polled_to", "hooks", "missed", "mended_hooks", "problem")
    return {name: getattr(link, name) for name in said}


@shop.command("settings")
def change_settings(shop_id: ShopId, document: Document, by: By = "comeback shop settings") -> None:
    """Replace a shop's settings by those of a JSON file. Start from what `comeback shop show` prints."""

    async def change() -> str:
        from plugin.db import transaction
        from plugin.journeys.shop_settings import put_settings, take_settings

        settings = take_settings(_read_object(document))
        async with opened(load()) as ports:
            (found,) = await shops_of(shop_id)
            async with transaction(ports.doorbell) as tx:
                await put_settings(tx, found, settings, by=by, at=ports.clock.now())
            return found.name

    out.print(f"[green]✓[/] {run(change())} has its new settings.", highlight=False)


@shop.command("connect")
def connect(
    shop_id: ShopId, store_address: StoreAddress = None, stripe_key: StripeKey = None,
    stripe_webhook_secret: StripeSecret = None,
) -> None:  # fmt: skip
    """Give a shop another store address, Stripe key or Stripe webhook secret; the rest stays."""

    async def change() -> str:
        from plugin.shops.service import connect_shop

        async with opened(load()) as ports:
            (found,) = await shops_of(shop_id)
            await connect_shop(
                ports.vault, found, store_address=store_address, stripe_api_key=stripe_key,
                stripe_webhook_secret=stripe_webhook_secret,
            )  # fmt: skip
            return found.name

    out.print(f"[green]✓[/] {run(change())} is connected. [bold]comeback doctor[/] tries it out.", highlight=False)


@shop.command("pause")
def pause(shop_id: ShopId) -> None:
    """Stop all automatic approvals: whatever a shopper asks for from now on, a person decides."""
    out.print(f"[green]✓[/] {run(_switch(shop_id, 'paused'))} is paused. A person decides.", highlight=False)


@shop.command("stop")
def stop(shop_id: ShopId) -> None:
    """Pause, and hold back every refund that has not been sent: nothing of this shop moves until it resumes."""
    name = run(_switch(shop_id, "stopped"))
    out.print(f"[green]✓[/] {name} is stopped. Nothing is paid back until you resume it.", highlight=False)


@shop.command("resume")
def resume(shop_id: ShopId) -> None:
    """Let the policy decide and the money move again. Requests that wait for a person keep waiting for one."""
    out.print(f"[green]✓[/] {run(_switch(shop_id, 'on'))} decides by its policy.", highlight=False)


async def _switch(shop_id: str, wanted: str) -> str:
    from plugin.journeys.switch import Switch, set_switch

    async with opened(load()) as ports:
        (found,) = await shops_of(shop_id)
        await set_switch(ports, found, Switch(wanted), f"comeback shop: {wanted}")
        return found.name


@shop.command("rotate-secret")
def rotate_secret(shop_id: ShopId) -> None:
    """Make a new webhook secret. The one before verifies until the next rotation, so that you can switch over."""

    async def rotate() -> str:
        from plugin.shops.service import rotate_webhook_secret

        async with opened(load()) as ports:
            (found,) = await shops_of(shop_id)
            return await rotate_webhook_secret(ports.vault, found)

    sys.stdout.write(run(rotate()) + "\n")


def _read_object(path: Path) -> dict[str, object]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    except msgspec.DecodeError as error:
        fail(f"{path} holds no JSON object: {error}")
