"""The test payment methods whose names alone decide what happens (https://docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """``decline`` is (error code, decline code). ``refund`` is the state in which a refund begins and the one that it
    reaches later. ``dispute`` is the reason of a dispute that opens at once; an inquiry takes no money."""

    last4: str
    brand: str = "visa"
    funding: str = "credit"
    decline: tuple[str, str | None] | None = None
    refund: tuple[str, str] | None = None
    dispute: str | None = None
    is_inquiry: bool = False
    needs_authentication: bool = False


_DECLINED = Card("0002", decline=("card_declined", "generic_decline"))

CARDS: dict[str, Card] = {
    "pm_card_visa": Card("4242"),
    "pm_card_visa_debit": Card("5556", funding="debit"),
    "pm_card_mastercard": Card("4444", brand="mastercard"),
    "pm_card_amex": Card("8431", brand="amex"),
    "pm_card_discover": Card("9424", brand="discover"),
    "pm_card_chargeDeclined": _DECLINED,
    "pm_card_visa_chargeDeclined": _DECLINED,
    "pm_card_chargeDeclinedInsufficientFunds": Card("9995", decline=("card_declined", "insufficient_funds")),
    "pm_card_chargeDeclinedExpiredCard": Card("0069", decline=("expired_card", None)),
    "pm_card_chargeDeclinedIncorrectCvc": Card("0127", decline=("incorrect_cvc", None)),
    "pm_card_chargeDeclinedProcessingError": Card("0119", decline=("processing_error", None)),
    "pm_card_authenticationRequired": Card("3184", needs_authentication=True),
    "pm_card_pendingRefund": Card("7726", refund=("pending", "succeeded")),
    "pm_card_refundFail": Card("5126", refund=("succeeded", "failed")),
    "pm_card_createDispute": Card("0259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "pm_card_createDisputeInquiry": Card("1976", dispute="fraudulent", is_inquiry=True),
}
