"""What changes between two policies is told exactly: nothing too much, nothing left out, and each with an example."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from plugin.policies.cells import Example
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import decide
from plugin.policies.diff import Difference, compare
from plugin.policies.document import Calendar, Fee, Otherwise, Policy, Row, Selector, Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, GoodsKind, Mode, Outcome, Payer, Reason, Resolution
from plugin.policies.rules import compile_policy
from plugin.ports.orders import LineKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUND = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND,))
CREDIT = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,))
OVER = Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER)
APPROVE = Then(outcome=Outcome.APPROVE)
# A line that can be sent back in Germany by law.
LAWFUL = When(countries=("DE",), is_business=False, personalised=False, line_kinds=(LineKind.PHYSICAL,))


def days(most: int | None = None, least: int | None = None) -> Since:
    return Since(
        at_least=Span(days=least) if least is not None else None, at_most=Span(days=most) if most is not None else None
    )


def returns(*rows: tuple[str, When, Then], otherwise: Then = OVER, **more: Any) -> Policy:
    return Policy(
        format=1, name="Returns", otherwise=Otherwise(cancel=APPROVE, returning=otherwise),
        rows=tuple(Row(id=name, action=Action.RETURN, when=when, then=then) for name, when, then in rows), **more,
    )  # fmt: skip


def cancels(*rows: tuple[str, When, Then], **more: Any) -> Policy:
    return Policy(
        format=1, name="Cancels", otherwise=Otherwise(cancel=APPROVE),
        rows=tuple(Row(id=name, action=Action.CANCEL, when=when, then=then) for name, when, then in rows), **more,
    )  # fmt: skip


def told(old: Policy, new: Policy) -> list[str]:
    difference = compare(old, new, NOW)
    assert difference.is_complete
    assert_examples_differ(difference, old, new)
    return [change.sentence for change in difference.changes]


def assert_examples_differ(difference: Difference, old: Policy, new: Policy) -> None:
    """Each example is played again from its JSON."""
    for change in difference.changes:
        example = msgspec.json.decode(msgspec.json.encode(change.example), type=Example)
        answers = [decide(example.facts, example.ask, compile_policy(one), example.at) for one in (old, new)]
        lines = [replace(answer.lines[0], verdicts=(), deadline=None) for answer in answers]
        assert lines[0] != lines[1], change.sentence


def test_the_same_policy_changes_nothing() -> None:
    assert told(default_policy(), default_policy()) == []


def test_a_shorter_window_is_told_by_the_days_that_lose_it() -> None:
    old = returns(("sale", When(countries=("US",), on_sale=True, since_delivered=days(30)), REFUND), otherwise=CREDIT)
    new = returns(("sale", When(countries=("US",), on_sale=True, since_delivered=days(14)), REFUND), otherwise=CREDIT)
    assert told(old, new) == [
        "Return, United States, on sale, day 15 to 30 after delivery: refund becomes store credit."
    ]


def test_a_row_that_never_decided_is_missed_by_nobody() -> None:
    gone = ("late", When(since_placed=Since(at_least=Span(hours=2)), countries=("FR",)), OVER)
    first = ("any", When(countries=("FR",)), APPROVE)
    assert told(cancels(first, gone), cancels(first)) == []
    assert told(cancels(gone, first), cancels(first)) == [
        "Cancellation, France, more than 2 hours after the order: refusal becomes approval."
    ]


def test_rows_that_say_the_same_in_another_order_change_nothing() -> None:
    one, other = ("de", When(countries=("DE",)), OVER), ("fr", When(countries=("FR",)), APPROVE)
    assert told(cancels(one, other), cancels(other, one)) == []


def test_what_answers_before_is_excepted_by_name() -> None:
    before = ("gifts", When(tags=("gift",), on_sale=True), OVER)
    old, new = cancels(before), cancels(before, ("de", When(countries=("DE",)), OVER))
    assert told(old, new) == ["Cancellation, Germany, except where “gifts” answers: approval becomes refusal."]


def test_countries_that_change_alike_are_one_sentence() -> None:
    old = cancels(("de", When(countries=("DE",)), OVER), ("fr", When(countries=("FR",)), OVER))
    assert told(old, cancels()) == ["Cancellation, Germany or France: refusal becomes approval."]


def test_a_fee_in_one_currency_changes_nothing_in_the_others() -> None:
    def with_fee(**amounts: int) -> Policy:
        return replace(cancels(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE, fee=Fee(amounts=amounts))))

    assert told(with_fee(EUR=500), with_fee(EUR=500, JPY=300)) == [
        "Cancellation, JPY: approval, no fee becomes approval, a fee of ¥300."
    ]


def test_a_fee_by_percent_is_another_than_a_fixed_one() -> None:
    old = replace(cancels(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": 1000}))))
    new = replace(cancels(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE, fee=Fee(percent=10))))
    assert any("a fee of $10.00 becomes approval, a fee of 10%" in sentence for sentence in told(old, new))


def test_value_limits_are_told_by_what_lies_between() -> None:
    look = Then(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE)
    old = cancels(("high", When(value_at_least={"KWD": 100_000}), look))
    new = cancels(("high", When(value_at_least={"KWD": 250_000}), look))
    assert told(old, new) == [
        "Cancellation, order from KWD\xa0100.000 and below KWD\xa0250.000: a person's look becomes approval."
    ]


def test_trust_that_is_given_to_a_row_is_a_change() -> None:
    watched = cancels(("de", When(countries=("DE",)), replace(OVER, mode=Mode.SUGGEST)))
    trusted = cancels(("de", When(countries=("DE",)), OVER))
    assert len(told(watched, trusted)) == 1


def test_other_business_days_are_found_on_the_day_on_which_they_differ() -> None:
    row = ("quick", When(since_placed=Since(at_most=Span(business_days=2))), APPROVE)
    late = replace(cancels(row), otherwise=Otherwise(cancel=OVER))
    closed = replace(late, calendar=Calendar(closed=(date(2027, 1, 5),)))
    (change,) = compare(late, closed, NOW).changes
    assert date(2027, 1, 1) <= change.example.at.date() <= date(2027, 1, 9)
    assert (change.old_rows, change.new_rows) == (("otherwise",), ("quick",))


def test_hours_and_days_are_told_apart_by_the_time_of_day() -> None:
    old = cancels(("late", When(since_placed=Since(at_least=Span(hours=60))), OVER))
    new = cancels(("late", When(since_placed=days(least=2)), OVER))
    assert {(change.before, change.after) for change in compare(old, new, NOW).changes} == {
        ("refusal", "approval"), ("approval", "refusal"),
    }  # fmt: skip


def test_where_the_law_gives_more_than_both_nothing_changes() -> None:
    old = returns(("de", replace(LAWFUL, since_delivered=days(14)), replace(REFUND, label=Payer.SHOPPER)))
    assert told(old, returns()) == []


def test_beyond_the_law_the_change_is_told() -> None:
    old = returns(("de", replace(LAWFUL, since_delivered=days(30)), REFUND))
    assert told(old, returns()) == [
        "Return, Germany, consumers, not personalised, goods physical, within 30 days after delivery, "
        "after the term of the law: refund becomes refusal."
    ]


def test_goods_that_the_law_exempts_change_what_may_be_refused() -> None:
    food = {GoodsKind.PERISHABLE: Selector(tags=("food",))}
    sentences = told(returns(), returns(goods=food))
    assert sentences and all("tag “food”" in sentence for sentence in sentences)


def test_a_thousand_rows_of_which_one_changes() -> None:
    rows = [(f"row-{n}", When(tags=(f"tag-{n}",), countries=("DE", "FR"), final_sale=True), OVER) for n in range(300)]
    changed = [*rows[:150], ("row-150", rows[150][1], replace(OVER, reason=Reason.FINAL_SALE)), *rows[151:]]
    difference = compare(cancels(*rows), cancels(*changed), NOW)
    assert difference.is_complete
    (change,) = difference.changes
    assert change.old_rows == ("row-150",)


def test_what_was_too_much_work_is_named() -> None:
    old = returns(("de", When(countries=("DE",), since_delivered=days(30)), REFUND))
    difference = compare(old, returns(), NOW, most_steps=3)
    assert not difference.is_complete
    assert {each.action for each in difference.unexamined} == {Action.RETURN}


@pytest.mark.parametrize("action", [Action.EXCHANGE, Action.FAULT])
def test_every_action_is_compared(action: Action) -> None:
    row = Row(id="row", action=action, when=When(countries=("US",)), then=Then(outcome=Outcome.APPROVE))
    (change,) = compare(cancels(), replace(cancels(), rows=(row,)), NOW).changes
    assert change.action is action


def test_the_example_comes_at_the_time_that_was_asked_for() -> None:
    old = cancels(("late", When(since_placed=Since(at_least=Span(hours=1))), OVER))
    (change,) = compare(old, cancels(), NOW + timedelta(days=40)).changes
    assert change.example.at.date() == date(2027, 1, 2)
