"""One cancellation of one unit that was paid once: our case and its refund leg, the store, Stripe, and our process.

The states and what may follow them come from the real tables; each mirror of code names the function that it mirrors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from plugin.cases.states import CANCEL, CLOSED, CaseState
from plugin.journeys.money_moved import IN_FLIGHT
from plugin.refunds.states import HOLDS_MONEY, LEG, SETTLED, LegState

C, L = CaseState, LegState
SHIPPED = "shipped_after_cancel"
BY_HAND = ("store_cannot", "store_silent")
FACTS = {
    "pending": L.PENDING, "succeeded": L.SUCCEEDED, "failed": L.FAILED,
}  # fmt: skip
MOST_ATTEMPTS = 2


@dataclass(frozen=True)
class World:
    """``paid`` is what Stripe did for each of our keys, ``call`` where the call is that a live worker is making."""

    case: CaseState = C.REQUESTED
    why: str = ""
    units: str = "open"
    leg: LegState | None = None
    paid: tuple[str, ...] = ("",)
    stored_error: bool = False
    key_is_old: bool = False
    absent_once: bool = False
    call: str = ""
    work: frozenset[str] = frozenset()
    store: str = "open"
    has_agreed: bool = False
    elsewhere: str = ""
    paid_by_hand: bool = False
    was_sent: bool = False
    codes: int = 0

    @property
    def is_over(self) -> bool:
        return self.case in CLOSED

    @property
    def is_held(self) -> bool:
        return self.leg in HOLDS_MONEY

    @property
    def given_back(self) -> int:
        return sum(state in ("pending", "succeeded") for state in self.paid)

    def step(self, wanted: CaseState, why: str = "") -> World:
        """Mirrors ``cases.service.move``: a repetition changes nothing, an unknown step is refused."""
        if CANCEL.is_repeat(self.case, wanted):
            return self
        CANCEL.check(self.case, wanted)
        return replace(self, case=wanted, why=why if wanted in (C.WITH_PERSON, C.IN_REVIEW) else "")

    def step_leg(self, wanted: LegState) -> World:
        """Mirrors ``refunds.service.move_leg``."""
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

    def add(self, work: str) -> World:
        return replace(self, work=self.work | {work})

    def done(self, work: str) -> World:
        return replace(self, work=self.work - {work}, call="")


def reserve(world: World) -> World:
    """Mirrors ``journeys.cancel.approve_and_ask``."""
    return replace(world.step(C.APPROVED).step(C.AWAITING_STORE), leg=L.RESERVED).add("ask")


def store_cancelled(world: World) -> World:
    """Mirrors ``journeys.store_answers.store_cancelled``: by its answer, its echo, or a person's word."""
    moved = world.step(C.EXECUTING)
    if moved == world:
        return world
    moved = replace(moved, units="settled", codes=max(1, moved.codes))
    moved = moved.add("settle") if moved.leg is L.RESERVED else moved
    return moved.step(C.DONE) if moved.leg in SETTLED else moved


def store_is_too_late(world: World) -> World:
    """Mirrors ``journeys.store_answers.store_is_too_late``."""
    moved = replace(world, leg=L.RELEASED) if world.leg is L.RESERVED else world
    return moved.step(C.WITH_PERSON, "store_too_late")


def follow_up(world: World) -> World:
    """Mirrors ``journeys.money_moved.follow_up``."""
    if world.leg not in SETTLED or world.leg is L.FAILED:
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
    moved = world.step_leg(FACTS[fact])
    if moved.leg is world.leg:
        return moved
    if moved.leg is L.FAILED:
        moved = moved.step(C.WITH_PERSON, "refund_failed")
    return follow_up(moved)


def prepare(world: World) -> World:
    """Mirrors ``journeys.settle._prepare``: transaction A, with its five early ends."""
    if world.leg not in IN_FLIGHT:
        return world.done("settle")
    if world.leg is L.RESERVED:
        if world.case is C.AWAITING_STORE:
            return world.done("settle")
        if world.elsewhere == "read" or world.why == SHIPPED:
            return hand_to_person(world, SHIPPED if world.why == SHIPPED else "order_frozen")
        return replace(world.step_leg(L.SUBMITTING), call="sending")
    if world.leg is L.SUBMITTING and not world.key_is_old:
        return replace(world, call="sending")
    return replace(world.step_leg(L.UNKNOWN), call="listing")


def take_answer(world: World, answer: str) -> World:
    """Mirrors the second half of ``journeys.settle.settle_leg``: transaction B, by how the call has ended."""
    if answer in FACTS and world.leg is L.FAILED:
        return world.done("settle")
    if answer in FACTS:
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
        return take_fact(world, world.paid[-1]).done("settle")
    if world.leg is not L.UNKNOWN:
        return world.done("settle")
    return hand_to_person(world, "refund_not_found") if world.absent_once else replace(world, absent_once=True, call="")
