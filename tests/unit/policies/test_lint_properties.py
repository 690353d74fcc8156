"""What the linter claims of a row holds for every order: it is never wrong, whatever it leaves unsaid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import OTHERWISE, Otherwise, Policy, Row, Selector, Then
from plugin.policies.facts import Ask, OrderFacts, Progress
from plugin.policies.judge import judge
from plugin.policies.lint import lint
from plugin.policies.reasons import Action, GoodsKind, Outcome, Reason, Risk
from plugin.policies.rules import compile_policy
from plugin.ports.orders import Custodian
from tests.unit.policies.making import PLACED, a_line, an_order

COUNTRIES, TAGS, CURRENCIES = ["DE", "FR", "US"], ["a", "b", "c"], ["USD", "EUR"]


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


def conditions(given: dict[str, Any]) -> When:
    return When(**given)


SPANS = st.one_of(
    st.builds(Span, hours=st.integers(1, 80)),
    st.builds(Span, days=st.integers(1, 4)),
    st.builds(Span, minutes=st.integers(1, 200)),
    st.builds(Span, business_days=st.integers(1, 3)),
    st.builds(Span, days=st.integers(0, 3), by=st.sampled_from(["08:00", "14:00"])),
    st.builds(Span, business_days=st.integers(0, 3), by=st.just("14:00")),
)
WINDOWS = st.one_of(
    st.builds(Since, at_most=SPANS), st.builds(Since, at_least=SPANS), st.builds(Since, at_least=SPANS, at_most=SPANS)
)
FALLING_BACK = st.builds(Since, at_most=SPANS, fallback=st.sampled_from(["placed", "shipped"]))
AMOUNTS = st.dictionaries(st.sampled_from(CURRENCIES), st.integers(0, 4), min_size=1)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "countries": some(COUNTRIES),
        "tags": some(TAGS),
        "order_states": some(list(Progress)),
        "final_sale": st.booleans(),
        "value_at_least": AMOUNTS,
        "value_at_most": AMOUNTS,
        "prior_cases_at_least": st.integers(1, 3),
        "since_placed": WINDOWS,
        "since_delivered": WINDOWS | FALLING_BACK,
        "item_value_at_least": AMOUNTS,
        "item_value_at_most": AMOUNTS,
        "custodians": some(list(Custodian)),
        "risks": some(list(Risk)),
        "is_business": st.booleans(),
        "goods": some([GoodsKind.PERISHABLE, GoodsKind.PERSONALISED]),
        "products": some(["p1", "p2"]),
    },
).map(conditions)
ANSWERS = st.sampled_from([Then(outcome=Outcome.APPROVE), Then(outcome=Outcome.REFUSE, reason=Reason.FINAL_SALE)])
CASES = st.fixed_dictionaries(
    {
        "country": st.sampled_from([*COUNTRIES, None]),
        "currency": st.sampled_from([*CURRENCIES, "GBP"]),
        "total": st.integers(0, 5),
        "state": st.sampled_from([Progress.PARTLY_FULFILLED, Progress.FULFILLED]),
        "prior_cases": st.integers(0, 4),
        "custodians": st.frozensets(st.sampled_from(Custodian)).map(tuple),
        "risk": st.none() | st.sampled_from(Risk),
        "is_business": st.booleans(),
        "time_zone": st.sampled_from(["Europe/Berlin", "America/New_York", None]),
    }
)
LINES = st.fixed_dictionaries(
    {
        "tags": st.frozensets(st.sampled_from(TAGS)).map(tuple),
        "final_sale": st.booleans(),
        "total": st.integers(0, 9),
        "personalised": st.booleans(),
        "product_id": st.sampled_from([None, "p1", "p2", "p3"]),
        "shipped_at": st.none() | st.just(PLACED + timedelta(hours=20)),
        "delivered_at": st.none() | st.just(PLACED + timedelta(hours=30)),
    }
)


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(st.tuples(CONDITIONS, ANSWERS), min_size=1, max_size=6),
    orders=st.lists(st.tuples(CASES, LINES, st.timedeltas(timedelta(0), timedelta(days=6))), min_size=1, max_size=12),
)
def test_a_row_of_which_it_is_said_that_it_never_answers_never_does(
    rows: list[tuple[When, Then]], orders: list[tuple[dict[str, Any], dict[str, Any], timedelta]]
) -> None:
    policy = Policy(
        format=1,
        name="Test",
        rows=tuple(
            Row(id=f"r{number}", action=Action.CANCEL, when=when, then=then) for number, (when, then) in enumerate(rows)
        ),
        otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE)),
        goods={GoodsKind.PERISHABLE: Selector(tags=("a",))},
    )
    silent = {remark.row for remark in lint(policy) if remark.code in {"never", "unreachable", "contradictory"}}
    rules = compile_policy(policy)
    for case, line, after in orders:
        order: OrderFacts = an_order(a_line(**line), **case)
        answering = judge(order, order.lines[0], Ask(action=Action.CANCEL), rules, PLACED + after).verdicts[-1].rule
        assert answering == OTHERWISE or answering not in silent
