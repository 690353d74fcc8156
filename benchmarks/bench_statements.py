"""How often a journey goes to the database: statements, and the round trips that they and their transactions take."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx

from benchmarks.bench_journeys import finished
from benchmarks.counting import Counting, counted
from benchmarks.figures import Figure
from benchmarks.processes import SECRET
from benchmarks.world import World
from handlers.logs import configure_logs
from handlers.web import build_app
from plugin.settings import Settings

JOURNEYS = 20
STEPS = ("options", "preview", "confirm", "everything after it")


async def statements(world: World) -> tuple[list[Figure], dict[str, Counter[str]]]:
    """Journeys one after the other through the application in this process; the last with what each step sent."""
    settings = Settings(data=world.data, secret_keys=(SECRET,), mail_from="Comeback <comeback@localhost.example>")
    by_step: dict[str, Counter[str]] = {step: Counter() for step in STEPS}
    configure_logs("warning")
    async with counted(world.database) as counting:
        app = build_app(settings, connected=True)
        async with app.lifespan(), _in_process(app) as http:
            world.store.hooks_url = f"http://comeback/hooks/{world.shop.shop.id}/standard"
            for _ in range(JOURNEYS):
                await _journey(world, http, counting, by_step)
    total = sum(sum(sent.values()) for sent in by_step.values())
    split = ", ".join(f"{step} {sum(sent.values()) / JOURNEYS:.0f}" for step, sent in by_step.items())
    return [Figure("round trips to the database, a whole journey", f"{total / JOURNEYS:.0f} ({split})")], by_step


async def _journey(world: World, http: httpx.AsyncClient, counting: Counting, by_step: dict[str, Counter[str]]) -> None:
    (order,) = await world.place_through(http)
    shopper = await world.session(order)
    await asyncio.sleep(0.2)
    counting.take()
    (await http.get("/v1/order", headers=shopper)).raise_for_status()
    by_step["options"] += counting.take()
    seen = await http.post("/v1/order/cancellations/preview", json={"whole": True}, headers=shopper)
    by_step["preview"] += counting.take()
    ask: dict[str, Any] = {"whole": True, "digest": seen.raise_for_status().json()["digest"]}
    done = await http.post("/v1/order/cancellations", json=ask, headers={**shopper, "Idempotency-Key": order})
    by_step["confirm"] += counting.take()
    case_id = done.raise_for_status().json()["id"]
    looked = 0
    while await finished([case_id]) is None:
        looked += 1
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)
    after = counting.take()
    for sql in list(after):
        if sql.startswith("SELECT l.case_id, max(l.settled_at)"):
            del after[sql]  # this bench's own look
    by_step["everything after it"] += after


def _in_process(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://comeback", timeout=20)
