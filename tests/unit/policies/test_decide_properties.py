"""What holds for every order, ask and policy: ``decide()`` is total, pure, and never pays more or less (I5, I6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import decide, options
from plugin.policies.decision import Decision, digest
from plugin.policies.document import (  # fmt: skip
    BadPolicy,
    Fee,
    Otherwise,
    Policy,
    Row,
    Then,
    canonical_policy,
    parse_policy,
    policy_hash,
)
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, progress_of
from plugin.policies.reasons import REASONS_OF_OUTCOME, Action, Outcome
from plugin.policies.rules import compile_policy
from plugin.ports.orders import Custodian, LineCount, LineKind
from tests.unit.policies.making import PLACED

names = st.sampled_from(["a", "b", "c"])
moments = st.integers(0, 200).map(lambda hours: PLACED + timedelta(hours=hours))
spans = st.one_of(
    st.integers(1, 200).map(lambda n: Span(hours=n)),
    st.integers(1, 8).map(lambda n: Span(days=n)),
    st.integers(1, 600).map(lambda n: Span(minutes=n)),
)
sinces = st.one_of(
    spans.map(lambda span: Since(at_most=span)),
    spans.map(lambda span: Since(at_least=span)),
    st.builds(lambda a, b: Since(at_least=a, at_most=b), spans, spans),
)
amounts_by_currency = st.dictionaries(st.sampled_from(["USD", "EUR", "JPY"]), st.integers(0, 10_000), min_size=1)


def perhaps(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.none(), strategy)


whens = st.builds(
    When,
    value_at_least=perhaps(amounts_by_currency),
    tags=perhaps(st.tuples(names)),
    countries=perhaps(st.just(("DE",))),
    line_kinds=perhaps(st.tuples(st.sampled_from(LineKind))),
    final_sale=perhaps(st.booleans()),
    prior_cases_at_least=perhaps(st.integers(1, 3)),
    reasons=perhaps(st.tuples(names)),
    since_placed=perhaps(sinces),
    since_shipped=perhaps(sinces),
)


@st.composite
def thens(draw: st.DrawFn) -> Then:
    outcome = draw(st.sampled_from(Outcome))
    fee = None if outcome is Outcome.REFUSE else draw(perhaps(amounts_by_currency.map(lambda by: Fee(amounts=by))))
    reason = draw(st.sampled_from(sorted(REASONS_OF_OUTCOME[outcome])))
    return Then(outcome=outcome, reason=reason, fee=fee, offer=draw(perhaps(names)))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rows = draw(st.lists(st.tuples(whens, thens()), max_size=4))
    return Policy(
        format=1,
        name="Any",
        rows=tuple(Row(id=f"r{i}", action=Action.CANCEL, when=w, then=t) for i, (w, t) in enumerate(rows)),
        otherwise=Otherwise(cancel=draw(thens())),
    )


@st.composite
def lines(draw: st.DrawFn, line_id: str) -> LineFacts:
    quantity = draw(st.integers(1, 6))
    total = draw(st.integers(0, 10_000))
    owned = draw(st.integers(0, quantity))
    settled = draw(st.integers(0, owned))
    return LineFacts(
        id=line_id,
        title=line_id,
        quantity=quantity,
        total=total,
        tax=draw(st.integers(0, total)),
        free=tuple(draw(st.permutations(range(quantity)))[owned:]),
        fulfilled=draw(st.sampled_from([0, 0, 0, quantity - owned])),
        cancelled=settled,
        in_open_cases=owned - settled,
        kind=draw(st.sampled_from(LineKind)),
        final_sale=draw(st.booleans()),
        tags=tuple(draw(st.sets(names))),
        shipped_at=draw(perhaps(moments)),
    )


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    held = tuple(draw(lines(name)) for name in draw(st.sets(names)))
    shipping = draw(st.integers(0, 2_000))
    return OrderFacts(
        id="o",
        number="1",
        currency=draw(st.sampled_from(["USD", "JPY", "KWD"])),
        placed_at=PLACED,
        state=progress_of(held, cancelled=draw(st.sampled_from([False, False, False, True]))),
        total=draw(st.integers(0, 50_000)),
        lines=held,
        shipping=Component(shipping, draw(st.integers(0, shipping))),
        extras=Component(draw(st.integers(-5, 500))),
        country=draw(st.sampled_from([None, "DE"])),
        time_zone=draw(st.sampled_from([None, "Europe/Madrid", "nonsense"])),
        custodians=(Custodian.STRIPE,),
        prior_cases=draw(st.integers(0, 4)),
        frozen=draw(st.booleans()) and draw(st.booleans()),
    )


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
members = st.sampled_from(["format", "name", "rows", "when", "then", "id", "otherwise", "x"])
counts = st.builds(LineCount, st.sampled_from(["a", "b", "c", "unknown"]), st.integers(-2, 8))
asks = st.builds(
    Ask,
    action=st.just(Action.CANCEL),
    whole=st.booleans(),
    lines=st.lists(counts, max_size=4).map(tuple),
    reason=perhaps(names),
)


@settings(max_examples=300, deadline=None)
@given(orders(), asks, policies(), moments)
def test_every_ask_gets_one_consistent_answer(order: OrderFacts, ask: Ask, policy: Policy, at: datetime) -> None:
    rules = compile_policy(policy)
    decision = decide(order, ask, rules, at)
    assert decision == decide(order, ask, compile_policy(policy), at)
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision
    assert decision.outcome is not Outcome.APPROVE or all(line.outcome is Outcome.APPROVE for line in decision.lines)
    assert (decision.outcome is Outcome.REFUSE) == (
        not decision.lines or any(line.outcome is Outcome.REFUSE for line in decision.lines)
    )
    by_id = {line.id: line for line in order.lines}
    for line in decision.lines:
        assert line.verdicts
        if line.outcome is Outcome.REFUSE:
            assert (line.units, line.goods) == ((), 0)
        else:
            facts = by_id[line.line_id]
            assert len(line.units) == line.asked <= facts.left
            assert set(line.units) <= set(facts.free)
            assert 0 <= line.tax <= facts.tax
            assert 0 <= line.goods <= facts.total
    amounts = decision.amounts
    assert amounts.total >= 0
    assert 0 <= amounts.fee <= max(0, amounts.before_fee)
    assert 0 <= amounts.shipping.amount <= order.shipping.amount


@settings(max_examples=200, deadline=None)
@given(orders(), asks, policies(), moments)
def test_before_its_deadline_a_line_is_not_refused_and_at_it_it_is(
    order: OrderFacts, ask: Ask, policy: Policy, at: datetime
) -> None:
    rules = compile_policy(policy)
    for number, line in enumerate(decide(order, ask, rules, at).lines):
        if line.outcome is Outcome.REFUSE:
            assert line.deadline is None
            continue
        end = line.deadline or at + timedelta(days=400)
        for moment in (at + (end - at) / 3, end - timedelta(microseconds=1)):
            assert decide(order, ask, rules, moment).lines[number].outcome is not Outcome.REFUSE
        if line.deadline:
            assert decide(order, ask, rules, line.deadline).lines[number].outcome is Outcome.REFUSE


@settings(max_examples=150, deadline=None)
@given(orders(), policies(), moments)
def test_what_the_order_page_offers_is_what_the_ask_gets(order: OrderFacts, policy: Policy, at: datetime) -> None:
    rules = compile_policy(policy)
    for option in options(order, rules, at):
        if option.outcome is not Outcome.REFUSE:
            ask = Ask(action=Action.CANCEL, lines=(LineCount(option.line_id, option.quantity),))
            (line,) = decide(order, ask, rules, at).lines
            assert (line.outcome, line.goods, line.deadline) == (option.outcome, option.goods, option.deadline)


@settings(max_examples=150, deadline=None)
@given(policies())
def test_a_policy_survives_being_written_and_read(policy: Policy) -> None:
    again = parse_policy(canonical_policy(policy))
    assert again == policy
    assert policy_hash(again) == policy_hash(policy)


@settings(max_examples=200, deadline=None)
@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(members, inner), max_leaves=8))
def test_hostile_documents_are_refused_by_name(document: Any) -> None:
    with pytest.raises(BadPolicy):
        parse_policy(document)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_partition_release_and_reuse_of_units_pays_the_line_exactly(data: st.DataObject) -> None:
    """I5: units are asked for in any portions; some cases are released and asked for again; in the end all is paid."""
    quantity, total = data.draw(st.integers(1, 12)), data.draw(st.integers(0, 100_000))
    tax, shipping = data.draw(st.integers(0, total)), data.draw(st.integers(0, 900))
    policy = Policy(format=1, name="Any", rows=(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE)))
    rules, owned, paid = compile_policy(policy), set[int](), Component(0)
    shipping_paid = 0
    for _ in range(60):
        free = tuple(ordinal for ordinal in range(quantity) if ordinal not in owned)
        if not free:
            break
        line = LineFacts(
            id="a", title="A", quantity=quantity, total=total, tax=tax,
            free=tuple(data.draw(st.permutations(free))), cancelled=len(owned),
        )  # fmt: skip
        order = OrderFacts(
            id="o", number="1", currency="USD", placed_at=PLACED, state=progress_of((line,), cancelled=False),
            total=total + shipping, lines=(line,), shipping=Component(shipping - shipping_paid),
        )  # fmt: skip
        wanted = data.draw(st.integers(1, len(free)))
        decision = decide(order, Ask(action=Action.CANCEL, lines=(LineCount("a", wanted),)), rules, PLACED)
        if data.draw(st.integers(0, 3)) == 0:
            continue  # released: the store could not cancel
        owned |= set(decision.lines[0].units)
        goods = decision.amounts.goods
        paid = Component(paid.amount + goods.amount, paid.tax + goods.tax)
        shipping_paid += decision.amounts.shipping.amount
        assert paid.amount <= total
    if len(owned) == quantity:
        assert (paid, shipping_paid) == (Component(total, tax), shipping)
    else:
        assert shipping_paid == 0


@settings(max_examples=100, deadline=None)
@given(orders(), asks, policies(), moments, st.integers(0, 10))
def test_time_alone_does_not_change_the_digest(
    order: OrderFacts, ask: Ask, policy: Policy, at: datetime, hours: int
) -> None:
    rules = compile_policy(policy)
    now, later = decide(order, ask, rules, at), decide(order, ask, rules, at + timedelta(hours=hours))
    same = [(line.outcome, line.units) for line in now.lines] == [(line.outcome, line.units) for line in later.lines]
    if same and now.amounts == later.amounts:
        assert digest(now) == digest(later)
