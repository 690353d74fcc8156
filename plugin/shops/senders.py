"""Who may send webhooks to a shop, remembered in this process.

A memory may be old, so nothing rests on it alone: a webhook is stored only by a statement that finds the very sealed
secrets still in the shop's row (``plugin.inbox.arrivals``). Sealing never gives the same text twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.core.vault import Vault
from plugin.db import rows
from plugin.shops.service import carrier_secrets, opened_secrets

STRIPE = "stripe"
CARRIER = "carrier"  # signs as the standard storefront does, with secrets of its own
MOST_REMEMBERED = 1000
_SECRETS = "SELECT storefront, sealed_webhook_secrets, sealed_stripe_webhook_secrets FROM shops WHERE id = $1"


@dataclass(frozen=True)
class Sender:
    """Who may send: the shop's storefront, a carrier, or Stripe; with the secrets that are live, two while one is
    rotated."""

    shop_id: str
    source: str
    sealed: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


class Senders:
    """The senders that this process has met."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[tuple[str, str], Sender] = {}

    def remembered(self, shop_id: str, source: str) -> Sender | None:
        """The sender as it was when it was last looked up."""
        return self._known.get((shop_id, source))

    async def look_up(self, shop_id: str, source: str) -> Sender | None:
        """The sender as it is now, by names that a stranger may have made up; None where the shop has no such one."""
        found = await rows(_SECRETS, shop_id) if shop_id.isprintable() else []
        kind = "stripe_webhook_secrets" if source == STRIPE else "webhook_secrets"
        sealed = found[0][f"sealed_{kind}"] if found and source in (STRIPE, CARRIER, found[0]["storefront"]) else None
        if sealed is None:
            self._known.pop((shop_id, source), None)
            return None
        secrets = opened_secrets(self._vault, shop_id, kind, sealed)
        sender = Sender(shop_id, source, sealed, carrier_secrets(secrets) if source == CARRIER else secrets)
        if len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[shop_id, source] = sender
        return sender
