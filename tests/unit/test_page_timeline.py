"""The last step of a cancellation on its page: what is said of the money, and whether it is over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.pages.timeline import Progress, Step, timeline
from handlers.shopper.views import AmountsView, CaseView, Money, MoneyMove, PersonView
from plugin.messages.parts import MoneyState

AT = datetime(2026, 11, 2, tzinfo=UTC)
SUM = Money(amount=100, currency="EUR", text="1 €")


def say(text: str, **values: object) -> str:
    return text.format(**values)


def last_step(*states: MoneyState) -> Step:
    case = CaseView(
        id="case_1", number="C-1", order_id="o", kind="cancel", state="done", is_final=True, sentence="",
        explanation="", outcome="approve", lines=(), amounts=AmountsView(parts=(), total=SUM), asked_at=AT,
        money=tuple(MoneyMove(state=state, money=SUM, sentence="") for state in states),
        person=PersonView(sentence="", answers_by=AT),
    )  # fmt: skip
    return timeline(case, say)[-1]


@pytest.mark.parametrize(
    ("states", "label"),
    [
        ((MoneyState.REFUNDED,), "Your money is refunded"),
        ((MoneyState.VOIDED,), "You are not charged"),
        ((MoneyState.NOT_COLLECTED,), "You are not charged"),
        ((MoneyState.NOT_COLLECTED, MoneyState.REFUNDED), "Your money is refunded"),
    ],
)
def test_money_that_nobody_waits_for_is_over(states: tuple[MoneyState, ...], label: str) -> None:
    assert last_step(*states) == Step(label, Progress.DONE)


@pytest.mark.parametrize("state", [MoneyState.ARRIVING, MoneyState.BY_PERSON])
def test_money_that_has_yet_to_come_is_on_its_way(state: MoneyState) -> None:
    assert last_step(MoneyState.NOT_COLLECTED, state) == Step("Your money is on its way", Progress.NOW)
