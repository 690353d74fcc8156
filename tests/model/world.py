"""One cancellation of one unit: our case, its refund legs, its code, the store, Stripe, and our process.

The states, what may follow them, the plan and what counts as money come from the real tables and functions. What is
left are mirrors of journeys, which need a database; each names its function, and ``mirrored`` fails when one changes.
The unit was paid by one card (its refund is ``leg``, told in every detail) and, where ``has_second``, by a second one
(``second``, told in outline).
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from plugin.cases.states import CANCEL, CLOSED, CaseState
from plugin.codes.states import CODE, CodeState
from plugin.core.transitions import State, TransitionTable
from plugin.journeys.money_moved import IN_FLIGHT
from plugin.messages.parts import AlertKind
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import Custodian, Instrument, PaymentState
from plugin.ports.payments import RefundState
from plugin.refunds.plan import NotEnoughToRefund, Payable, plan
from plugin.refunds.service import STATE_OF_FACT
from plugin.refunds.states import HOLDS_MONEY, LEG, SETTLED, LegState

C, L, K = CaseState, LegState, CodeState
SHIPPED = str(AlertKind.SHIPPED_AFTER_CANCEL)
BY_HAND = ("store_cannot", "store_silent")
LIVE = ("pending", "requires_action", "succeeded")  # refunds at Stripe that give, or will give, money back
OUTCOMES = tuple(str(fact) for fact in RefundState if fact is not RefundState.CANCELLED)
MOST_ATTEMPTS = 2


class World(NamedTuple):
    """``paid`` is what Stripe did for each of our keys, ``call`` where the call is that a live worker is making.

    ``elsewhere`` is what somebody else did to the first payment: a refund of it all, or a dispute, which may be won.
    """

    has_second: bool = False
    offers_code: bool = False
    case: CaseState = C.REQUESTED
    why: str = ""
    units: str = "open"
    leg: LegState | None = None
    second: LegState | None = None
    second_was_sent: bool = False
    paid: tuple[str, ...] = ("",)
    stored_error: bool = False
    key_is_old: bool = False
    absent_once: bool = False
    call: str = ""
    work: frozenset[str] = frozenset()
    store: str = "open"
    has_agreed: bool = False
    elsewhere: str = ""
    is_read: bool = False
    is_frozen: bool = False
    paid_by_hand: bool = False
    was_sent: bool = False
    minted: int = 0
    code: CodeState | None = None
    redeemed: int = 0
    given_back: int = 0

    @property
    def is_over(self) -> bool:
        return self.case in CLOSED

    @property
    def legs(self) -> tuple[LegState, ...]:
        return tuple(leg for leg in (self.leg, self.second) if leg is not None)

    @property
    def is_held(self) -> bool:
        return any(leg in HOLDS_MONEY for leg in self.legs)

    @property
    def given_by_stripe(self) -> int:
        """How often Stripe gives the first payment back for legs of ours."""
        return sum(state in LIVE for state in self.paid)

    @property
    def gone_elsewhere(self) -> int:
        """What our books say that the first payment lost elsewhere: 1 is all of it."""
        return int(self.is_read and self.elsewhere in ("refund", "dispute"))

    @property
    def refundable(self) -> int:
        """``refunds.store.payables``: captured less disputed, less refunded elsewhere, less what our legs hold."""
        return 1 - self.gone_elsewhere - (self.leg in HOLDS_MONEY)

    def step(self, wanted: CaseState, why: str = "") -> World:
        """Mirrors ``cases.service.move``: a repetition changes nothing, an unknown step is refused."""
        if CANCEL.is_repeat(self.case, wanted):
            return self
        CANCEL.check(self.case, wanted)
        return replace(self, case=wanted, why=why if wanted in (C.WITH_PERSON, C.IN_REVIEW) else "")

    def step_leg(self, wanted: LegState) -> World:
        """Mirrors ``refunds.service.move_leg`` for the first leg."""
        assert self.leg is not None
        if LEG.is_repeat(self.leg, wanted):
            return self
        LEG.check(self.leg, wanted)
        waits = wanted is L.UNKNOWN
        return replace(
            self,
            leg=wanted,
            was_sent=self.was_sent or wanted is L.SUBMITTING,
            absent_once=waits and self.absent_once,
            key_is_old=False,
        )

    def step_second(self, wanted: LegState) -> World:
        """The same for the second leg."""
        assert self.second is not None
        sent = self.second_was_sent or wanted is L.SUBMITTING
        return replace(self, second=_after(LEG, self.second, wanted), second_was_sent=sent)

    def step_code(self, wanted: CodeState) -> World:
        """Mirrors ``codes.store.move``."""
        assert self.code is not None
        return replace(self, code=_after(CODE, self.code, wanted))

    def add(self, *work: str) -> World:
        return replace(self, work=self.work | set(work))

    def done(self, work: str) -> World:
        return replace(self, work=self.work - {work}, call="")


def replace(world: World, **changes: Any) -> World:
    """The same world but for these fields."""
    return world._replace(**changes)


def _after(table: TransitionTable[State], state: State, wanted: State) -> State:
    if table.is_repeat(state, wanted):
        return state
    table.check(state, wanted)
    return wanted


@cache
def can_be_planned(refundable: int) -> bool:
    """What ``refunds.plan.plan`` says of the whole sum on a payment that can still give ``refundable`` of 1."""
    payment = Payable(
        payment_id="p", custodian=Custodian.STRIPE, instrument=Instrument.CARD, state=PaymentState.CAPTURED,
        currency="USD", refundable=refundable,
    )  # fmt: skip
    try:
        plan(Amounts(currency="USD", goods=Component(1)), [payment], everything=True)
    except NotEnoughToRefund:
        return False
    return True


def reserve(world: World) -> World:
    """Mirrors ``journeys.cancel.ask_for_it``, with what is reserved before it: all that is owed."""
    asked = replace(world.step(C.APPROVED).step(C.AWAITING_STORE), leg=L.RESERVED)
    return replace(asked, second=L.RESERVED if world.has_second else None).add("ask")


def store_cancelled(world: World) -> World:
    """Mirrors ``journeys.store_answers.store_cancelled``: by its answer, its echo, or a person's word."""
    moved = world.step(C.EXECUTING)
    if moved == world:
        return world
    moved = replace(moved, units="settled")
    if moved.offers_code and moved.code is None:
        moved = replace(moved, minted=moved.minted + 1, code=K.MINTED)
    moved = moved.add("settle") if moved.leg is L.RESERVED else moved
    moved = moved.add("settle 2") if moved.second is L.RESERVED else moved
    return moved.step(C.DONE) if all(leg in SETTLED for leg in moved.legs) else moved


