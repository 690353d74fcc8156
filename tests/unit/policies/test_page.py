"""The policy as a page: every row is one whole sentence, and its answer is the answer that a decision by it gives."""

from __future__ import annotations

from datetime import UTC
from string import Formatter
from typing import Any

import pytest
from msgspec.structs import fields

from plugin.core.words import LANGUAGES, Words, catalogue
from plugin.policies import phrases
from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import (
    Calendar,
    Fee,
    Otherwise,
    Policy,
    Row,
    Then,
    canonical_policy,
    parse_policy,
)  # fmt: skip
from plugin.policies.explain import explain
from plugin.policies.page import all_of, all_page_sentences, answer_of, policy_page
from plugin.policies.ready import default_policy
from plugin.policies.reasons import (
    REASONS_OF_OUTCOME,
    Action,
    FaultKind,
    GoodsKind,
    Mode,
    Outcome,
    Payer,
    Reason,
    Resolution,
    Risk,
    Trigger,
)  # fmt: skip
from plugin.ports.orders import Custodian, LineKind
from tests.unit.policies.making import a_line, an_order, decided, everything, some_rules

ENGLISH = Words("en", UTC)
APPROVE = Then(outcome=Outcome.APPROVE)
REFUSE = Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER)

# Each condition once: what it says after "If".
CLAUSES: list[tuple[dict[str, Any], str]] = [
    ({"order_states": ("unfulfilled", "partly_fulfilled")}, "the order is not yet sent or sent in part"),
    ({"value_at_least": {"USD": 5000, "JPY": 5000}}, "the order comes to $50.00 or ¥5,000 or more"),
    ({"value_at_most": {"KWD": 5000}}, "the order comes to KWD\xa05.000 or less"),
    (
        {"item_value_at_least": {"USD": 1, "EUR": 1, "GBP": 1, "SEK": 1}},
        "the item costs $0.01, €0.01, or £0.01 (or as much in another currency) or more",
    ),
    ({"item_value_at_most": {"USD": 100}}, "the item costs $1.00 or less"),
    ({"countries": ("DE", "FR")}, "the country of delivery is Germany or France"),
    ({"channels": ("pos",)}, "the order was placed through “pos”"),
    ({"custodians": (Custodian.MANUAL,)}, "the order was paid by transfer or in cash"),
    ({"prior_cases_at_least": 7}, "there have been several requests before"),
    ({"reasons": ("too small",)}, "your reason is “too small”"),
    ({"faults": (FaultKind.DAMAGED,)}, "the problem is a damaged item"),
    ({"risks": (Risk.HIGH,)}, "our safety check asks for it"),
    ({"is_business": True}, "you bought for a business"),
    ({"line_kinds": (LineKind.GIFT_CARD,)}, "the item is a gift card"),
    ({"products": ("p1", "p2")}, "the item is one of these products: “p1” or “p2”"),
    (
        {"tags": tuple("abcdefghij")},
        "the item is marked “a”, “b”, “c”, “d”, “e”, “f”, “g”, or 3 more",
    ),
    ({"categories": ("Shoes",)}, "the item belongs to the category “Shoes”"),
    ({"goods": (GoodsKind.SEALED_HYGIENE,)}, "the item is sealed for hygiene"),
    ({"on_sale": True}, "the item was sold at a reduced price"),
    ({"final_sale": False}, "the item was not sold as final sale"),
    ({"personalised": True}, "the item is made just for you"),
    ({"since_placed": Since(at_most=Span(minutes=30))}, "you ask within 30 minutes after the order"),
    ({"since_shipped": Since(at_least=Span(days=1))}, "you ask later than 1 day after shipping"),
    (
        {"since_delivered": Since(at_least=Span(days=14), at_most=Span(days=31), fallback="shipped")},
        "you ask later than 14 days, but within 31 days after delivery (or after shipping, if no delivery is reported)",
    ),
]
CLOCKS = [
    (Since(at_most=Span(days=0, by="14:00")), "you ask before the next 2:00\u202fPM after the order"),
    (Since(at_least=Span(days=0, by="14:00")), "you ask from the next 2:00\u202fPM after the order on"),
    (
        Since(at_most=Span(business_days=1, by="14:00")),
        "you ask within 1 business day counted from the next 2:00\u202fPM of a business day after the order",
    ),
    (
        Since(at_least=Span(days=2, by="14:00"), at_most=Span(hours=72)),
        "you ask later than 2 days counted from the next 2:00\u202fPM after the order, and if "
        "you ask within 72 hours after the order",
    ),
]


