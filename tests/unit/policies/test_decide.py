"""The whole ``decide()`` in tables: slips live in the assembly of parts that were all tested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugin.policies.conditions import Since, Span, When
from plugin.policies.decision import Verdict
from plugin.policies.facts import Ask, OrderFacts, Progress
from plugin.policies.reasons import GoodsKind, Outcome, Reason, Risk
from plugin.ports.orders import Custodian, LineKind
from tests.unit.policies.making import (
    APPROVE,
    PLACED,
    REFUSE,
    REVIEW,
    SOON,
    a_line,
    an_order,
    decided,
    everything,
    some,
    some_rules,
)  # fmt: skip

DEFAULT_POLICY = [
    ("an untouched order", an_order(), everything(), Outcome.APPROVE, Reason.ALLOWED),
    ("two of three", an_order(), some(("mug", 2)), Outcome.APPROVE, Reason.ALLOWED),
    ("a gift card", an_order(a_line(kind=LineKind.GIFT_CARD)), everything(), Outcome.REFUSE, Reason.GIFT_CARD),
    ("made to order, five minutes ago", an_order(a_line(personalised=True)), everything(), Outcome.APPROVE, None),
    ("499.99", an_order(total=49_999), everything(), Outcome.APPROVE, None),
    ("500.00", an_order(total=50_000), everything(), Outcome.REVIEW, Reason.HIGH_VALUE),
    ("a currency without a limit", an_order(currency="XPF"), everything(), Outcome.REVIEW, Reason.HIGH_VALUE),
]


@pytest.mark.parametrize(
    ("order", "ask", "outcome", "reason"), [row[1:] for row in DEFAULT_POLICY], ids=[row[0] for row in DEFAULT_POLICY]
)
def test_the_default_policy_answers(order: OrderFacts, ask: Ask, outcome: Outcome, reason: Reason | None) -> None:
    decision = decided(order, ask)
    assert decision.outcome is outcome
    assert decision.reason is (reason or Reason.ALLOWED)


def test_what_is_made_to_order_can_be_stopped_for_an_hour() -> None:
    order = an_order(a_line(personalised=True))
    last = PLACED + timedelta(hours=1)
    assert decided(order, everything(), at=last - timedelta(microseconds=1)).outcome is Outcome.APPROVE
    assert decided(order, everything(), at=last).reason is Reason.MADE_TO_ORDER


SHIPPED = a_line(fulfilled=3)
STRUCTURE = [
    ("nothing", an_order(), some(), Reason.NOTHING_ASKED),
    ("everything of nothing", an_order(lines=()), everything(), Reason.NOTHING_ASKED),
    ("an unknown line", an_order(), some(("cup", 1)), Reason.UNKNOWN_LINE),
    ("none", an_order(), some(("mug", 0)), Reason.BAD_QUANTITY),
    ("less than none", an_order(), some(("mug", -1)), Reason.BAD_QUANTITY),
    ("minus one and four", an_order(), some(("mug", -1), ("mug", 4)), Reason.BAD_QUANTITY),
    ("two and minus one", an_order(), some(("mug", 2), ("mug", -1)), Reason.BAD_QUANTITY),
    ("four of three", an_order(), some(("mug", 4)), Reason.MORE_THAN_LEFT),
    ("two and two of three", an_order(), some(("mug", 2), ("mug", 2)), Reason.MORE_THAN_LEFT),
    ("two, one has shipped", an_order(a_line(fulfilled=2)), some(("mug", 2)), Reason.MORE_THAN_LEFT),
    ("two, two in a case", an_order(a_line(in_open_cases=2, free=(2,))), some(("mug", 2)), Reason.MORE_THAN_LEFT),
    ("what has shipped", an_order(SHIPPED), some(("mug", 1)), Reason.ALREADY_SHIPPED),
    ("all, which has shipped", an_order(SHIPPED), everything(), Reason.ALREADY_SHIPPED),
    ("what is cancelled", an_order(a_line(cancelled=3, free=())), some(("mug", 1)), Reason.ALREADY_CANCELLED),
    ("what is being cancelled", an_order(a_line(in_open_cases=3, free=())), everything(), Reason.IN_OPEN_CASE),
    ("a cancelled order", an_order(state=Progress.CANCELLED), everything(), Reason.ORDER_CANCELLED),
    ("one of a cancelled order", an_order(state=Progress.CANCELLED), some(("mug", 1)), Reason.ORDER_CANCELLED),
    ("more units than ordinals", an_order(a_line(free=())), some(("mug", 1)), Reason.ALREADY_CANCELLED),
]


@pytest.mark.parametrize(("order", "ask", "reason"), [row[1:] for row in STRUCTURE], ids=[row[0] for row in STRUCTURE])
def test_what_cannot_be_done_at_all_is_refused_before_any_row(order: OrderFacts, ask: Ask, reason: Reason) -> None:
    decision = decided(order, ask)
    assert (decision.outcome, decision.reason, decision.amounts.total) == (Outcome.REFUSE, reason, 0)
    verdicts = decision.verdicts + tuple(verdict for line in decision.lines for verdict in line.verdicts)
    assert verdicts == (Verdict("structure", matched=True, outcome=Outcome.REFUSE, reason=reason),)


GUARDS = [
    ({"frozen": True, "has_open_dispute": True}, Reason.ORDER_FROZEN),
    ({"has_open_dispute": True, "unexplained": 1}, Reason.OPEN_DISPUTE),
    ({"unexplained": -1}, Reason.AMOUNTS_UNEXPLAINED),
    ({"unattributed": 100, "paused": True}, Reason.REFUNDED_ELSEWHERE),
    ({"forgotten_code": 100}, Reason.REFUNDED_ELSEWHERE),
    ({"paused": True}, Reason.PERSON_DECIDES),
]


@pytest.mark.parametrize(("changes", "reason"), GUARDS)
def test_a_person_looks_at_doubtful_money_whatever_the_policy_says(changes: dict[str, int], reason: Reason) -> None:
    decision = decided(an_order(**changes), everything(), some_rules())
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, reason)
    assert decision.lines[0].verdicts[-1].rule == "guard"
    assert decided(an_order(**changes), everything(), some_rules(otherwise=REFUSE)).outcome is Outcome.REFUSE


def test_duplicates_are_merged_and_lines_keep_their_first_place() -> None:
    decision = decided(an_order(a_line("mug"), a_line("tea")), some(("tea", 1), ("mug", 1), ("tea", 2)))
    assert [(line.line_id, line.asked, line.units) for line in decision.lines] == [
        ("tea", 3, (0, 1, 2)),
        ("mug", 1, (0,)),
    ]


def test_one_refused_line_refuses_the_ask_and_says_which() -> None:
    order = an_order(a_line("mug"), a_line("card", kind=LineKind.GIFT_CARD))
    decision = decided(order, everything())
    assert (decision.outcome, decision.reason) == (Outcome.REFUSE, Reason.GIFT_CARD)
    assert [(line.line_id, line.outcome, line.goods) for line in decision.lines] == [
        ("mug", Outcome.APPROVE, 1000),
        ("card", Outcome.REFUSE, 0),
    ]


def test_one_line_for_review_makes_the_ask_a_review() -> None:
    rules = some_rules((When(tags=("fragile",)), REVIEW))
    decision = decided(an_order(a_line("mug"), a_line("vase", tags=("fragile",))), everything(), rules)
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, Reason.PERSON_DECIDES)
    assert decision.amounts.total == 2500


def test_everything_means_what_is_left() -> None:
    order = an_order(a_line("mug", fulfilled=1), a_line("cup", fulfilled=3), a_line("tea", cancelled=1, free=(0, 2)))
    decision = decided(order, everything())
    assert [(line.line_id, line.units) for line in decision.lines] == [("mug", (0, 1)), ("tea", (0, 2))]


CONDITIONS = [
    (When(order_states=(Progress.PARTLY_FULFILLED,)), {"state": Progress.PARTLY_FULFILLED}, {}, "order_states"),
    (When(value_at_least={"USD": 2000}), {"total": 2000}, {}, "value_at_least"),
    (When(value_at_most={"USD": 1000}), {"total": 1000}, {}, "value_at_most"),
    (When(item_value_at_least={"USD": 400}), {}, {"total": 1200}, "item_value_at_least"),
    (When(item_value_at_most={"USD": 333}), {}, {"total": 999}, "item_value_at_most"),
    (When(risks=(Risk.HIGH, Risk.MEDIUM)), {"risk": Risk.HIGH}, {}, "risks"),
    (When(is_business=True), {"is_business": True}, {}, "is_business"),
    (When(on_sale=True), {}, {"on_sale": True}, "on_sale"),
    (When(goods=(GoodsKind.PERSONALISED,)), {}, {"personalised": True}, "goods"),
    (When(countries=("DE", "FR")), {"country": "FR"}, {}, "countries"),
    (When(channels=("pos",)), {"channel": "pos"}, {}, "channels"),
    (When(custodians=(Custodian.MANUAL,)), {"custodians": (Custodian.MANUAL, Custodian.STRIPE)}, {}, "custodians"),
    (When(prior_cases_at_least=3), {"prior_cases": 3}, {}, "prior_cases_at_least"),
    (When(line_kinds=(LineKind.DIGITAL,)), {}, {"kind": LineKind.DIGITAL}, "line_kinds"),
    (When(products=("p1",)), {}, {"product_id": "p1"}, "products"),
    (When(tags=("sale", "new")), {}, {"tags": ("red", "new")}, "tags"),
    (When(categories=("tea",)), {}, {"categories": ("tea",)}, "categories"),
    (When(final_sale=True), {}, {"final_sale": True}, "final_sale"),
    (When(personalised=True), {}, {"personalised": True}, "personalised"),
    (When(since_shipped=Since(at_most=Span(hours=1))), {}, {"shipped_at": PLACED}, "since_shipped"),
    (When(since_delivered=Since(at_least=Span(minutes=1))), {}, {"delivered_at": PLACED}, "since_delivered"),
]


@pytest.mark.parametrize(("when", "of_order", "of_line", "name"), CONDITIONS, ids=[row[3] for row in CONDITIONS])
def test_each_condition_holds_or_is_named(
    when: When, of_order: dict[str, Any], of_line: dict[str, Any], name: str
) -> None:
    rules = some_rules((when, REVIEW))
    hit = decided(an_order(a_line(**of_line), **of_order), everything(), rules)
    assert hit.lines[0].verdicts == (
        Verdict("row-1", matched=True, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES),
    )
    miss = decided(an_order(), everything(), rules)
    assert miss.lines[0].verdicts == (
        Verdict("row-1", matched=False, failed=name),
        Verdict("otherwise", matched=True, outcome=Outcome.APPROVE, reason=Reason.ALLOWED),
    )


def test_the_shoppers_reason_can_decide() -> None:
    rules = some_rules((When(reasons=("too_late",)), REVIEW))
    assert decided(an_order(), everything("too_late"), rules).outcome is Outcome.REVIEW
    assert decided(an_order(), everything("other"), rules).outcome is Outcome.APPROVE
    assert decided(an_order(), everything(), rules).outcome is Outcome.APPROVE


def test_all_conditions_of_a_row_must_hold() -> None:
    rules = some_rules((When(personalised=True, countries=("DE",)), REVIEW))
    assert decided(an_order(a_line(personalised=True), country="DE"), everything(), rules).outcome is Outcome.REVIEW
    assert decided(an_order(a_line(personalised=True), country="FR"), everything(), rules).outcome is Outcome.APPROVE


def test_the_first_row_that_matches_decides_and_later_rows_are_not_tried() -> None:
    rules = some_rules((When(), REVIEW), (When(), REFUSE))
    assert [verdict.rule for verdict in decided(an_order(), everything(), rules).lines[0].verdicts] == ["row-1"]


def test_a_currency_without_a_limit_counts_as_above_every_value() -> None:
    order = an_order(currency="EUR", total=1)
    at_least = some_rules((When(value_at_least={"USD": 50_000}), REVIEW))
    at_most = some_rules((When(value_at_most={"USD": 50_000}), APPROVE), otherwise=REVIEW)
    item_at_least = some_rules((When(item_value_at_least={"USD": 50_000}), REVIEW))
    item_at_most = some_rules((When(item_value_at_most={"USD": 50_000}), APPROVE), otherwise=REVIEW)
    for rules in (at_least, at_most, item_at_least, item_at_most):
        assert decided(order, everything(), rules, SOON).outcome is Outcome.REVIEW


def test_what_one_unit_costs_is_compared_without_dividing() -> None:
    rules = some_rules((When(item_value_at_least={"USD": 334}), REVIEW))
    totals = (1001, 1002)  # three for 10.01 are 3.33 and two thirds each
    assert [decided(an_order(a_line(total=total)), everything(), rules).outcome for total in totals] == [
        Outcome.APPROVE, Outcome.REVIEW,
    ]  # fmt: skip
