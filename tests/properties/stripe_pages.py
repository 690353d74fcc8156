"""The Stripe in memory with the pages on which shoppers pay what an exchange costs on top."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import structs

from plugin.payments.stripe.amounts import quantum
from plugin.ports.payments import (
    GatewayEvent,
    OutcomeStored,
    OutcomeUnknown,
    PageState,
    PaymentAccount,
    PaymentAsk,
    PaymentPage,
    RejectCode,
    Rejected,
)
from tests.properties.honest_stripe import Fault, HonestStripe

PAGE_LASTS_AT_LEAST = timedelta(minutes=30)
LEAST = 50


class StripeWithPages(HonestStripe):
    """``is_quicker``: the next page that we end is paid a moment before."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.is_quicker = False

    async def ask_payment(self, account: PaymentAccount, ask: PaymentAsk) -> PaymentPage:
        fault = self._next_fault()
        if fault is Fault.ERROR_BEFORE:
            raise OutcomeStored("500")
        before = self.asked.get(f"cs_{ask.key}")
        if before is None and ask.amount < LEAST:
            raise Rejected(RejectCode.TOO_SMALL, "less than is collected")
        if before is None and ask.ends_at - self._now() < PAGE_LASTS_AT_LEAST:
            raise Rejected(RejectCode.OTHER, "the page would end too soon")
        if before not in (None, ask):
            self.complaints.append(f"key {ask.key} came again with other parameters")
        page = await super().ask_payment(account, ask)
        await self._answered(fault)
        if fault is Fault.ERROR_AFTER:
            raise OutcomeStored("500")
        return page

    def pay_on(self, page_id: str) -> str:
        ask = self.asked[page_id]
        reference = super().pay_on(page_id)
        self.pay(reference, ask.currency, ask.amount // quantum(ask.currency) * quantum(ask.currency), is_captured=True)
        return reference

    def is_open(self, page_id: str) -> bool:
        """Whether the shopper can pay there now: a page ends by itself at its time."""
        if self.pages[page_id].state is PageState.OPEN and self._now() >= self.asked[page_id].ends_at:
            self.pages[page_id] = structs.replace(self.pages[page_id], state=PageState.ENDED)
        return self.pages[page_id].state is PageState.OPEN

    async def read_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        if self.is_down:
            raise OutcomeUnknown("nobody answers")
        if page_id in self.pages:
            self.is_open(page_id)
        return await super().read_page(account, page_id)

    async def end_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        if self.is_quicker and self.is_open(page_id):
            self.is_quicker = False
            self.pay_on(page_id)
        return await super().end_page(account, page_id)

    def read_event(self, body: bytes) -> GatewayEvent:
        """News of a page names the page, and its payment where there is one."""
        told = super().read_event(body)
        page = self.pages.get(told.object_id or "")
        return structs.replace(told, payment_reference=page.reference) if page else told
