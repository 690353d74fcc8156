"""Mistakes planted around the real services: the machine must find each, or its silence is worth nothing."""

from __future__ import annotations

from plugin.ports.payments import PaymentAccount, RefundFact
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection
from tests.properties.honest_stripe import HonestStripe
from tests.properties.lives import Lives
from tests.properties.scripted_store import ScriptedStore


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


class WithoutMetadata(Lives):
    stripe_of = MetadataForgotten


class WithoutAnswers(Lives):
    store_of = TakesEverythingForYes
