"""What holds for every order, ask and policy: ``decide()`` is total, pure, and never pays more or less (I5, I6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.policies.conditions import When
from plugin.policies.decide import decide, options
from plugin.policies.decision import Decision, digest
from plugin.policies.document import (  # fmt: skip
    OTHERWISE,
    BadPolicy,
    Otherwise,
    Policy,
    Then,
    canonical_policy,
    parse_policy,
    policy_hash,
)
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, progress_of
from plugin.policies.reasons import Action, Mode, Outcome, Reason
from plugin.policies.rules import compile_policy
from plugin.policies.structure import left_for
from plugin.ports.orders import LineCount
from tests.unit.policies.documents import CONDITIONS, asks, moments, orders, policies
from tests.unit.policies.making import PLACED

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
members = st.sampled_from(["format", "name", "rows", "when", "then", "id", "otherwise", "x"])


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
            assert len(line.units) == line.asked <= left_for(ask.action, facts)
            assert set(line.units) <= set(facts.free)
            assert 0 <= line.tax <= facts.tax
            assert 0 <= line.goods <= facts.total
    amounts = decision.amounts
    assert amounts.total >= 0
    assert 0 <= amounts.fee <= max(0, amounts.before_fee)
    assert 0 <= amounts.shipping.amount <= order.shipping.amount
    assert amounts.shipping.amount == 0 or ask.action is Action.CANCEL
    assert decision.resolution is None or all(decision.resolution in line.resolutions for line in decision.lines)
    assert decision.outcome is not Outcome.APPROVE or ask.resolution in (None, decision.resolution)


@settings(max_examples=200, deadline=None)
@given(orders(), asks, policies(), moments)
def test_only_automatic_rows_answer_by_themselves(order: OrderFacts, ask: Ask, policy: Policy, at: datetime) -> None:
    for line in decide(order, ask, compile_policy(policy), at).lines:
        modes = {row.id: row.then.mode for row in policy.rows} | {
            OTHERWISE: policy.otherwise.by_action[ask.action].mode
        }
        is_structural = line.verdicts[-1].rule == "structure"
        assert line.outcome is Outcome.REVIEW or is_structural or modes[line.row or ""] is Mode.AUTOMATIC
        assert line.proposed is None or (line.outcome, line.reason) == (Outcome.REVIEW, Reason.PERSON_DECIDES)


def test_the_documents_tried_here_have_the_whole_vocabulary() -> None:
    assert set(CONDITIONS) == set(When.__struct_fields__)


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
@given(orders(), policies(), moments, st.sampled_from(Action))
def test_what_the_order_page_offers_is_what_the_ask_gets(
    order: OrderFacts, policy: Policy, at: datetime, action: Action
) -> None:
    rules = compile_policy(policy)
    for option in options(order, rules, at, action):
        if option.outcome is not Outcome.REFUSE:
            decision = decide(order, Ask(action=action, lines=(LineCount(option.line_id, option.quantity),)), rules, at)
            (line,) = decision.lines
            assert (line.outcome, line.goods, line.deadline) == (option.outcome, option.goods, option.deadline)
            assert (line.resolutions, line.bonus, line.label) == (option.resolutions, option.bonus, option.label)
            assert option.fee == decision.amounts.fee or decision.reason is Reason.AMOUNTS_UNEXPLAINED


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
