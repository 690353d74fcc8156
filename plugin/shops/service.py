"""Creating a shop, finding it by its keys, and opening its secrets for one use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import keyed_hash, new_id, new_token, token_hash
from plugin.core.vault import Vault
from plugin.db import read, rows
from plugin.ports.payments import PaymentAccount
from plugin.ports.storefronts import StoreConnection
from plugin.shops.models import Shop
from plugin.shops.settings import ShopSettings, find_zone

STOREFRONTS = ("standard", "woocommerce", "shopify")


class BadKey(DomainError):
    status = 401
    code = "bad_key"
    sentence = "This key is not known here. Check that it is the shop's own, and whole."


class UnknownStorefront(DomainError):
    status = 422
    code = "unknown_storefront"
    sentence = f"A storefront is one of {', '.join(STOREFRONTS)}."


@dataclass(frozen=True)
class NewShop:
    """A shop just created, with the secrets that are shown only now."""

    shop: Shop
    secret_key: str
    publishable_key: str
    webhook_secret: str
    store_secret: str | None
    stripe_webhook_secret: str | None


def new_webhook_secret() -> str:
    """A Standard Webhooks secret: ``whsec_`` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


async def create_shop(
    vault: Vault,
    *,
    name: str,
    storefront: str,
    at: datetime,
    settings: ShopSettings | None = None,
    store_address: str | None = None,
    stripe_api_key: str | None = None,
    stripe_api_base: str | None = None,
    stripe_webhook_secret: str | None = None,
) -> NewShop:
    """Create a tenant with its own keys; the answer is the only place where they can be read."""
    if storefront not in STOREFRONTS:
        raise UnknownStorefront(param="storefront")
    shop_id = new_id("shop")
    secret_key, publishable_key = new_token("sk_comeback"), new_token("pk_comeback")
    webhook_secret = new_webhook_secret()
    store_secret = new_webhook_secret() if storefront == "standard" else None

    def seal(field: str, value: str | None) -> str | None:
        return None if value is None else vault.seal(value, tenant=shop_id, field=field)

    shop = await Shop.create(
        id=shop_id,
        name=name,
        storefront=storefront,
        publishable_key=publishable_key,
        secret_key_hash=token_hash(secret_key),
        sealed_webhook_secrets=seal("webhook_secrets", webhook_secret),
        sealed_store_secret=seal("store_secret", store_secret),
        sealed_stripe_api_key=seal("stripe_api_key", stripe_api_key),
        sealed_stripe_webhook_secrets=seal("stripe_webhook_secrets", stripe_webhook_secret),
        sealed_pseudonym_key=seal("pseudonym_key", secrets.token_hex(32)),
        stripe_api_base=stripe_api_base,
        store_address=store_address,
        settings=msgspec.to_builtins(settings or ShopSettings()),
        created_at=at,
    )
    return NewShop(shop, secret_key, publishable_key, webhook_secret, store_secret, stripe_webhook_secret)


async def connect_shop(
    vault: Vault,
    shop: Shop,
    *,
    store_address: str | None = None,
    stripe_api_key: str | None = None,
    stripe_api_base: str | None = None,
    stripe_webhook_secret: str | None = None,
) -> None:
    """Give the shop another store address or other Stripe credentials; what is None stays as it is."""
    if store_address is not None:
        shop.store_address = store_address
    if stripe_api_key is not None:
        shop.sealed_stripe_api_key = vault.seal(stripe_api_key, tenant=shop.id, field="stripe_api_key")
    if stripe_api_base is not None:
        shop.stripe_api_base = stripe_api_base
    if stripe_webhook_secret is not None:
        shop.sealed_stripe_webhook_secrets = vault.seal(
            stripe_webhook_secret, tenant=shop.id, field="stripe_webhook_secrets"
        )
    await shop.save(
        update_fields=[
            "store_address", "sealed_stripe_api_key", "stripe_api_base", "sealed_stripe_webhook_secrets",
        ]
    )  # fmt: skip


async def set_paused(shop: Shop, *, paused: bool, money_stopped: bool = False) -> None:
    """Stop all automatic approvals of the shop, or let them go on; with ``money_stopped`` nothing is sent to a
    custodian either, until the shop goes on. What was sent before is still asked about.

    Money that is stopped stays so when the shop is paused once more, by whomever: only going on lets it go."""
    (now,) = await rows(
        "UPDATE shops SET paused = $2, money_stopped = $3 OR ($2 AND money_stopped) WHERE id = $1 "
        "RETURNING money_stopped",
        shop.id, paused, money_stopped,
    )  # fmt: skip
    shop.paused, shop.money_stopped = paused, now["money_stopped"]


async def get_shop(shop_id: str) -> Shop:
    """The shop; raises ``NotFound``."""
    found = await read(Shop, "WHERE id = $1", shop_id)
    if not found:
        raise NotFound(detail="There is no such shop.", param="shop")
    return found[0]


async def find_shop(shop_id: str) -> Shop | None:
    """The shop of an id that a stranger may have made up, of whatever length."""
    return await Shop.get_or_none(id=shop_id) if len(shop_id) <= 40 else None


async def shop_by_secret_key(key: str) -> Shop:
    """Whose server is calling; raises ``BadKey``."""
    shop = await Shop.get_or_none(secret_key_hash=token_hash(key)) if key.startswith("sk_comeback_") else None
    if shop is None:
        raise BadKey()
    return shop


