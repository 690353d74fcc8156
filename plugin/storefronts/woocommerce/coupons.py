"""Retention codes as WooCommerce coupons: used once, by one e-mail address, until a moment, and with no other coupon.

The end is written as ``date_expires`` with its offset: ``date_expires_gmt`` is documented and never read (there is
no ``set_date_expires_gmt``; ``class-wc-rest-coupons-v2-controller.php``, ``prepare_object_for_database``). A code is
stored in lower case and found in any (``wc_format_coupon_code``).
"""

from __future__ import annotations

from msgspec import Struct

from plugin.core.money import as_decimal
from plugin.ports.payments import Promotion, PromotionKind, RejectCode, Rejected
from plugin.storefronts.woocommerce.api import Refusal, WooApi
from plugin.storefronts.woocommerce.marks import meta_body
from plugin.storefronts.woocommerce.wire import MetaData, value_of

_CODE_ID = "_comeback_code"
_EXISTS = "woocommerce_rest_coupon_code_already_exists"
_DISCOUNTS = {PromotionKind.PERCENT: "percent", PromotionKind.AMOUNT: "fixed_cart"}


class _Coupon(Struct, frozen=True):
    id: int
    meta_data: list[MetaData] = []


class _Currency(Struct, frozen=True):
    code: str


async def publish(api: WooApi, promotion: Promotion, email: str | None) -> str:
    """See ``Platform.publish_code``. Raises ``Rejected`` where the code is somebody else's, or in another currency."""
    if found := await _find(api, promotion):
        return found
    if promotion.amount or promotion.minimum:
        currency = (await api.get("data/currencies/current")).read(_Currency).code
        if currency != promotion.currency:
            raise Rejected(RejectCode.OTHER, f"The store's coupons are in {currency}, not in {promotion.currency}.")
    try:
        reply = await api.post("coupons", _body(promotion, email))
    except Refusal as no:
        found = await _find(api, promotion) if no.error == _EXISTS else None
        if found:
            return found
        raise
    return str(reply.read(_Coupon).id)


async def withdraw(api: WooApi, coupon_id: str) -> None:
    """See ``Platform.withdraw_code``."""
    try:
        await api.delete(f"coupons/{coupon_id}")
    except Refusal as no:
        if no.code is not RejectCode.NOT_FOUND:
            raise


async def _find(api: WooApi, promotion: Promotion) -> str | None:
    coupons = (await api.get("coupons", code=promotion.code.lower())).read(list[_Coupon])
    for coupon in coupons:
        if value_of(coupon.meta_data, _CODE_ID) != promotion.code_id:
            raise Rejected(RejectCode.OTHER, "The store has a coupon of its own with this code.")
        return str(coupon.id)
    return None


def _body(promotion: Promotion, email: str | None) -> dict[str, object]:
    amount = "0"
    if promotion.kind is PromotionKind.PERCENT:
        amount = str(promotion.percent)
    elif promotion.kind is PromotionKind.AMOUNT:
        amount = str(as_decimal(promotion.amount or 0, promotion.currency))
    body: dict[str, object] = {
        "code": promotion.code,
        "discount_type": _DISCOUNTS.get(promotion.kind, "fixed_cart"),
        "amount": amount,
        "free_shipping": promotion.kind is PromotionKind.FREE_SHIPPING,
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "date_expires": promotion.expires_at.isoformat(timespec="seconds"),
        "meta_data": meta_body({_CODE_ID: promotion.code_id}),
    }
    if email:
        body["email_restrictions"] = [email]
    if promotion.minimum:
        body["minimum_amount"] = str(as_decimal(promotion.minimum, promotion.currency))
    return body
