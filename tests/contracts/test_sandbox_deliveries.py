"""The sandbox's webhooks: signed, tried again, and on request held, reversed, doubled, lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from plugin.payments.sandbox.control_messages import DeliveryMode
from plugin.payments.sandbox.faults import FaultKind
from plugin.ports.storefronts import SignatureInvalid
from tests.fixtures_stripe import Till
from tests.webhook_catcher import WebhookCatcher, catch_webhooks

SECRET = "whsec_sandbox"


@pytest.fixture
async def catcher(till: Till) -> AsyncIterator[WebhookCatcher]:
    async with catch_webhooks() as catcher:
        await till.control.add_endpoint(catcher.url, SECRET)
        yield catcher


async def refund(till: Till, reference: str, *, amount: int = 1000) -> str:
    fact = await till.gateway.refund(
        till.account, reference=reference, amount=amount, currency="USD", leg_id="leg_1", key="key_1"
    )
    return fact.id


async def test_a_refund_is_told_with_signatures_that_our_gateway_accepts(till: Till, catcher: WebhookCatcher) -> None:
    reference = await till.control.pay(5000, "usd")
    refund_id = await refund(till, reference)
    await till.control.drain()

    assert Counter(catcher.types) == Counter(
        ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "refund.created", "charge.refunded"]
    )
    events = [
        till.gateway.verify(headers, body, (SECRET,), datetime.now(UTC))
        for headers, body in zip(catcher.headers, catcher.bodies, strict=True)
    ]
    assert {event.payment_reference for event in events} == {reference}
    assert [event.object_id for event in events if event.type == "refund.created"] == [refund_id]


async def test_the_life_of_an_authorisation_is_told(till: Till, catcher: WebhookCatcher) -> None:
    reference = await till.control.pay(5000, "usd", is_manual=True)
    await till.gateway.void(till.account, reference=reference, leg_id="leg_1", key="key_1")
    await till.control.drain()
    assert {"payment_intent.amount_capturable_updated", "payment_intent.canceled"} <= set(catcher.types)


async def test_a_late_failure_and_a_dispute_are_told(till: Till, catcher: WebhookCatcher) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_refundFail")
    await till.control.settle_refund(await refund(till, reference))
    await till.control.close_dispute(await till.control.open_dispute(reference), "lost")
    await till.control.drain()
    told = {"refund.failed", "refund.updated", "charge.refund.updated", "charge.dispute.created"}
    assert told | {"charge.dispute.closed"} <= set(catcher.types)


async def test_an_endpoint_that_fails_is_tried_again(till: Till, catcher: WebhookCatcher) -> None:
    catcher.failures = 2
    await till.control.pay(5000, "usd")
    reports = await till.control.drain()
    assert {report.state for report in reports} == {"delivered"}
    assert sum(report.attempts for report in reports) == len(reports) + 2


async def test_an_endpoint_that_is_down_is_given_up(till: Till, catcher: WebhookCatcher) -> None:
    catcher.failures = 100
    await till.control.pay(5000, "usd")
    assert {(r.state, r.attempts) for r in await till.control.drain()} == {("failed", 3)}


async def test_held_webhooks_arrive_reversed_and_doubled(till: Till, catcher: WebhookCatcher) -> None:
    await till.control.deliver(DeliveryMode(is_held=True))
    await till.control.pay(5000, "usd")
    await till.control.drain()
    assert catcher.bodies == []

    await till.control.release(is_reversed=True, copies=2)

    assert catcher.types == [
        "payment_intent.succeeded", "payment_intent.succeeded", "charge.succeeded", "charge.succeeded",
        "payment_intent.created", "payment_intent.created",
    ]  # fmt: skip


async def test_each_webhook_can_arrive_twice_and_some_never(till: Till, catcher: WebhookCatcher) -> None:
    await till.control.deliver(DeliveryMode(copies=2, drop=1))
    await till.control.pay(5000, "usd")
    reports = await till.control.drain()
    assert sorted(report.state for report in reports) == ["delivered", "delivered", "dropped"]
    assert Counter(Counter(event.id for event in catcher.events).values()) == Counter({2: 2})


async def test_a_delayed_webhook_arrives_in_the_end(till: Till, catcher: WebhookCatcher) -> None:
    await till.control.deliver(DeliveryMode(delay_ms=50))
    await till.control.pay(5000, "usd")
    assert catcher.bodies == []
    await till.control.drain()
    assert len(catcher.bodies) == 3


async def test_a_webhook_can_overtake_the_answer(till: Till, catcher: WebhookCatcher) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.DROP_AFTER, "POST /v1/refunds")
    with pytest.raises(Exception, match="Network error"):
        await refund(till, reference)
    await till.control.drain()
    assert "refund.created" in catcher.types


async def test_only_the_wanted_events_are_sent(till: Till) -> None:
    async with catch_webhooks() as catcher:
        await till.control.add_endpoint(catcher.url, SECRET, ("charge.succeeded",))
        await till.control.pay(5000, "usd")
        await till.control.drain()
    assert catcher.types == ["charge.succeeded"]


async def test_a_clock_ten_minutes_off_makes_signatures_that_are_refused(till: Till, catcher: WebhookCatcher) -> None:
    await till.control.set_clock(600)
    await till.control.pay(5000, "usd")
    await till.control.drain()
    with pytest.raises(SignatureInvalid):
        till.gateway.verify(catcher.headers[0], catcher.bodies[0], (SECRET,), datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(seconds=600)
    assert till.gateway.verify(catcher.headers[0], catcher.bodies[0], (SECRET,), later).id.startswith("evt_")
