"""Samples of what is said about putting an order right."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.messages.contexts_fix import FixDone, Fixed, FixExpired, FixLetter, FixPayment, FixProblem
from plugin.messages.sample_shop import ANSWER, shopper


def samples_fix(locale: str) -> dict[str, FixLetter]:
    """By the name of the template, and its variants."""
    known = shopper(locale)
    to_pay = FixPayment(
        **known, fixed=Fixed.ADDRESS, currency="GBP", amount=1500, tax=250, shipping=1500,
        pay_url="https://pay.example/c/1", until=ANSWER,
    )  # fmt: skip
    return {
        "fix_done": FixDone(**known, fixed=Fixed.ADDRESS, currency="GBP"),
        "fix_done-cheaper": FixDone(**known, fixed=Fixed.ITEM, currency="GBP", given_back=450),
        "fix_done-code": FixDone(**known, fixed=Fixed.CODE, currency="GBP", given_back=1200),
        "fix_payment": to_pay,
        "fix_payment-item": replace(to_pay, fixed=Fixed.ITEM, tax=0, shipping=0),
        "fix_expired": FixExpired(**known),
        "fix_problem": FixProblem(**known, by=ANSWER, currency="GBP"),
        "fix_problem-paid": FixProblem(**known, by=ANSWER, currency="GBP", given_back=1500),
    }
