"""Samples of what is said about putting an order right."""

from __future__ import annotations

from plugin.messages.contexts_fix import FixDone, FixProblem
from plugin.messages.sample_shop import ANSWER, shopper


def samples_fix(locale: str) -> dict[str, FixDone | FixProblem]:
    """By the name of the template, and its variants."""
    return {
        "fix_done": FixDone(**shopper(locale), is_address=True, currency="GBP"),
        "fix_done-cheaper": FixDone(**shopper(locale), is_address=False, currency="GBP", given_back=450),
        "fix_problem": FixProblem(**shopper(locale), by=ANSWER),
    }
