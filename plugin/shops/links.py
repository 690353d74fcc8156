"""A shop's link to its platform: the credentials that were proved, and how the connection stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from plugin.core.vault import Vault
from plugin.db import Transaction, rows
from plugin.shops.models import Shop, StoreLink
from plugin.shops.service import NewShop, create_shop, webhook_secrets
from plugin.shops.settings import ShopSettings

CONNECTED, LEFT = "connected", "left"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What opens a store: ``key`` and ``secret`` as in ``StoreConnection``.

    ``webhook_secret`` is what the platform signs its webhooks with; None where the secret is ours to choose.
    """

    address: str
    secret: str = field(repr=False)
    key: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class StripeCredentials:
    """The shop's own account; what is None stays as it is."""

    api_key: str | None = field(default=None, repr=False)
    api_base: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)


async def find_shop_at(storefront: str, address: str) -> Shop | None:
    """The shop of this platform whose store is at this address."""
    return await Shop.filter(storefront=storefront, store_address=address).order_by("created_at").first()


async def find_link(shop_id: str) -> StoreLink | None:
    return await StoreLink.get_or_none(shop_id=shop_id)


async def connect_platform(
    vault: Vault,
    *,
    storefront: str,
    name: str,
    credentials: Credentials,
    stripe: StripeCredentials,
    settings: ShopSettings,
    at: datetime,
) -> NewShop:
    """Create a shop that is linked to its platform. Call it in the transaction that does the rest."""
    made = await create_shop(
        vault, name=name, storefront=storefront, at=at, settings=settings, store_address=credentials.address,
        stripe_api_key=stripe.api_key, stripe_api_base=stripe.api_base, stripe_webhook_secret=stripe.webhook_secret,
    )  # fmt: skip
    await reconnect_platform(vault, made.shop, credentials, stripe, at=at)
    return made


async def reconnect_platform(
    vault: Vault, shop: Shop, credentials: Credentials, stripe: StripeCredentials, *, at: datetime
) -> None:
    """Give a shop these credentials, and its link if it has none; what was polled and imported stays known."""

    def seal(name: str, value: str) -> str:
        return vault.seal(value, tenant=shop.id, field=name)

    changes: dict[str, str | None] = {
        "store_address": credentials.address,
        "sealed_store_secret": seal("store_secret", credentials.secret),
        "sealed_store_key": seal("store_key", credentials.key) if credentials.key else None,
    }
    before = webhook_secrets(vault, shop)[:1]
    if credentials.webhook_secret is not None and credentials.webhook_secret not in before:
        # What the platform has sent already was signed with the secret before.
        changes["sealed_webhook_secrets"] = seal("webhook_secrets", "\n".join((credentials.webhook_secret, *before)))
    if stripe.api_key is not None:
        changes["sealed_stripe_api_key"] = seal("stripe_api_key", stripe.api_key)
        changes["stripe_api_base"] = stripe.api_base
    if stripe.webhook_secret is not None:
        changes["sealed_stripe_webhook_secrets"] = seal("stripe_webhook_secrets", stripe.webhook_secret)
    await shop.update_from_dict(changes).save(update_fields=list(changes))
    link, is_new = await StoreLink.get_or_create(
        shop_id=shop.id, defaults={"state": CONNECTED, "connected_at": at, "hooks": {}}
    )
    if not is_new and link.state != CONNECTED:
        link.state, link.connected_at = CONNECTED, at
        await link.save(update_fields=["state", "connected_at"])


async def links_to_poll(before: datetime) -> list[str]:
    """Connected shops whose store was last asked ``before`` then; one whose import stands still is among them."""
    found = await rows(
        "SELECT shop_id FROM store_links WHERE state = 'connected' AND COALESCE(polled_at, connected_at) <= $1", before
    )
    return [row["shop_id"] for row in found]


async def shops_to_poll_at_stripe(before: datetime) -> list[str]:
    """Shops with a Stripe account whose refunds were last listed ``before`` then."""
    found = await rows(
        "SELECT id FROM shops WHERE sealed_stripe_api_key IS NOT NULL AND COALESCE(stripe_polled_to, created_at) <= $1",
        before,
    )
    return [row["id"] for row in found]


async def page_taken(
    tx: Transaction,
    link: StoreLink,
    *,
    began: datetime,
    cursor: str | None,
    at: datetime,
    missed: int,
) -> bool:
    """Remember how far the round that began at ``began`` has come; ``cursor`` None: to its end.

    False where another process has taken this page already: then nothing is remembered twice.
    """  # fmt: skip
    is_last = cursor is None
    return bool(
        await tx.execute(
            "UPDATE store_links SET poll_began_at = $4, poll_cursor = $5, polled_at = $6, missed = missed + $7, "
            "problem = CASE WHEN $2::timestamptz IS NULL THEN NULL ELSE problem END, "
            "polled_to = CASE WHEN $8 THEN $9 ELSE polled_to END, "
            "imported_at = CASE WHEN $8 THEN COALESCE(imported_at, $6) ELSE imported_at END "
            "WHERE shop_id = $1 AND poll_began_at IS NOT DISTINCT FROM $2 AND poll_cursor IS NOT DISTINCT FROM $3",
            link.shop_id, link.poll_began_at, link.poll_cursor, None if is_last else began, cursor, at, missed,
            is_last, began,
        )
    )  # fmt: skip


async def begin_again(tx: Transaction, shop_id: str) -> None:
    """Forget where the round had come to: the store does not know that page any more."""
    await tx.execute("UPDATE store_links SET poll_began_at = NULL, poll_cursor = NULL WHERE shop_id = $1", shop_id)


async def store_asked(tx: Transaction, shop_id: str, problem: str, at: datetime) -> None:
    """The store was asked in vain; ``problem`` says why, in words for staff."""
    await tx.execute("UPDATE store_links SET problem = $2, polled_at = $3 WHERE shop_id = $1", shop_id, problem, at)


async def hooks_seen(tx: Transaction, shop_id: str, hooks: dict[str, str | None], *, mended: int, at: datetime) -> bool:
    """How each webhook stands now, and how many had to be put right; the first time they are made and not mended.

    False where the shop is not connected any more: then nothing is remembered.
    """
    connected = StoreLink.filter(shop_id=shop_id, state=CONNECTED).select_for_update().using_db(tx.connection)
    link = await connected.get_or_none()
    if link is None:
        return False
    if link.hooks_checked_at is not None:
        link.mended_hooks += mended
    link.hooks, link.hooks_checked_at = hooks, at
    await link.save(using_db=tx.connection, update_fields=["hooks", "hooks_checked_at", "mended_hooks"])
    return True


async def stripe_polled(tx: Transaction, shop_id: str, to: datetime) -> None:
    await tx.execute("UPDATE shops SET stripe_polled_to = $2 WHERE id = $1", shop_id, to)


@dataclass(frozen=True)
class LinkNumbers:
    """Of all connected shops: versions that polling brought first, webhooks put right, and the oldest poll's age in
    seconds, None without a connected shop."""

    missed: int = 0
    mended_hooks: int = 0
    poll_age_seconds: float | None = None


async def link_numbers() -> LinkNumbers:
    """For the metrics; ages are by the database's clock."""
    found = await rows(
        "SELECT COALESCE(sum(missed), 0)::bigint AS missed, COALESCE(sum(mended_hooks), 0)::bigint AS mended_hooks, "
        "EXTRACT(epoch FROM now() - min(COALESCE(polled_to, connected_at)) "
        "FILTER (WHERE state = 'connected'))::float8 AS poll_age_seconds FROM store_links"
    )
    return LinkNumbers(**found[0])
