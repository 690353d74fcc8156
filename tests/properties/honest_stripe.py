"""A Stripe in memory that keeps an honest ledger: every movement once a key, faults on request, time as it is told.

It implements ``PaymentGateway`` as Stripe's own documentation describes it: an answer is stored under its key for a
day, another call under the same key is an error, and a refund is refused rather than cut down. ``meanwhile`` is done
once, after a call was carried out and before its caller reads the answer; ``while_reading`` alike, for a read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

from plugin.payments.stripe.amounts import quantised, quantum
from plugin.ports.orders import PaymentState
from plugin.ports.payments import (
    DisputeFact,
    GatewayEvent,
    OutcomeStored,
    OutcomeUnknown,
    PaymentAccount,
    PaymentFact,
    RefundFact,
    RefundState,
    RejectCode,
    Rejected,
)
from tests.fakes import FakePayments

KEY_LIVES = timedelta(hours=24)
GONE = (RefundState.FAILED, RefundState.CANCELLED)


class Fault(StrEnum):
    """What may go wrong with one call."""

    NOT_SENT = "the call never arrived"
    ANSWER_LOST = "it was carried out and the answer was lost"
    BUSY = "429"
    ERROR_BEFORE = "a 500 that is stored, nothing carried out"
    ERROR_AFTER = "a 500 that is stored, carried out all the same"
    NO_BALANCE = "the balance does not suffice"
    PENDING = "the refund is pending"
    NEEDS_ACTION = "the refund waits for the shopper"
    FAILS = "the refund has failed at once"
    KILLED_BEFORE = "our process dies before the call arrives"
    KILLED_AFTER = "our process dies before it reads the answer"


class Killed(BaseException):
    """Our process is gone: no handler of ours sees this."""


_FIRST_STATE = {
    Fault.PENDING: RefundState.PENDING,
    Fault.NEEDS_ACTION: RefundState.REQUIRES_ACTION,
    Fault.FAILS: RefundState.FAILED,
}


@dataclass
class Refund:
    id: str
    amount: int
    state: RefundState
    created_at: datetime
    leg_id: str | None


@dataclass
class Dispute:
    id: str
    amount: int
    holds_money: bool = True
    is_closed: bool = False


@dataclass
class Intent:
    """One payment in Stripe's books, in our minor units."""

    reference: str
    currency: str
    amount: int
    state: PaymentState
    captured: int = 0
    at_most: int | None = None
    refunds: list[Refund] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)

    @property
    def given_back(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.state not in GONE)

    @property
    def disputed(self) -> int:
        return sum(dispute.amount for dispute in self.disputes if dispute.holds_money)


@dataclass(frozen=True)
class _Stored:
    at: datetime
    params: object
    answer: RefundFact | None
    error: Exception | None