def store_is_too_late(world: World) -> World:
    """Mirrors ``journeys.store_answers.store_is_too_late``."""
    return release(world).step(C.WITH_PERSON, "store_too_late")


def release(world: World) -> World:
    """Mirrors ``refunds.service.release``: what was reserved and never sent, also where a person has it."""
    unsent = (L.RESERVED, L.WITH_PERSON)
    moved = world.step_leg(L.RELEASED) if world.leg in unsent and not world.was_sent else world
    can_go = moved.second in unsent and not moved.second_was_sent
    return moved.step_second(L.RELEASED) if can_go else moved


def follow_up(world: World) -> World:
    """Mirrors ``journeys.money_moved.follow_up``: done when every leg is, and no parcel left after the cancel."""
    if any(leg not in SETTLED or leg is L.FAILED for leg in world.legs):
        return world
    waits = world.case is C.EXECUTING or (world.case is C.WITH_PERSON and world.why != SHIPPED)
    return world.step(C.DONE) if waits else world


def hand_to_person(world: World, why: str) -> World:
    """Mirrors ``journeys.money_moved.hand_to_person``."""
    return world.step_leg(L.WITH_PERSON).step(C.WITH_PERSON, why).done("settle")


def take_fact(world: World, fact: str) -> World:
    """Mirrors ``journeys.money_moved.take_refund_fact``, in which Stripe's answer and its webhook end alike."""
    if world.leg is L.RESERVED:
        world = world.step_leg(L.SUBMITTING)
    moved = world.step_leg(STATE_OF_FACT[RefundState(fact)])
    if moved.leg is world.leg:
        return moved
    if moved.leg is L.FAILED:
        moved = moved.step(C.WITH_PERSON, "refund_failed")
    return follow_up(moved)


def take_fact_of_second(world: World, fact: str) -> World:
    """The same for the second leg."""
    moved = world.step_second(STATE_OF_FACT[RefundState(fact)])
    if moved.second is L.FAILED and world.second is not L.FAILED:
        moved = moved.step(C.WITH_PERSON, "refund_failed")
    return follow_up(moved)


def why_not_to_pay(world: World) -> str:
    """Mirrors ``journeys.settle._why_not_to_pay`` for an ask before which nothing was refunded elsewhere."""
    if world.why == SHIPPED:
        return SHIPPED
    if world.gone_elsewhere and world.elsewhere == "refund":
        return "refunded_elsewhere"
    return "order_frozen" if world.is_frozen else ""


def prepare(world: World) -> World:
    """Mirrors ``journeys.settle._prepare``: transaction A, with its five early ends."""
    if world.leg not in IN_FLIGHT:
        return world.done("settle")
    if world.leg is L.RESERVED:
        if world.case is C.AWAITING_STORE:
            return world.done("settle")
        if why := why_not_to_pay(world):
            return hand_to_person(world, why)
        return replace(world.step_leg(L.SUBMITTING), call="sending")
    if world.leg is L.SUBMITTING and not world.key_is_old:
        return replace(world, call="sending")
    return replace(world.step_leg(L.UNKNOWN), call="listing")


def take_answer(world: World, answer: str) -> World:
    """Mirrors the second half of ``journeys.settle.settle_leg``: transaction B, by how the call has ended."""
    if answer in OUTCOMES and world.leg is L.FAILED:
        return world.done("settle")
    if answer in OUTCOMES:
        return take_fact(world, answer).done("settle")
    if answer == "stored error":
        submitting = world.leg is L.SUBMITTING
        return replace(world.step_leg(L.UNKNOWN) if submitting else world, call="")
    if answer == "rejected":
        if world.leg not in (L.SUBMITTING, L.UNKNOWN):
            return world.done("settle")
        return world.step_leg(L.FAILED).step(C.WITH_PERSON, "refund_failed").done("settle")
    return replace(world, call="")


def listed(world: World) -> World:
    """Mirrors ``journeys.settle._reconcile``: absent twice, ten minutes apart, is a person's to find out."""
    if world.paid[-1]:
        return take_answer(world, world.paid[-1])
    if world.leg is not L.UNKNOWN:
        return world.done("settle")
    return hand_to_person(world, "refund_not_found") if world.absent_once else replace(world, absent_once=True, call="")


def payment_is_read(world: World) -> World:
    """Mirrors ``journeys.payment_reported.take_payment_fact`` for what happened elsewhere: what breaks I7 freezes."""
    read = replace(world, is_read=True)
    return replace(read, is_frozen=read.is_frozen or read.refundable < 0)
