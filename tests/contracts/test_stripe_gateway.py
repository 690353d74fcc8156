"""The gateway against the sandbox, over real HTTP and with the real SDK: what each call tells us."""

from __future__ import annotations

import httpx
import pytest

from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.stripe.amounts import to_stripe
from plugin.ports.orders import PaymentState
from plugin.ports.payments import RefundState, RejectCode, Rejected
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


@pytest.mark.parametrize(
    ("currency", "captured", "parts", "moved"),
    [
        ("USD", 1000, [333, 333, 334], [333, 333, 334]),
        ("JPY", 1000, [333, 333, 334], [333, 333, 334]),
        ("ISK", 1000, [333, 333, 334], [333, 333, 334]),
        ("UGX", 1000, [333, 333, 334], [333, 333, 334]),
        ("KWD", 1000, [333, 333, 334], [330, 330, 340]),
        ("MGA", 100_000, [33_333, 33_333, 33_334], [33_300, 33_300, 33_400]),
    ],
)
async def test_refunds_in_parts_pay_back_exactly_what_was_captured(
    till: Till, currency: str, captured: int, parts: list[int], moved: list[int]
) -> None:
    reference = await till.control.pay(to_stripe(captured, currency), currency.lower())
    facts, before = [], 0
    for number, part in enumerate(parts):
        facts.append(
            await till.gateway.refund(
                till.account, reference=reference, amount=part, currency=currency, leg_id=f"leg_{number}",
                key=f"key_{number}", refunded_before=before,
            )
        )  # fmt: skip
        before += part

    payment = await till.gateway.read(till.account, reference)
    assert [fact.amount for fact in facts] == moved
    assert payment.captured == sum(refund.amount for refund in payment.refunds) == captured


async def test_a_part_smaller_than_stripe_can_move_is_rejected_before_any_call(till: Till) -> None:
    with pytest.raises(Rejected) as caught:
        await till.gateway.refund(till.account, reference="pi_1", amount=4, currency="KWD", leg_id="leg_1", key="key_1")
    assert caught.value.code is RejectCode.OTHER


async def test_a_pending_refund_succeeds_later(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_pendingRefund")
    refund = await till.gateway.refund(
        till.account, reference=reference, amount=5000, currency="USD", leg_id="leg_1", key="key_1"
    )
    assert (refund.state, refund.bank_reference) == (RefundState.PENDING, None)

    await till.control.settle_refund(refund.id)

    found = await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_1")
    assert found is not None
    assert found.state is RefundState.SUCCEEDED


async def test_a_refund_that_succeeded_can_fail_later_and_the_money_can_be_given_back_anew(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_refundFail")
    refund = await till.gateway.refund(
        till.account, reference=reference, amount=5000, currency="USD", leg_id="leg_1", key="key_1"
    )
    assert refund.state is RefundState.SUCCEEDED

    await till.control.settle_refund(refund.id)

    found = await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_1")
    assert found is not None
    assert (found.state, found.failure_reason) == (RefundState.FAILED, "expired_or_canceled_card")
    again = await till.gateway.refund(
        till.account, reference=reference, amount=5000, currency="USD", leg_id="leg_2", key="key_2"
    )
    assert again.state is RefundState.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "state"), [("requires_action", RefundState.REQUIRES_ACTION), ("canceled", RefundState.CANCELLED)]
)
async def test_the_rarer_states_of_a_refund_are_told_apart(till: Till, status: str, state: RefundState) -> None:
    reference = await till.control.pay(5000, "usd")
    refund_id = await till.control.refund(reference, 100)
    await till.control.settle_refund(refund_id, status)
    assert [r.state for r in (await till.gateway.read(till.account, reference)).refunds] == [state]


async def test_refunds_begun_elsewhere_are_read_with_ours_over_several_pages(till: Till) -> None:
    reference = await till.control.pay(25_000, "usd")
    ours = await till.gateway.refund(
        till.account, reference=reference, amount=100, currency="USD", leg_id="leg_1", key="key_1"
    )
    for _ in range(120):
        await till.control.refund(reference, 100)

    payment = await till.gateway.read(till.account, reference)

    assert len(payment.refunds) == 121
    assert [refund.leg_id for refund in payment.refunds if refund.leg_id] == ["leg_1"]
    assert await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_1") == ours


