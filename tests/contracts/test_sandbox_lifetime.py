"""The sandbox as a server: it remembers over a restart, lets refunds take their course, and takes an injected clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.payments.sandbox.faults import FaultKind
from plugin.payments.sandbox.ledger import SandboxClock
from plugin.payments.sandbox.server import serve_sandbox
from plugin.payments.stripe.gateway import StripeGateway
from plugin.ports.payments import OutcomeUnknown, PaymentAccount, RefundFact, RefundState
from tests.webhook_catcher import catch_webhooks

KEY = "sk_test_lifetime"


@pytest.fixture
async def gateway() -> AsyncIterator[StripeGateway]:
    gateway = StripeGateway(timeout=5)
    yield gateway
    await gateway.aclose()


async def refund(gateway: StripeGateway, url: str, reference: str) -> RefundFact:
    account = PaymentAccount(shop_id="shop_1", api_key=KEY, base=url)
    return await gateway.refund(account, reference=reference, amount=1000, currency="USD", leg_id="leg_1", key="key_1")


async def test_payments_refunds_and_keys_survive_a_restart(tmp_path: Path, gateway: StripeGateway) -> None:
    state = tmp_path / "sandbox" / "stripe.json"
    async with serve_sandbox(state=state) as sandbox, sandbox.control(KEY) as control:
        reference = await control.pay(5000, "usd")
        await control.break_next(FaultKind.DROP_AFTER, "POST /v1/refunds")
        with pytest.raises(OutcomeUnknown):
            await refund(gateway, sandbox.url, reference)
        before = await control.ledger()

    async with serve_sandbox(state=state) as sandbox, sandbox.control(KEY) as control:
        assert await control.ledger() == before
        again = await refund(gateway, sandbox.url, reference)
        assert [entry.id for entry in (await control.payment(reference)).refunds] == [again.id]
    assert [path.name for path in state.parent.iterdir()] == ["stripe.json"]
    assert state.stat().st_mode & 0o077 == 0


async def test_a_pending_refund_takes_its_course_by_itself(gateway: StripeGateway) -> None:
    async with (
        catch_webhooks() as catcher,
        serve_sandbox(settle_after=0.01) as sandbox,
        sandbox.control(KEY) as control,
    ):
        reference = await control.pay(5000, "usd", card="pm_card_pendingRefund")
        await control.add_endpoint(catcher.url, "whsec_1", ("refund.updated",))
        assert (await refund(gateway, sandbox.url, reference)).state is RefundState.PENDING
        await catcher.wait_for(1)
        assert (await control.payment(reference)).refunds[0].status == "succeeded"


async def test_a_refund_that_was_pending_at_the_end_is_settled_after_the_restart(
    tmp_path: Path, gateway: StripeGateway
) -> None:
    state = tmp_path / "stripe.json"
    async with serve_sandbox(state=state) as sandbox, sandbox.control(KEY) as control:
        reference = await control.pay(5000, "usd", card="pm_card_refundFail")
        await refund(gateway, sandbox.url, reference)
        async with catch_webhooks() as catcher:
            await control.add_endpoint(catcher.url, "whsec_1", ("refund.failed",))
            async with serve_sandbox(state=state, settle_after=0.01):
                await catcher.wait_for(1)


async def test_time_is_what_the_injected_clock_says(gateway: StripeGateway) -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with serve_sandbox(clock=SandboxClock(lambda: moment)) as sandbox, sandbox.control(KEY) as control:
        reference = await control.pay(5000, "usd")
        assert (await refund(gateway, sandbox.url, reference)).created_at == moment
