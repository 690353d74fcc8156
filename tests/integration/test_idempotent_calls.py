"""A key whose first call died or dawdles: who asks again takes it over, and only one of them changes anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.db import transaction
from plugin.inbox.idempotency import ABANDONED_AFTER, Call, CallStillRunning, begin, finish
from tests.factories import a_shop
from tests.fakes import NOON, FakePorts, fake_ports


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


async def claim(shop_id: str, at_seconds: float) -> Call:
    return await begin(shop_id, "cancel:order", "key-1", b"{}", NOON + timedelta(seconds=at_seconds))


async def answer(ports: FakePorts, call: Call, text: str) -> None:
    async with transaction(ports.doorbell) as tx:
        await finish(tx, call, 201, text)


async def test_a_key_is_free_again_within_seconds_of_its_call_having_died(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    await claim(shop.id, 0)
    with pytest.raises(CallStillRunning):
        await claim(shop.id, ABANDONED_AFTER.total_seconds() - 1)
    again = await claim(shop.id, ABANDONED_AFTER.total_seconds() + 1)
    await answer(ports, again, '"done"')
    assert (await claim(shop.id, 12)).answered == (201, '"done"')


async def test_a_slow_call_whose_key_was_taken_over_changes_nothing(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    slow = await claim(shop.id, 0)
    quick = await claim(shop.id, 11)
    with pytest.raises(CallStillRunning):
        await answer(ports, slow, '"slow"')
    await answer(ports, quick, '"quick"')
    assert (await claim(shop.id, 12)).answered == (201, '"quick"')
