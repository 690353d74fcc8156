"""The better of the version at purchase and the current one, for the shopper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from plugin.policies.better import decide_better, options_better
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import GRAVITY, decide, options
from plugin.policies.document import Fee, Policy, Then
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.reasons import Action, Mode, Outcome, Resolution
from plugin.policies.rules import Rules, compile_policy
from tests.unit.policies.documents import asks, orders, policies
from tests.unit.policies.making import APPROVE, PLACED, REFUSE, REVIEW, SOON, a_line, an_order, everything, some_rules

APPROVES, REVIEWS, REFUSES = some_rules(), some_rules(otherwise=REVIEW), some_rules(otherwise=REFUSE)
CREDIT = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,), bonus_percent=50)
EITHER = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT, Resolution.REFUND))


def costs(cents: int) -> Rules:
    return some_rules(otherwise=Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": cents})))


def within(hours: int) -> Rules:
    return some_rules((When(since_placed=Since(at_most=Span(hours=hours))), APPROVE), otherwise=REFUSE)


def returning(then: Then) -> Rules:
    return some_rules(otherwise=then, action=Action.RETURN)


CANCEL, RETURN = everything(), Ask(action=Action.RETURN, whole=True)
BETTER_FIRST = [
    ("approved before reviewed", CANCEL, APPROVES, REVIEWS),
    ("reviewed before refused", CANCEL, REVIEWS, REFUSES),
    ("approved at a fee before reviewed without", CANCEL, costs(900), REVIEWS),
    ("a lower fee is more cash", CANCEL, costs(100), costs(200)),
    ("more cash before more days", CANCEL, within(1), costs(1)),
    ("more days", CANCEL, within(2), within(1)),
    ("no deadline is more than any", CANCEL, APPROVES, within(99)),
    ("a refund before credit with a bonus", RETURN, returning(APPROVE), returning(CREDIT)),
    ("a refund that may be chosen is cash", RETURN, returning(EITHER), returning(CREDIT)),
]


@pytest.mark.parametrize(
    ("ask", "better", "worse"), [row[1:] for row in BETTER_FIRST], ids=[row[0] for row in BETTER_FIRST]
)
def test_the_better_answer_counts_whichever_version_it_is_of(ask: Ask, better: Rules, worse: Rules) -> None:
    order = an_order(a_line(fulfilled=3 if ask.action is Action.RETURN else 0))
    answer = decide(order, ask, better, SOON)
    assert decide_better(order, ask, better, worse, SOON) == (answer, True)
    assert decide_better(order, ask, worse, better, SOON) == (answer, False)
    (option,) = options(order, better, SOON, ask.action)
    assert options_better(order, better, worse, SOON, ask.action) == (option,)
    assert options_better(order, worse, better, SOON, ask.action) == (option,)


def test_a_tie_goes_to_the_version_at_purchase() -> None:
    named = some_rules((When(), APPROVE))
    decision, is_of_purchase = decide_better(an_order(), everything(), named, APPROVES, SOON)
    assert is_of_purchase
    assert decision.lines[0].row == "row-1"
    assert decide_better(an_order(), everything(), APPROVES, APPROVES, SOON)[1]


def test_each_line_has_its_own_better_version() -> None:
    fragile, sturdy = When(tags=("fragile",)), When(tags=("sturdy",))
    order = an_order(a_line("vase", tags=("fragile",)), a_line("mug", tags=("sturdy",)))
    at_purchase, current = some_rules((fragile, REFUSE)), some_rules((sturdy, REFUSE))
    assert [option.outcome for option in options_better(order, at_purchase, current, SOON)] == [Outcome.APPROVE] * 2


@settings(max_examples=100, deadline=None)
@given(orders(), asks, policies(), policies())
def test_the_answer_is_never_worse_than_that_of_either_version(
    order: OrderFacts, ask: Ask, at_purchase: Policy, current: Policy
) -> None:
    both = compile_policy(at_purchase), compile_policy(current)
    at = PLACED + timedelta(hours=30)
    answers = [decide(order, ask, rules, at) for rules in both]
    decision, is_of_purchase = decide_better(order, ask, *both, at)
    assert decision == answers[0 if is_of_purchase else 1]
    if answers[1].proposed is None:  # else the current version leaves it to a person
        assert GRAVITY[decision.outcome] == min(GRAVITY[answer.outcome] for answer in answers)


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.SUGGEST])
@pytest.mark.parametrize("outcome", [APPROVE, REFUSE], ids=["approve", "refuse"])
def test_a_row_that_is_taken_off_duty_answers_no_older_order_either(mode: Mode, outcome: Then) -> None:
    on_trial = some_rules(otherwise=replace(outcome, mode=mode))
    decision, is_of_purchase = decide_better(an_order(), CANCEL, APPROVES, on_trial, SOON)
    assert (decision.outcome, decision.proposed, is_of_purchase) == (Outcome.REVIEW, outcome.outcome, False)
    (option,) = options_better(an_order(), APPROVES, on_trial, SOON)
    assert option.outcome is Outcome.REVIEW


def test_a_row_that_is_trusted_now_answers_for_older_orders_too() -> None:
    on_trial = some_rules(otherwise=replace(APPROVE, mode=Mode.SHADOW))
    decision, is_of_purchase = decide_better(an_order(), CANCEL, on_trial, APPROVES, SOON)
    assert (decision.outcome, is_of_purchase) == (Outcome.APPROVE, False)
