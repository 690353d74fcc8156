"""The steps of ``comeback connect``, each told as it is taken, and its ending: what a shopper can do from now on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from handlers.cli.health import one_line
from plugin.inbox.polled import UnreadOrder, unread_orders
from plugin.journeys.connect import (
    Outlook,
    PaidThrough,
    Proved,
    Saved,
    import_orders,
    kept_credentials,
    look_ahead,
    prove,
    save_connection,
    shop_to_connect,
)
from plugin.journeys.poll import PageTaken
from plugin.journeys.store_hooks import as_kept, hooks_url, mend_hooks
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import StoreFacts
from plugin.ports.runtime import Ports
from plugin.shops.links import Credentials, StripeCredentials
from plugin.shops.models import Shop
from plugin.storefronts.addresses import AddressRefused, AddressUnresolved, checked_addresses

NOT_GIVEN = StripeCredentials()


class NotConnected(Exception):
    """Nothing was kept. The sentence says why, and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for; without ``credentials`` the shop's own are tried again."""

    storefront: str
    credentials: Credentials | None
    shop_id: str | None = None
    name: str | None = None
    stripe: StripeCredentials = NOT_GIVEN
    stripe_by_default: StripeCredentials = NOT_GIVEN  # for a new shop, where none were given
    anyway: bool = False


class Keys(Struct, frozen=True):
    """A new shop's keys, shown this once."""

    secret_key: str
    publishable_key: str


class Connected(Struct, frozen=True):
    """How it ended, for programs. ``hooks`` say for each topic why it does not work; ``to_mend`` are sentences.

    ``unreadable`` are all orders that still could not be read, also from earlier rounds.
    """

    shop: str
    name: str
    storefront: str
    is_new: bool
    keys: Keys | None
    missing_permissions: tuple[str, ...]
    hooks_url: str
    hooks: dict[str, str | None]
    orders_read: int
    unreadable: tuple[UnreadOrder, ...]
    outlook: Outlook
    stripe_connected: bool
    order_page: str
    to_mend: tuple[str, ...]


@dataclass(frozen=True)
class Telling:
    """How the steps are told: what went well, what did not, and each page of the import."""

    well: Callable[[str], None]
    badly: Callable[[str], None]
    page: Callable[[PageTaken], None]


async def connect_store(ports: Ports, wanted: Wanted, tell: Telling) -> Connected:
    """Take all steps. Raises ``NotConnected`` while nothing is kept yet; later faults are told and gone past."""
    if wanted.storefront not in ports.platforms:
        raise NotConnected(f"This installation cannot call {wanted.storefront}.")
    address = wanted.credentials.address if wanted.credentials else None
    shop = await shop_to_connect(wanted.storefront, address, wanted.shop_id)
    credentials = wanted.credentials
    if credentials is None:
        if shop is None:
            raise NotConnected("Name the shop whose credentials are to be tried again: --shop shop_…")
        credentials = kept_credentials(ports, shop)
    await _check_address(ports, credentials.address)
    tell.well(f"{credentials.address} may be called.")
    proved = await _prove(ports, wanted.storefront, credentials)
    tell.well(_greet(proved.facts))
    _tell_permissions(proved, tell)
    if proved.missing and not wanted.anyway:
        raise NotConnected(
            "The key lacks a permission, as told above, so nothing was saved. Give it that and run this again, or add "
            "--anyway to do without."
        )
    stripe = wanted.stripe if shop or wanted.stripe.api_key else wanted.stripe_by_default
    saved = await save_connection(
        ports, wanted.storefront, shop, credentials, facts=proved.facts, name=wanted.name, stripe=stripe
    )
    again = "" if saved.keys else " again"
    tell.well(f"{saved.shop.name} is connected{again} as {saved.shop.id}; its credentials are kept encrypted.")
    return await _make_use_of(ports, saved, proved, tell)


async def _make_use_of(ports: Ports, saved: Saved, proved: Proved, tell: Telling) -> Connected:
    shop, to_mend = saved.shop, [f"The key lacks the permission “{each.name}”." for each in proved.missing]
    hooks = await _put_hooks_right(ports, shop, tell, to_mend)
    orders_read = await _import(ports, shop, tell, to_mend)
    unreadable = await _tell_unreadable(shop, tell, to_mend)
    return Connected(
        shop=shop.id,
        name=shop.name,
        storefront=shop.storefront,
        is_new=saved.keys is not None,
        keys=Keys(saved.keys.secret_key, saved.keys.publishable_key) if saved.keys else None,
        missing_permissions=tuple(each.name for each in proved.missing),
        hooks_url=hooks_url(ports, shop),
        hooks=hooks,
        orders_read=orders_read,
        unreadable=unreadable,
        outlook=await look_ahead(shop.id),
        stripe_connected=shop.sealed_stripe_api_key is not None,
        order_page=f"{ports.public_url}/shops/{shop.id}/orders",
        to_mend=tuple(to_mend),
    )


