"""Many refunds at once whose first answer is dropped: none double, none lost (SECURITY.md asks for a thousand)."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from plugin.db import rows
from plugin.payments.stripe.amounts import to_stripe
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.check import broken_promises, steady, undone
from tests.faults.entrance import Entrance
from tests.faults.plan import Plan, make_plan
from tests.faults.run import Outcome
from tests.faults.shoppers import Client, GaveUp, Shopper, pause, send_until_taken
from tests.faults.story import Timeline
from tests.faults.town import Place, Town, a_place

_AT_ONCE = 20
_SAMPLES = ("fashion", "spanish", "yen", "krona", "russian")
_ALL_WITHIN = 900.0
"""Seconds: a thousand are two or three minutes of work for two cores."""


async def play_mass(town: Town, count: int) -> Outcome:
    """``count`` shoppers cancel; Stripe refunds each and drops its first answer."""
    plan = make_plan(1, town.mode)
    outcome = Outcome(plan, Timeline())
    town.struck_at.clear()
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(a_place(town))
        await place.hear_stripe()
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=town.url, trust_env=False, timeout=30))
        client = Client(http, outcome.timeline, lambda route: None)
        town.stripe.drops_first, dropped = True, len(town.stripe.dropped)
        try:
            await _cancel_all(town, place, client, plan, outcome, count)
        except GaveUp as gave_up:
            outcome.broken.append(str(gave_up))
        finally:
            town.stripe.drops_first = False
        if len(town.stripe.dropped) - dropped < count:
            outcome.missed.append(f"only {len(town.stripe.dropped) - dropped} answers were dropped")
    return outcome


async def _cancel_all(town: Town, place: Place, client: Client, plan: Plan, outcome: Outcome, count: int) -> None:
    entrance = Entrance(town, place, client, plan, lambda what: None)
    turns, sent, shoppers = asyncio.Semaphore(_AT_ONCE), list[str](), list[Shopper]()

    async def one(number: int) -> None:
        async with turns:
            order = await _place(place, number, client, sent)
            shopper = Shopper(client, order, await entrance.enter(order), _SAMPLES[number % len(_SAMPLES)])
            shoppers.append(shopper)
            await shopper.cancel({"whole": True}, order.id)

    await asyncio.gather(*(one(number) for number in range(count)))
    since = outcome.timeline.note(f"{count} have asked")
    while left := await undone(place):
        if time.monotonic() - since > _ALL_WITHIN:
            outcome.broken.append(f"Not final {_ALL_WITHIN:.0f} s after the last ask: {left[:5]}")
            return
        await pause(1.0)
    outcome.recovery = outcome.timeline.note("final") - since
    outcome.broken += await broken_promises(town, place, shoppers, sent)
    outcome.broken += [f"A good client met an error of ours: {what}" for what in client.server_errors]
    paid = await rows(
        "SELECT count(*) AS n FROM refund_legs WHERE shop_id = $1 AND state = 'succeeded'", place.shop.shop.id
    )
    if paid[0]["n"] != count:
        outcome.broken.append(f"{count} were to be refunded, and {paid[0]['n']} are.")


async def _place(place: Place, number: int, client: Client, sent: list[str]) -> OrderBody:
    """One order, paid at Stripe, sent by the store, and read."""
    sample, at = _SAMPLES[number % len(_SAMPLES)], datetime.now(UTC)
    part = stripe_part(sample, at)
    assert part is not None
    intent = await place.stripe.pay(to_stripe(part.amount, part.currency), part.currency)
    id, email = f"m-{uuid4().hex[:10]}", f"m{number}@example.com"
    order = place.store.place(build_sample(sample, id=id, at=at, payment_intent=intent, email=email))
    message_id = f"msg_{uuid4().hex}"
    await send_until_taken(place.store, order, message_id, client)
    sent.append(message_id)
    while not await steady(
        lambda: rows(
            "SELECT 1 FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.shop_id = $1 AND o.external_id = $2 "
            "AND p.read_at IS NOT NULL",
            place.shop.shop.id,
            order.id,
        )
    ):
        await pause()
    return order
