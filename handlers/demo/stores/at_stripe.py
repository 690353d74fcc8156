"""The sandbox as the demo's stores use it: their shoppers pay there, and its webhooks come to us."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from handlers.demo.stores.side import Ground, PaidBack, ShopKeys
from handlers.demo.transcript import require
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.server import RunningSandbox


class StripeSide:
    """One account of the sandbox, which is the shop's from ``connect`` on."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox
        self._stack = AsyncExitStack()
        self._control: SandboxControl | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        return self._sandbox.url

    @property
    def control(self) -> SandboxControl:
        if self._control is None:
            raise RuntimeError("The shop's account at the sandbox is not known yet.")
        return self._control

    async def connect(self, ground: Ground, keys: ShopKeys) -> None:
        """Register our webhook endpoint as a shop would in Stripe's dashboard, and drop those of earlier runs."""
        api_key, webhook_secret = keys.stripe_api_key, keys.stripe_webhook_secret
        if api_key is None or webhook_secret is None:
            raise ValueError("The shop has no account at Stripe.")
        self._control = await self._stack.enter_async_context(self._sandbox.control(api_key))
        login = {"authorization": f"Bearer {api_key}"}
        endpoints = f"{self.url}/v1/webhook_endpoints"
        for endpoint in (await ground.http.get(endpoints, headers=login)).json()["data"]:
            await ground.http.delete(f"{endpoints}/{endpoint['id']}", headers=login)
        await self._control.add_endpoint(f"{ground.settings.public_url}/hooks/{keys.shop_id}/stripe", webhook_secret)

    async def pay(self, amount: int, currency: str, *, is_authorised: bool = False) -> str:
        """A shopper pays by card; the PaymentIntent."""
        return await self.control.pay(amount, currency.lower(), is_manual=is_authorised)

    async def pay_page(self, url: str) -> None:
        """A shopper pays at one of its pages, and says yes at her bank's."""
        await self.control.press(url, card="pm_card_authenticationRequired")
        await self.control.press(url, bank="yes")

    async def refunds(self, payment_intent: str) -> list[PaidBack]:
        payment = await self.control.payment(payment_intent)
        return [PaidBack(refund.id, refund.amount) for refund in payment.refunds if not refund.is_release]

    async def drain(self) -> int:
        """Wait until all of Stripe's webhooks have been taken; how many there were."""
        reports = await self.control.drain()
        undelivered = [report.type for report in reports if report.state != "delivered"]
        require(not undelivered, f"Stripe could not deliver {', '.join(undelivered)}.")
        return len(reports)