def said(when: When, words: Words = ENGLISH) -> str:
    return all_of(phrases.conditions_of(when, words), words)


@pytest.mark.parametrize(("conditions", "clause"), CLAUSES, ids=[next(iter(named)) for named, _ in CLAUSES])
def test_each_condition_is_a_clause(conditions: dict[str, Any], clause: str) -> None:
    assert said(When(**conditions)) == clause


@pytest.mark.parametrize(("since", "clause"), CLOCKS)
def test_a_time_of_day_is_said_as_it_counts(since: Since, clause: str) -> None:
    assert said(When(since_placed=since)) == clause


def test_no_condition_is_forgotten() -> None:
    assert {next(iter(named)) for named, _ in CLAUSES} == {field.name for field in fields(When)}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_clause_is_said_in_every_language(language: str) -> None:
    for conditions, clause in CLAUSES:
        assert said(When(**conditions), Words(language, UTC)) != clause


@pytest.mark.parametrize(
    ("language", "n", "clause"),
    [
        ("ru", 1, "вы обращаетесь в течение 1 дня после доставки"),
        ("ru", 14, "вы обращаетесь в течение 14 дней после доставки"),
        ("ru", 22, "вы обращаетесь в течение 22 дней после доставки"),
        ("ru", 31, "вы обращаетесь в течение 31 дня после доставки"),
        ("es", 1, "lo pides dentro de un plazo de 1 día desde la entrega"),
        ("es", 14, "lo pides dentro de un plazo de 14 días desde la entrega"),
    ],
)
def test_days_are_counted_as_the_language_counts(language: str, n: int, clause: str) -> None:
    assert said(When(since_delivered=Since(at_most=Span(days=n))), Words(language, UTC)) == clause


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sentence", all_page_sentences())
def test_every_sentence_keeps_its_placeholders(language: str, sentence: str) -> None:
    said = catalogue(language).gettext(sentence)
    names = [{name for _, name, _, _ in Formatter().parse(text)} for text in (said, sentence)]
    assert names[0] == names[1]


def test_the_default_policy_reads_as_a_page() -> None:
    cancel, returning, _, _ = policy_page(default_policy(), ENGLISH).sections
    assert cancel.question == "Can I cancel my order?"
    assert [rule.sentence for rule in cancel.rules] == [
        "If the item is a gift card: This item is a gift card that was sent at once, so it cannot be cancelled. "
        "You can still use it or give it away, and we are happy to help.",
        "If the item is made just for you, and if you ask later than 1 hour after the order: This item is made just "
        "for you and the work has begun, so it cannot be cancelled. If something should be different, please talk to "
        "us quickly, and we will try.",
        "If the order comes to $500.00, €500.00, or £400.00 (or as much in another currency) or more: One of us will "
        "look at your request in person and answer you. You do not need to do anything.",
        "In all other cases: This item can be cancelled until it ships.",
    ]
    assert [rule.sentence for rule in returning.rules] == [
        "This item cannot be sent back online. Please talk to us, and we will look for another way."
    ]


