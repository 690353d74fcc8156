"""Retention codes at Stripe: published once, redeemed once, withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.sandbox.faults import FaultKind
from plugin.ports.payments import OutcomeUnknown, Promotion, PromotionKind, RejectCode, Rejected
from tests.fixtures_stripe import Till

TEN_PERCENT = Promotion(
    code_id="code_1", code="BACK-7Q2M", kind=PromotionKind.PERCENT, percent=10, amount=None, currency="USD",
    minimum=2000, expires_at=datetime.now(UTC) + timedelta(days=30),
)  # fmt: skip
FIVE_DOLLARS = replace(TEN_PERCENT, kind=PromotionKind.AMOUNT, percent=None, amount=500, minimum=None)


@pytest.mark.parametrize("promotion", [TEN_PERCENT, FIVE_DOLLARS], ids=["percent", "amount"])
async def test_a_published_code_is_redeemed_once(till: Till, promotion: Promotion) -> None:
    id = await till.gateway.publish_code(till.account, promotion, key="key_1")
    await till.control.redeem(id)
    with pytest.raises(ControlRefused):
        await till.control.redeem(id)


async def test_publishing_again_finds_the_first_code_with_the_same_key_or_another(till: Till) -> None:
    first = await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1")
    assert await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1") == first
    assert await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_2") == first


@pytest.mark.parametrize("route", ["POST /v1/coupons", "POST /v1/promotion_codes"])
async def test_a_lost_answer_while_publishing_makes_no_second_code(till: Till, route: str) -> None:
    await till.control.break_next(FaultKind.DROP_AFTER, route)
    with pytest.raises(OutcomeUnknown):
        await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1")
    id = await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1")
    assert await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_2") == id


async def test_a_withdrawn_code_cannot_be_redeemed(till: Till) -> None:
    id = await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1")
    await till.gateway.withdraw_code(till.account, id, key="key_2")
    with pytest.raises(ControlRefused):
        await till.control.redeem(id)


async def test_a_code_ends_with_its_expiry(till: Till) -> None:
    id = await till.gateway.publish_code(till.account, TEN_PERCENT, key="key_1")
    await till.control.set_clock(31 * 24 * 3600)
    with pytest.raises(ControlRefused):
        await till.control.redeem(id)


@pytest.mark.parametrize(
    ("promotion", "reason"),
    [
        (replace(TEN_PERCENT, kind=PromotionKind.FREE_SHIPPING, percent=None), "free shipping"),
        (replace(TEN_PERCENT, percent=None), "needs its percent"),
        (replace(FIVE_DOLLARS, amount=0), "needs its amount"),
    ],
)
async def test_what_stripe_has_no_coupon_for_is_rejected_with_its_reason(
    till: Till, promotion: Promotion, reason: str
) -> None:
    with pytest.raises(Rejected, match=reason) as caught:
        await till.gateway.publish_code(till.account, promotion, key="key_1")
    assert caught.value.code is RejectCode.OTHER


async def test_an_unknown_code_is_not_found(till: Till) -> None:
    with pytest.raises(Rejected) as caught:
        await till.gateway.withdraw_code(till.account, "promo_nowhere", key="key_1")
    assert caught.value.code is RejectCode.NOT_FOUND
