"""What a store says of itself, and what the key may do there, found out without changing anything.

A key's right to write is checked before anything else, and its user's before the request is looked into, so an empty
batch tells both and does nothing (``class-wc-rest-authentication.php``, ``check_user_permissions``;
``class-wc-rest-controller.php``, ``batch_items``).
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from plugin.ports.payments import RejectCode, Rejected
from plugin.ports.platforms import Permission, StoreFacts
from plugin.storefronts.platform_values import country, text
from plugin.storefronts.woocommerce.api import Refusal, Reply, WooApi

_NEEDED = {
    "orders": "orders cannot be cancelled, paid back, or looked up",
    "products": "goods cannot be exchanged: what the store sells, costs and has in stock is not seen",
    "coupons": "retention codes cannot be used in the store",
    "webhooks": "changes of orders are only found by asking every ten minutes",
}
_MEND = (
    "WooCommerce > Settings > Advanced > REST API: make a key with Read/Write, for a user who is a shop manager or an "
    "administrator."
)


class _Site(Struct, frozen=True):
    name: str = ""
    home: str | None = None
    timezone_string: str | None = None
    namespaces: list[str] = []


class _Environment(Struct, frozen=True):
    version: str | None = None
    language: str | None = None


class _Settings(Struct, frozen=True):
    currency: str | None = None


class _Status(Struct, frozen=True):
    environment: _Environment = _Environment()
    settings: _Settings = _Settings()


class _Option(Struct, frozen=True):
    value: Any = None


async def describe(api: WooApi) -> StoreFacts:
    """See ``Platform.describe``. Currency, country and version are told to shop managers only."""
    site = (await api.site()).read(_Site)
    if "wc/v3" not in site.namespaces:
        raise Rejected(RejectCode.NOT_FOUND, "There is a WordPress site at this address, without WooCommerce.")
    await api.get("orders", per_page=1, _fields="id")
    status = await _if_allowed(api, "system_status", "environment,settings")
    place = await _if_allowed(api, "settings/general/woocommerce_default_country", "id,value")
    told = status.read(_Status) if status else _Status()
    where = place.read(_Option).value if place else None
    return StoreFacts(
        name=text(site.name) or "WooCommerce",
        currency=told.settings.currency,
        country=country(where.partition(":")[0]) if isinstance(where, str) else None,
        time_zone=text(site.timezone_string, 80),
        locale=text(told.environment.language, 35),
        version=text(told.environment.version, 40),
        home_url=text(site.home, 2000),
    )


async def permissions(api: WooApi) -> tuple[Permission, ...]:
    """See ``Platform.permissions``. Raises ``Rejected`` where the key opens nothing at all."""
    found = []
    for name, without in _NEEDED.items():
        for right in ("read", "write"):
            try:
                await (api.get(name, per_page=1, _fields="id") if right == "read" else api.post(f"{name}/batch", {}))
                is_granted = True
            except Refusal as no:
                if no.code is not RejectCode.BAD_CREDENTIALS:
                    raise
                is_granted = False
            found.append(
                Permission(
                    name=f"{name}: {right}",
                    needed_for=without,
                    is_granted=is_granted,
                    mend=None if is_granted else _MEND,
                )
            )
    return tuple(found)


async def _if_allowed(api: WooApi, path: str, fields: str) -> Reply | None:
    try:
        return await api.get(path, _fields=fields)
    except Refusal:
        return None
