"""A decision in whole sentences, in the shopper's language. Every channel that speaks of one, speaks through here.

What a row's mode has left to a person is spoken as what it is, a review: our own proposal is for the shop's people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from msgspec import Struct

from plugin.core.words import Words
from plugin.policies import sentences
from plugin.policies.decision import Decision, LineDecision, LineOption
from plugin.policies.law.names import NAMES
from plugin.policies.phrases import DAYS
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Resolution, Trigger
from plugin.policies.refusals import ASK_REFUSE


class LineExplanation(Struct, frozen=True):
    line_id: str
    sentence: str


class Explanation(Struct, frozen=True):
    """``parts`` answer the ask, in the order in which they are read; ``lines`` say it for each line that was asked
    about."""

    parts: tuple[str, ...]
    lines: tuple[LineExplanation, ...]

    @property
    def sentence(self) -> str:
        return " ".join(self.parts)


def explain(decision: Decision, words: Words) -> Explanation:
    """Say a decision: what can be done and what comes back, or why not and what is possible instead."""
    action, currency = decision.action, decision.amounts.currency
    lines = tuple(
        LineExplanation(line.line_id, _line(action, line, line.left, currency, words)) for line in decision.lines
    )
    if decision.outcome is Outcome.APPROVE:
        return Explanation((*_approved(decision, words), *_goes_on(decision, words)), lines)
    if not decision.lines:
        return Explanation((words.say(ASK_REFUSE[action][decision.reason]),), lines)
    concerned = [said.sentence for line, said in zip(decision.lines, lines, strict=True) if _is_cause(decision, line)]
    if decision.outcome is Outcome.REVIEW:
        said = [concerned[0] if len(concerned) == 1 else words.say(sentences.REVIEW_ASK)]
        return Explanation((*said, *_goes_on(decision, words)), lines)
    said = concerned if len(concerned) == 1 else [words.say(sentences.REFUSED_MANY[action]), *concerned]
    possible = [line.title for line in decision.lines if line.outcome is Outcome.APPROVE]
    if possible:
        said.append(words.say(sentences.STILL_POSSIBLE[action], items=_titles(possible, words)))
    return Explanation(tuple(said), lines)


def what_was_agreed(decision: Decision, words: Words) -> tuple[str, ...]:
    """What can be done and what comes back, also where it took a person's yes."""
    return tuple(_approved(decision, words))


def _goes_on(decision: Decision, words: Words) -> Iterator[str]:
    if decision.goes_on:
        yield words.say(sentences.SUBSCRIPTION_GOES_ON)


def explain_option(option: LineOption, currency: str, words: Words) -> str:
    """What may be done with one line, until when and on what terms; or why not. ``currency`` is the order's."""
    return _line(option.action, option, option.quantity, currency, words)


def _is_cause(decision: Decision, line: LineDecision) -> bool:
    return line.outcome is decision.outcome


def _line(action: Action, line: LineDecision | LineOption, left: int, currency: str, words: Words) -> str:
    sentence = sentences.line_sentence(action, line.outcome, line.reason, has_deadline=line.deadline is not None)
    item = words.say(sentences.ITEM, item=line.title)
    said = [words.say(sentence, item=item, until=_until(line.ask_from or line.deadline, words), left=left)]
    if line.outcome is Outcome.APPROVE:
        said += _terms(action, line, currency, words)
        if line.reason is Reason.STATUTORY:
            said.append(_right(line.law, words))
    elif line.reason is Reason.RESOLUTION_NOT_OFFERED and line.resolutions:
        said.append(_to_choose(line.resolutions, words))
    return " ".join(said)


def _terms(action: Action, line: LineDecision | LineOption, currency: str, words: Words) -> Iterator[str]:
    if action in (Action.RETURN, Action.FAULT) and line.resolutions:
        yield choice(line.resolutions, words)
    if line.bonus and Resolution.STORE_CREDIT in line.resolutions:
        yield words.say(sentences.BONUS, bonus=words.money(line.bonus, currency))
    if line.kept:
        yield words.say(sentences.COMPENSATION, amount=words.money(line.goods - line.kept, currency))
    if line.fee:
        yield words.say(sentences.FEE, fee=words.money(line.fee, currency))
    yield from _way_back([line], words)
    if line.photos:
        yield words.say(sentences.PHOTOS)


def choice(resolutions: Iterable[Resolution], words: Words) -> str:
    """What the shopper gets, or may choose from."""
    among = tuple(resolutions)
    if len(among) == 1:
        return words.say(sentences.GETS[among[0]])
    return _to_choose(among, words)