async def test_an_inquiry_holds_no_money_and_a_dispute_does_until_it_is_won(till: Till) -> None:
    asked = await till.control.pay(5000, "usd", card="pm_card_createDisputeInquiry")
    (inquiry,) = (await till.gateway.read(till.account, asked)).disputes
    assert (inquiry.holds_money, inquiry.is_closed, inquiry.amount) == (False, False, 5000)
    await till.gateway.refund(till.account, reference=asked, amount=5000, currency="USD", leg_id="leg_1", key="key_1")

    disputed = await till.control.pay(5000, "usd")
    dispute_id = await till.control.open_dispute(disputed, 3000)
    (dispute,) = (await till.gateway.read(till.account, disputed)).disputes
    assert (dispute.holds_money, dispute.is_closed, dispute.amount) == (True, False, 3000)
    await till.control.close_dispute(dispute_id, "won")
    (dispute,) = (await till.gateway.read(till.account, disputed)).disputes
    assert (dispute.state, dispute.holds_money, dispute.is_closed) == ("won", False, True)


async def test_a_lost_dispute_holds_its_money_for_good(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_createDispute")
    (dispute,) = (await till.gateway.read(till.account, reference)).disputes
    await till.control.close_dispute(dispute.id, "lost")
    (dispute,) = (await till.gateway.read(till.account, reference)).disputes
    assert (dispute.holds_money, dispute.is_closed) == (True, True)


async def test_an_authorised_payment_says_until_when_it_can_be_captured(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", is_manual=True)
    payment = await till.gateway.read(till.account, reference)
    assert payment.state is PaymentState.AUTHORISED
    assert (payment.authorised, payment.capturable, payment.captured) == (5000, 5000, 0)
    assert payment.capture_before is not None


async def test_a_voided_payment_has_given_no_money_back(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", is_manual=True)

    voided = await till.gateway.void(till.account, reference=reference, leg_id="leg_1", key="key_1")

    assert voided.state is PaymentState.VOIDED
    assert (voided.authorised, voided.capturable, voided.captured, voided.refunds) == (0, 0, 0, ())
    assert await till.gateway.void(till.account, reference=reference, leg_id="leg_1", key="key_1") == voided


async def test_a_captured_payment_cannot_be_voided(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    with pytest.raises(Rejected) as caught:
        await till.gateway.void(till.account, reference=reference, leg_id="leg_1", key="key_1")
    assert caught.value.code is RejectCode.UNEXPECTED_STATE


async def test_a_lowered_capture_is_written_at_the_payment_and_the_store_captures_it(till: Till) -> None:
    reference = await till.control.pay(5000, "isk", is_manual=True)

    limited = await till.gateway.limit_capture(
        till.account, reference=reference, at_most=30, currency="ISK", leg_id="leg_1", key="key_1"
    )

    assert (limited.authorised, limited.capturable) == (50, 30)
    assert (await till.control.payment(reference)).metadata == {
        "comeback_capture_at_most": "3000",
        "comeback_leg": "leg_1",
    }
    assert till.account.base is not None
    async with httpx.AsyncClient(base_url=till.account.base) as store:
        await store.post(
            f"/v1/payment_intents/{reference}/capture",
            data={"amount_to_capture": "3000"},
            headers={"Authorization": f"Bearer {till.account.api_key}"},
        )
    captured = await till.gateway.read(till.account, reference)
    assert (captured.state, captured.captured, captured.refunds) == (PaymentState.CAPTURED, 30, ())


async def test_the_capture_of_a_captured_payment_cannot_be_lowered(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    with pytest.raises(Rejected) as caught:
        await till.gateway.limit_capture(
            till.account, reference=reference, at_most=30, currency="USD", leg_id="leg_1", key="key_1"
        )
    assert caught.value.code is RejectCode.UNEXPECTED_STATE
    assert (await till.control.payment(reference)).metadata == {}


async def test_a_declined_payment_is_read_as_failed(till: Till) -> None:
    with pytest.raises(ControlRefused, match="card_declined"):
        await till.control.pay(5000, "usd", card="pm_card_chargeDeclined")
    (declined,) = (await till.control.ledger()).payments
    payment = await till.gateway.read(till.account, declined.id)
    assert (payment.state, payment.captured, payment.authorised) == (PaymentState.FAILED, 0, 0)


async def test_a_payment_that_waits_for_the_shopper_is_pending(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_authenticationRequired")
    assert (await till.gateway.read(till.account, reference)).state is PaymentState.PENDING


async def test_ping_names_the_account(till: Till) -> None:
    assert (await till.gateway.ping(till.account)).startswith("acct_")
