"""The rest of what can happen: refunds and disputes from elsewhere, the bank, the staff, and time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from handlers.housekeeping import keep_house
from plugin.ports.payments import RefundState
from tests.properties.checkout_side import CheckoutSide
from tests.properties.honest_stripe import Intent
from tests.properties.machine import EVENTS, few, heard, once_asked

STEPS_ON_CASES = ("approve", "refuse", "confirmed_by_hand", "ask_again", "close")
STEPS_ON_LEGS = ("mark_paid", "retry")
PAUSES = (timedelta(seconds=20), timedelta(minutes=12), timedelta(hours=2), timedelta(hours=25), timedelta(days=15))
WAITING = (RefundState.PENDING, RefundState.REQUIRES_ACTION)
DECIDED = (*WAITING, RefundState.SUCCEEDED, RefundState.FAILED, RefundState.FAILED, RefundState.FAILED)


class Outside(CheckoutSide):
    """What nobody of us starts."""

    @once_asked
    @rule(which=few, event=st.sampled_from(EVENTS))
    def stripe_event(self, which: int, event: str) -> None:
        intent = self.intent(which)
        if intent is not None:
            self.run(self._read_event(intent, event))

    @once_asked
    @rule(which=few, percent=st.sampled_from((10, 50, 100)), heard=heard)
    def refund_in_the_dashboard(self, which: int, percent: int, heard: bool) -> None:
        intent = self.intent(which)
        if intent is not None:
            left = intent.captured - intent.given_back - intent.disputed
            amount = left * percent // 100 // 10 * 10
            if amount > 0:
                self.world.stripe.refund_elsewhere(intent, amount)
                self._told(intent, "charge.refunded", heard)

    @once_asked
    @rule(which=few, percent=st.sampled_from((30, 100)), heard=heard)
    def dispute(self, which: int, percent: int, heard: bool) -> None:
        intent = self.intent(which)
        if intent is not None and not intent.disputes and intent.captured - intent.given_back > 0:
            self.world.stripe.dispute(intent, intent.captured * percent // 100 // 10 * 10)
            self._told(intent, "charge.dispute.created", heard)

    @once_asked
    @rule(which=few)
    def dispute_is_won(self, which: int) -> None:
        intent = self.intent(which)
        for dispute in intent.disputes if intent is not None else ():
            dispute.holds_money, dispute.is_closed = False, True

    @once_asked
    @rule(which=few, outcome=st.sampled_from(DECIDED), heard=heard)
    def bank_decides(self, which: int, outcome: RefundState, heard: bool) -> None:
        """A refund that waits comes to its end, or one that had succeeded is taken back."""
        intent = self.intent(which)
        for refund in intent.refunds if intent is not None else ():
            is_reversal = refund.state is RefundState.SUCCEEDED and outcome is RefundState.FAILED
            if refund.leg_id and (refund.state in WAITING or is_reversal):
                refund.state = outcome
                self._told(intent, "refund.updated", heard)

    def _told(self, intent: Intent | None, event: str, heard: bool) -> None:
        if heard and intent is not None:
            self.run(self._read_event(intent, event))

    @once_asked
    @rule(which=few, step=st.sampled_from(STEPS_ON_CASES))
    def person_takes_a_case(self, which: int, step: str) -> None:
        """Of those that wait for a person, as a rule; a step on another one is refused."""
        cases = self.run(self.world.cases())
        waiting = [case for case in cases if case.waiting_on == "staff"] or cases
        if waiting:
            self.run(self.world.person(step, waiting[which % len(waiting)].id))

    @once_asked
    @rule(which=few, step=st.sampled_from(STEPS_ON_LEGS))
    def person_takes_a_refund(self, which: int, step: str) -> None:
        legs = self.run(self.world.legs())
        if legs:
            self.run(self.world.person(step, legs[which % len(legs)].id))

    @once_asked
    @rule(which=few)
    def person_clears_the_desk(self, which: int) -> None:
        """Everything that waits for a person is answered as it should be: approved, paid by hand, or closed."""
        self.run(self._clear())
        self.work_on_all(1)

    async def _clear(self) -> None:
        for leg in await self.world.legs():
            if leg.state == "with_person":
                await self.world.person("mark_paid", leg.id)
        for case in await self.world.cases():
            if case.waiting_on == "staff":
                for step in ("approve", "ask_again", "close"):
                    await self.world.person(step, case.id)

    @once_asked
    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: timedelta) -> None:
        self.run(self.world.wait(pause))
        self.run(keep_house(self.world.ports))
