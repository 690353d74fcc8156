"""What a decision owes, by component."""

from __future__ import annotations

import pytest
from msgspec import structs

from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import options
from plugin.policies.decision import Amounts, digest
from plugin.policies.document import Fee, Then
from plugin.policies.facts import Ask, Component
from plugin.policies.reasons import Action, Outcome, Reason, Resolution
from tests.unit.policies.making import (
    APPROVE,
    DEFAULT,
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

FEE = Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": 300}))


def test_everything_brings_back_goods_shipping_and_extras() -> None:
    amounts = decided(an_order(extras=Component(-1)), everything()).amounts
    assert amounts == Amounts(
        currency="USD", goods=Component(1000, 100), shipping=Component(500, 50), extras=Component(-1)
    )
    assert amounts.total == 1499


@pytest.mark.parametrize(("units", "goods", "tax"), [(1, 333, 33), (2, 666, 66)])
def test_a_part_brings_back_the_worth_of_its_units_and_no_shipping(units: int, goods: int, tax: int) -> None:
    decision = decided(an_order(), some(("mug", units)))
    assert decision.amounts == Amounts(currency="USD", goods=Component(goods, tax))
    assert not decision.everything


def test_the_last_part_brings_back_the_rest_and_the_shipping() -> None:
    order = an_order(a_line(cancelled=1, in_open_cases=1, free=(1,)))
    decision = decided(order, some(("mug", 1)))
    assert decision.everything
    assert (decision.amounts.goods, decision.amounts.shipping) == (Component(333, 33), Component(500, 50))


def test_shipping_that_was_used_is_not_paid_back() -> None:
    decision = decided(an_order(a_line("mug"), a_line("tea", fulfilled=3)), everything())
    assert not decision.everything
    assert decision.amounts.total == 1000


def test_a_fee_is_kept_once_and_the_highest_counts() -> None:
    low = Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": 100, "EUR": 900}))
    rules = some_rules((When(tags=("fragile",)), low), otherwise=FEE)
    decision = decided(an_order(a_line("mug"), a_line("vase", tags=("fragile",))), everything(), rules)
    assert (decision.amounts.fee, decision.amounts.total) == (300, 2200)


def test_a_fee_never_makes_the_payout_less_than_nothing() -> None:
    amounts = decided(an_order(a_line(total=200)), some(("mug", 3)), some_rules(otherwise=FEE)).amounts
    assert (amounts.fee, amounts.total) == (300, 400)
    amounts = decided(an_order(a_line(total=200)), some(("mug", 1)), some_rules(otherwise=FEE)).amounts
    assert (amounts.fee, amounts.total) == (66, 0)


def test_a_fee_in_another_currency_is_not_kept() -> None:
    assert decided(an_order(currency="EUR"), everything(), some_rules(otherwise=FEE)).amounts.fee == 0


def test_a_percentage_is_kept_of_the_goods_that_its_row_decides_rounded_down_once() -> None:
    tenth = Then(outcome=Outcome.APPROVE, fee=Fee(percent=10))
    rules = some_rules((When(tags=("sale",)), tenth))
    sale = {"total": 199, "quantity": 1, "tags": ("sale",)}
    order = an_order(a_line("mug"), a_line("tea", **sale), a_line("pen", **sale))
    decision = decided(order, everything(), rules)
    assert [line.fee for line in decision.lines] == [0, 19, 19]
    assert decision.amounts.fee == 39  # a tenth of 3.98


def test_a_percentage_of_a_line_that_is_a_discount_is_nothing() -> None:
    half = Then(outcome=Outcome.APPROVE, fee=Fee(percent=50))
    order = an_order(a_line(), a_line("gift", total=-300, tax=0))
    rules = some_rules((When(item_value_at_most={"USD": 0}), half))
    decision = decided(order, everything(), rules)
    assert (decision.amounts.fee, decision.amounts.total) == (0, 1200)
    assert [line.fee for line in decision.lines] == [0, 0]


def test_a_percentage_stands_beside_the_highest_sum() -> None:
    half = Then(outcome=Outcome.APPROVE, fee=Fee(percent=50))
    decision = decided(
        an_order(a_line("mug"), a_line("tea"), a_line("pen", tags=("sale",))),
        everything(), some_rules((When(tags=("sale",)), half), otherwise=FEE),
    )  # fmt: skip
    assert decision.amounts.fee == 300 + 500


def test_all_fees_together_never_make_the_payout_less_than_nothing() -> None:
    whole = Then(outcome=Outcome.APPROVE, fee=Fee(percent=100))
    rules = some_rules((When(tags=("sale",)), whole), otherwise=FEE)
    amounts = decided(an_order(a_line(total=200), a_line("pen", tags=("sale",))), some(("mug", 3), ("pen", 1)), rules)
    assert (amounts.amounts.fee, amounts.amounts.total) == (533, 0)


def test_a_fault_costs_the_shopper_nothing() -> None:
    rules = some_rules(otherwise=FEE, action=Action.FAULT)
    decision = decided(an_order(a_line(fulfilled=3)), Ask(action=Action.FAULT, whole=True), rules)
    assert (decision.lines[0].fee, decision.amounts.fee, decision.amounts.total) == (0, 0, 1000)


@pytest.mark.parametrize(("percent", "fee", "bonus"), [(10, None, 100), (33, None, 330), (1, None, 10), (10, 25, 75)])
def test_store_credit_is_worth_more_by_its_bonus(percent: int, fee: int | None, bonus: int) -> None:
    credit = Then(
        outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND, Resolution.STORE_CREDIT),
        bonus_percent=percent, fee=Fee(percent=fee) if fee else None,
    )  # fmt: skip
    rules = some_rules(otherwise=credit, action=Action.RETURN)
    (line,) = decided(an_order(a_line(fulfilled=3)), Ask(action=Action.RETURN, whole=True), rules).lines
    assert line.bonus == bonus


