"""Retention codes at Stripe: a single-use coupon and the promotion code that opens it."""

from __future__ import annotations

import stripe

from plugin.payments.stripe.amounts import to_stripe
from plugin.payments.stripe.errors import reading, writing
from plugin.ports.payments import Promotion, PromotionKind, RejectCode, Rejected

_CODE_KEY = "comeback_code"


def _coupon(promotion: Promotion) -> stripe.params.CouponCreateParams:
    expires = int(promotion.expires_at.timestamp())
    params: stripe.params.CouponCreateParams = {
        "id": promotion.code_id,
        "duration": "once",
        "max_redemptions": 1,
        "redeem_by": expires,
        "metadata": {_CODE_KEY: promotion.code_id},
    }
    if promotion.kind is PromotionKind.PERCENT and promotion.percent:
        params["percent_off"] = promotion.percent
    elif promotion.kind is PromotionKind.AMOUNT and promotion.amount:
        params["amount_off"] = to_stripe(promotion.amount, promotion.currency)
        params["currency"] = promotion.currency.lower()
    elif promotion.kind is PromotionKind.FREE_SHIPPING:
        raise Rejected(
            RejectCode.OTHER, "Stripe has no coupon for free shipping; the store or our ledger can redeem it."
        )
    else:
        raise Rejected(RejectCode.OTHER, f"A {promotion.kind} promotion needs its {promotion.kind}, above zero.")
    return params


def _promotion_code(promotion: Promotion) -> stripe.params.PromotionCodeCreateParams:
    params: stripe.params.PromotionCodeCreateParams = {
        "promotion": {"type": "coupon", "coupon": promotion.code_id},
        "code": promotion.code,
        "max_redemptions": 1,
        "expires_at": int(promotion.expires_at.timestamp()),
        "metadata": {_CODE_KEY: promotion.code_id},
    }
    if promotion.minimum:
        params["restrictions"] = {
            "minimum_amount": to_stripe(promotion.minimum, promotion.currency),
            "minimum_amount_currency": promotion.currency.lower(),
        }
    return params


async def publish(client: stripe.StripeClient, promotion: Promotion, key: str) -> str:
    """Create coupon and promotion code, or find what an earlier attempt has made; returns the promotion code's id.

    The coupon's id is our code's id, so a repetition after Stripe has forgotten the key makes no second one.
    """
    coupon = _coupon(promotion)
    with writing():
        try:
            await client.v1.coupons.create_async(coupon, {"idempotency_key": f"{key}:coupon"})
        except stripe.InvalidRequestError as error:
            if error.code != "resource_already_exists":
                raise
    with reading():
        made = await client.v1.promotion_codes.list_async({"coupon": promotion.code_id, "limit": 1})
    if made.data:
        return made.data[0].id
    with writing():
        created = await client.v1.promotion_codes.create_async(
            _promotion_code(promotion), {"idempotency_key": f"{key}:promotion"}
        )
    return created.id
