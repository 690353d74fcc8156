"""The rest of what can happen: refunds and disputes from elsewhere, the bank, the staff, and time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from handlers.housekeeping import keep_house
from plugin.ports.orders import PaymentState
from plugin.ports.payments import RefundState
from tests.properties.machine import EVENTS, PAUSES, STEPS_ON_CASES, STEPS_ON_LEGS, Shops, few, once_asked
from tests.properties.promises import broken_promises, unfinished

WAITING = (RefundState.PENDING, RefundState.REQUIRES_ACTION)


class Lives(Shops):
    """The whole machine."""

    @once_asked
    @rule(which=few, forgets=st.booleans())
    def store_captures(self, which: int, forgets: bool) -> None:
        """The store takes its money; a forgetful one takes all of it, whatever ceiling it was told."""
        intent = self.intent(which)
        if intent is not None and intent.state is PaymentState.AUTHORISED:
            ceiling = intent.amount if forgets or intent.at_most is None else intent.at_most
            if ceiling > 0:
                intent.state, intent.captured = PaymentState.CAPTURED, ceiling

    @once_asked
    @rule(which=few)
    def authorisation_lapses(self, which: int) -> None:
        intent = self.intent(which)
        if intent is not None and intent.state is PaymentState.AUTHORISED:
            intent.state = PaymentState.VOIDED
            self.world.voided_elsewhere.add(intent.reference)

    @once_asked
    @rule(which=few, event=st.sampled_from(EVENTS))
    def stripe_event(self, which: int, event: str) -> None:
        intent = self.intent(which)
        if intent is not None:
            self.run(self._read_event(intent, event))

    @once_asked
    @rule(which=few, percent=st.sampled_from((10, 50, 100)))
    def refund_in_the_dashboard(self, which: int, percent: int) -> None:
        intent = self.intent(which)
        if intent is not None:
            left = intent.captured - intent.given_back - intent.disputed
            amount = left * percent // 100 // 10 * 10
            if amount > 0:
                self.world.stripe.refund_elsewhere(intent, amount)

    @once_asked
    @rule(which=few, percent=st.sampled_from((30, 100)))
    def dispute(self, which: int, percent: int) -> None:
        intent = self.intent(which)
        if intent is not None and not intent.disputes and intent.captured - intent.given_back > 0:
            self.world.stripe.dispute(intent, intent.captured * percent // 100 // 10 * 10)

    @once_asked
    @rule(which=few)
    def dispute_is_won(self, which: int) -> None:
        intent = self.intent(which)
        for dispute in intent.disputes if intent is not None else ():
            dispute.holds_money, dispute.is_closed = False, True

    @once_asked
    @rule(which=few, outcome=st.sampled_from((*WAITING, RefundState.SUCCEEDED, RefundState.FAILED)))
    def bank_decides(self, which: int, outcome: RefundState) -> None:
        """A refund that waits comes to its end, or one that had succeeded is taken back."""
        intent = self.intent(which)
        for refund in intent.refunds if intent is not None else ():
            is_reversal = refund.state is RefundState.SUCCEEDED and outcome is RefundState.FAILED
            if refund.leg_id and (refund.state in WAITING or is_reversal):
                refund.state = outcome

    @once_asked
    @rule(which=few, step=st.sampled_from(STEPS_ON_CASES))
    def person_takes_a_case(self, which: int, step: str) -> None:
        cases = self.run(self.world.cases())
        if cases:
            self.run(self.world.person(step, cases[which % len(cases)].id))

    @once_asked
    @rule(which=few, step=st.sampled_from(STEPS_ON_LEGS))
    def person_takes_a_refund(self, which: int, step: str) -> None:
        legs = self.run(self.world.legs())
        if legs:
            self.run(self.world.person(step, legs[which % len(legs)].id))

    @once_asked
    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: object) -> None:
        self.world.clock.advance(pause)  # type: ignore[arg-type]
        self.run(keep_house(self.world.ports))

    @invariant()
    def every_promise_is_kept(self) -> None:
        if self.has_moved:
            self.look(broken_promises(self.world))
            self.has_moved = False

    def teardown(self) -> None:
        """Everybody answers, the bank decides, the last version comes in: then all must be over, or with a person."""
        self.run(self._heal())
        self.look(broken_promises(self.world))
        self.look(unfinished(self.world))

    def look(self, sentences: Coroutine[Any, Any, list[str]]) -> None:
        """Fail with what is broken, in words."""
        broken = self.run(sentences)
        if broken:
            raise AssertionError("\n".join(broken))

    async def _heal(self) -> None:
        await self.world.drain()
        for order in self.world.store.orders.values():
            self.deliveries += 1
            await self.world.hear(order, f"delivery-{self.deliveries}")
        await self.world.drain()
        for intent in self.world.stripe.intents.values():
            for refund in intent.refunds:
                if refund.state in WAITING:
                    refund.state = RefundState.SUCCEEDED
            self.deliveries += 1
            await self.world.hear_stripe(intent, "refund.updated", f"delivery-{self.deliveries}")
        await self.world.drain()
