"""Every real body, genuinely signed, at every door: no 5xx, nothing lost, each with an end and a reason.

The bodies are in ``shared/payloads`` beside the repository (or in ``COMEBACK_SHARED``); without them nothing is run.
"""

from __future__ import annotations

import asyncio
import csv

import pytest

from plugin.db import rows
from tests.doors import another_shop, knock, shared, signed_for
from tests.nudges import hurry
from tests.world import World

PAYLOADS = shared("payloads")
pytestmark = pytest.mark.skipif(not (PAYLOADS / "INDEX.tsv").exists(), reason="shared/payloads is not here")

FORGOTTEN = {"customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"}
WAITS_FOR_ITS_ORDER = "the order of this payment has not come in yet"


def _bodies() -> dict[str, tuple[bytes, str]]:
    """By file: the body, and the topic it came with."""
    with (PAYLOADS / "INDEX.tsv").open() as index:
        topics = {row["file"]: row["topic"] for row in csv.DictReader(index, delimiter="\t")}
    files = sorted(path for path in PAYLOADS.glob("*/*.json") if not path.name.endswith(".headers.json"))
    return {
        name: (path.read_bytes(), topics.get(name, "order.updated"))
        for path in files
        if (name := path.relative_to(PAYLOADS).as_posix())
    }


@pytest.mark.parametrize("storefront", ["standard", "woocommerce", "shopify"])
async def test_every_real_body_at_every_door_has_an_end(world: World, storefront: str) -> None:
    shop = await another_shop(world, storefront)
    bodies = _bodies()
    assert len(bodies) > 80

    async def send(source: str, body: bytes, topic: str) -> int:
        return (await knock(shop, source, body, signed_for(shop, source, body, topic))).status_code

    for source in (storefront, "stripe"):
        answers = await asyncio.gather(*(send(source, body, topic) for body, topic in bodies.values()))
        assert dict(zip(bodies, answers, strict=True)) == dict.fromkeys(bodies, 202)

    async def is_read() -> bool:
        await hurry(world, "read_payment")
        left = await rows(
            "SELECT 1 FROM work WHERE kind = 'read_event' AND state <> 'done' AND COALESCE(last_error, '') <> $1",
            WAITS_FOR_ITS_ORDER,
        )
        return not left

    await world.until(is_read)
    events = await rows("SELECT source, topic, state, reason, body FROM inbox_events WHERE shop_id = $1", shop.shop.id)
    # A body that names a person who asks, or a store that leaves, is forgotten once that is answered.
    forgotten = [event for event in events if bytes(event["body"]) == b"{}"]
    assert {event["topic"] for event in forgotten} <= FORGOTTEN
    assert {bytes(event["body"]) for event in events if event not in forgotten} == {body for body, _ in bodies.values()}
    assert [event for event in events if (event["reason"] or "").startswith("Unexpected")] == []
    assert all(event["reason"] for event in events if event["state"] in ("set_aside", "ignored"))
    # What is unread waits for the order of its payment, for ten minutes.
    assert {event["source"] for event in events if event["state"] == "received"} <= {"stripe"}
    if storefront != "standard":
        assert await rows("SELECT 1 FROM orders WHERE shop_id = $1", shop.shop.id)