def _to_choose(resolutions: Iterable[Resolution], words: Words) -> str:
    choices = words.choice(words.say(sentences.CHOICES[each]) for each in resolutions)
    return words.say(sentences.CHOICE, choices=choices)


def _way_back(lines: Iterable[LineDecision | LineOption], words: Words) -> Iterator[str]:
    """Who pays the way back, the time for it and what it leads to, or that there is none; said once, and only where it
    is so for all lines."""
    terms = {(line.label, line.keep_item, line.send_within, line.pays_on) for line in lines}
    if len(terms) == 1:
        yield from way_back(*terms.pop(), words)


def way_back(
    label: Payer | None, keep_item: bool, send_within: int | None, pays_on: Trigger | None, words: Words
) -> Iterator[str]:
    """The same of one answer, for the page of the policy too."""
    if keep_item:
        yield words.say(sentences.KEEP_ITEM)
    elif label:
        yield words.say(sentences.LABEL[label])
        if send_within:
            yield words.say(sentences.SEND_WITHIN, span=words.count(*DAYS, send_within))
        if pays_on:
            yield words.say(sentences.PAYS_ON[pays_on])


def _right(law: str | None, words: Words) -> str:
    name = NAMES.get(law or "")
    return words.say(sentences.RIGHT_BY, law=words.say(name)) if name else words.say(sentences.RIGHT)


def _until(deadline: datetime | None, words: Words) -> str:
    """The last moment as people say it: a window that ends with the day is open until 23:59, not until 0:00."""
    if deadline is None:
        return ""
    ends_with_the_day = deadline.astimezone(words.zone).time() == time(0)
    return words.moment(deadline - timedelta(minutes=1) if ends_with_the_day else deadline)


def _approved(decision: Decision, words: Words) -> Iterator[str]:
    items = _titles([line.title for line in decision.lines], words)
    if decision.action is Action.CANCEL:
        yield _cancelled(decision, items, words)
    else:
        yield words.say(sentences.APPROVED[decision.action], items=items)
        yield from _gets(decision, words)
        yield from _way_back(decision.lines, words)
    for law in dict.fromkeys(line.law for line in decision.lines if line.reason is Reason.STATUTORY):
        yield _right(law, words)


def _cancelled(decision: Decision, items: str, words: Words) -> str:
    amounts = decision.amounts
    if amounts.total == 0:
        everything, part = sentences.APPROVED_EVERYTHING_FREE, sentences.APPROVED_PART_FREE
    elif amounts.fee:
        everything, part = sentences.APPROVED_EVERYTHING_FEE, sentences.APPROVED_PART_FEE
    else:
        everything, part = sentences.APPROVED_EVERYTHING, sentences.APPROVED_PART
    return words.say(
        everything if decision.everything else part,
        items=items,
        amount=words.money(amounts.total, amounts.currency),
        fee=words.money(amounts.fee, amounts.currency),
    )


def _gets(decision: Decision, words: Words) -> Iterator[str]:
    """What the shopper gets for goods that go back, or that were faulty."""
    amounts, resolution = decision.amounts, decision.resolution or Resolution.REFUND
    fee, bonus = words.money(amounts.fee, amounts.currency), sum(line.bonus for line in decision.lines)
    if decision.action is Action.EXCHANGE or resolution in (Resolution.EXCHANGE, Resolution.RESHIPMENT):
        if decision.action is not Action.EXCHANGE:
            yield words.say(sentences.GETS[resolution])
        if amounts.fee:
            yield words.say(sentences.FEE, fee=fee)
        return
    is_credit = resolution is Resolution.STORE_CREDIT
    total = amounts.total + (bonus if is_credit else 0)
    if total == 0:
        yield words.say(sentences.GETS_NOTHING)
        return
    plain, less_fee = sentences.GETS_MONEY, sentences.GETS_MONEY_LESS_FEE
    if is_credit:
        plain, less_fee = sentences.GETS_CREDIT, sentences.GETS_CREDIT_LESS_FEE
    yield words.say(less_fee if amounts.fee else plain, amount=words.money(total, amounts.currency), fee=fee)
    if amounts.kept:
        yield words.say(sentences.COMPENSATION, amount=words.money(amounts.total, amounts.currency))
    if bonus and is_credit:
        yield words.say(sentences.BONUS_WITHIN, bonus=words.money(bonus, amounts.currency))
    elif bonus and all(Resolution.STORE_CREDIT in line.resolutions for line in decision.lines):
        yield words.say(sentences.BONUS, bonus=words.money(bonus, amounts.currency))


def _titles(titles: list[str], words: Words) -> str:
    return words.listing(words.say(sentences.ITEM, item=title) for title in titles)