async def _check_address(ports: Ports, address: str) -> None:
    try:
        await checked_addresses(address, allow_private=ports.allow_private_addresses)
    except AddressRefused as refused:
        raise NotConnected(f"This address is not called: {refused}") from refused  # it may hold a password
    except AddressUnresolved as unresolved:
        raise NotConnected(f"{unresolved} Is the address spelt right?") from unresolved


async def _prove(ports: Ports, storefront: str, credentials: Credentials) -> Proved:
    try:
        return await prove(ports, storefront, credentials)
    except Rejected as no:
        if no.code is not RejectCode.BAD_CREDENTIALS:
            raise NotConnected(f"This store cannot be connected: {one_line(no)}") from no
        raise NotConnected(
            f"The store refuses these credentials: {one_line(no)} Were they copied whole and made in this store, and "
            "may the user whom they were made for manage its orders? Nothing was saved."
        ) from no
    except OutcomeUnknown as unknown:
        raise NotConnected(
            f"The store gave no answer of use: {one_line(unknown)} Nothing was saved; run this again when that is "
            "mended."
        ) from unknown


def _greet(facts: StoreFacts) -> str:
    known = (facts.version, facts.currency, facts.country, facts.time_zone, facts.locale)
    return f"The key opens {facts.name} ({', '.join(each for each in known if each)})."


def _tell_permissions(proved: Proved, tell: Telling) -> None:
    for each in proved.permissions:
        if each.is_granted:
            tell.well(f"The key has the permission “{each.name}”.")
        else:
            tell.badly(
                f"The key lacks the permission “{each.name}”: without it {each.needed_for}. {each.mend or ''}".rstrip()
            )


async def _put_hooks_right(ports: Ports, shop: Shop, tell: Telling, to_mend: list[str]) -> dict[str, str | None]:
    """Each topic, and why it does not work; none where the store told us nothing."""
    try:
        hooks = await mend_hooks(ports, shop)
    except (Rejected, OutcomeUnknown) as error:
        to_mend.append(f"The webhooks could not be registered: {one_line(error)}")
        tell.badly(f"{to_mend[-1]} Polling tries it again every ten minutes.")
        return {}
    off = [hook for hook in hooks if not hook.is_live]
    for why in dict.fromkeys(hook.reason or f"{hook.topic} is not there." for hook in off):
        to_mend.append(why)
        tell.badly(why)
    if not off:
        tell.well(f"{len(hooks)} webhooks come to {hooks_url(ports, shop)}")
    return as_kept(hooks)


async def _import(ports: Ports, shop: Shop, tell: Telling, to_mend: list[str]) -> int:
    try:
        orders = await import_orders(ports, shop, tell.page)
    except (Rejected, OutcomeUnknown) as error:
        to_mend.append(f"The import was broken off: {one_line(error)}")
        tell.badly(f"{to_mend[-1]} Run this again, or leave it to `comeback serve`: it goes on where it was.")
        return 0
    tell.well(f"{orders} orders are read.")
    return orders


async def _tell_unreadable(shop: Shop, tell: Telling, to_mend: list[str]) -> tuple[UnreadOrder, ...]:
    unreadable = tuple(await unread_orders(shop.id))
    for each in unreadable:
        tell.badly(f"Order {each.order_id} could not be read: {each.reason}")
    if unreadable:
        to_mend.append(
            f"Orders that could not be read: {len(unreadable)}. Once they can be: comeback inbox replay {shop.id}"
        )
    return unreadable


def custodians(paid: Sequence[PaidThrough], *, has_stripe: bool) -> list[str]:
    """Who pays back, in a sentence for each way of payment."""
    return [_custodian(each, has_stripe=has_stripe) for each in paid]


def _custodian(paid: PaidThrough, *, has_stripe: bool) -> str:
    orders = "1 order" if paid.orders == 1 else f"{paid.orders} orders"
    if paid.custodian == "stripe":
        how = "refunded at once" if has_stripe else "a person pays back, until you give the shop its Stripe key"
        return f"{orders} paid through Stripe: {how}"
    by = paid.label or "a way that the store does not name"
    if paid.custodian == "storefront":
        return f"{orders} paid by {by}: refunded through the store"
    return f"{orders} paid by {by}: a person pays back, and the shopper is told so"
