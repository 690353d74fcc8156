"""What is said after a case: that a promise was missed, and the question how easy it was."""

from __future__ import annotations

from datetime import date, datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, check_web_address, clean


class PromiseMissed(ShopperLetter, frozen=True, kw_only=True, tag="promise_missed"):
    """Money that was promised for a day has not arrived by its end: the apology, before the shopper has to ask.

    ``by`` is when a person will have written.
    """

    currency: str
    amount: Amount
    promised_for: date
    by: datetime
    method: str | None = None
    bank_reference: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, method=60, bank_reference=60)


class EffortAsked(ShopperLetter, frozen=True, kw_only=True, tag="effort_asked"):
    """How easy was it? ``answer_url`` opens the page on which one tap is the answer: to open a link changes nothing."""

    case_number: str
    answer_url: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_web_address(self.answer_url)
