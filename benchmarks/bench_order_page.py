"""What a shopper waits for: the order with its options, and the preview, at a steady 100 requests a second."""

from __future__ import annotations

import random
from itertools import cycle

from benchmarks.figures import Figure, milliseconds
from benchmarks.load import Load, MakeRequest, full_speed, request, steady
from benchmarks.processes import WEB, environment, running
from benchmarks.stored import CANCELLED_EVERY, fill, stored_id
from benchmarks.world import World

RATE = 100
SHOPPERS = 200
PREVIEW = b'{"whole": true}'
LONGEST = 0.050
MOST_AT_SCALE = 1.2


async def order_page(world: World, orders: int, seconds: float) -> tuple[Load, Load]:
    """Options and preview over orders drawn from ``orders`` stored ones."""
    await fill(world, orders)
    drawn = random.Random(1).sample([n for n in range(1, orders + 1) if n % CANCELLED_EVERY != 1], SHOPPERS)
    shoppers = [await world.session(stored_id(n)) for n in drawn]
    env = environment(world.data, DATABASE_URL=world.database)
    async with running(WEB, env, log=world.data / "web.log") as web:
        loads = []
        for make in (_options(web.url, shoppers), _previews(web.url, shoppers)):
            await full_speed(web.url, make, seconds=3, most=2 * SHOPPERS, connections=4)
            loads.append((await steady(web.url, make, rate=RATE, seconds=seconds)).expect(200))
    return loads[0], loads[1]


def _options(url: str, shoppers: list[dict[str, str]]) -> MakeRequest:
    asks = cycle([request("GET", f"{url}/v1/order", headers) for headers in shoppers])
    return lambda: next(asks)


def _previews(url: str, shoppers: list[dict[str, str]]) -> MakeRequest:
    json = {"content-type": "application/json"}
    address = f"{url}/v1/order/cancellations/preview"
    asks = cycle([request("POST", address, {**headers, **json}, PREVIEW) for headers in shoppers])
    return lambda: next(asks)


def order_page_figures(at: dict[int, tuple[Load, Load]]) -> list[Figure]:
    """A line for each size and route, and the ratio of the largest to the smallest."""
    figures = []
    for orders, loads in at.items():
        for name, load in zip(("options", "preview"), loads, strict=True):
            worst = load.percentile(0.99)
            figures.append(
                Figure(
                    f"{name} at {RATE} a second, {orders:,} stored orders",
                    f"p50 {milliseconds(load.percentile(0.5))}, p99 {milliseconds(worst)}",
                    f"p99 ≤ {LONGEST * 1000:.0f} ms",
                    worst <= LONGEST,
                )
            )
    small, large = min(at), max(at)
    if small != large:
        for n, name in enumerate(("options", "preview")):
            slower = at[large][n].percentile(0.99) / at[small][n].percentile(0.99)
            middle = at[large][n].percentile(0.5) / at[small][n].percentile(0.5)
            figures.append(
                Figure(
                    f"{name}: {large:,} stored orders against {small:,}",
                    f"p50 {middle:.2f}x, p99 {slower:.2f}x",
                    f"p99 ≤ {MOST_AT_SCALE}x",
                    slower <= MOST_AT_SCALE,
                )
            )
    return figures
