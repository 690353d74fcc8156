"""Where a cancellation stands, as a few steps that a shopper can take in at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from handlers.shopper.views import CaseView
from plugin.cases.states import CaseState
from plugin.messages.parts import MoneyState

Say = Callable[..., str]


class Progress(StrEnum):
    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Step:
    label: str
    progress: Progress


def headline(case: CaseView, say: Say) -> str:
    """The whole story in a word or three; the sentence below it is exact."""
    match CaseState(case.state):
        case CaseState.REQUESTED | CaseState.APPROVED | CaseState.AWAITING_STORE:
            return say("We are on it")
        case CaseState.AWAITING_GOODS | CaseState.INSPECTING | CaseState.ORDERING | CaseState.AWAITING_PAYMENT:
            return say("We are on it")
        case CaseState.EXPIRED:
            return say("Here is our answer")
        case CaseState.EXECUTING:
            return say("Almost there")
        case CaseState.DONE:
            return say("All done")
        case CaseState.IN_REVIEW | CaseState.WITH_PERSON:
            return say("In good hands")
        case CaseState.REFUSED:
            return say("Here is our answer")
        case CaseState.WITHDRAWN:
            return say("Taken back")
        case CaseState.CONVERTED_TO_RETURN:
            return say("It became a return")


def timeline(case: CaseView, say: Say) -> tuple[Step, ...]:
    """The steps of a cancellation. Money is called refunded only when its custodian said so (I13)."""
    done, now, ahead = Progress.DONE, Progress.NOW, Progress.AHEAD
    match CaseState(case.state):
        case CaseState.REQUESTED | CaseState.APPROVED | CaseState.AWAITING_STORE:
            return (
                Step(say("We accepted your cancellation"), done),
                Step(say("The shop confirms it"), now),
                *_money(case, ahead, say),
            )
        case CaseState.EXECUTING | CaseState.DONE as state:
            return (
                Step(say("We accepted your cancellation"), done),
                Step(say("The shop has confirmed it"), done),
                *_money(case, done if state is CaseState.DONE else now, say),
            )
        case CaseState.IN_REVIEW:
            return (
                Step(say("We have your request"), done),
                Step(say("A person is looking at it"), now),
                Step(say("You get an answer"), ahead),
            )
        case CaseState.WITH_PERSON:
            return (
                Step(say("We have your request"), done),
                Step(say("A person is looking after it"), now),
                *_money(case, ahead, say),
            )
        case CaseState.REFUSED:
            return Step(say("We have your request"), done), Step(say("You have our answer"), done)
        case CaseState.WITHDRAWN:
            return Step(say("We have your request"), done), Step(say("You took it back"), done)
        case CaseState.CONVERTED_TO_RETURN:
            return Step(say("We have your request"), done), Step(say("It became a return"), done)


def is_moving(case: CaseView) -> bool:
    """Whether it is worth staying on the page: the next step is a system's and takes a moment, not a person's."""
    return CaseState(case.state) in (
        CaseState.REQUESTED, CaseState.APPROVED, CaseState.AWAITING_STORE, CaseState.EXECUTING,
    )  # fmt: skip


def _money(case: CaseView, progress: Progress, say: Say) -> tuple[Step, ...]:
    if not case.money:
        return ()
    states = {MoneyState(move.state) for move in case.money}
    if states <= {MoneyState.VOIDED, MoneyState.CHARGED_ONLY, MoneyState.NOT_COLLECTED}:
        return (Step(say("You are not charged"), Progress.DONE),)
    if states <= {MoneyState.REFUNDED, MoneyState.VOIDED, MoneyState.CHARGED_ONLY, MoneyState.NOT_COLLECTED}:
        return (Step(say("Your money is refunded"), Progress.DONE),)
    if progress is Progress.AHEAD:
        return (Step(say("Your money comes back"), progress),)
    return (Step(say("Your money is on its way"), Progress.NOW),)
