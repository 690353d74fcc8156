"""A key whose first call died or dawdles: who asks again takes it over, and only one of them changes anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.db import rows, transaction
from plugin.inbox.idempotency import ABANDONED_AFTER, Call, CallStillRunning, begin, finish
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


async def claim(shop_id: str, seconds_later: float = 0) -> Call:
    """Begin the one call of these tests, when so many seconds have gone by since it was last begun."""
    await rows(
        "UPDATE idempotent_calls SET created_at = created_at - $1::interval WHERE state = 'running'",
        timedelta(seconds=seconds_later),
    )
    return await begin(shop_id, "cancel:order", "key-1", b"{}")


async def answer(ports: FakePorts, call: Call, text: str) -> None:
    async with transaction(ports.doorbell) as tx:
        await finish(tx, call, 201, text)


async def test_a_key_is_free_again_within_seconds_of_its_call_having_died(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    await claim(shop.id)
    with pytest.raises(CallStillRunning):
        await claim(shop.id, ABANDONED_AFTER.total_seconds() - 1)
    again = await claim(shop.id, 2)
    await answer(ports, again, '"done"')
    assert (await claim(shop.id)).answered == (201, '"done"')


async def test_a_slow_call_whose_key_was_taken_over_changes_nothing(ports: FakePorts) -> None:
    shop = await a_shop(ports)
    slow = await claim(shop.id)
    quick = await claim(shop.id, 11)
    with pytest.raises(CallStillRunning):
        await answer(ports, slow, '"slow"')
    await answer(ports, quick, '"quick"')
    assert (await claim(shop.id)).answered == (201, '"quick"')


async def test_a_key_is_claimed_by_the_clock_of_the_database_alone(ports: FakePorts) -> None:
    """Fault run, seed 4, clock_ahead: a process ten minutes ahead died, and its key stayed locked for ten minutes."""
    shop = await a_shop(ports)
    await claim(shop.id)
    written = await rows("SELECT created_at BETWEEN now() - interval '1 minute' AND now() AS is_true "
                         "FROM idempotent_calls WHERE shop_id = $1", shop.id)  # fmt: skip
    assert [row["is_true"] for row in written] == [True]
