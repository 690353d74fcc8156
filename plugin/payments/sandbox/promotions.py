"""Coupons and promotion codes, and the redemption that Stripe's checkout would do."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.ledger import Ledger, random_text
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, invalid

COUPONS_URL = "/v1/coupons"
URL = "/v1/promotion_codes"


def create_coupon(ledger: Ledger, params: Params, _id: str) -> Document:
    id = params.text("id") or random_text(8)
    percent, amount, currency = _percent(params), params.amount("amount_off"), params.text("currency")
    if (percent is None) == (amount is None):
        raise invalid("percent_off", "You must pass either percent_off or amount_off.", "parameter_missing")
    if amount is not None and currency is None:
        raise invalid("currency", "You must pass currency when passing amount_off.", "parameter_missing")
    duration = params.choice("duration", ("once", "forever", "repeating")) or "once"
    redeem_by = _moment(ledger, params, "redeem_by")
    if ledger.find("coupon", id) is not None:
        raise Refusal(400, "Coupon already exists.", code="resource_already_exists", param="id")
    coupon = objects.coupon(id, ledger.clock.now())
    coupon |= {
        "percent_off": percent, "amount_off": amount, "currency": currency.lower() if currency else None,
        "duration": duration, "max_redemptions": params.amount("max_redemptions"), "redeem_by": redeem_by,
        "name": params.text("name"), "metadata": params.metadata({}),
    }  # fmt: skip
    ledger.emit("coupon.created", ledger.add(coupon))
    return coupon


def retrieve_coupon(ledger: Ledger, _params: Params, id: str) -> Document:
    coupon = ledger.get("coupon", id, "coupon")
    coupon["valid"] = _is_open(ledger, coupon, coupon["redeem_by"])
    return coupon


def list_coupons(ledger: Ledger, params: Params, _id: str) -> Document:
    return ledger.page("coupon", COUPONS_URL, params)


def create(ledger: Ledger, params: Params, _id: str) -> Document:
    promotion = params.inner("promotion")
    promotion.choice("type", ("coupon",))
    coupon = ledger.get("coupon", promotion.required_text("coupon"), "promotion[coupon]")
    code = (params.text("code") or random_text(8)).upper()
    if not code.replace("-", "").isalnum() or not code.isascii():
        raise invalid("code", "The promotion code can only contain letters, digits and dashes.")
    expires_at = _moment(ledger, params, "expires_at")
    if expires_at and coupon["redeem_by"] and expires_at > coupon["redeem_by"]:
        raise invalid("expires_at", "The promotion code cannot expire after its coupon.")
    if any(row["active"] and row["code"].upper() == code for row in ledger.newest_first("promotion_code")):
        raise Refusal(
            400, f"An active promotion code with `code: {code}` already exists.", code="resource_already_exists",
            param="code",
        )  # fmt: skip
    document = objects.promotion_code(ledger.new_id("promotion_code"), code, coupon["id"], ledger.clock.now())
    document |= {
        "expires_at": expires_at, "max_redemptions": params.amount("max_redemptions"), "metadata": params.metadata({}),
    }  # fmt: skip
    restrictions = params.inner("restrictions")
    document["restrictions"] |= {
        "minimum_amount": restrictions.amount("minimum_amount"),
        "minimum_amount_currency": restrictions.text("minimum_amount_currency"),
        "first_time_transaction": restrictions.flag("first_time_transaction") or False,
    }
    ledger.emit("promotion_code.created", ledger.add(document))
    return document


def retrieve(ledger: Ledger, _params: Params, id: str) -> Document:
    document = ledger.get("promotion_code", id, "promotion_code")
    document["active"] = document["active"] and _is_open(ledger, document, document["expires_at"])
    return document


def update(ledger: Ledger, params: Params, id: str) -> Document:
    document = ledger.get("promotion_code", id, "promotion_code")
    active = params.flag("active")
    if active and not _is_open(ledger, document, document["expires_at"]):
        raise Refusal(400, "This promotion code is expired or redeemed and cannot be activated.", param="active")
    document["metadata"] = params.metadata(document["metadata"])
    if active is not None:
        document["active"] = active
    ledger.emit("promotion_code.updated", document)
    return document


def list_all(ledger: Ledger, params: Params, _id: str) -> Document:
    code, coupon = params.text("code"), params.text("coupon")
    wanted = {"type": "coupon", "coupon": coupon} if coupon else None
    return ledger.page(
        "promotion_code", URL, params, code=code.upper() if code else None, active=params.flag("active"),
        promotion=wanted,
    )  # fmt: skip


def redeem(ledger: Ledger, document: Document) -> Document:
    """Count one redemption, as Stripe's checkout does; refused when the code is not open."""
    if not document["active"] or not _is_open(ledger, document, document["expires_at"]):
        raise Refusal(400, "This promotion code is expired or redeemed.", code="coupon_expired")
    coupon = ledger.get("coupon", document["promotion"]["coupon"])
    document["times_redeemed"] += 1
    coupon["times_redeemed"] += 1
    document["active"] = _is_open(ledger, document, document["expires_at"])
    coupon["valid"] = _is_open(ledger, coupon, coupon["redeem_by"])
    ledger.emit("promotion_code.updated", document, {"times_redeemed": document["times_redeemed"] - 1})
    return document


def _is_open(ledger: Ledger, document: Document, ends_at: int | None) -> bool:
    uses, most = document["times_redeemed"], document["max_redemptions"]
    return (most is None or uses < most) and (ends_at is None or ledger.clock.now() < ends_at)


def _moment(ledger: Ledger, params: Params, name: str) -> int | None:
    moment = params.integer(name)
    if moment is not None and moment <= ledger.clock.now():
        raise invalid(name, f"{name} must be a timestamp in the future.")
    return moment


def _percent(params: Params) -> float | None:
    """Stripe writes percentages as JSON numbers with up to two decimals; they are no amounts of money."""
    text = params.text("percent_off")
    if text is None:
        return None
    try:
        percent = Decimal(text)
    except InvalidOperation as error:
        raise invalid("percent_off", f"Invalid decimal: {text}") from error
    if not 0 < percent <= 100:
        raise invalid("percent_off", "percent_off must be above 0 and at most 100.")
    return float(percent)
