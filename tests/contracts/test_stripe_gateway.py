"""The gateway against the sandbox, over real HTTP and with the real SDK: what each call tells us."""

from __future__ import annotations

from plugin.ports.orders import PaymentState
from plugin.ports.payments import RefundState
from tests.fixtures_stripe import Till


async def test_a_captured_payment_is_read_with_its_card(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")

    payment = await till.gateway.read(till.account, reference)

    assert payment.state is PaymentState.CAPTURED
    assert (payment.authorised, payment.capturable, payment.captured) == (5000, 0, 5000)
    assert (payment.currency, payment.label) == ("USD", "Visa •••• 4242")


async def test_a_refund_carries_our_leg_and_is_found_again(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")

    refund = await till.gateway.refund(
        till.account, reference=reference, amount=1200, currency="USD", leg_id="leg_1", key="key_1"
    )

    assert (refund.amount, refund.state, refund.leg_id) == (1200, RefundState.SUCCEEDED, "leg_1")
    assert refund.payment_reference == reference
    assert refund.bank_reference is not None
    assert await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_1") == refund
    assert await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_2") is None
    assert (await till.gateway.read(till.account, reference)).refunds == (refund,)
