"""The webhooks' door: whose message it is, by its signature over the raw bytes, and then into the durable inbox."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from plugin.inbox.arrivals import Arrival, Arrivals, Taken
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Delivery, SignatureInvalid, Unparseable
from plugin.shops.senders import CARRIER, STRIPE, Sender, Senders

STANDARD = "standard"  # whose signature a carrier's webhook bears, too


@dataclass(frozen=True)
class WebhookDoor:
    """One per web process."""

    ports: Ports
    senders: Senders
    arrivals: Arrivals

    @classmethod
    def of(cls, ports: Ports) -> Self:
        return cls(ports, Senders(ports.vault), Arrivals(ports.doorbell))

    async def let_in(self, shop_id: str, source: str, headers: dict[str, str], body: bytes) -> Delivery:
        """Return once the message is stored (a ping is not). Raises ``SignatureInvalid``, for every cause alike.

        The sender is remembered. When memory does not serve, because the secrets were rotated or the shop is gone, the
        shop's row decides.
        """
        known = self.senders.remembered(shop_id, source)
        delivery = await self._try(known, headers, body)
        if delivery is None:
            found = await self.senders.look_up(shop_id, source)
            delivery = await self._try(found, headers, body) if found != known else None
        if delivery is None:
            raise SignatureInvalid
        return delivery

    async def _try(self, sender: Sender | None, headers: dict[str, str], body: bytes) -> Delivery | None:
        """None where this sender did not sign it, or is not the shop's sender any more."""
        now = self.ports.clock.now()
        try:
            delivery = None if sender is None else self._verified(sender, headers, body, now)
        except SignatureInvalid:
            return None
        if sender is None or delivery is None or delivery.is_ping:
            return delivery
        taken = await self.arrivals.take(Arrival(sender, delivery.key, delivery.topic, body, now))
        return None if taken is Taken.DISTRUSTED else delivery

    def _verified(self, sender: Sender, headers: dict[str, str], body: bytes, now: datetime) -> Delivery:
        if sender.source == CARRIER:
            return self.ports.storefronts[STANDARD].verify(headers, body, sender.secrets, now)
        if sender.source != STRIPE:
            return self.ports.storefronts[sender.source].verify(headers, body, sender.secrets, now)
        try:
            event = self.ports.payments.verify(headers, body, sender.secrets, now)
        except Unparseable:
            # Signed, and no event: kept under its content, and set aside with its reason when it is read.
            return Delivery(key=hashlib.sha256(body).hexdigest(), topic="unreadable")
        return Delivery(key=event.id, topic=event.type)
