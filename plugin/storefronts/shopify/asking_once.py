"""Asking for what Shopify would do a second time: few of its mutations know ``@idempotent``
(https://shopify.dev/docs/api/usage/idempotent-requests).

Before such an ask a metafield of ours at the order says when it is made (``$app`` namespaces are the app's alone,
https://shopify.dev/docs/apps/build/custom-data/ownership). Who finds it, and nothing of what was asked for, asks again
only when nothing can be under way any more; Shopify's search, too, knows a new order only after a while. It is taken
back where Shopify has said no, or has not run the document (THROTTLED and 429, which name their pause).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from msgspec import Struct

from plugin.ports.payments import OutcomeUnknown, Rejected
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse
from plugin.storefronts.shopify.reading import gid

NAMESPACE = "$app:comeback"
UNDER_WAY_AT_MOST = timedelta(minutes=10)
_NOTHING = "-"  # a metafield cannot be empty

_REMEMBER = """
mutation Remember($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { userErrors { message field code } }
}"""


class Remembered(Struct, frozen=True):
    """A metafield of ours."""

    value: str | None = None


class _Done(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _RememberData(Struct, frozen=True, rename="camel"):
    metafields_set: _Done


def name_of(what: str, key: str) -> str:
    """The metafield's key, of at most 64 characters; the same key always gets it again."""
    return f"{what}_{hashlib.sha256(key.encode()).hexdigest()[:40]}"


async def remember(api: ShopifyApi, store: StoreConnection, order_id: str, name: str, value: str) -> None:
    field = {
        "ownerId": gid("Order", order_id), "namespace": NAMESPACE, "key": name, "type": "single_line_text_field",
        "value": value,
    }  # fmt: skip
    refuse((await api.ask(store, _REMEMBER, {"metafields": [field]}, _RememberData)).metafields_set.user_errors)


def check_not_under_way(found: Remembered | None, now: datetime) -> None:
    """Raise ``OutcomeUnknown`` while an earlier ask may be under way."""
    if (asked_at := asked_since(found)) is None:
        return
    left = asked_at + UNDER_WAY_AT_MOST - now
    if left > timedelta(0):
        raise OutcomeUnknown("Shopify may still be at work on what it was asked before.", left.total_seconds())


def asked_since(found: Remembered | None) -> datetime | None:
    """When an ask was made of which we know no end; what stands behind the time is the asker's own."""
    value = found.value if found else None
    if not value or value == _NOTHING or value.startswith("done"):
        return None
    return datetime.fromisoformat(value.partition("|")[0])


@asynccontextmanager
async def asking(
    api: ShopifyApi, store: StoreConnection, order_id: str, name: str, value: str
) -> AsyncIterator[None]:  # fmt: skip
    """Around the one call that must happen once; ``value`` begins with the time."""
    await remember(api, store, order_id, name, value)
    try:
        yield
    except OutcomeUnknown as unknown:
        if unknown.retry_after is not None:
            await remember(api, store, order_id, name, _NOTHING)
        raise
    except Rejected:
        await remember(api, store, order_id, name, _NOTHING)
        raise
