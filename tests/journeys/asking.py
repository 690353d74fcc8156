"""A storefront that also asks what only the platforms' own webhooks ask, in a body of two words."""

from __future__ import annotations

from uuid import uuid4

import msgspec

from plugin.ports.storefronts import Parsed, PersonAsked, ShopLeft
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.standard.adapter import StandardStorefront
from tests.doors import knock, standard_headers
from tests.nudges import nothing_is_due
from tests.world import World


class _Asked(msgspec.Struct, kw_only=True):
    type: str
    erase: bool = False
    customer_id: str | None = None
    email: str | None = None
    order_ids: tuple[str, ...] = ()
    store: str | None = None


class AskingStorefront(StandardStorefront):
    """The standard one, to which ``person.asked`` and ``shop.left`` mean what they mean at Shopify."""

    def parse(self, topic: str, body: bytes) -> Parsed:
        if topic == "person.asked":
            asked = msgspec.json.decode(body, type=_Asked)
            return PersonAsked(
                erase=asked.erase, customer_id=asked.customer_id, email=asked.email, order_ids=asked.order_ids,
                store=asked.store,
            )  # fmt: skip
        if topic == "shop.left":
            left = msgspec.json.decode(body, type=_Asked)
            return ShopLeft(left.erase, left.store)
        return super().parse(topic, body)


def let_it_ask(world: World) -> None:
    storefronts = world.ports.storefronts
    assert isinstance(storefronts, dict)
    storefronts["standard"] = AskingStorefront(outgoing_client())


async def ask(world: World, type: str, *, id: str | None = None, **asked: object) -> None:
    """Send such a webhook, and wait until everything that follows at once has happened."""
    body = msgspec.json.encode({"type": type, **asked})
    headers = standard_headers(world.new_shop.webhook_secret, body, id=id or f"msg_{uuid4().hex}")
    assert (await knock(world, "standard", body, headers)).status_code == 202
    await nothing_is_due(world)
