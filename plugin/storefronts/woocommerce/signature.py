"""How WooCommerce proves a webhook: base64 HMAC-SHA256 over the body, and one ping that it does not sign.

Source: WooCommerce, ``includes/class-wc-webhook.php`` (``deliver_ping``, ``generate_signature``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from plugin.ports.storefronts import Delivery, SignatureInvalid
from plugin.storefronts.hmacs import is_signed_by_one

_DELETED = "order.deleted"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_ENTITY = re.compile(r"&(?:(quot|#034|#x22)|(#0*39|#[xX]0*27)|(lt|#0*60)|(gt|#0*62)|(amp|#0*38|#[xX]0*26));")
_CHARACTERS = "\"'<>&"


def special_characters_decoded(secret: str) -> str:
    """WordPress' ``wp_specialchars_decode(secret, ENT_QUOTES)``: the key is what the store's admin typed."""
    return _ENTITY.sub(lambda entity: _CHARACTERS[(entity.lastindex or 1) - 1], secret)


def verified_delivery(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
    """The delivery that a signature proves, or the ping of a new webhook; raises ``SignatureInvalid``.

    The key is made of the topic and the body: it holds the order and its time of modification, and the same words
    twice can say nothing new. Only a deletion tells no more than the order's id: put back and deleted again, the order
    is told of in the same words. So there the delivery's id counts too; WooCommerce repeats none. It is not signed: who
    sends an old deletion under another one has the order looked at again.
    """
    if _PING.fullmatch(body) and not any(name.startswith("x-wc-") for name in headers):
        return Delivery(key="ping", topic="ping", is_ping=True)
    keys = [special_characters_decoded(secret).encode() for secret in secrets]
    if not is_signed_by_one(keys, body, [headers.get("x-wc-webhook-signature", "")]):
        raise SignatureInvalid
    topic = headers.get("x-wc-webhook-topic", "")[:100]
    told = (
        body + headers.get("x-wc-webhook-delivery-id", "").encode("utf-8", "surrogatepass")
        if topic == _DELETED
        else body
    )
    return Delivery(key=f"{topic}:{hashlib.sha256(told).hexdigest()}", topic=topic)
