"""Every decision has its sentences, in every language, with the same placeholders."""

from __future__ import annotations

from datetime import UTC, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from plugin.core.words import LANGUAGES, Words, catalogue
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import options
from plugin.policies.document import Fee, Then
from plugin.policies.explain import explain, explain_option
from plugin.policies.reasons import REASONS_OF_OUTCOME, Action, Outcome, Reason
from plugin.policies.refusals import ASK_REFUSE, LINE_REFUSE
from plugin.policies.reviews import LINE_REVIEW
from plugin.policies.sentences import all_sentences
from plugin.ports.orders import LineKind
from tests.unit.policies.making import (
    DEFAULT,
    REFUSE,
    REVIEW,
    SOON,
    a_line,
    an_order,
    decided,
    everything,
    some,
    some_rules,
)  # fmt: skip

ENGLISH = Words("en", UTC)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sentence", all_sentences())
def test_every_sentence_is_said_in_every_language_with_the_same_placeholders(language: str, sentence: str) -> None:
    said = catalogue(language).gettext(sentence)
    assert placeholders(said) == placeholders(sentence)
    assert language == "en" or said != sentence


# Found by decide() before any row is asked.
STRUCTURE = {
    Reason.UNKNOWN_LINE, Reason.BAD_QUANTITY, Reason.MORE_THAN_LEFT, Reason.ORDER_CANCELLED, Reason.ALREADY_CANCELLED,
    Reason.ALREADY_RETURNED, Reason.IN_OPEN_CASE, Reason.RESOLUTION_NOT_OFFERED,
}  # fmt: skip
OF_WHOLE = {
    Reason.NOTHING_ASKED, Reason.ORDER_CANCELLED, Reason.ALREADY_CANCELLED, Reason.ALREADY_RETURNED,
    Reason.IN_OPEN_CASE,
}  # fmt: skip
GUARDS = {Reason.ORDER_FROZEN, Reason.OPEN_DISPUTE, Reason.AMOUNTS_UNEXPLAINED, Reason.REFUNDED_ELSEWHERE}


@pytest.mark.parametrize("action", Action)
def test_every_reason_has_a_sentence_for_each_outcome_that_it_can_have(action: Action) -> None:
    where_it_is = Reason.ALREADY_SHIPPED if action is Action.CANCEL else Reason.NOT_SHIPPED
    assert set(LINE_REVIEW[action]) == REASONS_OF_OUTCOME[Outcome.REVIEW] | GUARDS | {Reason.STATUTORY}
    too_early = {Reason.NOT_DUE_YET} if action is Action.FAULT else set()
    assert set(LINE_REFUSE[action]) == REASONS_OF_OUTCOME[Outcome.REFUSE] | STRUCTURE | {where_it_is} | too_early
    assert set(ASK_REFUSE[action]) == OF_WHOLE | {where_it_is}


def test_no_reason_is_without_a_sentence() -> None:
    said = {reason for action in Action for reason in (*LINE_REVIEW[action], *LINE_REFUSE[action], *ASK_REFUSE[action])}
    assert said | {Reason.ALLOWED} == set(Reason)


def test_an_approval_says_what_comes_back() -> None:
    assert explain(decided(an_order(), everything()), ENGLISH).sentence == (
        "Your order can be cancelled right away, and you get $15.00 back."
    )
    assert explain(decided(an_order(), some(("mug", 1))), ENGLISH).sentence == (
        "We can cancel “Mug” right away, and you get $3.33 back."
    )
    free = an_order(a_line(total=0, tax=0))
    assert explain(decided(free, some(("mug", 1))), ENGLISH).sentence == (
        "We can cancel “Mug” right away. There is nothing to pay back."
    )


def test_a_fee_is_said_beside_what_comes_back() -> None:
    rules = some_rules(otherwise=Then(outcome=Outcome.APPROVE, fee=Fee(amounts={"USD": 300})))
    assert explain(decided(an_order(), everything(), rules), ENGLISH).sentence == (
        "Your order can be cancelled right away. After a fee of $3.00, you get $12.00 back."
    )


def test_a_refusal_says_why_and_what_is_possible() -> None:
    order = an_order(a_line("mug"), a_line("tea"), a_line("card", kind=LineKind.GIFT_CARD))
    assert explain(decided(order, everything()), ENGLISH).sentence == (
        "“Card” is a gift card that was sent at once, so it cannot be cancelled. "
        "You can still use it or give it away, and we are happy to help. You can still cancel “Mug” and “Tea”."
    )


def test_several_refused_lines_are_each_explained() -> None:
    order = an_order(a_line("mug", fulfilled=3), a_line("tea"))
    explanation = explain(decided(order, some(("mug", 1), ("tea", 9))), ENGLISH)
    assert explanation.sentence == (
        "These items cannot be cancelled together. “Mug” is already on its way, so it can no longer be cancelled. "
        "Please talk to us about sending it back once it arrives. "
        "Of “Tea”, 3 can still be cancelled. Please choose that many or fewer."
    )
    assert [line.line_id for line in explanation.lines] == ["mug", "tea"]


def test_a_review_says_that_a_person_looks() -> None:
    assert explain(decided(an_order(total=90_000), everything()), ENGLISH).sentence == (
        "For an order of this value, one of us looks at the cancellation of “Mug” before it is done."
    )
    two = an_order(a_line("mug"), a_line("tea"), frozen=True)
    assert explain(decided(two, everything()), ENGLISH).sentence == (
        "One of us will look at your request in person and answer you. You do not need to do anything."
    )


def test_what_cannot_be_asked_has_its_own_sentence() -> None:
    assert explain(decided(an_order(), some()), ENGLISH).sentence == (
        "Please choose the items that you would like to cancel."
    )


def test_the_order_page_says_until_when() -> None:
    rules = some_rules((When(since_placed=Since(at_most=Span(days=1))), REVIEW), otherwise=REFUSE)
    allowed = some_rules((When(since_placed=Since(at_least=Span(days=1))), REFUSE))
    words = Words("es", ZoneInfo("Europe/Madrid"))
    order = an_order(time_zone="Europe/Madrid")
    assert explain_option(options(order, DEFAULT, SOON)[0], "USD", words) == (
        "«Mug» se puede cancelar mientras no se haya enviado."
    )
    assert explain_option(options(order, allowed, SOON)[0], "USD", words) == (
        "«Mug» se puede cancelar hasta el 24 de noviembre de 2026, 23:59 (CET)."
    )
    late = options(order, rules, SOON + timedelta(days=3))[0]
    assert explain_option(late, "USD", Words("ru", UTC)) == (
        "«Mug» уже нельзя отменить: срок отмены прошёл. Напишите нам, и мы посмотрим, что можно сделать."
    )


def test_braces_in_a_title_are_only_a_title() -> None:
    order = an_order(a_line(title="{amount} {0} {"))
    assert "“{amount} {0} {”" in explain(decided(order, some(("mug", 1))), ENGLISH).sentence
