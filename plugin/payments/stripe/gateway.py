"""``StripeGateway``: the payment port, through the official SDK and nothing else."""

from __future__ import annotations

import asyncio
from datetime import datetime

import stripe

from plugin.payments.stripe import pages, promotions
from plugin.payments.stripe.amounts import part_to_stripe, to_stripe
from plugin.payments.stripe.errors import reading, writing
from plugin.payments.stripe.facts import CAPTURE_KEY, LEG_KEY, dispute_fact, payment_fact, refund_fact
from plugin.payments.stripe.webhooks import read_event, verified_event
from plugin.ports.orders import PaymentState
from plugin.ports.payments import (
    DisputeFact,
    GatewayEvent,
    PaymentAccount,
    PaymentAsk,
    PaymentFact,
    PaymentPage,
    Promotion,
    RefundFact,
    RejectCode,
    Rejected,
)

_PAGE = 100  # the most that Stripe lists at once


def _require_authorised(payment: PaymentFact) -> PaymentFact:
    if payment.state is not PaymentState.AUTHORISED:
        raise Rejected(RejectCode.UNEXPECTED_STATE, f"The payment is {payment.state}, not authorised.")
    return payment


class StripeGateway:
    """Implements ``PaymentGateway``. One connection pool for all shops; close it with ``aclose``.

    ``timeout`` is in seconds. A client is made for each call: it costs a sixth of a millisecond, and no shop's key
    stays in memory longer than its call.
    """

    def __init__(self, timeout: float = 10.0) -> None:
        self._http = stripe.HTTPXClient(timeout=timeout)

    async def aclose(self) -> None:
        """Close the connections. The gateway cannot be used afterwards."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    def _client(self, account: PaymentAccount) -> stripe.StripeClient:
        # the SDK must not retry: what follows a lost answer is decided by the refund's own state machine
        if account.base is None:
            return stripe.StripeClient(account.api_key, http_client=self._http, max_network_retries=0)
        return stripe.StripeClient(
            account.api_key, http_client=self._http, max_network_retries=0, base_addresses={"api": account.base}
        )

    async def read(self, account: PaymentAccount, reference: str) -> PaymentFact:
        return await self._read(self._client(account), reference)

    async def _read(self, client: stripe.StripeClient, reference: str) -> PaymentFact:
        with reading():
            intent, refunds, disputes = await asyncio.gather(
                client.v1.payment_intents.retrieve_async(reference, {"expand": ["latest_charge"]}),
                self._refunds(client, reference),
                self._disputes(client, reference),
            )
        return payment_fact(intent, refunds, disputes)

    async def _refunds(self, client: stripe.StripeClient, reference: str) -> list[stripe.Refund]:
        page = await client.v1.refunds.list_async({"payment_intent": reference, "limit": _PAGE})
        return [refund async for refund in page.auto_paging_iter()]

    async def _disputes(self, client: stripe.StripeClient, reference: str) -> list[stripe.Dispute]:
        page = await client.v1.disputes.list_async({"payment_intent": reference, "limit": _PAGE})
        return [dispute async for dispute in page.auto_paging_iter()]

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        """Refund ``amount``; the fact's amount is what Stripe moved, which a coarse currency rounds down."""
        stripe_amount = part_to_stripe(amount, currency, refunded_before=refunded_before)
        if stripe_amount == 0:
            raise Rejected(RejectCode.OTHER, f"{amount} is less than Stripe can move in {currency}.")
        params: stripe.params.RefundCreateParams = {
            "payment_intent": reference,
            "amount": stripe_amount,
            "metadata": {LEG_KEY: leg_id},
        }
        with writing():
            refund = await self._client(account).v1.refunds.create_async(params, {"idempotency_key": key})
        return refund_fact(refund, reference)

    async def void(self, account: PaymentAccount, *, reference: str, leg_id: str, key: str) -> PaymentFact:
        """Cancel an authorised payment. Its state at Stripe is the proof: a cancellation has no metadata of its own."""
        client = self._client(account)
        with writing():
            await client.v1.payment_intents.cancel_async(
                reference, {"cancellation_reason": "requested_by_customer"}, {"idempotency_key": key}
            )
        return await self._read(client, reference)

    async def limit_capture(
        self, account: PaymentAccount, *, reference: str, at_most: int, currency: str, leg_id: str, key: str
    ) -> PaymentFact:
        """Write ``comeback_capture_at_most`` (in Stripe's amounts) and the leg into the PaymentIntent's metadata.

        Stripe cannot lower an authorisation without capturing it, and when to capture is the store's decision; the
        store reads the limit when it captures, and ``read`` reports it as ``capturable`` from now on.
        """
        client = self._client(account)
        limit = str(to_stripe(at_most, currency))
        _require_authorised(await self._read(client, reference))
        with writing():
            await client.v1.payment_intents.update_async(
                reference, {"metadata": {CAPTURE_KEY: limit, LEG_KEY: leg_id}}, {"idempotency_key": key}
            )
        return _require_authorised(await self._read(client, reference))

    async def find_refund(self, account: PaymentAccount, *, reference: str, leg_id: str) -> RefundFact | None:
        with reading():
            refunds = await self._refunds(self._client(account), reference)
        facts = (refund_fact(refund, reference) for refund in refunds)
        return next((fact for fact in facts if fact.leg_id == leg_id), None)

    async def refunds_since(self, account: PaymentAccount, since: datetime) -> tuple[RefundFact, ...]:
        with reading():
            page = await self._client(account).v1.refunds.list_async(
                {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
            )
            facts = [refund_fact(refund, "") async for refund in page.auto_paging_iter()]
        return tuple(fact for fact in facts if fact.payment_reference)

    async def disputes_since(self, account: PaymentAccount, since: datetime) -> tuple[DisputeFact, ...]:
        with reading():
            page = await self._client(account).v1.disputes.list_async(
                {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
            )
            facts = [dispute_fact(dispute, "") async for dispute in page.auto_paging_iter()]
        return tuple(fact for fact in facts if fact.payment_reference)

    async def ask_payment(self, account: PaymentAccount, ask: PaymentAsk) -> PaymentPage:
        return await pages.ask(self._client(account), ask)

    async def read_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        return await pages.read(self._client(account), page_id)

    async def end_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        return await pages.end(self._client(account), page_id)

    async def publish_code(self, account: PaymentAccount, promotion: Promotion, *, key: str) -> str:
        return await promotions.publish(self._client(account), promotion, key)

    async def withdraw_code(self, account: PaymentAccount, promotion_id: str, *, key: str) -> None:
        with writing():
            await self._client(account).v1.promotion_codes.update_async(
                promotion_id, {"active": False}, {"idempotency_key": key}
            )

    async def ping(self, account: PaymentAccount) -> str:
        with reading():
            found = await self._client(account).v1.accounts.retrieve_current_async()
        return found.id

    def verify(self, headers: dict[str, str], body: bytes, secrets: tuple[str, ...], now: datetime) -> GatewayEvent:
        return verified_event(headers, body, secrets, now)

    def read_event(self, body: bytes) -> GatewayEvent:
        return read_event(body)
