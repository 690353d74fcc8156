"""Every way in which a refund can end, and what we may conclude from it (DESIGN §5)."""

from __future__ import annotations

import asyncio

import pytest

from plugin.core.ids import new_token
from plugin.payments.sandbox.faults import FaultKind
from plugin.payments.sandbox.server import RunningSandbox
from plugin.payments.stripe.gateway import StripeGateway
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    PaymentAccount,
    RefundFact,
    RefundState,
    RejectCode,
    Rejected,
)
from tests.fixtures_stripe import Till

REFUNDS = "POST /v1/refunds"


async def refund(till: Till, reference: str, amount: int = 1000, *, key: str = "key_1") -> RefundFact:
    return await till.gateway.refund(
        till.account, reference=reference, amount=amount, currency="USD", leg_id=f"leg_of_{key}", key=key
    )


async def test_an_answer_lost_after_the_refund_is_unknown_and_the_same_key_finds_that_refund(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.DROP_AFTER, REFUNDS)

    with pytest.raises(OutcomeUnknown):
        await refund(till, reference)
    again = await refund(till, reference)

    payment = await till.control.payment(reference)
    assert [entry.id for entry in payment.refunds] == [again.id]
    assert payment.refunded == 1000


async def test_a_time_out_after_the_refund_is_unknown_and_the_same_key_finds_that_refund(till: Till) -> None:
    hasty = StripeGateway(timeout=0.15)
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.DELAY_AFTER, REFUNDS, delay_ms=600)

    with pytest.raises(OutcomeUnknown):
        await hasty.refund(till.account, reference=reference, amount=700, currency="USD", leg_id="leg", key="key_1")
    again = await hasty.refund(till.account, reference=reference, amount=700, currency="USD", leg_id="leg", key="key_1")
    await hasty.aclose()

    assert [entry.id for entry in (await till.control.payment(reference)).refunds] == [again.id]


async def test_a_connection_lost_before_the_refund_is_unknown_and_the_same_key_makes_it(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.DROP_BEFORE, REFUNDS)

    with pytest.raises(OutcomeUnknown):
        await refund(till, reference)
    assert (await till.control.payment(reference)).refunds == []
    await refund(till, reference)

    assert (await till.control.payment(reference)).refunded == 1000


async def test_a_refused_connection_is_unknown(till: Till) -> None:
    nowhere = PaymentAccount(shop_id="shop_1", api_key="sk_test_1", base="http://127.0.0.1:9")
    with pytest.raises(OutcomeUnknown):
        await till.gateway.read(nowhere, "pi_1")