class HonestStripe(FakePayments):
    """``faults`` are used up one a call that changes something; ``complaints`` are misuses that Stripe has seen.

    ``sent_again`` counts the refunds that came once more under their key: the answer that is stored is theirs.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._numbers = count(1)
        self._stored: dict[str, _Stored] = {}
        self.intents: dict[str, Intent] = {}
        self.faults: deque[Fault] = deque()
        self.is_down = False
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.while_reading: Callable[[], Awaitable[None]] | None = None
        self.complaints: list[str] = []
        self.sent_again = 0

    def pay(self, reference: str, currency: str, amount: int, *, is_captured: bool) -> Intent:
        state = PaymentState.CAPTURED if is_captured else PaymentState.AUTHORISED
        intent = Intent(reference, currency, amount, state, amount if is_captured else 0)
        self.intents[reference] = intent
        return intent

    def refund_elsewhere(self, intent: Intent, amount: int) -> None:
        """Somebody gives money back in Stripe's dashboard."""
        self._book(intent, amount, RefundState.SUCCEEDED, None)

    def dispute(self, intent: Intent, amount: int) -> None:
        intent.disputes.append(Dispute(f"dp_{next(self._numbers)}", amount))

    async def read(self, account: PaymentAccount, reference: str) -> PaymentFact:
        if self.is_down:
            raise OutcomeUnknown("nobody answers")
        fact = self._fact(self._intent(reference))
        meanwhile, self.while_reading = self.while_reading, None
        if meanwhile is not None:
            await meanwhile()
        return fact

    async def find_refund(self, account: PaymentAccount, *, reference: str, leg_id: str) -> RefundFact | None:
        if self.is_down:
            raise OutcomeUnknown("nobody answers")
        intent = self._intent(reference)
        return next((self._refund_fact(intent, each) for each in intent.refunds if each.leg_id == leg_id), None)

    async def refunds_since(self, account: PaymentAccount, since: datetime) -> tuple[RefundFact, ...]:
        if self.is_down:
            raise OutcomeUnknown("nobody answers")
        refunds = [(intent, refund) for intent in self.intents.values() for refund in intent.refunds]
        return tuple(self._refund_fact(*each) for each in refunds if each[1].created_at >= since)

    async def disputes_since(self, account: PaymentAccount, since: datetime) -> tuple[DisputeFact, ...]:
        """All of them: when a dispute was opened is told nowhere here."""
        return tuple(dispute for intent in self.intents.values() for dispute in self._fact(intent).disputes)

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        fault = self._next_fault()
        params = (reference, amount, currency, leg_id, refunded_before)
        stored = self._stored.get(key)
        if stored is not None and self._now() - stored.at < KEY_LIVES:
            self.sent_again += 1
            if stored.params != params:
                self.complaints.append(f"key {key} came again with other parameters")
        else:
            stored = self._carry_out(params, fault)
            self._stored[key] = stored
        await self._answered(fault)
        if stored.error is not None:
            raise stored.error
        assert stored.answer is not None
        return stored.answer

    def _carry_out(self, params: tuple[str, int, str, str, int], fault: Fault | None) -> _Stored:
        reference, amount, currency, leg_id, before = params
        at = self._now()
        if fault is Fault.ERROR_BEFORE:
            return _Stored(at, params, None, OutcomeStored("500"))
        if fault is Fault.NO_BALANCE:
            return _Stored(at, params, None, Rejected(RejectCode.INSUFFICIENT_BALANCE, "no funds"))
        intent = self._intent(reference)
        moved = quantised(before + amount, currency) - quantised(before, currency)
        left = intent.captured - intent.given_back
        if intent.state is not PaymentState.CAPTURED:
            return _Stored(at, params, None, Rejected(RejectCode.UNEXPECTED_STATE, f"the payment is {intent.state}"))
        if moved <= 0 or moved > left or intent.disputed:
            code = RejectCode.ALREADY_REFUNDED if left == 0 else RejectCode.OTHER
            return _Stored(at, params, None, Rejected(code, "that much cannot be given back"))
        refund = self._book(intent, moved, _FIRST_STATE.get(fault, RefundState.SUCCEEDED) if fault else None, leg_id)
        error = OutcomeStored("500") if fault is Fault.ERROR_AFTER else None
        return _Stored(at, params, self._refund_fact(intent, refund), error)

    async def void(self, account: PaymentAccount, *, reference: str, leg_id: str, key: str) -> PaymentFact:
        fault, intent = self._next_fault(), self._intent(reference)
        if intent.state is PaymentState.AUTHORISED:
            intent.state = PaymentState.VOIDED
        elif intent.state is not PaymentState.VOIDED:
            raise Rejected(RejectCode.UNEXPECTED_STATE, f"the payment is {intent.state}")
        await self._answered(fault)
        return self._fact(intent)

    async def limit_capture(
        self, account: PaymentAccount, *, reference: str, at_most: int, currency: str, leg_id: str, key: str
    ) -> PaymentFact:
        fault, intent = self._next_fault(), self._intent(reference)
        if intent.state is not PaymentState.AUTHORISED:
            raise Rejected(RejectCode.UNEXPECTED_STATE, f"the payment is {intent.state}")
        intent.at_most = quantised(at_most, currency)
        await self._answered(fault)
        return self._fact(intent)

    def read_event(self, body: bytes) -> GatewayEvent:
        name, reference = body.decode().split(" ")
        return GatewayEvent(f"evt_{reference}", name, reference, reference)

    def _next_fault(self) -> Fault | None:
        if self.is_down:
            raise OutcomeUnknown("nobody answers")
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.KILLED_BEFORE:
            raise Killed()
        if fault in (Fault.NOT_SENT, Fault.BUSY):
            raise OutcomeUnknown(str(fault))
        return fault

    async def _answered(self, fault: Fault | None) -> None:
        """It is carried out; what happens before our caller reads so."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if fault is Fault.KILLED_AFTER:
            raise Killed()
        if fault is Fault.ANSWER_LOST:
            raise OutcomeUnknown("the answer was lost")

    def _intent(self, reference: str) -> Intent:
        if reference not in self.intents:
            raise Rejected(RejectCode.NOT_FOUND, "no such payment")
        return self.intents[reference]

    def _book(self, intent: Intent, amount: int, state: RefundState | None, leg_id: str | None) -> Refund:
        refund = Refund(f"re_{next(self._numbers)}", amount, state or RefundState.SUCCEEDED, self._now(), leg_id)
        intent.refunds.append(refund)
        return refund

    def _refund_fact(self, intent: Intent, refund: Refund) -> RefundFact:
        return RefundFact(
            id=refund.id,
            payment_reference=intent.reference,
            amount=refund.amount,
            currency=intent.currency,
            state=refund.state,
            created_at=refund.created_at,
            leg_id=refund.leg_id,
            step=quantum(intent.currency),
        )

    def _fact(self, intent: Intent) -> PaymentFact:
        is_authorised = intent.state is PaymentState.AUTHORISED
        ceiling = intent.amount if intent.at_most is None else min(intent.at_most, intent.amount)
        return PaymentFact(
            reference=intent.reference,
            currency=intent.currency,
            state=intent.state,
            authorised=0 if intent.state is PaymentState.VOIDED else intent.amount,
            capturable=ceiling if is_authorised else 0,
            captured=intent.captured,
            refunds=tuple(self._refund_fact(intent, refund) for refund in intent.refunds),
            disputes=tuple(
                DisputeFact(
                    id=each.id,
                    payment_reference=intent.reference,
                    amount=each.amount,
                    currency=intent.currency,
                    state="needs_response",
                    holds_money=each.holds_money,
                    is_closed=each.is_closed,
                )
                for each in intent.disputes
            ),
        )
