"""Where a request stands, as a few steps that a shopper can take in at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from handlers.shopper.views import CaseView, ParcelView
from plugin.cases.states import CaseKind, CaseState
from plugin.messages.parts import MoneyState
from plugin.parcels.states import ParcelState
from plugin.policies.reasons import Resolution

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
        case CaseState.REQUESTED | CaseState.APPROVED | CaseState.AWAITING_STORE | CaseState.ORDERING:
            return say("We are on it")
        case CaseState.AWAITING_PAYMENT:
            return say("Your turn")
        case CaseState.AWAITING_GOODS:
            is_yours = case.parcel is not None and case.parcel.state == ParcelState.LABEL
            return say("Your turn") if is_yours else say("We are on it")
        case CaseState.INSPECTING:
            return say("In good hands")
        case CaseState.EXPIRED:
            return say("The time is over")
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
    """The steps of a request of any kind. Money is called refunded only when its custodian said so (I13)."""
    state = CaseState(case.state)
    if state in _ENDS_OF_ALL:
        return _without_more(state, case, say)
    if CaseKind(case.kind) is CaseKind.CANCEL:
        return _of_a_cancel(state, case, say)
    return _of_goods(state, case, say)


_ENDS_OF_ALL = frozenset(
    {
        CaseState.IN_REVIEW, CaseState.WITH_PERSON, CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.EXPIRED,
        CaseState.CONVERTED_TO_RETURN,
    }
)  # fmt: skip


def _without_more(state: CaseState, case: CaseView, say: Say) -> tuple[Step, ...]:
    """What looks the same for every kind: a person has it, or it has come to nothing."""
    done, now, ahead = Progress.DONE, Progress.NOW, Progress.AHEAD
    asked = Step(say("We have your request"), done)
    match state:
        case CaseState.IN_REVIEW:
            return asked, Step(say("A person is looking at it"), now), Step(say("You get an answer"), ahead)
        case CaseState.WITH_PERSON:
            return asked, Step(say("A person is looking after it"), now), *_money(case, ahead, say)
        case CaseState.WITHDRAWN:
            return asked, Step(say("You took it back"), done)
        case CaseState.EXPIRED:
            return asked, Step(say("The time for it is over"), done)
        case CaseState.CONVERTED_TO_RETURN:
            return asked, Step(say("It became a return"), done)
        case _:
            return asked, Step(say("You have our answer"), done)


def _of_a_cancel(state: CaseState, case: CaseView, say: Say) -> tuple[Step, ...]:
    done, now, ahead = Progress.DONE, Progress.NOW, Progress.AHEAD
    accepted = Step(say("We accepted your cancellation"), done)
    if state in (CaseState.EXECUTING, CaseState.DONE):
        money = _money(case, done if state is CaseState.DONE else now, say)
        return accepted, Step(say("The shop has confirmed it"), done), *money
    return accepted, Step(say("The shop confirms it"), now), *_money(case, ahead, say)


def _of_goods(state: CaseState, case: CaseView, say: Say) -> tuple[Step, ...]:
    """What goes back, is exchanged, made good or changed: each step that this case has."""
    done, now, ahead = Progress.DONE, Progress.NOW, Progress.AHEAD
    steps = [Step(_accepted(CaseKind(case.kind), say), done)]
    if state is CaseState.AWAITING_STORE:
        steps.append(Step(say("The shop changes your order"), now))
    if state is CaseState.AWAITING_PAYMENT:
        steps.append(Step(say("You pay the difference"), now))
    if state is CaseState.ORDERING:
        steps.append(Step(say("We get the new parcel ready"), now))
    if case.parcel is not None:
        steps += _way_back(state, case.parcel, say)
    is_over = state in (CaseState.EXECUTING, CaseState.DONE)
    if case.money or case.resolution == Resolution.REFUND:
        money = _money(case, done if state is CaseState.DONE else now if case.money else ahead, say)
        steps += money or ([] if is_over else [Step(say("Your money comes back"), ahead)])
    return tuple(steps)


def _accepted(kind: CaseKind, say: Say) -> str:
    match kind:
        case CaseKind.EXCHANGE:
            return say("We accepted your exchange")
        case CaseKind.RETURN:
            return say("We accepted your return")
        case _:
            return say("We accepted your request")


def _way_back(state: CaseState, parcel: ParcelView, say: Say) -> list[Step]:
    done, now, ahead = Progress.DONE, Progress.NOW, Progress.AHEAD
    if state in (CaseState.EXECUTING, CaseState.DONE) or parcel.state == ParcelState.INSPECTED:
        return [Step(say("Your parcel came back to us"), done), Step(say("We looked at what you sent"), done)]
    if parcel.state == ParcelState.RECEIVED:
        return [Step(say("Your parcel came back to us"), done), Step(say("We look at what you sent"), now)]
    is_on_its_way = parcel.state == ParcelState.IN_TRANSIT
    first = say("Your parcel is on its way to us") if is_on_its_way else say("You send it to us")
    return [Step(first, now), Step(say("We look at what you sent"), ahead)]


def is_moving(case: CaseView) -> bool:
    """Whether it is worth staying on the page: the next step is a system's and takes a moment, not a person's. A page
    to pay on is made by a system, and so is the news that it is paid."""
    return CaseState(case.state) in (
        CaseState.REQUESTED, CaseState.APPROVED, CaseState.AWAITING_STORE, CaseState.AWAITING_PAYMENT,
        CaseState.ORDERING, CaseState.EXECUTING,
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
