"""What the house costs each minute: the sweeps for promises, questions, credit, codes and what is kept too long.

Measured where nothing is due, as in nearly every minute, and again when most of a long past has been forgotten. The
rows that a sweep reads tell more than its time: with an index that serves it they are few.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from benchmarks.figures import Figure, milliseconds
from benchmarks.processes import SECRET
from benchmarks.stored import fill
from benchmarks.stored_goods import fill_goods, forget_nine_in_ten
from benchmarks.world import World
from handlers.compose import adapters
from handlers.runner import LocalBell
from plugin import db
from plugin.codes.minting import expire_due
from plugin.credit.issuing import end_due
from plugin.db import rows
from plugin.journeys.effort import find_closed_cases
from plugin.journeys.late_money import tell_of_late_money
from plugin.journeys.retention import ROWS_AT_ONCE, forget_what_is_old
from plugin.outbox.service import claim_due
from plugin.ports.runtime import Ports
from plugin.settings import Settings
from plugin.shops.settings import Retention

Sweep = Callable[[Ports], Awaitable[object]]


async def _due_work(ports: Ports) -> None:
    """The dates of goods, declarations and cases are work rows that wait for them."""
    await claim_due(16)


SWEEPS: dict[str, Sweep] = {
    "dates of cases and declarations": _due_work,
    "promises that are over": tell_of_late_money,
    "closed cases to ask about": find_closed_cases,
    "credit that ends": end_due,
    "codes that expire": expire_due,
    "what is kept too long": forget_what_is_old,
}
_READ = "SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0))::bigint AS n FROM pg_stat_user_tables"


async def sweeps(world: World, cases: int) -> list[Figure]:
    """Every sweep over so many closed returns, each with all that it leaves behind."""
    await fill(world, cases)
    await fill_goods(world)
    settings = Settings(data=world.data, secret_keys=(SECRET,))
    async with adapters(settings, LocalBell()) as ports:
        figures = [
            await _measured(world, f"sweep for {name}, none among {cases:,} returns", sweep, ports)
            for name, sweep in SWEEPS.items()
        ]
        await _keep_for_a_day()
        await forget_nine_in_ten()
        what = f"sweep for what is kept too long, nine in ten of {cases:,} forgotten, {ROWS_AT_ONCE} more of each class"
        figures.append(await _measured(world, what, forget_what_is_old, ports))
    return figures


async def _measured(world: World, what: str, sweep: Sweep, ports: Ports) -> Figure:
    await sweep(ports)  # once for the pool and its plans
    await rows("UPDATE shops SET tidied_at = NULL")
    before = await _rows_read(world)
    began = time.perf_counter()
    await sweep(ports)
    took = time.perf_counter() - began
    return Figure(what, f"{milliseconds(took)}, {await _rows_read(world) - before:,} rows read")


async def _rows_read(world: World) -> int:
    """By all that was ever asked; a server process counts to the rest when it ends."""
    await db.disconnect()
    await asyncio.sleep(0.5)
    await db.connect(world.database, pool=8)
    n: int = (await rows(_READ))[0]["n"]
    return n


async def _keep_for_a_day() -> None:
    """From now on the shop keeps no class of data for longer; persons stay, whose erasing is another matter."""
    kept = {name: 1 for name in Retention.__struct_fields__ if name != "persons"}
    await rows(
        "UPDATE shops SET settings = jsonb_set(settings::jsonb, '{retention}', $1::text::jsonb), tidied_at = NULL",
        msgspec.json.encode(kept).decode(),
    )
