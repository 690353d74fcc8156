"""What is said of goods that go back, are exchanged or were faulty: what the shopper gets, and on what terms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from plugin.core.words import LANGUAGES, Words
from plugin.policies.decision import Amounts, Decision, LineDecision, LineOption, Verdict
from plugin.policies.explain import explain, explain_option
from plugin.policies.facts import Component
from plugin.policies.law.conformities import CONFORMITIES
from plugin.policies.law.names import NAMES
from plugin.policies.law.withdrawals import WITHDRAWALS
from plugin.policies.reasons import Action, Mode, Outcome, Payer, Reason, Resolution

ENGLISH = Words("en", UTC)
BOTH = (Resolution.REFUND, Resolution.STORE_CREDIT)


def a_line(title: str = "Mug", **changes: Any) -> LineDecision:
    facts: dict[str, Any] = {
        "line_id": title, "title": title, "asked": 1, "left": 1, "outcome": Outcome.APPROVE,
        "reason": Reason.ALLOWED, "verdicts": (), "units": (0,), "goods": 1000,
    }  # fmt: skip
    return LineDecision(**(facts | changes))


def decided(action: Action, *lines: LineDecision, **changes: Any) -> Decision:
    lines = lines or (a_line(),)
    fee = max(line.fee for line in lines)
    facts: dict[str, Any] = {
        "action": action, "outcome": lines[0].outcome, "reason": lines[0].reason, "lines": lines,
        "amounts": Amounts(currency="USD", goods=Component(sum(line.goods for line in lines)), fee=fee),
    }  # fmt: skip
    return Decision(**(facts | changes))


def said(decision: Decision, words: Words = ENGLISH) -> str:
    return explain(decision, words).sentence


def test_a_return_says_what_comes_back_and_who_pays_the_way() -> None:
    line = a_line(resolutions=BOTH, label=Payer.SHOP, bonus=100, fee=200)
    assert said(decided(Action.RETURN, line, resolution=Resolution.REFUND)) == (
        "You can send back “Mug”. After a fee of $2.00, you get $8.00 back. With store credit you get $1.00 more. "
        "We pay for the way back."
    )
    assert said(decided(Action.RETURN, line, resolution=Resolution.STORE_CREDIT)) == (
        "You can send back “Mug”. After a fee of $2.00, you get $9.00 as store credit. "
        "$1.00 of it is a bonus from us. We pay for the way back."
    )


def test_a_line_says_the_terms_that_the_whole_cannot() -> None:
    lines = a_line(resolutions=BOTH, label=Payer.SHOP), a_line("Tea", resolutions=BOTH, label=Payer.SHOPPER)
    decision = decided(Action.RETURN, *lines, resolution=Resolution.REFUND)
    assert said(decision) == "You can send back “Mug” and “Tea”. You get $20.00 back."
    assert [line.sentence for line in explain(decision, ENGLISH).lines] == [
        "“Mug” can be sent back. You can choose: your money back or store credit. We pay for the way back.",
        "“Tea” can be sent back. You can choose: your money back or store credit. You pay for the way back.",
    ]


def test_what_may_be_kept_is_said_to_be_kept() -> None:
    line = a_line(keep_item=True)
    assert said(decided(Action.FAULT, line, resolution=Resolution.REFUND)) == (
        "We are sorry that something went wrong with “Mug”. You get $10.00 back. "
        "You can keep it: nothing needs to be sent back."
    )


@pytest.mark.parametrize(
    ("action", "resolution", "sentence"),
    [
        (Action.EXCHANGE, None, "You can exchange “Mug”. A fee applies: $2.00."),
        (Action.RETURN, Resolution.EXCHANGE, "You can send back “Mug”. You get an exchange. A fee applies: $2.00."),
        (
            Action.FAULT,
            Resolution.RESHIPMENT,
            "We are sorry that something went wrong with “Mug”. We send it to you again. A fee applies: $2.00.",
        ),
    ],
)
def test_goods_for_goods_are_no_money(action: Action, resolution: Resolution | None, sentence: str) -> None:
    assert said(decided(action, a_line(fee=200), resolution=resolution)) == sentence


def test_who_chose_what_is_not_offered_hears_what_is() -> None:
    line = a_line(outcome=Outcome.REFUSE, reason=Reason.RESOLUTION_NOT_OFFERED, resolutions=(Resolution.STORE_CREDIT,))
    assert said(decided(Action.RETURN, line)) == (
        "“Mug” cannot be settled in the way that you chose. Please choose one that the order page offers, or talk to "
        "us. You can choose: store credit."
    )


def test_nothing_to_pay_back_is_said() -> None:
    assert said(decided(Action.RETURN, a_line(goods=0))) == "You can send back “Mug”. There is nothing to pay back."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", Action)
def test_our_own_proposal_never_reaches_a_shopper(action: Action, language: str) -> None:
    words = Words(language, UTC)
    plain = a_line(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    for mode, proposed, reason in (
        (Mode.SHADOW, Outcome.APPROVE, Reason.ALLOWED),
        (Mode.SUGGEST, Outcome.REFUSE, Reason.FINAL_SALE),
    ):
        left = msgspec.structs.replace(
            plain, mode=mode, proposed=proposed, proposed_reason=reason, fee=300, bonus=50, label=Payer.SHOP,
            resolutions=BOTH, verdicts=(Verdict("mode", matched=True, outcome=Outcome.REVIEW),),
        )  # fmt: skip
        assert explain(decided(action, left, proposed=proposed), words) == explain(decided(action, plain), words)


@pytest.mark.parametrize("reason", [Reason.HIGH_RISK, Reason.PERSON_DECIDES])
@pytest.mark.parametrize("action", Action)
def test_a_suspicion_is_not_told_apart(action: Action, reason: Reason) -> None:
    line = a_line(outcome=Outcome.REVIEW, reason=reason)
    told = said(decided(action, line))
    assert told == said(decided(action, msgspec.structs.replace(line, reason=Reason.PERSON_DECIDES)))


def test_an_option_says_the_same_as_the_line_that_it_becomes() -> None:
    until = datetime(2026, 12, 7, tzinfo=UTC)
    line = a_line(resolutions=BOTH, label=Payer.SHOPPER, fee=200, bonus=100, deadline=until)
    option = LineOption(
        action=Action.RETURN, line_id="Mug", title="Mug", outcome=line.outcome, reason=line.reason, quantity=1,
        goods=line.goods, tax=0, deadline=until, resolutions=BOTH, bonus=100, fee=200, label=Payer.SHOPPER,
    )  # fmt: skip
    sentence = explain_option(option, "USD", ENGLISH)
    assert sentence == explain(decided(Action.RETURN, line), ENGLISH).lines[0].sentence
    assert sentence == (
        "“Mug” can be sent back until December 6, 2026, 11:59\u202fPM (UTC). "
        "You can choose: your money back or store credit. With store credit you get $1.00 more. "
        "A fee applies: $2.00. You pay for the way back."
    )


def test_what_the_law_gives_is_said_to_be_a_right() -> None:
    line = a_line(reason=Reason.STATUTORY, verdicts=(Verdict("law:eu-withdrawal", matched=True),))
    assert said(decided(Action.RETURN, line)) == (
        "You can send back “Mug”. You get $10.00 back. "
        "This is your right by law: the right of withdrawal in the European Union (Directive 2011/83/EU)."
    )
    once = msgspec.structs.replace(line, verdicts=(Verdict("law:of-another-time", matched=True),))
    assert said(decided(Action.RETURN, once)).endswith("This is your right by law.")


def test_every_statute_has_a_name() -> None:
    assert set(NAMES) == {law.id for law in WITHDRAWALS} | {law.id for law in CONFORMITIES}


def test_a_refusal_says_what_can_still_go_back() -> None:
    lines = a_line(outcome=Outcome.REFUSE, reason=Reason.NOT_SHIPPED), a_line("Tea")
    assert said(decided(Action.RETURN, *lines)) == (
        "“Mug” has not left yet, so it cannot be sent back. You can cancel it instead. You can still send back “Tea”."
    )
