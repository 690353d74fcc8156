"""``comeback connect``: a store is connected, or its connection repaired, with one command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handlers.cli.frame import AsJson, err, fail, load, opened, out, print_json, run

if TYPE_CHECKING:
    from handlers.cli.connecting import Connected, Wanted
    from plugin.journeys.poll import PageTaken
    from plugin.settings import Settings
    from plugin.shops.links import Credentials

connect = typer.Typer(name="connect", help="Connect a store, or repair its connection.", no_args_is_help=True)

SOMETHING_TO_MEND = 3

OfShop = Annotated[
    str | None, typer.Option("--shop", metavar="SHOP", help="An existing shop. Alone: its own keys are tried again.")
]
Name = Annotated[str | None, typer.Option(help="The shop's name, as shoppers read it. Else the store's own.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Connect although the key lacks a permission.")]
StripeKey = Annotated[
    str | None, typer.Option(envvar="SHOP_STRIPE_KEY", help="The shop's secret or restricted Stripe key.")
]
StripeSecret = Annotated[
    str | None,
    typer.Option(envvar="SHOP_STRIPE_WEBHOOK_SECRET", help="The signing secret of its endpoint at Stripe."),
]


@connect.command("woocommerce")
def woocommerce(
    context: typer.Context,
    address: Annotated[str | None, typer.Option(envvar="WOOCOMMERCE_URL", help="Such as https://shop.example.")] = None,
    key: Annotated[str | None, typer.Option(envvar="WOOCOMMERCE_KEY", help="The consumer key, ck_….")] = None,
    secret: Annotated[str | None, typer.Option(envvar="WOOCOMMERCE_SECRET", help="The consumer secret, cs_….")] = None,
    shop: OfShop = None,
    name: Name = None,
    stripe_key: StripeKey = None,
    stripe_webhook_secret: StripeSecret = None,
    anyway: Anyway = False,
    as_json: AsJson = False,
) -> None:
    """Connect a WooCommerce store. What you do not give is asked for.

    Make a key with read and write permission at WooCommerce, Settings, Advanced, REST API. Run it again to repair: keys
    are replaced, webhooks put right, missing orders imported. Ends with 0; 1: not connected, and nothing was saved; 3:
    connected, and something is to mend.
    """
    from plugin.shops.links import Credentials

    _warn_of_secrets(context, "secret", "stripe_key", "stripe_webhook_secret")
    credentials = None
    if shop is None or address or key or secret:
        credentials = Credentials(
            address=web_address(address or _ask("The store's address", "--address")),
            key=key or _ask("Consumer key (ck_…)", "--key"),
            secret=secret or _ask("Consumer secret (cs_…)", "WOOCOMMERCE_SECRET", hidden=True),
        )
    _connect("woocommerce", credentials, shop, name, (stripe_key, stripe_webhook_secret), anyway, as_json)


@connect.command("shopify")
def shopify(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(envvar="SHOPIFY_SHOP", help="Such as lumen.myshopify.com.")] = None,
    access_token: Annotated[
        str | None, typer.Option(envvar="SHOPIFY_ACCESS_TOKEN", help="Of a custom app made in the store's admin.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(envvar="SHOPIFY_CLIENT_ID", help="Of an app made in the Dev Dashboard.")
    ] = None,
    client_secret: Annotated[
        str | None, typer.Option(envvar="SHOPIFY_CLIENT_SECRET", help="The app's; it signs the webhooks, too.")
    ] = None,
    shop: OfShop = None,
    name: Name = None,
    stripe_key: StripeKey = None,
    stripe_webhook_secret: StripeSecret = None,
    anyway: Anyway = False,
    as_json: AsJson = False,
) -> None:
    """Connect a Shopify store. What you do not give is asked for.

    Either with client id and client secret of an app of yours in the Dev Dashboard, or with the access token of a
    custom app that the store has already, and its client secret. Run it again to repair. Ends with 0; 1: not connected,
    and nothing was saved; 3: connected, and something is to mend.
    """
    from plugin.shops.links import Credentials

    _warn_of_secrets(context, "access_token", "client_secret", "stripe_key", "stripe_webhook_secret")
    credentials = None
    if shop is None or domain or access_token or client_id or client_secret:
        domain = domain or _ask("The store's domain (….myshopify.com)", "--domain")
        if not access_token and not client_id:
            client_id = _ask(
                "Client id of your app (leave empty if you have an access token)", "--client-id", empty=True
            )
        if not access_token and not client_id:
            access_token = _ask("Access token (shpat_…)", "SHOPIFY_ACCESS_TOKEN", hidden=True)
        client_secret = client_secret or _ask("Client secret of the app", "SHOPIFY_CLIENT_SECRET", hidden=True)
        credentials = Credentials(
            address=shopify_address(domain),
            key=None if access_token else client_id,
            secret=access_token or client_secret,
            webhook_secret=client_secret,
        )
    _connect("shopify", credentials, shop, name, (stripe_key, stripe_webhook_secret), anyway, as_json)


def _warn_of_secrets(context: typer.Context, *options: str) -> None:
    sources = {each: context.get_parameter_source(each) for each in options}
    if given := [each for each, source in sources.items() if source is not None and source.name == "COMMANDLINE"]:
        names = ", ".join(f"--{each.replace('_', '-')}" for each in given)
        err.print(
            f"{names} on the command line stays in your shell's history and in the list of processes. Let it be asked "
            "for, or set its environment variable (--help names it).",
            style="yellow", soft_wrap=True, highlight=False,
        )  # fmt: skip


def _ask(what: str, instead: str, *, hidden: bool = False, empty: bool = False) -> str:
    """Ask a person at a terminal; a script is told what to give instead."""
    if not sys.stdin.isatty():
        fail(f"{what} is missing: give {instead}.", status=2)
    answer: str = typer.prompt(what, hide_input=hidden, err=True, default="" if empty else None, show_default=False)
    return answer.strip()


def web_address(typed: str) -> str:
    """The address as it is kept, so that the same store is found again: with a scheme, its host in lower case, and
    without a slash at its end, a query, or what is below WordPress' own paths."""
    address = typed.strip().partition("#")[0].partition("?")[0]
    scheme, _, rest = (address if "://" in address else f"https://{address}").partition("://")
    host, slash, path = rest.partition("/")
    for below in ("wp-admin", "wp-json", "wp-login.php"):
        path = f"/{path}".partition(f"/{below}")[0].removeprefix("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def shopify_address(typed: str) -> str:
    """``lumen``, ``lumen.myshopify.com`` and the admin's address are the same store."""
    host, _, path = web_address(typed).partition("://")[2].lower().partition("/")
    if host == "admin.shopify.com" and path.startswith("store/"):
        host = path.split("/")[1]
    return f"https://{host if '.' in host else f'{host}.myshopify.com'}"


def _connect(
    storefront: str, credentials: Credentials | None, shop: str | None, name: str | None,
    stripe: tuple[str | None, str | None], anyway: bool, as_json: bool,
) -> None:  # fmt: skip
    from handlers.cli.connecting import NotConnected, Wanted
    from plugin.shops.links import StripeCredentials

    settings = load()

    def stripe_of(key: str | None, secret: str | None) -> StripeCredentials:
        return StripeCredentials(api_key=key, api_base=settings.stripe_api_base, webhook_secret=secret)

    wanted = Wanted(
        storefront=storefront, credentials=credentials, shop_id=shop, name=name, anyway=anyway,
        stripe=stripe_of(*stripe), stripe_by_default=stripe_of(settings.stripe_api_key, settings.stripe_webhook_secret),
    )  # fmt: skip
    try:
        made = run(_take_steps(settings, wanted, tell=not as_json))
    except NotConnected as not_connected:
        fail(f"✗ {not_connected}")
    if as_json:
        print_json(to_builtins(made))
    else:
        _tell_ending(made)
    raise typer.Exit(SOMETHING_TO_MEND if made.to_mend else 0)


async def _take_steps(settings: Settings, wanted: Wanted, *, tell: bool) -> Connected:
    from handlers.cli.connecting import Telling, connect_store

    def say(mark: str, sentence: str) -> None:
        if tell:
            out.print(f"{mark} {escape(sentence)}", soft_wrap=True, highlight=False)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with opened(settings) as ports:
        bars = Progress(
            *columns, console=err, transient=True, redirect_stdout=out.is_terminal, disable=not err.is_terminal
        )
        with bars as progress:
            bar = progress.add_task("Reading orders", visible=False)

            def page(taken: PageTaken) -> None:
                progress.update(bar, total=taken.total, advance=taken.orders, visible=True)

            telling = Telling(
                well=lambda sentence: say("[green]✓[/]", sentence),
                badly=lambda sentence: say("[red]✗[/]", sentence),
                page=page,
            )
            return await connect_store(ports, wanted, telling)


def _tell_ending(made: Connected) -> None:
    from handlers.cli.connecting import custodians

    def line(text: str = "") -> None:
        out.print(text, markup=False, highlight=False, soft_wrap=True)

    if made.keys is not None:
        line("\nKeep these, they are not shown again:")
        line(f"  secret key       {made.keys.secret_key}")
        line(f"  publishable key  {made.keys.publishable_key}")
    ahead = made.outlook
    line(
        f"\nFrom now on shoppers of {made.name} help themselves. Orders that have not left yet can be cancelled, as the"
    )
    line(f"shop's policy says: {ahead.cancellable} of {ahead.orders} now. For the others it is explained why not.")
    for sentence in custodians(ahead.paid, has_stripe=made.stripe_connected):
        line(f"  {sentence}")
    line("\nPut this where shoppers look for their order, such as your menu and the mail that confirms it:")
    line(f'  <a href="{made.order_page}">Change or cancel an order</a>')
    if made.to_mend:
        line(f"\n{len(made.to_mend)} to mend:")
        for sentence in made.to_mend:
            line(f"  {sentence}")
    if not made.stripe_connected and any(each.custodian == "stripe" for each in ahead.paid):
        line("\nTo give the shop its Stripe key, put it into the environment as SHOP_STRIPE_KEY and run:")
        line(f"  comeback connect {made.storefront} --shop {made.shop}")
    line("\nComeback has to run for all this: comeback serve. comeback doctor looks after the connection.")