async def shop_by_publishable_key(key: str) -> Shop:
    """Whose page is calling; raises ``BadKey``."""
    is_one = key.startswith("pk_comeback_") and len(key) <= 80
    shop = await Shop.get_or_none(publishable_key=key) if is_one else None
    if shop is None:
        raise BadKey()
    return shop


async def origin_is_known(origin: str) -> bool:
    """Whether some shop names this web origin as its own, for the answer to a preflight."""
    found = await rows("SELECT 1 FROM shops WHERE settings -> 'origins' ? $1 LIMIT 1", origin)
    return bool(found)


def settings_of(shop: Shop) -> ShopSettings:
    """The settings as they were taken in. They are not judged again: a rule that became stricter closes no shop."""
    return msgspec.convert(shop.settings, ShopSettings)


def zone_of(settings: ShopSettings, order_zone: str | None = None) -> ZoneInfo:
    """The shopper's zone where the order names it, else the shop's; UTC where this machine knows neither."""
    return find_zone(order_zone) or find_zone(settings.time_zone) or ZoneInfo("UTC")


def webhook_secrets(vault: Vault, shop: Shop) -> tuple[str, ...]:
    """The live secrets of the shop's webhooks: two while one is being rotated."""
    return opened_secrets(vault, shop.id, "webhook_secrets", shop.sealed_webhook_secrets)


def stripe_webhook_secrets(vault: Vault, shop: Shop) -> tuple[str, ...]:
    """The live secrets of the shop's Stripe endpoint; none before it is connected."""
    return opened_secrets(vault, shop.id, "stripe_webhook_secrets", shop.sealed_stripe_webhook_secrets)


def opened_secrets(vault: Vault, shop_id: str, field: str, sealed: str | None) -> tuple[str, ...]:
    """The secrets in one sealed field of a shop, the newest first."""
    return tuple(vault.open(sealed, tenant=shop_id, field=field).split("\n")) if sealed else ()


def carrier_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """What carriers sign with, made of the shop's webhook secrets and rotated with them: who has one can report on
    parcels, and forge no order."""
    made = (hmac.digest(secret.encode(), b"comeback carrier webhooks", hashlib.sha256) for secret in secrets)
    return tuple(f"whsec_{base64.b64encode(each).decode()}" for each in made)


async def rotate_webhook_secret(vault: Vault, shop: Shop) -> str:
    """Add a new secret in front of the newest old one; both verify until the next rotation."""
    fresh = new_webhook_secret()
    kept = webhook_secrets(vault, shop)[:1]
    shop.sealed_webhook_secrets = vault.seal("\n".join((fresh, *kept)), tenant=shop.id, field="webhook_secrets")
    await shop.save(update_fields=["sealed_webhook_secrets"])
    return fresh


def payment_account(vault: Vault, shop: Shop) -> PaymentAccount | None:
    """The shop's Stripe account; None before it is connected."""
    if shop.sealed_stripe_api_key is None:
        return None
    key = vault.open(shop.sealed_stripe_api_key, tenant=shop.id, field="stripe_api_key")
    return PaymentAccount(shop_id=shop.id, api_key=key, base=shop.stripe_api_base)


def store_connection(vault: Vault, shop: Shop, *, allow_private_address: bool) -> StoreConnection:
    """Where and with which secret the shop's store is called."""
    secret, key = shop.sealed_store_secret, shop.sealed_store_key
    return StoreConnection(
        shop_id=shop.id,
        address=shop.store_address,
        secret=vault.open(secret, tenant=shop.id, field="store_secret") if secret else None,
        key=vault.open(key, tenant=shop.id, field="store_key") if key else None,
        allow_private_address=allow_private_address,
    )


def customer_pseudonym(vault: Vault, shop: Shop, email: str | None, customer_id: str | None) -> str | None:
    """A stable pseudonym of a customer of this shop: of the normalised address, or of the store's id without one."""
    identity = normalised_email(email) or (f"id:{customer_id}" if customer_id else None)
    return None if identity is None else pseudonym(vault, shop, identity)


def pseudonym(vault: Vault, shop: Shop, text: str) -> str:
    """The keyed hash of a text at this shop: it can be recognised, and not read."""
    key = vault.open(shop.sealed_pseudonym_key, tenant=shop.id, field="pseudonym_key")
    return keyed_hash(bytes.fromhex(key), text)


def normalised_email(email: str | None) -> str | None:
    """Lower case, without the ``+tag`` and, at Gmail, the dots that make many addresses of one mailbox."""
    if not email or "@" not in email:
        return None
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.split("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


_SEALED = (
    "webhook_secrets", "stripe_webhook_secrets", "stripe_api_key", "store_secret", "store_key", "pseudonym_key",
)  # fmt: skip


async def reseal(vault: Vault, shop: Shop) -> int:
    """Seal everything of the shop again under the newest key; returns how many values that were."""
    changed = []
    for field in _SEALED:
        sealed = getattr(shop, f"sealed_{field}")
        if sealed is not None and vault.needs_resealing(sealed):
            opened = vault.open(sealed, tenant=shop.id, field=field)
            setattr(shop, f"sealed_{field}", vault.seal(opened, tenant=shop.id, field=field))
            changed.append(f"sealed_{field}")
    if changed:
        await shop.save(update_fields=changed)
    return len(changed)
