"""What the law makes of an answer that is below it, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.policies.document import Fee, Then
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.policies.reasons import Action, GoodsKind, Mode, Outcome, Payer, Reason, Resolution
from plugin.ports.orders import LineKind
from tests.unit.policies.law.sending_back import APPROVED, PLACED, REFUSED, delivered, lifted, received

LAST_DAY = timedelta(days=14)
TOO_LATE = timedelta(days=15)
GERMAN_END = datetime(2026, 3, 19, 23, tzinfo=UTC)


def test_a_refusal_within_the_period_becomes_a_refund_that_the_law_gives() -> None:
    judgement = lifted(REFUSED)
    assert judgement.then.outcome is Outcome.APPROVE
    assert judgement.then.resolutions == (Resolution.REFUND,)
    assert judgement.then.fee is None
    assert judgement.then.label is Payer.SHOPPER
    assert judgement.reason is Reason.STATUTORY
    assert judgement.deadline == GERMAN_END
    (verdict,) = judgement.verdicts
    assert (verdict.rule, verdict.outcome, verdict.reason) == ("law:eu-withdrawal", Outcome.APPROVE, Reason.STATUTORY)
    law = WITHDRAWAL_IN["DE"]
    assert verdict.rule == law.rule
    assert law.source.article.startswith("Art. 9(2)")


def test_after_the_period_the_policy_stands() -> None:
    assert lifted(REFUSED, after=LAST_DAY).then.outcome is Outcome.APPROVE
    assert lifted(REFUSED, after=TOO_LATE).then is REFUSED
    assert lifted(REFUSED, at=GERMAN_END - timedelta(microseconds=1)).reason is Reason.STATUTORY
    assert lifted(REFUSED, at=GERMAN_END).reason is None


UNTOUCHED = {
    "a business buyer": delivered(is_business=True),
    "no country": delivered(country=None),
    "a country without the right": delivered(country="CH"),
    "a gift card": delivered(received(kind=LineKind.GIFT_CARD)),
    "an order from before the law": delivered(placed_at=datetime(2014, 6, 12, tzinfo=UTC)),
    "a download where the law is about goods": delivered(received(kind=LineKind.DIGITAL), country="TW"),
}


@pytest.mark.parametrize("order", UNTOUCHED.values(), ids=UNTOUCHED)
def test_who_has_no_such_right_gets_the_answer_of_the_policy(order: object) -> None:
    assert lifted(REFUSED, order).then is REFUSED  # type: ignore[arg-type]


@pytest.mark.parametrize("action", [Action.CANCEL, Action.EXCHANGE])
def test_only_returns_and_faults_are_lifted(action: Action) -> None:
    assert lifted(REFUSED, action=action).then is REFUSED


EXEMPTIONS = [
    ("DE", GoodsKind.PERSONALISED, Outcome.REFUSE),
    ("DE", GoodsKind.PERISHABLE, Outcome.REFUSE),
    ("DE", GoodsKind.DIGITAL_BEGUN, Outcome.REFUSE),
    ("DE", GoodsKind.SEALED_HYGIENE, Outcome.REVIEW),  # lost with the seal, which only a person can see
    ("CN", GoodsKind.PERISHABLE, Outcome.REFUSE),
    ("RU", GoodsKind.PERSONALISED, Outcome.REFUSE),
    ("RU", GoodsKind.PERISHABLE, Outcome.REVIEW),  # no exemption whose source we know
    ("BR", GoodsKind.PERSONALISED, Outcome.REVIEW),
]


@pytest.mark.parametrize(("country", "kind", "outcome"), EXEMPTIONS)
def test_goods_are_exempt_where_the_law_says_so(country: str, kind: GoodsKind, outcome: Outcome) -> None:
    judgement = lifted(REFUSED, delivered(country=country), goods=frozenset({kind}))
    assert judgement.then.outcome is outcome
    assert judgement.reason is (Reason.STATUTORY if outcome is Outcome.REVIEW else None)


def test_whether_a_download_has_begun_a_person_finds_out() -> None:
    order = delivered(received(kind=LineKind.DIGITAL))
    assert lifted(REFUSED, order).then.outcome is Outcome.REVIEW
    assert lifted(REFUSED, order, at=PLACED + timedelta(days=15)).then is REFUSED


def test_credit_alone_becomes_a_choice_with_the_refund_first() -> None:
    credit = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT,), bonus_percent=10, offer="stay")
    judgement = lifted(credit)
    assert judgement.then.resolutions == (Resolution.REFUND, Resolution.STORE_CREDIT)
    assert judgement.then.bonus_percent == 10
    assert judgement.then.offer is None
    assert judgement.reason is Reason.STATUTORY


@pytest.mark.parametrize("fee", [Fee(percent=1), Fee(amounts={"USD": 1})])
def test_a_fee_falls_away(fee: Fee) -> None:
    judgement = lifted(Then(outcome=Outcome.APPROVE, fee=fee))
    assert judgement.then.fee is None
    assert judgement.reason is Reason.STATUTORY


ISRAEL = [
    ({"ILS": 10_000}, None, 600_000, True),
    ({"ILS": 10_001}, None, 600_000, False),
    (None, 5, 200_000, True),
    (None, 5, 200_020, False),  # five per cent of all units is more than 100 shekels
    (None, 6, 6_000, False),
]


@pytest.mark.parametrize(("amounts", "percent", "total", "stays"), ISRAEL)
def test_a_fee_that_the_law_allows_stays(
    amounts: dict[str, int] | None, percent: int | None, total: int, stays: bool
) -> None:
    fee = Fee(amounts=amounts, percent=percent)
    order = delivered(received(total=total), country="IL", currency="ILS")
    assert lifted(Then(outcome=Outcome.APPROVE, fee=fee), order).then.fee == (fee if stays else None)


def test_where_the_trader_pays_the_way_back_no_policy_makes_the_shopper_pay() -> None:
    shopper = Then(outcome=Outcome.APPROVE, label=Payer.SHOPPER)
    assert lifted(shopper).then is shopper
    assert lifted(shopper, delivered(country="BR")).then.label is Payer.SHOP
    assert lifted(REFUSED, delivered(country="BR")).then.label is Payer.SHOP
    kept = Then(outcome=Outcome.APPROVE, keep_item=True)
    assert lifted(kept, delivered(country="BR")).then is kept


def test_a_shorter_window_lasts_as_long_as_the_law_and_a_longer_one_as_long_as_it_is() -> None:
    short, long = GERMAN_END - timedelta(days=7), GERMAN_END + timedelta(days=16)
    judgement = lifted(APPROVED, deadline=short)
    assert judgement.deadline == GERMAN_END
    assert judgement.then is APPROVED
    assert judgement.reason is None
    assert judgement.verdicts[-1].rule == "law:eu-withdrawal"
    assert lifted(APPROVED, deadline=long).deadline == long
    assert lifted(APPROVED, deadline=long).verdicts == ()
    assert lifted(APPROVED).deadline is None


def test_a_period_that_has_not_begun_has_no_end() -> None:
    order = delivered(received(), received("lamp", at=None))
    assert lifted(REFUSED, order).deadline is None
    assert lifted(APPROVED, order, deadline=GERMAN_END).deadline is None


def test_a_person_who_looks_still_looks_and_cannot_charge() -> None:
    review = Then(outcome=Outcome.REVIEW, reason=Reason.HIGH_VALUE, fee=Fee(percent=10))
    judgement = lifted(review)
    assert (judgement.then.outcome, judgement.then.reason, judgement.then.fee) == (
        Outcome.REVIEW, Reason.HIGH_VALUE, None,
    )  # fmt: skip
    assert judgement.reason is None


def test_how_far_a_row_is_trusted_stays() -> None:
    shadow = Then(outcome=Outcome.REFUSE, reason=Reason.FINAL_SALE, mode=Mode.SHADOW)
    assert lifted(shadow).then.mode is Mode.SHADOW


def test_a_fault_within_the_time_of_conformity_is_at_least_looked_at() -> None:
    judgement = lifted(REFUSED, action=Action.FAULT, after=timedelta(days=700))
    assert judgement.then.outcome is Outcome.REVIEW
    assert judgement.reason is Reason.STATUTORY
    assert judgement.verdicts[-1].rule == "law:eu-conformity"
    assert lifted(REFUSED, action=Action.FAULT, after=timedelta(days=740)).then is REFUSED
    assert lifted(APPROVED, action=Action.FAULT).then is APPROVED
    assert lifted(REFUSED, delivered(country="CH"), action=Action.FAULT).then is REFUSED


def test_goods_that_never_came_are_within_that_time() -> None:
    order = delivered(received(at=None))
    assert lifted(REFUSED, order, action=Action.FAULT).then.outcome is Outcome.REVIEW


def test_where_nobody_tells_of_the_delivery_a_person_looks_for_two_weeks_longer() -> None:
    order = delivered(received(delivery_is_estimated=True))
    answers = [lifted(order=order, after=timedelta(days=days)) for days in (2, 16, 28, 31)]
    assert [answer.then.outcome for answer in answers] == [
        Outcome.APPROVE, Outcome.REVIEW, Outcome.REVIEW, Outcome.REFUSE,
    ]  # fmt: skip
    assert answers[0].deadline == answers[1].deadline
    kept = Then(outcome=Outcome.APPROVE, fee=Fee(percent=10))
    assert lifted(kept, order, after=timedelta(days=2)).then.fee is None
    assert lifted(kept, order, after=timedelta(days=16)).then == kept
