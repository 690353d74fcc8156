"""Whole journeys: options, preview, confirm, the store agrees, Stripe refunds, the mail is accepted."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from uuid import uuid4

import httpx

from benchmarks.figures import Figure, milliseconds
from benchmarks.load import Load, steady
from benchmarks.processes import WEB, environment, running, working
from benchmarks.world import World
from plugin.db import rows

LONGEST = 2.0
AT_ONCE = 8
HOOKS_BESIDE = 50  # webhooks a second that keep coming while shoppers click


async def cancel_whole(http: httpx.AsyncClient, shopper: dict[str, str]) -> tuple[str, float]:
    """One shopper's journey up to the answer: the case's id, and when the last click was made (Unix time)."""
    (await http.get("/v1/order", headers=shopper)).raise_for_status()
    seen = await http.post("/v1/order/cancellations/preview", json={"whole": True}, headers=shopper)
    ask = {"whole": True, "digest": seen.raise_for_status().json()["digest"]}
    clicked = time.time()
    done = await http.post("/v1/order/cancellations", json=ask, headers={**shopper, "Idempotency-Key": uuid4().hex})
    case_id: str = done.raise_for_status().json()["id"]
    return case_id, clicked


async def finished(cases: list[str]) -> dict[str, tuple[datetime, datetime]] | None:
    """By case: when Stripe had made the refund, and when the mail was accepted; None while one is missing."""
    found = await rows(
        "SELECT l.case_id, max(l.settled_at) AS refunded, max(m.sent_at) AS told FROM refund_legs l "
        "JOIN mails m ON m.case_id = l.case_id AND m.template = 'cancelled' "
        "WHERE l.case_id = ANY($1) AND l.state = 'succeeded' AND m.state = 'sent' GROUP BY l.case_id",
        cases,
    )
    return {row["case_id"]: (row["refunded"], row["told"]) for row in found} if len(found) == len(cases) else None


async def click_to_refund(world: World, journeys: int) -> list[Figure]:
    """One shopper after another, while webhooks keep coming; all work in the one embedded process."""
    env = environment(world.data, DATABASE_URL=world.database)
    refund, mail = Load(), Load()
    async with running(WEB, env, log=world.data / "web.log") as web, _http(web.url) as http:
        await world.meet(web.url)
        shoppers = [await world.session(order) for order in await world.place(journeys + 5)]
        for shopper in shoppers[:5]:
            await cancel_whole(http, shopper)
        beside = asyncio.create_task(
            steady(web.url, world.webhook, rate=HOOKS_BESIDE, seconds=journeys * 0.25, connections=8)
        )
        clicks = {}
        for shopper in shoppers[5:]:
            case_id, clicked = await cancel_whole(http, shopper)
            clicks[case_id] = clicked
            await asyncio.sleep(0.2)
        (await beside).expect(202)
        ended = await world.until(lambda: finished(list(clicks)), 60)
    for case_id, (refunded, told) in ended.items():
        refund.times.append(refunded.timestamp() - clicks[case_id])
        mail.times.append(told.timestamp() - clicks[case_id])
    worst = max(refund.percentile(0.99), mail.percentile(0.99))
    return [
        Figure(
            f"click to Stripe refund created and mail accepted, {HOOKS_BESIDE} webhooks a second beside it",
            f"refund p50 {milliseconds(refund.percentile(0.5))}, p99 {milliseconds(refund.percentile(0.99))}; "
            f"mail p50 {milliseconds(mail.percentile(0.5))}, p99 {milliseconds(mail.percentile(0.99))}",
            "p99 < 2 s",
            worst < LONGEST,
        )
    ]


async def journeys_a_second(world: World, journeys: int, redis: str | None) -> Figure:
    """As many journeys as go through: by one process, or by a web process and a worker with ``redis`` between them."""
    env = environment(world.data, DATABASE_URL=world.database, **({"REDIS_URL": redis} if redis else {}))
    async with running(WEB, env, log=world.data / "web.log") as web:
        if redis is None:
            rate = await _through(world, web.url, journeys)
        else:
            async with working(env, log=world.data / "worker.log"):
                rate = await _through(world, web.url, journeys)
    processes = "one process" if redis is None else "two processes (web and worker)"
    return Figure(f"whole journeys a second, {processes}", f"{rate:.1f}")


async def _through(world: World, url: str, journeys: int) -> float:
    await world.meet(url)
    async with _http(url) as http:
        shoppers = [await world.session(order) for order in await world.place(journeys)]
        waiting, cases = iter(shoppers), []

        async def keep_cancelling() -> None:
            for shopper in waiting:
                cases.append((await cancel_whole(http, shopper))[0])

        started = time.perf_counter()
        await asyncio.gather(*(keep_cancelling() for _ in range(AT_ONCE)))
        await world.until(lambda: finished(cases), 120)
        return journeys / (time.perf_counter() - started)


def _http(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=20, trust_env=False)