@pytest.mark.parametrize(("in_credit", "bonus"), [(0, 100), (400, 60), (1000, 0), (1100, 0)])
def test_what_was_paid_with_credit_earns_no_bonus_again(in_credit: int, bonus: int) -> None:
    """Buying with credit and returning for credit, in circles, makes nobody richer."""
    credit = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,), bonus_percent=10)
    rules = some_rules(otherwise=credit, action=Action.RETURN)
    order = structs.replace(an_order(a_line(fulfilled=3)), in_credit=in_credit, total=1000)
    (line,) = decided(order, Ask(action=Action.RETURN, whole=True), rules).lines
    assert line.bonus == bonus


def test_a_bonus_is_rounded_down_and_never_below_nothing() -> None:
    credit = Then(
        outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,), bonus_percent=10,
        fee=Fee(amounts={"USD": 304}),
    )  # fmt: skip
    rules = some_rules(otherwise=credit, action=Action.RETURN)
    ask = Ask(action=Action.RETURN, whole=True)
    assert decided(an_order(a_line(fulfilled=3, total=333)), ask, rules).lines[0].bonus == 2
    assert decided(an_order(a_line(fulfilled=3, total=300)), ask, rules).lines[0].bonus == 0


def test_the_order_page_names_the_fee_that_would_be_kept() -> None:
    rules = some_rules(otherwise=FEE)
    assert options(an_order(a_line(total=100)), rules, SOON)[0].fee == 300  # the shipping comes back with it
    assert options(an_order(a_line(total=100), a_line("tea")), rules, SOON)[0].fee == 100


def test_a_refused_ask_owes_nothing() -> None:
    decision = decided(an_order(), everything(), some_rules(otherwise=REFUSE))
    assert decision.amounts == Amounts(currency="USD")


def test_a_rounding_below_nothing_is_never_a_bill() -> None:
    order = an_order(a_line(total=0, tax=0), shipping=Component(0), extras=Component(-2))
    decision = decided(order, everything())
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, Reason.AMOUNTS_UNEXPLAINED)
    assert decision.amounts.total == 0


def test_the_offer_is_that_of_the_first_line_with_the_answer() -> None:
    rules = some_rules(
        (When(tags=("fragile",)), Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED, offer="talk")),
        otherwise=Then(outcome=Outcome.APPROVE, offer="fix-it"),
    )
    assert decided(an_order(), everything(), rules).offer == "fix-it"
    order = an_order(a_line("mug"), a_line("vase", tags=("fragile",)))
    assert decided(order, everything(), rules).offer == "talk"


def test_the_digest_is_about_outcome_units_and_money_only() -> None:
    clocked = some_rules((When(since_placed=Since(at_least=Span(hours=9))), REFUSE))
    agreed = digest(decided(an_order(), everything(), DEFAULT))
    assert agreed == digest(decided(an_order(), everything(), clocked))  # other rows, a deadline: the same to agree to
    others = [
        decided(an_order(), some(("mug", 2))),
        decided(an_order(), everything(), some_rules(otherwise=REVIEW)),
        decided(an_order(shipping=Component(400)), everything()),
        decided(an_order(currency="EUR"), everything()),
        decided(an_order(a_line(free=(1, 2, 0))), everything()),
    ]
    assert len({agreed, *map(digest, others)}) == len(others) + 1


def test_the_order_page_sees_each_line_as_if_asked_alone() -> None:
    order = an_order(a_line("mug", fulfilled=1), a_line("tea", fulfilled=3), a_line("pen", personalised=True))
    mug, tea, pen = options(order, DEFAULT, SOON)
    assert (mug.outcome, mug.quantity, mug.goods, mug.tax, mug.deadline) == (Outcome.APPROVE, 2, 666, 66, None)
    assert (tea.outcome, tea.quantity, tea.reason) == (Outcome.REFUSE, 0, Reason.ALREADY_SHIPPED)
    assert pen.outcome is Outcome.APPROVE
    assert pen.deadline is not None
    assert options(an_order(), some_rules(otherwise=APPROVE), SOON)[0].quantity == 3
