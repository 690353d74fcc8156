"""How a shop's connection to its platform stands: the checks of ``comeback connect``, made again by the doctor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from handlers.cli.health import Finding, fault, ok, one_line, warning
from plugin.journeys.store_hooks import hooks_url
from plugin.ports.payments import OutcomeUnknown, Rejected
from plugin.ports.platforms import Platform
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import StoreConnection
from plugin.shops.links import CONNECTED, find_link
from plugin.shops.models import Shop, StoreLink
from plugin.shops.service import store_connection

POLLED_WITHIN = timedelta(minutes=30)  # three rounds


async def link_findings(ports: Ports, shop: Shop) -> AsyncIterator[Finding]:
    """The shop's key, its permissions, its webhooks and its last poll."""
    what, mend = f"{shop.name}: store", f"comeback connect {shop.storefront} --shop {shop.id}"
    platform, link = ports.platforms.get(shop.storefront), await find_link(shop.id)
    if platform is None or link is None or link.state != CONNECTED:
        says = "It is not connected: its orders come in, and a person cancels and pays back in its admin."
        yield warning(what, says, f"comeback connect {shop.storefront}, with --shop {shop.id} and its key")
        return
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    try:
        facts = await platform.describe(store)
        yield ok(what, f"the key opens {facts.name}{f', {facts.version}' if facts.version else ''}")
        async for finding in _permissions(platform, store, what, mend):
            yield finding
        yield await _hooks(ports, platform, store, shop, mend)
    except Rejected as no:
        yield fault(what, f"It refuses our key: {one_line(no)}", f"comeback connect {shop.storefront}, with a new key")
    except OutcomeUnknown as unknown:
        yield fault(what, f"No answer: {one_line(unknown)}", "Check that the store is up, and the way to it.")
    yield poll_finding(ports, shop, link, mend)
    if link.problem:
        yield fault(f"{shop.name}: poll", link.problem, mend)


async def _permissions(platform: Platform, store: StoreConnection, what: str, mend: str) -> AsyncIterator[Finding]:
    permissions = await platform.permissions(store)
    for missing in (each for each in permissions if not each.is_granted):
        yield fault(
            what,
            f"The key lacks the permission “{missing.name}”: without it {missing.needed_for}.",
            missing.mend or mend,
        )
    if all(each.is_granted for each in permissions):
        yield ok(what, "the key may do all that is needed")


async def _hooks(ports: Ports, platform: Platform, store: StoreConnection, shop: Shop, mend: str) -> Finding:
    """Nothing is put right here: the next poll does that, and a doctor only looks."""
    hooks = await platform.hooks(store, hooks_url(ports, shop))
    off = [f"{hook.topic} ({hook.reason or 'it is not there'})" for hook in hooks if not hook.is_live]
    if off:
        return fault(
            f"{shop.name}: webhooks", f"Off at the store: {', '.join(off)}", f"The next poll mends it, or: {mend}"
        )
    return ok(f"{shop.name}: webhooks", "the store sends them all to us")


def poll_finding(ports: Ports, shop: Shop, link: StoreLink, mend: str) -> Finding:
    """Whether the store was asked lately, and what that has found so far."""
    what, now = f"{shop.name}: poll", ports.clock.now()
    if link.polled_to is None:
        if now - link.connected_at <= POLLED_WITHIN:
            return ok(what, "its orders are being imported")
        return fault(what, "The import of its orders has not come to an end.", f"Start `comeback serve`, or: {mend}")
    minutes = int((now - link.polled_to).total_seconds()) // 60
    if now - link.polled_to > POLLED_WITHIN:
        says = f"Nobody has asked the store for {minutes} minutes what has changed."
        return fault(what, says, "Start `comeback serve`, and with REDIS_URL `comeback work`.")
    found = f"{link.missed} changes were found that no webhook told, {link.mended_hooks} webhooks were put right"
    return ok(what, f"the store was asked {minutes} minutes ago; since it was connected {found}")
