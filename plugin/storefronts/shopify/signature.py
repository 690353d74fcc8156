"""How Shopify proves a webhook: base64 HMAC-SHA256 of the raw body under the app's client secret.

The headers come in two families: ``x-shopify-*`` of the topics, and ``shopify-*`` of the newer events. Source:
Shopify/shopify-app-js, ``packages/apps/shopify-api/lib/webhooks``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from plugin.ports.storefronts import Delivery, SignatureInvalid
from plugin.storefronts.hmacs import is_signed_by_one


def verified_delivery(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
    """The delivery that a signature proves; raises ``SignatureInvalid``.

    The key is the webhook id, the same in every attempt. The event id is shared by all webhooks that one act of the
    merchant causes, so by it a second, newer state of the order would be taken for a repetition and lost.
    """
    family = "x-shopify-" if "x-shopify-hmac-sha256" in headers else "shopify-"
    keys = [secret.encode() for secret in secrets]
    if not is_signed_by_one(keys, body, [headers.get(f"{family}hmac-sha256", "")]):
        raise SignatureInvalid
    topic = headers.get(f"{family}topic", "")[:100]
    key = headers.get(f"{family}webhook-id") or hashlib.sha256(body).hexdigest()
    return Delivery(key=f"{topic}:{key[:100]}", topic=topic)
