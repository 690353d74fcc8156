"""The law within the whole ``decide()``: a policy that is below it, asked by shoppers of many countries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import decide
from plugin.policies.document import Fee, Otherwise, Policy, Row, Selector, Then
from plugin.policies.facts import Ask, LineFacts
from plugin.policies.reasons import Action, GoodsKind, Outcome, Payer, Reason, Resolution
from plugin.policies.rules import compile_policy
from tests.unit.policies.law.sending_back import RECEIVED, delivered, received

# A week for credit less a tenth, and nothing after it; cakes never come back.
HARSH = compile_policy(
    Policy(
        format=1,
        name="Harsh",
        goods={GoodsKind.PERISHABLE: Selector(tags=("cake",))},
        rows=(
            Row(
                id="cakes",
                action=Action.RETURN,
                when=When(goods=(GoodsKind.PERISHABLE,)),
                then=Then(outcome=Outcome.REFUSE, reason=Reason.PERISHABLE),
            ),
            Row(
                id="a-week",
                action=Action.RETURN,
                when=When(since_delivered=Since(at_most=Span(days=7))),
                then=Then(
                    outcome=Outcome.APPROVE,
                    resolutions=(Resolution.STORE_CREDIT,),
                    fee=Fee(percent=10),
                    label=Payer.SHOPPER,
                ),
            ),
        ),
        otherwise=Otherwise(
            cancel=Then(outcome=Outcome.APPROVE),
            returning=Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER),
            fault=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED),
        ),
    )
)
A, V, R = Outcome.APPROVE, Outcome.REVIEW, Outcome.REFUSE
CAKE, MUG = received(tags=("cake",)), received()

ASKS: list[tuple[str, str, int, LineFacts, Outcome, Reason, int]] = [
    ("an American within the week", "US", 3, MUG, A, Reason.ALLOWED, 100),
    ("an American after it", "US", 9, MUG, R, Reason.WINDOW_OVER, 0),
    ("a German within the week", "DE", 3, MUG, A, Reason.STATUTORY, 0),
    ("a German after it", "DE", 9, MUG, A, Reason.STATUTORY, 0),
    ("a German after a fortnight", "DE", 16, MUG, R, Reason.WINDOW_OVER, 0),
    ("a German with a cake", "DE", 3, CAKE, R, Reason.PERISHABLE, 0),
    ("a Brazilian with a cake", "BR", 3, CAKE, V, Reason.STATUTORY, 0),
    ("a Brazilian within the week", "BR", 3, MUG, A, Reason.STATUTORY, 0),
    ("a Briton after it", "GB", 9, MUG, A, Reason.STATUTORY, 0),
]


@pytest.mark.parametrize(
    ("country", "days", "line", "outcome", "reason", "fee"), [a[1:] for a in ASKS], ids=[a[0] for a in ASKS]
)
def test_returns(country: str, days: int, line: LineFacts, outcome: Outcome, reason: Reason, fee: int) -> None:
    ask = Ask(action=Action.RETURN, whole=True)
    decision = decide(delivered(line, country=country), ask, HARSH, RECEIVED + timedelta(days=days))
    assert (decision.outcome, decision.reason, decision.amounts.fee) == (outcome, reason, fee)
    if reason is Reason.STATUTORY:
        assert decision.resolution is Resolution.REFUND
        assert decision.lines[0].verdicts[-1].rule.startswith("law:")
        assert decision.lines[0].label is (Payer.SHOP if country == "BR" else Payer.SHOPPER)


def test_a_fault_is_looked_at_where_the_trader_answers_for_it() -> None:
    ask = Ask(action=Action.FAULT, whole=True)
    at = RECEIVED + timedelta(days=400)
    assert decide(delivered(country="FR"), ask, HARSH, at).outcome is V
    assert decide(delivered(country="US"), ask, HARSH, at).outcome is R
