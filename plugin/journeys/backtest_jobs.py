"""Back-tests as jobs with progress, for the admin API: a slice per claim, so that no lease is outlived and nobody else
waits long. A slice commits its figures together with the work of the next one: who dies repeats one slice and no more.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from tortoise.exceptions import IntegrityError

from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import new_id
from plugin.db import Transaction, read, transaction
from plugin.journeys.backtest import Place, Stage, Trial, beginning, how_many, try_part
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.policies.backtest import Report
from plugin.policies.document import Policy, parse_policy, policy_hash
from plugin.policies.live import live_policy
from plugin.policies.models import Backtest, PolicyVersion
from plugin.policies.rules import compile_policy
from plugin.policies.versions import policy_of
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop

BACKTEST = "backtest"
SLICE = 2.0  # seconds
BREATH = timedelta(milliseconds=50)
MOST_FAILURES = 5
_OPEN = ("queued", "running")


class BacktestRuns(DomainError):
    status = 409
    code = "backtest_runs"
    sentence = "A back-test of this shop is still running. Wait for it, or cancel it."


Answered = Callable[[Transaction, Backtest], Awaitable[None]]
"""Called last inside the transaction that begins one, to store an answer with what made it true."""


async def _unasked(tx: Transaction, job: Backtest) -> None:
    """Nobody waits for an answer that is kept."""


async def start_backtest(
    ports: Ports, shop: Shop, draft: Policy, *, days: int, by: str, answered: Answered = _unasked
) -> Backtest:
    """Try a draft on the last ``days`` (1 to 3650). Raises ``NoPolicy``, and ``BacktestRuns`` while another one does.

    It is held against the policy that is live now, whatever is published meanwhile.
    """
    at = ports.clock.now()
    live = await live_policy(shop.id, at)
    job = Backtest(
        id=new_id("bt"), shop_id=shop.id, policy_id=live.id, document_hash=policy_hash(draft),
        document=msgspec.to_builtins(draft), days=days, state="queued", done=0, total=0, asked_by=by, asked_at=at,
    )  # fmt: skip
    try:
        async with transaction(ports.doorbell) as tx:
            await job.save(using_db=tx.connection, force_create=True)
            await outbox.add(tx, shop_id=shop.id, kind=BACKTEST, ref=job.id)
            await answered(tx, job)
    except IntegrityError as error:
        if await read(Backtest, "WHERE shop_id = $1 AND state = ANY($2)", shop.id, list(_OPEN)):
            raise BacktestRuns() from error
        raise
    return job


async def get_backtest(shop_id: str, backtest_id: str) -> Backtest:
    """The back-test of this shop; raises ``NotFound``. ``report_of`` reads its figures."""
    found = await read(Backtest, "WHERE id = $1 AND shop_id = $2", backtest_id, shop_id)
    if not found:
        raise NotFound(detail="We could not find this back-test.", param="backtest_id")
    return found[0]


async def cancel_backtest(ports: Ports, shop_id: str, backtest_id: str) -> Backtest:
    """Stop it after the slice that runs; one that is over stays as it is. Raises ``NotFound``."""
    async with transaction(ports.doorbell) as tx:
        await tx.execute(
            "UPDATE backtests SET state = 'cancelled', finished_at = $3 "
            "WHERE id = $1 AND shop_id = $2 AND state = ANY($4)",
            backtest_id, shop_id, ports.clock.now(), list(_OPEN),
        )  # fmt: skip
    return await get_backtest(shop_id, backtest_id)


def report_of(job: Backtest) -> Report:
    """The figures so far."""
    return msgspec.convert(job.result, Report) if job.result is not None else Report()


async def run_backtest(ports: Ports, claim: Claim, seconds: float = SLICE) -> None:
    """Work: try the draft for a slice of time, and write what follows."""
    found = await read(Backtest, "WHERE id = $1 AND state = ANY($2)", claim.ref, list(_OPEN))
    if not found or claim.failures >= MOST_FAILURES:
        async with transaction(ports.doorbell) as tx:
            await _end(tx, claim.ref, "failed", ports.clock.now(), problem="It failed again and again.")
            await outbox.complete(tx, claim)
        return
    job = found[0]
    trial = await _trial(job)
    report, place = report_of(job), msgspec.convert(job.place, Place) if job.place else beginning(trial)
    done, total = job.done, job.total if job.place else await how_many(trial)
    ends = time.monotonic() + seconds
    while place.stage is not Stage.OVER:  # a part at least, however late it is
        place, n = await try_part(trial, place, report)
        done += n
        if time.monotonic() >= ends:
            break
    async with transaction(ports.doorbell, step="backtest slice") as tx:
        is_open = await tx.execute(
            "UPDATE backtests SET state = 'running', started_at = COALESCE(started_at, $2), done = $3, total = $4, "
            "place = $5, result = $6 WHERE id = $1 AND state = ANY($7)",
            job.id, ports.clock.now(), done, max(total, done), msgspec.json.encode(place).decode(),
            msgspec.json.encode(report).decode(), list(_OPEN),
        )  # fmt: skip
        if is_open and place.stage is Stage.OVER:
            await _end(tx, job.id, "done", ports.clock.now())
        elif is_open:
            await outbox.add(tx, shop_id=job.shop_id, kind=BACKTEST, ref=job.id, delay=BREATH)
        await outbox.complete(tx, claim)


async def _trial(job: Backtest) -> Trial:
    shop, live = await get_shop(job.shop_id), await PolicyVersion.get(id=job.policy_id)
    return Trial(
        shop=shop, live=compile_policy(policy_of(live)), draft=compile_policy(parse_policy(job.document)),
        since=job.asked_at - timedelta(days=job.days), until=job.asked_at,
    )  # fmt: skip


async def _end(tx: Transaction, backtest_id: str, state: str, at: datetime, problem: str | None = None) -> None:
    await tx.execute(
        "UPDATE backtests SET state = $2, finished_at = $3, problem = $4 WHERE id = $1 AND state = ANY($5)",
        backtest_id, state, at, problem, list(_OPEN),
    )  # fmt: skip
