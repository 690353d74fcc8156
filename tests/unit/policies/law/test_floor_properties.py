"""No policy whatever goes below the law, and the law takes nothing away."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.policies.document import Fee, Then
from plugin.policies.judge import Judgement
from plugin.policies.law.periods import withdrawal_ends
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.policies.reasons import REASONS_OF_OUTCOME, Action, GoodsKind, Mode, Outcome, Payer, Resolution
from tests.unit.policies.law.sending_back import RECEIVED, delivered, lifted, received

FITTING = (Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.EXCHANGE)
COUNTRIES = st.sampled_from([*sorted(WITHDRAWAL_IN), "CH", "US"])
FEES = st.one_of(
    st.builds(Fee, percent=st.integers(1, 100)),
    st.builds(Fee, amounts=st.dictionaries(st.sampled_from(["USD", "ILS"]), st.integers(0, 10**9), min_size=1)),
)


def charged(then: Then) -> int:
    """What the fee could be of an order in shekels."""
    if then.fee is None:
        return 0
    return then.fee.percent or (then.fee.amounts or {}).get("ILS", 0)


@st.composite
def answers(draw: st.DrawFn) -> Then:
    outcome = draw(st.sampled_from(Outcome))
    reason = draw(st.sampled_from(sorted(REASONS_OF_OUTCOME[outcome])))
    mode = draw(st.sampled_from(Mode))
    if outcome is Outcome.REFUSE:
        return Then(outcome=outcome, reason=reason, mode=mode)
    keeps = draw(st.booleans())
    return Then(
        outcome=outcome,
        reason=reason,
        resolutions=draw(st.none() | st.lists(st.sampled_from(FITTING), min_size=1, unique=True).map(tuple)),
        fee=draw(st.none() | FEES),
        label=None if keeps else draw(st.none() | st.sampled_from(Payer)),
        keep_item=keeps,
        offer=draw(st.none() | st.just("stay")),
        mode=mode,
    )


ZONES = st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Pacific/Auckland", "Asia/Seoul", None])


@settings(max_examples=300, deadline=None)
@given(
    then=answers(),
    country=COUNTRIES,
    zone=ZONES,
    after=st.timedeltas(timedelta(0), timedelta(days=25)),
    deadline=st.none() | st.timedeltas(timedelta(0), timedelta(days=60)),
    goods=st.frozensets(st.sampled_from(GoodsKind)),
    total=st.integers(0, 10**9),
)
def test_within_the_period_nothing_is_below_the_law(
    then: Then, country: str, zone: str | None, after: timedelta, deadline: timedelta | None,
    goods: frozenset[GoodsKind], total: int,
) -> None:  # fmt: skip
    line = received(total=total)
    order = delivered(line, country=country, time_zone=zone, currency="ILS")
    until = None if deadline is None else RECEIVED + deadline
    judgement = lifted(then, order, after=after, goods=goods, deadline=until)
    law = WITHDRAWAL_IN.get(country)
    ends = None if law is None else withdrawal_ends(law, order, line)
    if law is None or ends is None or RECEIVED + after >= ends or law.exempt & goods - {GoodsKind.SEALED_HYGIENE}:
        assert judgement == Judgement(then, (), until)
        return
    after_law = judgement.then
    assert after_law.outcome is not Outcome.REFUSE
    assert after_law.outcome is Outcome.APPROVE or goods or then.outcome is Outcome.REVIEW
    assert after_law.resolutions is None or Resolution.REFUND in after_law.resolutions
    assert law.fee_percent or charged(after_law) == 0
    assert law.way_back is not Payer.SHOP or after_law.keep_item or after_law.label is Payer.SHOP
    assert judgement.deadline is None or judgement.deadline >= ends
    assert set(then.resolutions or ()) <= set(after_law.resolutions or ())
    assert after_law.mode is then.mode


@settings(max_examples=100, deadline=None)
@given(then=answers(), country=COUNTRIES, action=st.sampled_from([Action.CANCEL, Action.EXCHANGE]))
def test_other_asks_are_left_alone(then: Then, country: str, action: Action) -> None:
    assert lifted(then, delivered(country=country), action=action) == Judgement(then, (), None)


@settings(max_examples=100, deadline=None)
@given(then=answers(), country=COUNTRIES)
def test_to_lift_twice_is_to_lift_once(then: Then, country: str) -> None:
    once = lifted(then, delivered(country=country))
    again = lifted(once.then, delivered(country=country), deadline=once.deadline)
    assert (again.then, again.deadline) == (once.then, once.deadline)
