"""Returns, exchanges and faults: which units, in what form, on whose account, and who answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.policies.conditions import When
from plugin.policies.decide import options
from plugin.policies.decision import Verdict, digest
from plugin.policies.document import Selector, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.reasons import (  # fmt: skip
    Action,
    FaultKind,
    GoodsKind,
    Mode,
    Outcome,
    Payer,
    Reason,
    Resolution,
    Risk,
)
from plugin.ports.orders import LineCount, LineKind
from tests.unit.policies.making import (  # fmt: skip
    APPROVE,
    PLACED,
    REFUSE,
    REVIEW,
    SOON,
    a_line,
    an_order,
    decided,
    everything,
    some_rules,
)

BACK = [Action.RETURN, Action.EXCHANGE, Action.FAULT]
REFUND, CREDIT, EXCHANGE, RESHIPMENT = (
    Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.EXCHANGE, Resolution.RESHIPMENT,
)  # fmt: skip


def shipped(line_id: str = "mug", **changes: Any) -> LineFacts:
    return a_line(line_id, **({"fulfilled": 3, "shipped_at": PLACED} | changes))


def of_some(action: Action, *counts: tuple[str, int], **said: Any) -> Ask:
    return Ask(action=action, lines=tuple(LineCount(*count) for count in counts), **said)


def all_of_it(action: Action, **said: Any) -> Ask:
    return Ask(action=action, whole=True, **said)


NOT_BACK = [
    ("what has not left", a_line(), 1, Reason.NOT_SHIPPED),
    ("what is being cancelled", a_line(in_open_cases=3, free=()), 1, Reason.IN_OPEN_CASE),
    ("what is cancelled", a_line(cancelled=3, free=()), 1, Reason.ALREADY_CANCELLED),
    ("what has come back", shipped(returned=3, free=()), 1, Reason.ALREADY_RETURNED),
    ("what is on its way back", shipped(in_open_cases=3, free=()), 1, Reason.IN_OPEN_CASE),
    ("one back, two on their way", shipped(returned=1, in_open_cases=2, free=()), 1, Reason.IN_OPEN_CASE),
    ("two, of which one has left", shipped(fulfilled=1), 2, Reason.MORE_THAN_LEFT),
    ("two, of which one is back", shipped(fulfilled=2, returned=1, free=(1, 2)), 2, Reason.MORE_THAN_LEFT),
    ("none", shipped(), 0, Reason.BAD_QUANTITY),
]


@pytest.mark.parametrize("action", BACK)
@pytest.mark.parametrize(
    ("line", "quantity", "reason"), [row[1:] for row in NOT_BACK], ids=[row[0] for row in NOT_BACK]
)
def test_only_what_has_left_and_is_not_back_can_be_asked_for(
    action: Action, line: LineFacts, quantity: int, reason: Reason
) -> None:
    decision = decided(an_order(line), of_some(action, ("mug", quantity)), some_rules(action=action))
    assert (decision.outcome, decision.reason, decision.resolution) == (Outcome.REFUSE, reason, None)
    assert decision.lines[0].row is None


@pytest.mark.parametrize("action", BACK)
def test_everything_is_what_has_left_and_is_not_back(action: Action) -> None:
    order = an_order(shipped(fulfilled=2, returned=1, free=(1, 2)), a_line("tea"), state=Progress.PARTLY_FULFILLED)
    decision = decided(order, all_of_it(action), some_rules(action=action))
    assert [(line.line_id, line.units) for line in decision.lines] == [("mug", (1,))]
    assert (decision.everything, decision.amounts.shipping.amount) == (False, 0)
    assert [option.quantity for option in options(order, some_rules(action=action), SOON, action)] == [1, 0]


@pytest.mark.parametrize("kind", [LineKind.DIGITAL, LineKind.SERVICE])
@pytest.mark.parametrize("action", [Action.RETURN, Action.EXCHANGE])
def test_what_no_parcel_brings_back_is_a_persons_and_waits_for_none(action: Action, kind: LineKind) -> None:
    order = an_order(shipped(kind=kind))
    (line,) = decided(order, all_of_it(action), some_rules(action=action)).lines
    assert (line.outcome, line.reason, line.label) == (Outcome.REVIEW, Reason.PERSON_DECIDES, None)
    kept = some_rules(action=action, otherwise=Then(outcome=Outcome.APPROVE, keep_item=True))
    assert decided(order, all_of_it(action), kept).outcome is Outcome.APPROVE


WHOLE = [
    ("nothing has left", an_order(), Reason.NOT_SHIPPED),
    ("all is back", an_order(shipped(returned=3, free=())), Reason.ALREADY_RETURNED),
    ("some is back, some has not left", an_order(shipped(returned=3, free=()), a_line("b")), Reason.ALREADY_RETURNED),
    ("some is on its way back", an_order(shipped(in_open_cases=3, free=()), a_line("b")), Reason.IN_OPEN_CASE),
    ("it was cancelled", an_order(shipped(), state=Progress.CANCELLED), Reason.ORDER_CANCELLED),
]


@pytest.mark.parametrize("action", BACK)
@pytest.mark.parametrize(("order", "reason"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_an_order_of_which_nothing_can_come_back_says_the_most_telling_reason(
    action: Action, order: OrderFacts, reason: Reason
) -> None:
    assert decided(order, all_of_it(action), some_rules(action=action)).reason is reason


@pytest.mark.parametrize("fault", FaultKind)
def test_every_fault_is_told_of_units_that_have_left(fault: FaultKind) -> None:
    rules = some_rules(action=Action.FAULT)
    assert decided(an_order(shipped()), all_of_it(Action.FAULT, fault=fault), rules).outcome is Outcome.APPROVE
    assert decided(an_order(), all_of_it(Action.FAULT, fault=fault), rules).reason is Reason.NOT_SHIPPED


@pytest.mark.parametrize(
    ("action", "usual"),
    [
        (Action.CANCEL, (REFUND,)),
        (Action.RETURN, (REFUND,)),
        (Action.EXCHANGE, (EXCHANGE,)),
        (Action.FAULT, (REFUND, RESHIPMENT)),
    ],
)
def test_a_row_that_names_no_form_gives_the_usual_ones(action: Action, usual: tuple[Resolution, ...]) -> None:
    order = an_order(a_line() if action is Action.CANCEL else shipped())
    decision = decided(order, all_of_it(action), some_rules(action=action))
    assert decision.lines[0].resolutions == usual
    assert decision.resolution is usual[0]


def test_the_shopper_has_the_form_that_was_asked_for_where_it_is_offered() -> None:
    either = Then(outcome=Outcome.APPROVE, resolutions=(CREDIT, REFUND))
    rules = some_rules(otherwise=either, action=Action.RETURN)
    assert decided(an_order(shipped()), all_of_it(Action.RETURN), rules).resolution is CREDIT
    assert decided(an_order(shipped()), all_of_it(Action.RETURN, resolution=REFUND), rules).resolution is REFUND
    refused = decided(an_order(shipped()), all_of_it(Action.RETURN, resolution=EXCHANGE), rules)
    assert (refused.outcome, refused.reason) == (Outcome.REFUSE, Reason.RESOLUTION_NOT_OFFERED)
    (line,) = refused.lines
    assert (line.resolutions, line.row, line.verdicts[-1].rule) == ((CREDIT, REFUND), "otherwise", "structure")


def test_lines_that_share_no_form_are_for_a_person_unless_one_is_refused() -> None:
    credit = Then(outcome=Outcome.APPROVE, resolutions=(CREDIT,))
    rules = some_rules((When(tags=("sale",)), credit), action=Action.RETURN)
    order = an_order(shipped(), shipped("tea", tags=("sale",)))
    mixed = decided(order, all_of_it(Action.RETURN), rules)
    assert (mixed.outcome, mixed.reason, mixed.resolution) == (Outcome.REVIEW, Reason.PERSON_DECIDES, None)
    assert [verdict.rule for verdict in mixed.verdicts] == ["guard"]
    asked_for = decided(order, all_of_it(Action.RETURN, resolution=CREDIT), rules)
    assert [line.outcome for line in asked_for.lines] == [Outcome.REFUSE, Outcome.APPROVE]


WAYS_BACK = [
    (Action.RETURN, APPROVE, None, Payer.SHOPPER),
    (Action.EXCHANGE, APPROVE, None, Payer.SHOPPER),
    (Action.RETURN, Then(outcome=Outcome.APPROVE, label=Payer.SHOP), None, Payer.SHOP),
    (Action.FAULT, APPROVE, FaultKind.DAMAGED, Payer.SHOP),
    (Action.FAULT, APPROVE, FaultKind.MISSING, None),
    (Action.FAULT, Then(outcome=Outcome.APPROVE, label=Payer.SHOP), FaultKind.NOT_ARRIVED, None),
    (Action.RETURN, Then(outcome=Outcome.APPROVE, keep_item=True), None, None),
]


@pytest.mark.parametrize(("action", "then", "fault", "payer"), WAYS_BACK)
def test_somebody_pays_the_way_back_where_there_is_one(
    action: Action, then: Then, fault: FaultKind | None, payer: Payer | None
) -> None:
    decision = decided(an_order(shipped()), all_of_it(action, fault=fault), some_rules(otherwise=then, action=action))
    assert (decision.lines[0].label, decision.lines[0].keep_item) == (payer, then.keep_item)


def test_units_that_were_refunded_by_hand_send_what_comes_back_to_a_person() -> None:
    order = an_order(shipped(refunded_by_hand=1))
    decision = decided(order, all_of_it(Action.RETURN), some_rules(action=Action.RETURN))
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, Reason.REFUNDED_ELSEWHERE)
    assert decided(an_order(a_line(refunded_by_hand=1)), everything()).outcome is Outcome.APPROVE


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.SUGGEST])
@pytest.mark.parametrize("then", [APPROVE, REFUSE])
def test_what_is_not_automatic_is_answered_by_a_person_and_ours_is_kept(then: Then, mode: Mode) -> None:
    trusted_less = Then(outcome=then.outcome, reason=then.reason, mode=mode)
    decision = decided(an_order(), everything(), some_rules((When(), trusted_less)))
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, Reason.PERSON_DECIDES)
    assert decision.proposed is then.outcome
    (line,) = decision.lines
    assert (line.mode, line.proposed, line.proposed_reason, line.row) == (mode, then.outcome, then.reason, "row-1")
    assert line.verdicts[-1] == Verdict("mode", matched=True, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    assert (line.units, decision.amounts.total) == ((0, 1, 2), 1500)


def test_a_persons_look_proposes_nothing() -> None:
    looked_at = Then(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE, mode=Mode.SHADOW)
    decision = decided(an_order(), everything(), some_rules((When(), looked_at)))
    assert (decision.reason, decision.proposed, decision.lines[0].proposed) == (Reason.HIGH_VALUE, None, None)
    frozen = decided(
        an_order(frozen=True), everything(), some_rules((When(), Then(outcome=Outcome.APPROVE, mode=Mode.SHADOW)))
    )
    assert (frozen.reason, frozen.proposed) == (Reason.ORDER_FROZEN, None)


def test_of_several_lines_the_gravest_is_proposed() -> None:
    shadow = Then(outcome=Outcome.APPROVE, mode=Mode.SHADOW)
    rules = some_rules((When(tags=("a",)), shadow), (When(tags=("b",)), REVIEW), (When(tags=("c",)), REFUSE))
    a, b, c = (a_line(tag, tags=(tag,)) for tag in "abc")
    assert decided(an_order(a, a_line()), everything(), rules).proposed is Outcome.APPROVE
    assert decided(an_order(a, b), everything(), rules).proposed is None
    assert (refused := decided(an_order(a, c), everything(), rules)).outcome is Outcome.REFUSE
    assert refused.proposed is None


GOODS = {
    GoodsKind.PERISHABLE: Selector(categories=("cheese",), products=("p1",)),
    GoodsKind.DIGITAL_BEGUN: Selector(line_kinds=(LineKind.DIGITAL,)),
    GoodsKind.PERSONALISED: Selector(tags=("engraved",)),
}
OF_KIND: list[tuple[dict[str, Any], set[GoodsKind]]] = [
    ({}, set()),
    ({"product_id": "p1"}, {GoodsKind.PERISHABLE}),
    ({"categories": ("tea", "cheese")}, {GoodsKind.PERISHABLE}),
    ({"tags": ("engraved",), "kind": LineKind.DIGITAL}, {GoodsKind.PERSONALISED, GoodsKind.DIGITAL_BEGUN}),
    ({"personalised": True}, {GoodsKind.PERSONALISED}),
]


@pytest.mark.parametrize(("facts", "kinds"), OF_KIND)
def test_goods_are_what_the_policy_says_and_what_the_store_marks(facts: dict[str, Any], kinds: set[GoodsKind]) -> None:
    rules = some_rules((When(goods=tuple(GoodsKind)), REVIEW), goods=GOODS)
    line = a_line(**facts)
    assert rules.goods_of(line) == kinds
    assert decided(an_order(line), everything(), rules).lines[0].row == ("row-1" if kinds else "otherwise")
    assert some_rules().goods_of(a_line(personalised=True)) == {GoodsKind.PERSONALISED}
    assert some_rules().goods_of(a_line(kind=LineKind.DIGITAL)) == frozenset()


def test_a_plain_cancellation_is_agreed_to_as_it_always_was() -> None:
    """The digest of a preview that a shopper has before them while the house is renewed."""
    assert digest(decided(an_order(), everything())) == (
        "a9dc2820ec3d81f73c855b7e1b3cefb4f9e6dfdddab95ab6e2b31bfbe42938f7"
    )


def test_what_a_return_is_agreed_to_covers_its_form_and_its_terms() -> None:
    said = [
        Then(outcome=Outcome.APPROVE, **terms)
        for terms in (
            {},
            {"resolutions": (CREDIT,)},
            {"resolutions": (CREDIT,), "bonus_percent": 10},
            {"label": Payer.SHOP},
            {"keep_item": True},
        )
    ]  # fmt: skip
    digests = {
        digest(decided(an_order(shipped()), all_of_it(Action.RETURN), some_rules(otherwise=then, action=Action.RETURN)))
        for then in said
    }
    assert len(digests) == len(said)


def test_the_orders_risk_and_the_fault_can_decide() -> None:
    risky = some_rules((When(risks=(Risk.HIGH,)), REVIEW))
    assert [decided(an_order(risk=risk), everything(), risky).outcome for risk in (None, Risk.LOW, Risk.HIGH)] == [
        Outcome.APPROVE, Outcome.APPROVE, Outcome.REVIEW,
    ]  # fmt: skip
    damaged = some_rules((When(faults=(FaultKind.DAMAGED,)), APPROVE), otherwise=REVIEW, action=Action.FAULT)
    asks = [all_of_it(Action.FAULT, fault=fault) for fault in (FaultKind.DAMAGED, FaultKind.MISSING, None)]
    assert [decided(an_order(shipped()), ask, damaged).outcome for ask in asks] == [
        Outcome.APPROVE, Outcome.REVIEW, Outcome.REVIEW,
    ]  # fmt: skip


def test_the_law_lifts_what_the_rows_refuse_and_the_rows_go_on_after_it() -> None:
    received = datetime(2026, 11, 24, 12, tzinfo=UTC)
    order = an_order(shipped(delivered_at=received), country="DE", time_zone="Europe/Berlin")
    refusing = some_rules(otherwise=REFUSE, action=Action.RETURN)
    decision = decided(order, all_of_it(Action.RETURN), refusing, received)
    (line,) = decision.lines
    assert (decision.outcome, decision.reason, line.row) == (Outcome.APPROVE, Reason.STATUTORY, "otherwise")
    assert line.deadline is not None
    assert line.law is not None
    assert options(order, refusing, received, Action.RETURN)[0].law == line.law
    assert decided(order, all_of_it(Action.RETURN), refusing, line.deadline).outcome is Outcome.REFUSE
    shadow = Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED, mode=Mode.SHADOW)
    person = decided(order, all_of_it(Action.RETURN), some_rules(otherwise=shadow, action=Action.RETURN), received)
    assert (person.outcome, person.proposed, person.lines[0].proposed_reason, person.deadline) == (
        Outcome.REVIEW, Outcome.APPROVE, Reason.STATUTORY, None,
    )  # fmt: skip
