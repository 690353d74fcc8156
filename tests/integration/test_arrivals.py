"""Webhooks that arrive together share a statement, and nothing else: not their trust, their failures or their fate."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tortoise.exceptions import OperationalError

from plugin.db import rows
from plugin.inbox.arrivals import MOST_BYTES, STATEMENTS_AT_ONCE, Arrival, Arrivals, Taken
from plugin.ports.runtime import Ring
from plugin.shops.models import Shop
from plugin.shops.senders import Sender
from plugin.shops.service import rotate_webhook_secret
from tests.arrivals import a_sender
from tests.factories import a_shop
from tests.fakes import NOON, FakePorts, fake_ports


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


@pytest.fixture
async def sender(shop: Shop) -> Sender:
    return await a_sender(shop.id)


def an_arrival(sender: Sender, key: str, *, topic: str = "order.updated", body: bytes = b"{}") -> Arrival:
    return Arrival(sender, key, topic, body, NOON)


async def stored() -> set[str]:
    """The keys of the stored webhooks that have their work."""
    found = await rows("SELECT event_key FROM inbox_events e JOIN work w ON w.ref = e.id AND w.kind = 'read_event'")
    return {row["event_key"] for row in found}


async def test_a_crowd_and_its_repetitions_are_each_stored_once_and_rung_for(ports: FakePorts, sender: Sender) -> None:
    arrivals = Arrivals(ports.doorbell)
    taken = await asyncio.gather(*(arrivals.take(an_arrival(sender, f"msg_{n % 100}")) for n in range(200)))
    assert (taken.count(Taken.STORED), taken.count(Taken.REPEATED)) == (100, 100)
    assert await stored() == {f"msg_{n}" for n in range(100)}
    assert {ring.work_id for ring in ports.doorbell.rings} == {row["id"] for row in await rows("SELECT id FROM work")}


@pytest.mark.parametrize("key", ["half a pair \ud83d", "\udc00" * 300])
async def test_a_name_that_is_no_text_goes_by_its_hash(ports: FakePorts, sender: Sender, key: str) -> None:
    arrivals = Arrivals(ports.doorbell)
    names = (key, key, key.replace(key[-1], "\ud801"))
    taken = [await arrivals.take(an_arrival(sender, name, topic=key)) for name in names]
    assert taken == [Taken.STORED, Taken.REPEATED, Taken.STORED]
    assert {key[:7] for key in await stored()} == {"sha256:"}


async def test_two_processes_with_the_same_crowd_in_opposite_order_do_not_wait_for_each_other(
    ports: FakePorts, sender: Sender
) -> None:
    crowd = [an_arrival(sender, f"msg_{n}") for n in range(200)]
    one, other = Arrivals(ports.doorbell), Arrivals(ports.doorbell)
    taken = await asyncio.gather(
        *(one.take(arrival) for arrival in crowd), *(other.take(arrival) for arrival in reversed(crowd))
    )
    assert (taken.count(Taken.STORED), taken.count(Taken.REPEATED)) == (200, 200)


async def test_what_was_signed_with_a_secret_that_is_gone_is_not_stored_and_its_neighbours_are(
    ports: FakePorts, shop: Shop, sender: Sender
) -> None:
    await rotate_webhook_secret(ports.vault, shop)
    now = await a_sender(shop.id)
    removed, elsewhere = replace(now, shop_id="shop_removed"), replace(now, source="shopify")
    arrivals = Arrivals(ports.doorbell)
    taken = await asyncio.gather(
        *(arrivals.take(an_arrival(each, f"msg_{n}")) for n, each in enumerate((now, sender, removed, elsewhere, now)))
    )
    distrusted = Taken.DISTRUSTED
    assert taken == [Taken.STORED, distrusted, distrusted, distrusted, Taken.STORED]
    assert await stored() == {"msg_0", "msg_4"}


async def test_one_that_cannot_be_stored_fails_alone(ports: FakePorts, sender: Sender) -> None:
    arrivals = Arrivals(ports.doorbell)
    answers = await asyncio.gather(
        *(
            arrivals.take(an_arrival(replace(sender, shop_id="\ud800") if n == 5 else sender, f"msg_{n}"))
            for n in range(20)
        ),
        return_exceptions=True,
    )
    assert isinstance(answers.pop(5), OperationalError)
    assert set(answers) == {Taken.STORED}
    assert len(await stored()) == 19
    assert await arrivals.take(an_arrival(sender, "msg_next")) is Taken.STORED


async def test_a_caller_who_leaves_takes_nobody_along(ports: FakePorts, sender: Sender) -> None:
    arrivals = Arrivals(ports.doorbell)
    callers = [asyncio.create_task(arrivals.take(an_arrival(sender, f"msg_{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for gone in callers[::2]:
        gone.cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert set(answers[1::2]) == {Taken.STORED}
    assert {f"msg_{n}" for n in range(1, 20, 2)} <= await stored()


async def test_large_bodies_go_in_parts(ports: FakePorts, sender: Sender) -> None:
    arrivals = Arrivals(ports.doorbell)
    body = b"x" * (MOST_BYTES // 3)
    taken = await asyncio.gather(*(arrivals.take(an_arrival(sender, f"msg_{n}", body=body)) for n in range(12)))
    assert set(taken) == {Taken.STORED}
    assert [row["n"] for row in await rows("SELECT DISTINCT length(body) AS n FROM inbox_events")] == [len(body)]


class HeldBell:
    """Keeps whoever rings it until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def ring(self, rings: Sequence[Ring]) -> None:
        await self.let_go.wait()


async def test_one_that_comes_just_as_the_last_statements_end_is_not_left_waiting(sender: Sender) -> None:
    bell = HeldBell()
    arrivals = Arrivals(bell)
    for n in range(STATEMENTS_AT_ONCE):
        await arrivals.take(an_arrival(sender, f"msg_{n}"))

    async def come_after_them() -> Taken:
        await bell.let_go.wait()
        return await arrivals.take(an_arrival(sender, "msg_late"))

    late = asyncio.create_task(come_after_them())
    await asyncio.sleep(0)
    bell.let_go.set()  # all of them end, and it comes, in one turn of the loop
    assert await asyncio.wait_for(late, 5) is Taken.STORED
