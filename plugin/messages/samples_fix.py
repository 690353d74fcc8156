"""Samples of what is said about putting an order right."""

from __future__ import annotations

from plugin.messages.contexts_fix import FixDone, Fixed, FixProblem
from plugin.messages.sample_shop import ANSWER, shopper


def samples_fix(locale: str) -> dict[str, FixDone | FixProblem]:
    """By the name of the template, and its variants."""
    return {
        "fix_done": FixDone(**shopper(locale), fixed=Fixed.ADDRESS, currency="GBP"),
        "fix_done-cheaper": FixDone(**shopper(locale), fixed=Fixed.ITEM, currency="GBP", given_back=450),
        "fix_done-code": FixDone(**shopper(locale), fixed=Fixed.CODE, currency="GBP", given_back=1200),
        "fix_problem": FixProblem(**shopper(locale), by=ANSWER),
    }
