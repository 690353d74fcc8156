"""Our webhooks at the store: looked at, put right where they are off, and remembered as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec.structs import replace

from plugin.db import transaction
from plugin.ports.platforms import Hook
from plugin.ports.runtime import Ports
from plugin.shops.links import hooks_seen
from plugin.shops.models import Shop
from plugin.shops.service import store_connection, webhook_secrets

UNREACHABLE = (
    "The store cannot reach {url}: set PUBLIC_URL to the https address at which the world reaches Comeback. Until then "
    "its changes are found by asking, every ten minutes."
)


def hooks_url(ports: Ports, shop: Shop) -> str:
    """Where the store sends its webhooks."""
    return f"{ports.public_url}/hooks/{shop.id}/{shop.storefront}"


async def mend_hooks(ports: Ports, shop: Shop) -> tuple[Hook, ...]:
    """Read how our webhooks stand at the store, put right what is off, and remember it.

    Where the store could not reach us anyhow nothing is registered: it would switch them off again. None are left of a
    shop that was taken out of its store meanwhile. Raises ``OutcomeUnknown`` and ``Rejected`` as the platform does.
    """
    platform, url = ports.platforms[shop.storefront], hooks_url(ports, shop)
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    hooks = await platform.hooks(store, url)
    off = {hook.topic for hook in hooks if not hook.is_live or hook.reason}  # one that is doubled lives, with a reason
    if off and can_reach(shop.store_address, url):
        hooks = await platform.register_hooks(store, url, webhook_secrets(ports.vault, shop)[0])
    elif off:
        why = UNREACHABLE.format(url=url)
        hooks = tuple(hook if hook.is_live else replace(hook, reason=why) for hook in hooks)
    mended = sum(hook.is_live and hook.topic in off for hook in hooks)
    async with transaction(ports.doorbell) as tx:
        is_ours = await hooks_seen(tx, shop.id, as_kept(hooks), mended=mended, at=ports.clock.now())
    if not is_ours:  # it left meanwhile, and nobody would ever take away what was made since
        await platform.remove_hooks(store, url)
        return ()
    return hooks


def as_kept(hooks: Sequence[Hook]) -> dict[str, str | None]:
    """Each topic, and why it does not work: None where it does."""
    return {hook.topic: None if hook.is_live else hook.reason or "It is not there." for hook in hooks}


def can_reach(store_address: str | None, url: str) -> bool:
    """Whether a store at this address can call ``url``: not where that is this machine's own and the store's is not."""
    return not is_local(url) or is_local(store_address or "")


def is_local(url: str) -> bool:
    """Whether the address names this machine or a private network."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".test"))
