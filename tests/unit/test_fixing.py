"""When an order may be put right: the whole rule as a table, and what the store's trial makes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from plugin.journeys.fixing import FixAsk, FixReason, by_the_facts, by_the_store
from plugin.policies.facts import LineFacts, OrderFacts, Progress
from plugin.ports.goods import Address, FixAnswer, StoreStatus, Wanted

COAT = LineFacts(id="coat", title="Coat", quantity=2, total=200, tax=0, free=(0, 1))
SCARF = LineFacts(id="scarf", title="Scarf", quantity=1, total=50, tax=0, free=(0,))
OPEN = OrderFacts(
    id="o", number="1", currency="USD", placed_at=datetime(2026, 11, 23, tzinfo=UTC), state=Progress.UNFULFILLED,
    total=250, lines=(COAT, SCARF),
)  # fmt: skip
SCARF_LEFT = replace(
    OPEN, state=Progress.PARTLY_FULFILLED, lines=(COAT, replace(SCARF, fulfilled=1, free=(0,)))
)  # fmt: skip
ONE_CANCELLED = replace(OPEN, lines=(replace(COAT, cancelled=1, free=(1,)), SCARF))
MOVE = FixAsk(address=Address(name="A", line1="1", city="B", country="US"))


def other(line_id: str = "coat", quantity: int = 1) -> FixAsk:
    return FixAsk(line_id=line_id, to=Wanted(product_id="coat", variant_id="l", quantity=quantity))


@pytest.mark.parametrize(
    ("facts", "ask", "reason"),
    [
        (OPEN, MOVE, FixReason.ALLOWED),
        (OPEN, other(), FixReason.ALLOWED),
        (OPEN, other(quantity=2), FixReason.ALLOWED),
        (OPEN, other(quantity=3), FixReason.MORE_THAN_LEFT),
        (OPEN, other("hat"), FixReason.UNKNOWN_LINE),
        (SCARF_LEFT, MOVE, FixReason.ALREADY_SHIPPED),
        (SCARF_LEFT, other("scarf"), FixReason.ALREADY_SHIPPED),
        (SCARF_LEFT, other("coat"), FixReason.ALLOWED),
        (replace(OPEN, state=Progress.CANCELLED), MOVE, FixReason.ORDER_CANCELLED),
        (ONE_CANCELLED, other(quantity=2), FixReason.MORE_THAN_LEFT),
        (replace(OPEN, frozen=True), MOVE, FixReason.PERSON_DECIDES),
        (replace(OPEN, paused=True), MOVE, FixReason.PERSON_DECIDES),
        (replace(OPEN, has_open_dispute=True), other(), FixReason.PERSON_DECIDES),
        (replace(OPEN, unexplained=1), MOVE, FixReason.PERSON_DECIDES),
        (replace(OPEN, unattributed=1), MOVE, FixReason.PERSON_DECIDES),
    ],
)  # fmt: skip
def test_the_facts_say_whether(facts: OrderFacts, ask: FixAsk, reason: FixReason) -> None:
    assert by_the_facts(facts, ask, is_asked=False).reason is reason


def test_one_ask_at_a_time() -> None:
    assert by_the_facts(OPEN, MOVE, is_asked=True).reason is FixReason.ASKED_ALREADY


@pytest.mark.parametrize(
    ("trial", "reason", "costs"),
    [
        (FixAnswer(status=StoreStatus.DONE, costs=100, tax=20, shipping=50), FixReason.ALLOWED, 100),
        (FixAnswer(status=StoreStatus.DONE), FixReason.ALLOWED, 0),
        (FixAnswer(status=StoreStatus.DONE, costs=-100, tax=-20), FixReason.ALLOWED, -100),
        (FixAnswer(status=StoreStatus.OUT_OF_STOCK), FixReason.OUT_OF_STOCK, 0),
        (FixAnswer(status=StoreStatus.TOO_LATE), FixReason.ALREADY_SHIPPED, 0),
        (FixAnswer(status=StoreStatus.REFUSED), FixReason.STORE_SAYS_NO, 0),
        (FixAnswer(status=StoreStatus.UNSUPPORTED), FixReason.NOT_OFFERED, 0),
    ],
)
def test_the_store_has_the_last_word(trial: FixAnswer, reason: FixReason, costs: int) -> None:
    verdict = by_the_store(by_the_facts(OPEN, MOVE, is_asked=False), trial, can_collect=True)
    assert (verdict.reason, verdict.costs) == (reason, costs)


def test_more_or_fewer_of_the_same_is_no_correction_of_it() -> None:
    assert by_the_facts(OPEN, other(), is_asked=False, is_the_same=True).reason is FixReason.SAME_ITEM
    assert by_the_facts(OPEN, other(), is_asked=True, is_the_same=True).reason is FixReason.ASKED_ALREADY


def test_what_costs_more_and_cannot_be_paid_here_is_for_a_person() -> None:
    verdict = by_the_facts(OPEN, MOVE, is_asked=False)
    dearer = by_the_store(verdict, FixAnswer(status=StoreStatus.DONE, costs=100), can_collect=False)
    assert (dearer.reason, dearer.costs) == (FixReason.COSTS_MORE, 0)


def test_the_digest_is_that_of_everything_agreed_to() -> None:
    verdict = by_the_facts(OPEN, MOVE, is_asked=False)
    cheaper = by_the_store(verdict, FixAnswer(status=StoreStatus.DONE, costs=-1), can_collect=True)
    taxed = by_the_store(verdict, FixAnswer(status=StoreStatus.DONE, tax=1), can_collect=True)
    sent = by_the_store(verdict, FixAnswer(status=StoreStatus.DONE, shipping=1), can_collect=True)
    elsewhere = by_the_facts(OPEN, other(), is_asked=False)
    assert len({each.digest for each in (verdict, cheaper, taxed, sent, elsewhere)}) == 5
    assert by_the_facts(OPEN, MOVE, is_asked=False).digest == verdict.digest
