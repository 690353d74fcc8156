"""The whole policy as a page that anybody can read: for each action its rows in order, one sentence a row.

The answer of a row is said in the very sentences in which a decision by that row is spoken (``explain``), of "This
item". A row that a person still answers for says that a person looks, and nothing of what we would have said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from msgspec import Struct

from plugin.core.words import Words
from plugin.policies import sentences
from plugin.policies.decide import NOTHING_GOES_BACK, SEND_WITHIN, USUAL_PAYER
from plugin.policies.document import OTHERWISE, Policy, Then
from plugin.policies.explain import choice, way_back
from plugin.policies.phrases import amounts, conditions_of
from plugin.policies.reasons import Action, Mode, Outcome, Trigger
from plugin.policies.rules import resolutions_of

THIS_ITEM = "This item"
IF = "If {conditions}:"
AND_IF = "{one}, and if {other}"  # clauses hold lists themselves, so each says again that it is a condition
IN_ALL_OTHER_CASES = "In all other cases:"
BUSINESS_DAYS_ARE = "Business days: {weekdays}."
BUSINESS_DAYS_BUT = "Business days: {weekdays}, except public holidays ({country})."
CLOSED = "Days on which the shop is closed do not count."
OF_THE_PRICE = "{percent} of the price"
FIRST_COUNTS = "Read from the top: the first line that fits is the answer."
YOUR_RIGHTS = "Your rights by law come first: where the law gives you more than this page, you get what the law gives."
EARLIER_ORDERS = "For an order that you placed before, what we said then counts wherever it was better for you."
QUESTIONS: Mapping[Action, str] = {
    Action.CANCEL: "Can I cancel my order?",
    Action.RETURN: "Can I send something back?",
    Action.EXCHANGE: "Can I exchange something?",
    Action.FAULT: "What if something is wrong with my order?",
}


class PolicyRule(Struct, frozen=True):
    """One row: when it counts, and the answer. ``id`` is the row's id, or ``otherwise``; without another row that has
    no ``condition``, because it always counts."""

    id: str
    condition: str
    answer: str

    @property
    def sentence(self) -> str:
        return f"{self.condition} {self.answer}".lstrip()


class PolicySection(Struct, frozen=True):
    """What may be done, as the question that a shopper asks, and the rows that answer it, the first that fits first."""

    action: Action
    question: str
    rules: tuple[PolicyRule, ...]


class PolicyPage(Struct, frozen=True):
    """``order`` says how to read the rules, ``calendar`` which days are business days where a rule counts them, and
    ``rights`` what stands above it all; ``language`` is that of all texts."""

    language: str
    sections: tuple[PolicySection, ...]
    order: str
    rights: str
    calendar: str | None = None


def policy_page(policy: Policy, words: Words) -> PolicyPage:
    """Everything that the policy says, in the language of ``words``."""
    return PolicyPage(
        language=words.language,
        sections=tuple(
            PolicySection(action, words.say(QUESTIONS[action]), tuple(_rules(policy, action, words)))
            for action in Action
        ),
        order=words.say(FIRST_COUNTS),
        rights=f"{words.say(YOUR_RIGHTS)} {words.say(EARLIER_ORDERS)}",
        calendar=_business_days(policy, words),
    )


def _business_days(policy: Policy, words: Words) -> str | None:
    sinces = (
        since
        for row in policy.rows
        for since in (row.when.since_placed, row.when.since_shipped, row.when.since_delivered)
        if since
    )
    spans = (span for since in sinces for span in (since.at_least, since.at_most) if span)
    if all(span.business_days is None for span in spans):
        return None
    calendar = policy.calendar
    weekdays = words.listing(words.weekday(day) for day in sorted(set(calendar.weekdays)))
    said = words.say(BUSINESS_DAYS_ARE, weekdays=weekdays)
    if calendar.country:
        said = words.say(BUSINESS_DAYS_BUT, weekdays=weekdays, country=words.country(calendar.country))
    return f"{said} {words.say(CLOSED)}" if calendar.closed else said


def _rules(policy: Policy, action: Action, words: Words) -> Iterator[PolicyRule]:
    rows = [row for row in policy.rows if row.action is action]
    for row in rows:
        conditions = list(conditions_of(row.when, words))
        said = words.say(IF, conditions=all_of(conditions, words)) if conditions else words.say(IN_ALL_OTHER_CASES)
        goes_nowhere = row.when.faults is not None and NOTHING_GOES_BACK.issuperset(row.when.faults)
        yield PolicyRule(row.id, said, answer_of(action, row.then, words, goes_nowhere=goes_nowhere))
    last = words.say(IN_ALL_OTHER_CASES) if rows else ""
    yield PolicyRule(OTHERWISE, last, answer_of(action, policy.otherwise.by_action[action], words))


def all_of(conditions: Iterable[str], words: Words) -> str:
    """Several conditions as one, to follow "If"; at least one is there."""
    return reduce(lambda one, other: words.say(AND_IF, one=one, other=other), conditions)


def answer_of(action: Action, then: Then, words: Words, *, goes_nowhere: bool = False) -> str:
    """What a row answers, as a decision by it would be spoken. ``goes_nowhere`` says that nothing can be sent back,
    because it never came."""
    if then.outcome is Outcome.REVIEW or then.mode is not Mode.AUTOMATIC:
        return words.say(sentences.REVIEW_ASK)
    sentence = sentences.line_sentence(action, then.outcome, then.reason, has_deadline=False)
    said = words.say(sentence, item=words.say(THIS_ITEM))
    if then.outcome is Outcome.REFUSE:
        return said
    return " ".join((said, *_terms(action, then, goes_nowhere, words)))


def _terms(action: Action, then: Then, goes_nowhere: bool, words: Words) -> Iterator[str]:
    if action in (Action.RETURN, Action.FAULT):
        yield choice(resolutions_of(action, then), words)
    if then.bonus_percent:
        yield words.say(sentences.BONUS, bonus=words.percent(then.bonus_percent))
    if then.fee and action is not Action.FAULT:
        fee = (
            words.say(OF_THE_PRICE, percent=words.percent(then.fee.percent))
            if then.fee.percent
            else amounts(then.fee.amounts or {}, words)
        )
        yield words.say(sentences.FEE, fee=fee)
    if then.compensation_percent:
        yield words.say(sentences.COMPENSATION, amount=words.percent(then.compensation_percent))
    if action is not Action.CANCEL:
        label = None if goes_nowhere else then.label or USUAL_PAYER[action]
        yield from way_back(
            label, then.keep_item, then.send_within or SEND_WITHIN, then.pays_on or Trigger.INSPECTED, words
        )
    if then.photos:
        yield words.say(sentences.PHOTOS)


def all_page_sentences() -> tuple[str, ...]:
    """Every message id of this module, for the test that holds the catalogues complete."""
    return (
        THIS_ITEM, IF, AND_IF, IN_ALL_OTHER_CASES, OF_THE_PRICE, FIRST_COUNTS, YOUR_RIGHTS, EARLIER_ORDERS,
        *QUESTIONS.values(), BUSINESS_DAYS_ARE, BUSINESS_DAYS_BUT, CLOSED,
    )  # fmt: skip
