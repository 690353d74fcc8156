"""A decision in whole sentences, in the shopper's language. Every channel that speaks of one, speaks through here."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from msgspec import Struct

from plugin.core.words import Words
from plugin.policies import sentences
from plugin.policies.decision import Decision, LineDecision, LineOption
from plugin.policies.reasons import Outcome


class LineExplanation(Struct, frozen=True):
    line_id: str
    sentence: str


class Explanation(Struct, frozen=True):
    """``sentence`` answers the ask; ``lines`` say it for each line that was asked about."""

    sentence: str
    lines: tuple[LineExplanation, ...]


def explain(decision: Decision, words: Words) -> Explanation:
    """Say a decision: what can be done and what comes back, or why not and what is possible instead."""
    lines = tuple(LineExplanation(line.line_id, _line(line, line.left, words)) for line in decision.lines)
    if decision.outcome is Outcome.APPROVE:
        return Explanation(_approved(decision, words), lines)
    if not decision.lines:
        return Explanation(words.say(sentences.ASK_REFUSE[decision.reason]), lines)
    concerned = [said.sentence for line, said in zip(decision.lines, lines, strict=True) if _is_cause(decision, line)]
    if decision.outcome is Outcome.REVIEW:
        return Explanation(concerned[0] if len(concerned) == 1 else words.say(sentences.REVIEW_ASK), lines)
    said = concerned if len(concerned) == 1 else [words.say(sentences.REFUSED_MANY), *concerned]
    possible = [line.title for line in decision.lines if line.outcome is Outcome.APPROVE]
    if possible:
        said.append(words.say(sentences.STILL_POSSIBLE, items=_titles(possible, words)))
    return Explanation(" ".join(said), lines)


def explain_option(option: LineOption, words: Words) -> str:
    """What may be done with one line, and until when; or why not."""
    return _line(option, option.quantity, words)


def _is_cause(decision: Decision, line: LineDecision) -> bool:
    return line.outcome is decision.outcome


def _line(line: LineDecision | LineOption, left: int, words: Words) -> str:
    sentence = sentences.line_sentence(line.outcome, line.reason, has_deadline=line.deadline is not None)
    return words.say(sentence, item=line.title, until=_until(line.deadline, words), left=left)


def _until(deadline: datetime | None, words: Words) -> str:
    """The last moment as people say it: a window that ends with the day is open until 23:59, not until 0:00."""
    if deadline is None:
        return ""
    ends_with_the_day = deadline.astimezone(words.zone).time() == time(0)
    return words.moment(deadline - timedelta(minutes=1) if ends_with_the_day else deadline)


def _approved(decision: Decision, words: Words) -> str:
    amounts = decision.amounts
    if amounts.total == 0:
        everything, part = sentences.APPROVED_EVERYTHING_FREE, sentences.APPROVED_PART_FREE
    elif amounts.fee:
        everything, part = sentences.APPROVED_EVERYTHING_FEE, sentences.APPROVED_PART_FEE
    else:
        everything, part = sentences.APPROVED_EVERYTHING, sentences.APPROVED_PART
    return words.say(
        everything if decision.everything else part,
        items=_titles([line.title for line in decision.lines], words),
        amount=words.money(amounts.total, amounts.currency),
        fee=words.money(amounts.fee, amounts.currency),
    )


def _titles(titles: list[str], words: Words) -> str:
    return words.listing(words.say(sentences.ITEM, item=title) for title in titles)
