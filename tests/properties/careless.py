"""Mistakes planted around the real services: the machine must find each, or its silence is worth nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count

from plugin.ports.payments import PaymentAccount, RefundFact
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection
from tests.properties.honest_stripe import Fault, HonestStripe
from tests.properties.lives import Lives
from tests.properties.scripted_store import ScriptedStore


class KeysForgotten(HonestStripe):
    """An adapter that gives every call a key of its own, as if ours were of the call and not of the row.

    Each refund's first answer is lost, so that there is a second call.
    """

    _calls = count(1)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._lost: set[str] = set()

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        if leg_id not in self._lost:
            self._lost.add(leg_id)
            self.faults.appendleft(Fault.ANSWER_LOST)
        return await super().refund(
            account, reference=reference, amount=amount, currency=currency, leg_id=leg_id,
            key=f"{key}-{next(self._calls)}", refunded_before=refunded_before,
        )  # fmt: skip


class MetadataForgotten(HonestStripe):
    """An adapter that does not write our leg's id into the refund: what comes back is taken for somebody else's."""

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        return await super().refund(
            account, reference=reference, amount=amount, currency=currency, leg_id=f"lost {leg_id}", key=key,
            refunded_before=refunded_before,
        )  # fmt: skip


class TakesEverythingForYes(ScriptedStore):
    """An adapter that reads every answer of the store as "cancelled"."""

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        await super().cancel(store, request)
        return CancelAnswer(status=CancelStatus.CANCELLED)


class WithoutKeys(Lives):
    stripe_of = KeysForgotten


class WithoutMetadata(Lives):
    stripe_of = MetadataForgotten


class WithoutAnswers(Lives):
    store_of = TakesEverythingForYes
