"""The exact diff against brute force: random small documents, and a random crowd of orders asked about under both."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin.policies.cells import LINE, Example, row_of
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import decide
from plugin.policies.decision import LineDecision
from plugin.policies.diff import compare
from plugin.policies.document import Calendar, Fee, Otherwise, Policy, Row, Selector, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Outcome, Payer, Reason, Resolution, Risk
from plugin.policies.rules import Rules, compile_policy
from plugin.ports.orders import Custodian, LineCount, LineKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNTRIES, TAGS, PRODUCTS = ("DE", "US", "RU"), ("sale", "gift", "food"), ("p1", "p2")
CROWD = 400

REFUSALS = [
    Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER),
    Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES),
    Then(outcome=Outcome.APPROVE),
    Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": 500})),
    Then(outcome=Outcome.APPROVE, fee=Fee(percent=10)),
]
GIVEN = [
    Then(outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND,), label=Payer.SHOP),
    Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,), bonus_percent=10),
    Then(outcome=Outcome.APPROVE, keep_item=True),
]
spans = st.one_of(
    st.builds(Span, hours=st.sampled_from([1, 30, 60])),
    st.builds(Span, days=st.sampled_from([1, 2, 14]), by=st.sampled_from([None, None, "14:00"])),
    st.builds(Span, business_days=st.sampled_from([1, 10]), by=st.sampled_from([None, "09:30"])),
)


@st.composite
def sinces(draw: Callable[..., Any], fallback: bool) -> Since:
    least, most = draw(st.one_of(st.none(), spans)), draw(spans)
    return Since(at_least=least, at_most=most, fallback=draw(st.sampled_from([None, "placed"])) if fallback else None)


def subsets(values: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


amounts = st.dictionaries(st.sampled_from(["USD", "JPY"]), st.sampled_from([5_000, 20_000]), min_size=1)
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "order_states": subsets(tuple(Progress)), "value_at_least": amounts, "value_at_most": amounts,
    "item_value_at_least": amounts, "item_value_at_most": amounts, "countries": subsets(COUNTRIES),
    "channels": subsets(("web",)), "custodians": subsets(tuple(Custodian)),
    "prior_cases_at_least": st.sampled_from([1, 3]), "reasons": subsets(("too small",)), "risks": subsets(tuple(Risk)),
    "is_business": st.booleans(), "line_kinds": subsets(tuple(LineKind)), "products": subsets(PRODUCTS),
    "tags": subsets(TAGS), "categories": subsets(("shoes",)), "goods": subsets(tuple(GoodsKind)),
    "on_sale": st.booleans(), "final_sale": st.booleans(), "personalised": st.booleans(),
    "since_placed": sinces(fallback=False), "since_shipped": sinces(fallback=False),
    "since_delivered": sinces(fallback=True),
}  # fmt: skip


@st.composite
def whens(draw: Callable[..., Any], action: Action) -> When:
    names = [*CONDITIONS, *(["faults"] if action is Action.FAULT else [])]
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    faults = {"faults": subsets(tuple(FaultKind))}
    return replace(When(), **{name: draw((CONDITIONS | faults)[name]) for name in chosen})


@st.composite
def policies(draw: Callable[..., Any], action: Action) -> Policy:
    answers = [then for then in (*REFUSALS, *(GIVEN if action is Action.RETURN else []))]
    rows = draw(st.lists(st.tuples(whens(action), st.sampled_from(answers)), max_size=4))
    goods = draw(
        st.dictionaries(
            st.sampled_from(list(GoodsKind)),
            st.builds(Selector, tags=subsets(TAGS), products=st.one_of(st.none(), subsets(PRODUCTS))),
            max_size=2,
        )
    )
    closed = draw(st.sampled_from([(), (date(2026, 11, 26),)]))
    yes = draw(st.sampled_from(REFUSALS))
    return Policy(
        format=1, name="Random", goods=goods, calendar=Calendar(closed=closed),
        rows=tuple(Row(id=f"row-{n}", action=action, when=when, then=then) for n, (when, then) in enumerate(rows)),
        otherwise=Otherwise(cancel=yes, returning=yes, exchange=Then(outcome=Outcome.APPROVE), fault=yes),
    )  # fmt: skip


@st.composite
def pairs(draw: Callable[..., Any], action: Action) -> tuple[Policy, Policy]:
    """Two documents, often one and a change of it, as policies are edited."""
    old = draw(policies(action))
    new = draw(policies(action))
    kept = draw(st.lists(st.booleans(), min_size=len(old.rows), max_size=len(old.rows)))
    rows = [row for row, keep in zip(old.rows, kept, strict=True) if keep]
    if draw(st.booleans()):
        rows += [replace(row, id=f"new-{row.id}") for row in new.rows[:2]]
        new = replace(old, rows=tuple(rows))
    return old, new


def somebody(rng: random.Random, action: Action) -> Example:
    """An order as it can be: placed before it was shipped, shipped before it was delivered, items no dearer than it."""
    at = NOW + timedelta(days=rng.randrange(0, 14), minutes=rng.randrange(-720, 720))
    delivered = at - timedelta(minutes=rng.choice([rng.randrange(0, 300), rng.randrange(0, 25 * 1440)]))
    shipped = delivered - timedelta(minutes=rng.randrange(0, 5000))
    placed = (at if rng.random() < 0.5 else shipped) - timedelta(minutes=rng.randrange(0, 7000))
    states = [Progress.UNFULFILLED, Progress.PARTLY_FULFILLED] if action is Action.CANCEL else list(Progress)[1:3]
    state = rng.choice(states)
    has_left = state is not Progress.UNFULFILLED
    shipped_at = shipped if has_left and placed <= shipped and rng.random() < 0.8 else None
    quantity, fulfilled = {Progress.PARTLY_FULFILLED: (2, 1), Progress.UNFULFILLED: (1, 0)}.get(state, (1, 1))
    item = rng.choice([1, 4_999, 5_000, 5_001, 12_345, 19_999, 20_000, 20_001, 60_000])
    line = LineFacts(
        id=LINE, title="Item", quantity=quantity, total=item * quantity, tax=0, free=tuple(range(quantity)),
        fulfilled=fulfilled, kind=rng.choice(list(LineKind)), product_id=rng.choice([None, *PRODUCTS]),
        on_sale=rng.random() < 0.5, final_sale=rng.random() < 0.5, personalised=rng.random() < 0.3,
        tags=tuple(tag for tag in TAGS if rng.random() < 0.4), categories=rng.choice([(), ("shoes",)]),
        shipped_at=shipped_at, delivered_at=delivered if shipped_at and rng.random() < 0.8 else None,
    )  # fmt: skip
    facts = OrderFacts(
        id="o", number="1", currency=rng.choice(["USD", "JPY", "EUR"]), placed_at=placed, state=state,
        total=max(item, rng.choice([item, 4_999, 5_000, 20_000, 20_001, 90_000])), lines=(line,),
        country=rng.choice([None, *COUNTRIES]), channel=rng.choice([None, "web"]),
        custodians=tuple(each for each in Custodian if rng.random() < 0.4), is_business=rng.random() < 0.3,
        risk=rng.choice([None, *Risk]), prior_cases=rng.randrange(0, 5),
    )  # fmt: skip
    ask = Ask(
        action=action, lines=(LineCount(LINE, 1),), reason=rng.choice([None, "too small"]),
        fault=rng.choice(list(FaultKind)) if action is Action.FAULT else None,
    )  # fmt: skip
    return Example(facts=facts, ask=ask, at=at)


def answer(example: Example, rules: Rules) -> LineDecision:
    decision = decide(example.facts, example.ask, rules, example.at)
    line = replace(decision.lines[0], verdicts=(), deadline=None)
    return replace(line, reason=Reason.ALLOWED) if line.outcome is Outcome.APPROVE else line


def check(action: Action, old: Policy, new: Policy, seed: int) -> None:
    difference = compare(old, new, NOW)
    assert difference.is_complete
    rules = compile_policy(old), compile_policy(new)
    for change in difference.changes:
        example = change.example
        assert answer(example, rules[0]) != answer(example, rules[1]), change.sentence
        assert row_of(example, rules[0]) in change.old_rows and row_of(example, rules[1]) in change.new_rows
    told = {(one, other) for change in difference.changes for one in change.old_rows for other in change.new_rows}
    rng = random.Random(seed)
    for _ in range(CROWD):
        example = somebody(rng, action)
        if answer(example, rules[0]) != answer(example, rules[1]):
            assert (row_of(example, rules[0]), row_of(example, rules[1])) in told, example


@settings(max_examples=50, deadline=None)
@given(pairs(Action.CANCEL), st.integers(0, 2**32))
def test_cancelling(both: tuple[Policy, Policy], seed: int) -> None:
    check(Action.CANCEL, *both, seed)


@settings(max_examples=15, deadline=None)
@given(pairs(Action.RETURN), st.integers(0, 2**32))
def test_sending_back_under_the_law(both: tuple[Policy, Policy], seed: int) -> None:
    check(Action.RETURN, *both, seed)


@settings(max_examples=10, deadline=None)
@given(pairs(Action.FAULT), st.integers(0, 2**32))
def test_faults(both: tuple[Policy, Policy], seed: int) -> None:
    check(Action.FAULT, *both, seed)


@settings(max_examples=10, deadline=None)
@given(policies(Action.RETURN))
def test_a_policy_and_itself(policy: Policy) -> None:
    assert compare(policy, replace(policy, name="Another name"), NOW).changes == ()