async def test_the_same_key_while_the_first_call_runs_is_unknown(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.DELAY_BEFORE, REFUNDS, delay_ms=200)

    outcomes = await asyncio.gather(refund(till, reference), refund(till, reference), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["OutcomeUnknown", "RefundFact"]
    assert (await till.control.payment(reference)).refunded == 1000


@pytest.mark.parametrize("kind", [FaultKind.ANSWER_409, FaultKind.ANSWER_429])
async def test_a_lock_or_a_limit_is_unknown_and_is_not_stored(till: Till, kind: FaultKind) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(kind, REFUNDS)

    with pytest.raises(OutcomeUnknown):
        await refund(till, reference)

    assert (await refund(till, reference)).state is RefundState.SUCCEEDED


@pytest.mark.parametrize(("kind", "was_done"), [(FaultKind.ANSWER_500, False), (FaultKind.ANSWER_500_AFTER, True)])
async def test_a_500_is_stored_under_the_key_and_only_the_list_tells_the_truth(
    till: Till, kind: FaultKind, was_done: bool
) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(kind, REFUNDS)

    for _ in range(2):
        with pytest.raises(OutcomeStored):
            await refund(till, reference)

    found = await till.gateway.find_refund(till.account, reference=reference, leg_id="leg_of_key_1")
    assert (found is not None) == was_done


async def test_a_500_on_reading_is_only_unknown(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.break_next(FaultKind.ANSWER_500, "GET /v1/*")
    with pytest.raises(OutcomeUnknown):
        await till.gateway.read(till.account, reference)


async def rejected(till: Till, reference: str, amount: int = 1000, *, key: str = "key_1") -> RejectCode:
    with pytest.raises(Rejected) as caught:
        await refund(till, reference, amount, key=key)
    return caught.value.code


async def test_a_payment_that_was_refunded_elsewhere_is_rejected_as_already_refunded(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.refund(reference)
    assert await rejected(till, reference) is RejectCode.ALREADY_REFUNDED


async def test_more_than_is_left_is_rejected_so_that_the_leg_is_planned_again(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.refund(reference, 4500)
    assert await rejected(till, reference) is RejectCode.UNEXPECTED_STATE
    assert (await till.control.payment(reference)).refunded == 4500


async def test_an_empty_balance_is_rejected_as_such(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.set_balance("usd", 999)
    assert await rejected(till, reference) is RejectCode.INSUFFICIENT_BALANCE
    await till.control.set_balance("usd", None)
    assert (await refund(till, reference, key="key_2")).state is RefundState.SUCCEEDED


async def test_a_payment_that_is_only_authorised_cannot_be_refunded(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", is_manual=True)
    assert await rejected(till, reference) is RejectCode.UNEXPECTED_STATE


async def test_a_disputed_payment_cannot_be_refunded(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_createDispute")
    assert await rejected(till, reference) is RejectCode.UNEXPECTED_STATE


async def test_an_unknown_payment_is_rejected_as_not_found(till: Till) -> None:
    assert await rejected(till, "pi_nowhere") is RejectCode.NOT_FOUND
    with pytest.raises(Rejected) as caught:
        await till.gateway.read(till.account, "pi_nowhere")
    assert caught.value.code is RejectCode.NOT_FOUND


async def test_other_parameters_under_a_used_key_are_our_own_mistake(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    await refund(till, reference, 1000)
    assert await rejected(till, reference, 1001) is RejectCode.OTHER


async def test_a_wrong_key_is_rejected_as_bad_credentials(sandbox: RunningSandbox, till: Till) -> None:
    stranger = PaymentAccount(shop_id="shop_1", api_key="sk_live_1", base=sandbox.url)
    with pytest.raises(Rejected) as caught:
        await till.gateway.ping(stranger)
    assert caught.value.code is RejectCode.BAD_CREDENTIALS


async def test_another_account_does_not_know_the_payment(sandbox: RunningSandbox, till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    stranger = PaymentAccount(shop_id="shop_2", api_key=new_token("sk_test"), base=sandbox.url)
    with pytest.raises(Rejected) as caught:
        await till.gateway.read(stranger, reference)
    assert caught.value.code is RejectCode.NOT_FOUND


async def test_two_hundred_answers_lost_make_two_hundred_refunds_and_no_more(till: Till) -> None:
    reference = await till.control.pay(200_00, "usd")
    await till.control.break_next(FaultKind.DROP_AFTER, REFUNDS, times=200)

    async def until_known(number: int) -> RefundFact:
        while True:
            try:
                return await refund(till, reference, 100, key=f"key_{number}")
            except OutcomeUnknown:
                continue

    facts = [await until_known(number) for number in range(200)]

    payment = await till.control.payment(reference)
    assert {entry.id for entry in payment.refunds} == {fact.id for fact in facts}
    assert (len(payment.refunds), payment.refunded) == (200, 200_00)
    assert len((await till.gateway.read(till.account, reference)).refunds) == 200


async def test_fifty_calls_at_once_with_one_key_make_one_refund(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    facts = await asyncio.gather(*(refund(till, reference) for _ in range(50)))
    assert len({fact.id for fact in facts}) == 1
    assert (await till.control.payment(reference)).refunded == 1000


async def test_fifty_calls_at_once_with_their_own_keys_never_exceed_the_payment(till: Till) -> None:
    reference = await till.control.pay(5000, "usd")
    calls = (refund(till, reference, 300, key=f"key_{number}") for number in range(50))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, RefundFact) for outcome in outcomes) == 16
    assert {o.code for o in outcomes if isinstance(o, Rejected)} == {RejectCode.UNEXPECTED_STATE}
    assert (await till.control.payment(reference)).refunded == 4800
