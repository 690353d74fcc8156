"""Small hand-written stand-ins behind the ports: each keeps what it was asked, and answers what a test has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from plugin.core.vault import Vault
from plugin.ports.mail import Envelope
from plugin.ports.payments import (
    DisputeFact,
    GatewayEvent,
    PageState,
    PaymentAccount,
    PaymentAsk,
    PaymentFact,
    PaymentPage,
    Promotion,
    RefundFact,
    RejectCode,
    Rejected,
)
from plugin.ports.runtime import Ports, Ring
from plugin.ports.storefronts import SignatureInvalid, Storefront

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is set or advanced."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        self.at = at

    def advance(self, by: timedelta) -> None:
        self.at += by


class SilentDoorbell:
    """Wakes nobody; ``rings`` holds who would have been rung for."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    async def ring(self, rings: Sequence[Ring]) -> None:
        self.rings.extend(rings)


class NotExpected(AssertionError):
    """The code under test called something outside that this test does not know about."""


class FakePayments:
    """Publishes codes and opens payment pages. ``fails_with`` is raised by the next call instead of an answer."""

    def __init__(self) -> None:
        self.published: dict[str, Promotion] = {}
        self.withdrawn: list[str] = []
        self.asked: dict[str, PaymentAsk] = {}  # by the page's id
        self.pages: dict[str, PaymentPage] = {}
        self.fails_with: Exception | None = None

    def _fail_if_told(self) -> None:
        failure, self.fails_with = self.fails_with, None
        if failure is not None:
            raise failure

    async def publish_code(self, account: PaymentAccount, promotion: Promotion, *, key: str) -> str:
        self._fail_if_told()
        self.published[key] = promotion
        return f"promo_{len(self.published)}"

    async def withdraw_code(self, account: PaymentAccount, promotion_id: str, *, key: str) -> None:
        self._fail_if_told()
        self.withdrawn.append(promotion_id)

    async def ask_payment(self, account: PaymentAccount, ask: PaymentAsk) -> PaymentPage:
        self._fail_if_told()
        id = f"cs_{ask.key}"
        self.asked.setdefault(id, ask)
        return self.pages.setdefault(id, PaymentPage(id=id, state=PageState.OPEN, url=f"https://pay.invalid/{id}"))

    def pay_on(self, page_id: str) -> str:
        """The shopper pays on that page; returns the payment's reference."""
        reference = f"pi_{page_id}"
        self.pages[page_id] = PaymentPage(id=page_id, state=PageState.PAID, reference=reference)
        return reference

    async def read_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        self._fail_if_told()
        if page_id not in self.pages:
            raise Rejected(RejectCode.NOT_FOUND, f"No such page: {page_id}")
        return self.pages[page_id]

    async def end_page(self, account: PaymentAccount, page_id: str) -> PaymentPage:
        page = await self.read_page(account, page_id)
        if page.state is PageState.OPEN:
            self.pages[page_id] = PaymentPage(id=page_id, state=PageState.ENDED)
        return self.pages[page_id]

    async def read(self, account: PaymentAccount, reference: str) -> PaymentFact:
        raise NotExpected("read")

    async def refund(
        self, account: PaymentAccount, *, reference: str, amount: int, currency: str, leg_id: str, key: str,
        refunded_before: int = 0,
    ) -> RefundFact:  # fmt: skip
        raise NotExpected("refund")

    async def void(self, account: PaymentAccount, *, reference: str, leg_id: str, key: str) -> PaymentFact:
        raise NotExpected("void")

    async def limit_capture(
        self, account: PaymentAccount, *, reference: str, at_most: int, currency: str, leg_id: str, key: str
    ) -> PaymentFact:
        raise NotExpected("limit_capture")

    async def find_refund(self, account: PaymentAccount, *, reference: str, leg_id: str) -> RefundFact | None:
        raise NotExpected("find_refund")

    async def refunds_since(self, account: PaymentAccount, since: datetime) -> tuple[RefundFact, ...]:
        raise NotExpected("refunds_since")

    async def disputes_since(self, account: PaymentAccount, since: datetime) -> tuple[DisputeFact, ...]:
        raise NotExpected("disputes_since")

    async def ping(self, account: PaymentAccount) -> str:
        return account.shop_id

    def verify(self, headers: dict[str, str], body: bytes, secrets: tuple[str, ...], now: datetime) -> GatewayEvent:
        raise SignatureInvalid()

    def read_event(self, body: bytes) -> GatewayEvent:
        raise NotExpected("read_event")


class FakeMail:
    """Takes every mail and keeps it."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []

    async def send(self, envelope: Envelope, *, begin_within: float | None = None) -> None:
        self.sent.append(envelope)

    async def ping(self) -> str:
        return "a list"


class FakePorts(Ports):
    """The bundle with its stand-ins under their own types, so that a test can set and read them."""

    clock: FakeClock
    doorbell: SilentDoorbell
    payments: FakePayments
    mail: FakeMail

    def as_served(self) -> Ports:
        """The same bundle for an application's state: Litestar takes an injected dataclass by its exact type only."""
        return Ports(**{field.name: getattr(self, field.name) for field in fields(Ports)})


def fake_ports(storefronts: Mapping[str, Storefront] | None = None) -> FakePorts:
    """Everything outside the process, standing still and keeping quiet."""
    return FakePorts(
        clock=FakeClock(),
        doorbell=SilentDoorbell(),
        vault=Vault(("a secret of the tests, long enough",)),
        payments=FakePayments(),
        storefronts=storefronts or {},
        mail=FakeMail(),
        public_url="http://comeback.test",
        mail_sender="hello@comeback.test",
    )
