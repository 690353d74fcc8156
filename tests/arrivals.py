"""A webhook that comes in without a signature to check: for tests of what happens after the door."""

from __future__ import annotations

from datetime import datetime

from plugin.db import rows
from plugin.inbox.arrivals import Arrival, Arrivals, Taken
from plugin.ports.runtime import Doorbell
from plugin.shops.senders import Sender


async def a_sender(shop_id: str, source: str = "standard") -> Sender:
    """Of a shop as it is now."""
    (shop,) = await rows("SELECT sealed_webhook_secrets AS sealed FROM shops WHERE id = $1", shop_id)
    return Sender(shop_id, source, shop["sealed"], ())


async def receive(
    doorbell: Doorbell, *, shop_id: str, source: str, key: str, topic: str, body: bytes, at: datetime
) -> bool:
    """Whether it was new; it is stored either way."""
    taken = await Arrivals(doorbell).take(Arrival(await a_sender(shop_id, source), key, topic, body, at))
    assert taken is not Taken.DISTRUSTED
    return taken is Taken.STORED
