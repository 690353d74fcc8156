"""Samples of what is said after a case."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.messages.contexts_after import EffortAsked, PromiseMissed
from plugin.messages.sample_shop import ANSWER, BY, shopper


def samples_after(locale: str) -> dict[str, PromiseMissed | EffortAsked]:
    """By the name of the template, and its variants."""
    missed = PromiseMissed(
        **shopper(locale), currency="GBP", amount=6450, promised_for=BY, by=ANSWER, method="Visa •••• 4242",
        bank_reference="74627884033000112233445",
    )  # fmt: skip
    return {
        "promise_missed": missed,
        "promise_missed-no-method": replace(missed, method=None, bank_reference=None, first_name=None),
        "effort_asked": EffortAsked(
            **shopper(locale), case_number="R-7K2MQ9X", answer_url="https://comeback.example/effort/ef_4f9aVtS0Z2qkq1m8"
        ),
    }
