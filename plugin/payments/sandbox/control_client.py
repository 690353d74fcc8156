"""``SandboxControl``: the typed client of the control routes, for tests, the demo and fault runs."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec

from plugin.core.tls import trusted
from plugin.payments.sandbox import control_messages
from plugin.payments.sandbox.control_messages import DeliveryMode, DeliveryReport, LedgerDump, Made, PaymentEntry
from plugin.payments.sandbox.faults import Fault, FaultKind

T = TypeVar("T")


class ControlRefused(Exception):
    """The sandbox would not do it; ``args[0]`` is its answer."""


class SandboxControl:
    """Plays the dashboard, the bank and the network for the account of ``api_key``. Amounts are Stripe's.

    Every method raises ``ControlRefused`` when the sandbox says no.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self.api_key = api_key
        # 127.0.0.1 must not be asked for through a proxy that the environment names
        self._client = httpx.AsyncClient(base_url=url, timeout=30, verify=trusted(), trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def _call(self, name: str, message: msgspec.Struct | None, answer: type[T]) -> T:
        response = await self._client.post(f"/_sandbox/{name}", content=msgspec.json.encode(message))
        if response.is_error:
            raise ControlRefused(response.text)
        return msgspec.json.decode(response.content, type=answer)

    async def _tell(self, name: str, message: msgspec.Struct | None = None) -> None:
        await self._call(name, message, type(None))

    async def pay(
        self, amount: int, currency: str, *, card: str = "pm_card_visa", is_manual: bool = False,
        metadata: dict[str, str] | None = None,
    ) -> str:  # fmt: skip
        """A shopper pays, through the API itself: the id of the PaymentIntent. ``is_manual`` only authorises."""
        form = {
            "amount": str(amount), "currency": currency, "confirm": "true", "payment_method": card,
            "capture_method": "manual" if is_manual else "automatic",
            **{f"metadata[{name}]": value for name, value in (metadata or {}).items()},
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {self.api_key}"}
        response = await self._client.post("/v1/payment_intents", data=form, headers=headers)
        if response.is_error:
            raise ControlRefused(response.text)
        return msgspec.json.decode(response.content, type=Made).id

    async def press(self, page: str, **button: str) -> str:
        """A shopper presses a button of a payment page at its address (``card="pm_card_visa"``, ``bank="yes"``);
        returns where that leads, or raises ``ControlRefused`` with the page where it leads nowhere."""
        response = await self._client.post(page, data=button)
        if not response.is_redirect:
            raise ControlRefused(response.text)
        return response.headers["location"]

    async def reset(self) -> None:
        """Forget everything, of every account."""
        await self._tell("reset")

    async def set_clock(self, offset: int) -> None:
        """Move the sandbox's clock ``offset`` seconds ahead of the real time."""
        await self._tell("clock", control_messages.ClockOffset(offset))

    async def break_next(
        self, kind: FaultKind, route: str = "*", *, times: int | None = 1, delay_ms: int = 0
    ) -> None:  # fmt: skip
        """Let the next ``times`` matching requests go wrong; None is all of them until ``mend``."""
        await self._tell("faults", Fault(kind=kind, route=route, times=times, delay_ms=delay_ms))

    async def mend(self) -> None:
        """Remove every fault switch."""
        await self._tell("faults/clear")

    async def add_endpoint(self, url: str, secret: str, enabled_events: tuple[str, ...] = ("*",)) -> str:
        """Register a webhook endpoint with a chosen secret."""
        message = control_messages.NewEndpoint(
            key=self.api_key, url=url, secret=secret, enabled_events=list(enabled_events)
        )
        return (await self._call("webhooks/endpoints", message, Made)).id

    async def deliver(self, mode: DeliveryMode) -> None:
        """How webhooks go out from now on."""
        await self._tell("webhooks/mode", mode)

    async def release(self, *, is_reversed: bool = False, copies: int = 1) -> None:
        """Deliver what was held, one after the other; returns when it has arrived or failed."""
        await self._tell("webhooks/release", control_messages.Release(is_reversed=is_reversed, copies=copies))

    async def drain(self) -> list[DeliveryReport]:
        """Wait for all deliveries under way, and report on all there were."""
        return await self._call("webhooks/drain", None, list[DeliveryReport])

    async def refund(self, payment_intent: str, amount: int | None = None) -> str:
        """A refund from the dashboard: it carries no metadata of ours."""
        message = control_messages.DashboardRefund(key=self.api_key, payment_intent=payment_intent, amount=amount)
        return (await self._call("refunds", message, Made)).id

    async def settle_refund(self, refund: str, status: str | None = None) -> None:
        """Let a refund succeed, fail, be canceled or require action; None: what its card has in store."""
        await self._call(
            "refunds/settle", control_messages.SettleRefund(key=self.api_key, refund=refund, status=status), Made
        )

    async def open_dispute(
        self, payment_intent: str, amount: int | None = None, *, is_inquiry: bool = False
    ) -> str:  # fmt: skip
        message = control_messages.OpenDispute(
            key=self.api_key, payment_intent=payment_intent, amount=amount, is_inquiry=is_inquiry
        )
        return (await self._call("disputes", message, Made)).id

    async def close_dispute(self, dispute: str, status: str) -> None:
        """``status``: won, lost, or warning_closed for an inquiry."""
        await self._call(
            "disputes/close", control_messages.CloseDispute(key=self.api_key, dispute=dispute, status=status), Made
        )

    async def set_balance(self, currency: str, amount: int | None) -> None:
        """Limit what the account can refund; None lifts the limit."""
        await self._tell("balance", control_messages.SetBalance(key=self.api_key, currency=currency, amount=amount))

    async def redeem(self, promotion_code: str) -> None:
        """Redeem a promotion code once, as Stripe's checkout would."""
        await self._call("redeem", control_messages.Redeem(key=self.api_key, promotion_code=promotion_code), Made)

    async def ledger(self) -> LedgerDump:
        """Every payment of the account with its refunds and disputes, newest first."""
        return await self._call("ledger", control_messages.Keyed(key=self.api_key), LedgerDump)

    async def payment(self, payment_intent: str) -> PaymentEntry:
        """One payment of the ledger. Raises ``KeyError`` for one that is not there."""
        for payment in (await self.ledger()).payments:
            if payment.id == payment_intent:
                return payment
        raise KeyError(payment_intent)
