"""SIGTERM: what has begun is finished, nothing is lost, and it does not take long."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from plugin.payments.sandbox.faults import FaultKind
from plugin.storefronts.demo.store import Behaviour
from tests.fixtures_redis import RunningRedis
from tests.operate.installation import Installation, Process, Stall

SLOW = 1500  # milliseconds; longer than a process that waits for nothing needs to end


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_request_under_way_is_answered_and_readiness_says_first_that_the_process_stops(
    installation: Installation, stall: Stall, workers: str
) -> None:
    web = await installation.serve("--workers", workers, COMEBACK_DRAIN_SECONDS="1")
    order = await stall.place()
    await stall.stripe.break_next(FaultKind.DELAY_BEFORE, "GET /v1/payment_intents/*", times=1, delay_ms=SLOW)
    confirming = asyncio.create_task(stall.cancel(order))
    await installation.until(lambda: installation.rows("SELECT 1 FROM idempotent_calls WHERE state = 'running'"))
    web.signal(signal.SIGTERM)
    ready = await installation.until(lambda: not_ready(stall.http))
    assert ready["checks"]["process"] == "it is stopping"
    case = await confirming
    assert await web.ended() == 0, web.said
    assert "Traceback" not in web.said
    stored = await installation.rows("SELECT id FROM cases")
    assert [row["id"] for row in stored] == [case["id"]]
    await installation.serve()
    await stall.until_state(case["id"], "done")
    assert await stall.refunded(order) == [order.total]


async def test_several_processes_end_together_and_hear_a_signal_to_all_of_them_once(
    installation: Installation, stall: Stall
) -> None:
    web = await installation.serve("--workers", "2")
    order = await stall.place()
    await stall.stripe.break_next(FaultKind.DELAY_AFTER, "POST /v1/refunds", times=1, delay_ms=SLOW)
    case = await stall.cancel(order)
    await installation.until(lambda: submitting(installation))
    for pid in (*children_of(web), web.handle.pid):
        os.kill(pid, signal.SIGTERM)
    assert await web.ended() == 0, web.said
    (leg,) = await installation.rows("SELECT state FROM refund_legs WHERE case_id = $1", case["id"])
    assert leg["state"] == "succeeded"


async def test_several_processes_do_not_outlive_their_parent_nor_one_of_them(
    installation: Installation, stall: Stall
) -> None:
    web = await installation.serve("--workers", "2")
    children = children_of(web)
    assert len(children) == 2
    os.kill(children[0], signal.SIGKILL)
    assert await web.ended() == 1
    await installation.until(lambda: are_gone(children))
    web = await installation.serve("--workers", "2")
    children = children_of(web)
    web.signal(signal.SIGKILL)
    await installation.until(lambda: are_gone(children))


def children_of(process: Process) -> list[int]:
    pid = process.handle.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def are_gone(pids: list[int]) -> bool:
    """Ended; an orphan may stay a zombie where nobody is there to collect it."""
    stats = [Path(f"/proc/{pid}/stat") for pid in pids]
    return all(not stat.exists() or ") Z " in stat.read_text() for stat in stats)


async def not_ready(http: httpx.AsyncClient) -> dict[str, dict[str, str]] | None:
    answer = await http.get("/health/ready")
    body: dict[str, dict[str, str]] = answer.json()
    return body if answer.status_code == 503 else None


async def test_an_event_stream_ends_at_once(installation: Installation, stall: Stall) -> None:
    web = await installation.serve()
    order = await stall.place()
    stall.store.behaviour = Behaviour.PENDING
    case = await stall.cancel(order)
    headers = await stall.shopper(order)
    async with stall.http.stream("GET", f"/v1/cases/{case['id']}/events", headers=headers) as stream:
        chunks = stream.aiter_text()
        assert "event: case" in await anext(chunks)
        web.signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert [chunk async for chunk in chunks if "event" not in chunk] == []
    assert await web.ended(10) == 0, web.said


async def test_work_under_way_is_finished(installation: Installation, stall: Stall) -> None:
    web = await installation.serve()
    order = await stall.place()
    await stall.stripe.break_next(FaultKind.DELAY_AFTER, "POST /v1/refunds", times=1, delay_ms=SLOW)
    case = await stall.cancel(order)
    await installation.until(lambda: submitting(installation))
    web.signal(signal.SIGTERM)
    assert await web.ended() == 0, web.said
    (leg,) = await installation.rows("SELECT state FROM refund_legs WHERE case_id = $1", case["id"])
    assert leg["state"] == "succeeded"
    assert not await installation.rows("SELECT 1 FROM work WHERE state = 'claimed'")


async def submitting(installation: Installation) -> bool:
    return bool(await installation.rows("SELECT 1 FROM refund_legs WHERE state = 'submitting'"))


@pytest.mark.parametrize("process", ["web", "worker"])
async def test_a_second_signal_finishes_nothing_and_gives_the_lease_back(
    installation: Installation, stall: Stall, own_redis: RunningRedis, process: str
) -> None:
    if process == "worker":
        installation.environment["REDIS_URL"] = own_redis.url
    ending = web = await installation.serve()
    if process == "worker":
        ending = await installation.start("work")
    order = await stall.place()
    await stall.stripe.break_next(FaultKind.DELAY_AFTER, "POST /v1/refunds", times=1, delay_ms=9000)
    case = await stall.cancel(order)
    await installation.until(lambda: submitting(installation))
    ending.signal(signal.SIGTERM)
    started = time.monotonic()
    ending.signal(signal.SIGINT)
    assert await ending.ended() == 0, ending.said
    assert time.monotonic() - started < 4
    (work,) = await installation.rows("SELECT state, last_error FROM work WHERE kind = 'settle_leg'")
    assert (work["state"], work["last_error"]) == ("ready", "its process was stopped")
    if process == "worker":
        web.signal(signal.SIGTERM)
        await web.ended()
        del installation.environment["REDIS_URL"]
    await stall.stripe.mend()
    await installation.serve()
    await stall.until_state(case["id"], "done")
    assert await stall.refunded(order) == [order.total]