def test_a_rows_terms_are_said_in_the_answers_own_words() -> None:
    then = Then(
        outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND, Resolution.STORE_CREDIT), bonus_percent=10,
        fee=Fee(percent=15), label=Payer.SHOPPER,
    )  # fmt: skip
    assert answer_of(Action.RETURN, then, ENGLISH) == (
        "This item can be sent back. You can choose: your money back or store credit. "
        "With store credit you get 10% more. A fee applies: 15% of the price. You pay for the way back. "
        "It has to be on its way within 30 days. You get this as soon as we have looked at what you sent."
    )
    kept = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.RESHIPMENT,), keep_item=True)
    assert answer_of(Action.FAULT, kept, ENGLISH) == (
        "This item can be reported here, and we will put it right. We send it to you again. "
        "You can keep it: nothing needs to be sent back."
    )
    plain = answer_of(Action.FAULT, APPROVE, ENGLISH)
    in_time = "It has to be on its way within 30 days. You get this as soon as we have looked at what you sent."
    assert plain.endswith(f"We pay for the way back. {in_time}")
    assert plain.startswith(answer_of(Action.FAULT, APPROVE, ENGLISH, goes_nowhere=True))


def test_what_a_row_leaves_open_is_said_as_it_is_decided() -> None:
    assert answer_of(Action.RETURN, APPROVE, ENGLISH) == (
        "This item can be sent back. You get your money back. You pay for the way back. "
        "It has to be on its way within 30 days. You get this as soon as we have looked at what you sent."
    )
    assert answer_of(Action.EXCHANGE, APPROVE, ENGLISH) == (
        "This item can be exchanged. You pay for the way back. "
        "It has to be on its way within 30 days. You get this as soon as we have looked at what you sent."
    )
    assert answer_of(Action.CANCEL, APPROVE, ENGLISH) == "This item can be cancelled until it ships."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", sorted(REASONS_OF_OUTCOME[Outcome.REFUSE]))
def test_a_refusal_reads_on_the_page_as_it_is_answered(language: str, reason: Reason) -> None:
    words = Words(language, UTC)
    then = Then(outcome=Outcome.REFUSE, reason=reason)
    decision = decided(an_order(a_line(title="ITEM")), everything(), some_rules(otherwise=then))
    spoken = explain(decision, words).sentence
    quoted = words.say("“{item}”", item="ITEM")
    assert spoken.startswith(quoted)
    assert answer_of(Action.CANCEL, then, words) == spoken.replace(quoted, words.say("This item"))


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.SUGGEST])
@pytest.mark.parametrize("then", [APPROVE, REFUSE])
def test_a_row_that_a_person_answers_for_says_that_a_person_looks(mode: Mode, then: Then) -> None:
    held = Then(outcome=then.outcome, reason=then.reason, mode=mode)
    review = Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    assert answer_of(Action.RETURN, held, ENGLISH) == answer_of(Action.RETURN, review, ENGLISH)


def test_a_stored_policy_reads_as_it_was_written() -> None:
    stored = parse_policy(canonical_policy(default_policy()))
    assert policy_page(stored, ENGLISH) == policy_page(default_policy(), ENGLISH)


def test_business_days_are_explained_where_a_rule_counts_them() -> None:
    when = When(since_placed=Since(at_most=Span(business_days=2)))
    policy = Policy(
        format=1, name="Test", rows=(Row(id="quick", action=Action.CANCEL, when=when, then=APPROVE),),
        otherwise=Otherwise(cancel=REFUSE), calendar=Calendar(country="DE", weekdays=(5, 0)),
    )  # fmt: skip
    assert (
        policy_page(policy, ENGLISH).calendar == "Business days: Monday and Saturday, except public holidays (Germany)."
    )
    assert policy_page(default_policy(), ENGLISH).calendar is None


def test_hostile_names_are_only_names() -> None:
    assert said(When(tags=("{among} {0} </script>",))) == "the item is marked “{among} {0} </script>”"


def test_the_time_to_send_what_pays_and_photos_are_said() -> None:
    then = Then(outcome=Outcome.APPROVE, label=Payer.SHOP, send_within=1, pays_on=Trigger.IN_TRANSIT, photos=True)
    assert answer_of(Action.RETURN, then, ENGLISH) == (
        "This item can be sent back. You get your money back. We pay for the way back. It has to be on its way within "
        "1 day. You get this as soon as the parcel is on its way to us. Please send a photo with your request."
    )
