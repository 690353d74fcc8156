"""A signed call to a standard store's one address: what every ask of ours has in common."""

from __future__ import annotations

import hashlib
from datetime import datetime

from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.addresses import AddressRefused
from plugin.storefronts.calling import Answer, Outgoing, call
from plugin.storefronts.standard.signature import sign

LONGEST_ANSWER = 64 * 1024
LONGEST_REASON = 500
_HEADERS = {"content-type": "application/json"}


class CannotAsk(Exception):
    """The store has no address or no secret that could be used; ``args[0]`` says so, for staff."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def stable_id(word: str, key: str) -> str:
    """A webhook-id that the same ask always gets again, after a crash or a lost answer too."""
    return f"{word}_{hashlib.sha256(key.encode()).hexdigest()[:40]}"


async def post(
    outgoing: Outgoing, store: StoreConnection, id: str, body: bytes, now: datetime, *, longest: int = LONGEST_ANSWER
) -> Answer:
    """Send ``body`` under the webhook-id ``id``. Raises ``CannotAsk`` and ``NoAnswer``."""
    if not store.address or not store.secret:
        raise CannotAsk("The shop has no address or no secret for its store.")
    try:
        signed = sign(store.secret, id, int(now.timestamp()), body)
        return await call(
            outgoing, store, "POST", store.address, headers={**_HEADERS, **signed}, body=body, longest=longest
        )
    except (ValueError, AddressRefused) as error:
        raise CannotAsk(str(error)) from error


def readable(reason: str | None) -> str | None:
    """A store's reason as our staff may see it: printable, and not endless."""
    return "".join(filter(str.isprintable, reason))[:LONGEST_REASON] if reason else None
