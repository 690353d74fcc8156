"""The story, played once over HTTP as a storefront and a shopper would: from the order to the code redeemed.

Each step asks for what it should have done, at the one who would know: the custodian for the refund, the store for its
order, the mail folder for the mail, the audit for the chain. It reads alike on every store; the lines in which the
stores differ are the store's own.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from handlers.demo.callers import Caller, until
from handlers.demo.stores.side import STORY_SAMPLE, Buyer, DemoStoreSide, PaidBack, ShopKeys, Sold
from handlers.demo.transcript import Transcript, money, require
from handlers.shopper.orders import CancelAsk, CancelConfirm
from handlers.shopper.session_views import LinkView, SessionView
from handlers.shopper.sessions import ExchangeAsk, LinkAsk
from handlers.shopper.views import CaseView, OrderView, PreviewView
from plugin.core.ids import new_id
from plugin.mailers.files import InboxMail, read_inbox


@dataclass
class Ending:
    """What the story has led to, filled as it goes."""

    order_id: str | None = None
    case_id: str | None = None
    refund_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    code: str | None = None
    mail_path: str | None = None
    click_ms: float | None = None


@dataclass
class Story:
    """Everybody who takes part. ``http`` has the web service's address as its base; ``number`` is unheard of yet."""

    http: httpx.AsyncClient
    keys: ShopKeys
    side: DemoStoreSide
    mail: Path
    tell: Transcript
    number: int
    ending: Ending = field(default_factory=Ending)

    @property
    def server(self) -> Caller:
        """The store's own server."""
        return Caller(self.http, self.keys.secret_key)

    @property
    def grace(self) -> Buyer:
        """Who cancels, and comes back."""
        return self.buyer("Grace", "Hall")

    def buyer(self, first_name: str, last_name: str) -> Buyer:
        """Somebody new in each run: a code is capped per customer."""
        letters = unicodedata.normalize("NFD", first_name.lower()).encode("ascii", "ignore").decode()
        return Buyer(first_name, last_name, f"{letters}.{self.number}@example.com")

    async def play(self) -> Sold:
        """Play it up to the code in the mail; raises ``StepFailed`` at the first step that does not do what it
        should. The order that was cancelled."""
        order = await self._order_arrives()
        shopper = await self._shopper_comes_in(order)
        case = await self._shopper_cancels(shopper, order)
        self.ending.code = case.code.code if case.code else None
        await self._nothing_happens_twice(order)
        return order

    async def link(self, order: Sold) -> str:
        """The signed link that the store puts on its order page; waits until the webhook has been read."""

        async def ask() -> LinkView | None:
            response = await self.server.send("/v1/links", LinkAsk(order_id=order.id))
            return None if response.status_code == 404 else self.server.read(response, LinkView)

        url = (await until(ask, "the order to be read")).url
        self.side.links[order.id] = url
        return url

    async def _order_arrives(self) -> Sold:
        side = self.side
        with self.tell.step("order_paid", f"Grace buys a coat and two scarves, and {side.lines.pays}") as told:
            order = await side.sell(STORY_SAMPLE, 0, self.grace)
            told.detail = f"order {order.number}, {money(order.total, order.currency)}"
        with self.tell.step("order_webhook", "The store posts the order as a signed webhook") as told:
            await side.tell(order)
            told.detail = "202 after one durable write"
        with self.tell.step("signed_link", "The order is read, and the store's server makes a signed link") as told:
            told.detail = await self.link(order)
        self.ending.amount, self.ending.currency = order.total, order.currency
        return order

    async def _shopper_comes_in(self, order: Sold) -> Caller:
        url = self.side.links[order.id]
        anybody = Caller(self.http)
        with self.tell.step("link_looked_at", "A mail scanner opens the link twice: looking changes nothing") as told:
            seen = [(await self.http.get(url)).status_code for _ in range(2)]
            require(seen == [200, 200], f"GET of the link was answered {max(seen)}.")
            told.detail = "the page, and a button that only a person presses"
        with self.tell.step("session", "Grace opens the link and gets a session of her own"):
            session = await anybody.post("/v1/sessions/exchange", ExchangeAsk(link=url.rpartition("/")[2]), SessionView)
        self.ending.order_id = session.order_id
        shopper = Caller(self.http, session.token)
        with self.tell.step("options", "She sees her order and what can be done about it") as told:
            seen_order = await shopper.get("/v1/order", OrderView)
            require(seen_order.whole.outcome == "approve", f"The whole order: {seen_order.whole.sentence}")
            told.detail = seen_order.status_sentence
        return shopper

    async def _shopper_cancels(self, shopper: Caller, order: Sold) -> CaseView:
        reason = "Ordered the wrong size"
        with self.tell.step("preview", "She asks what a cancellation would mean") as told:
            seen = await shopper.post(
                "/v1/order/cancellations/preview", CancelAsk(whole=True, reason=reason), PreviewView
            )
            require(seen.amounts.total.amount == order.total, f"The preview gives back {seen.amounts.total.text}.")
            told.detail = seen.sentence
        before = self._mail_files()
        agreed, key = CancelConfirm(whole=True, reason=reason, digest=seen.digest), new_id("key")
        with self.tell.step("click", "She clicks: cancel my order") as told:
            clicked = time.perf_counter()
            case = await shopper.post("/v1/order/cancellations", agreed, CaseView, key=key)
            self.ending.case_id, told.detail = case.id, case.sentence
        refund, mail = await asyncio.gather(
            self._refund_comes(clicked, order), self._mail_comes(clicked, before, order)
        )
        self.ending.click_ms = round(max(refund, mail), 1)
        with self.tell.step("case_done", "The store has agreed, and everything is done") as told:
            done = await until(lambda: _final(shopper, case.id), "the request to come to its end")
            require(done.state == "done", f"The case ended as {done.state}: {done.sentence}")
            require(self.side.was_asked_to_cancel(order), "The store was not asked, or has not cancelled.")
            told.detail = done.sentence
        with self.tell.step("double_click", "Her second click, under the same key, is answered alike"):
            again = await shopper.post("/v1/order/cancellations", agreed, CaseView, key=key)
            require(again.id == case.id, "A second case was opened.")
        with self.tell.step("code_in_mail", "The mail carries a code for next time") as told:
            require(done.code, "The case earned no code.")
            code = done.code.code if done.code else ""
            carrying = [mail for mail in await self._mails_to(order) if code in mail.text and code in mail.html]
            require(carrying, f"No mail holds the code {code}.")
            told.detail = f"“{carrying[0].subject}”: {code}"
        return done

    async def _refund_comes(self, clicked: float, order: Sold) -> float:
        """Milliseconds from the click until the custodian has the refund."""
        with self.tell.step("refund_created", self.side.lines.refunded) as told:

            async def look() -> list[PaidBack] | None:
                return await self.side.paid_back(order) or None

            (refund,) = await until(look, "the refund")
            took = (time.perf_counter() - clicked) * 1000
            require(refund.amount == order.total, f"{refund.amount} are paid back and not {order.total}.")
            self.ending.refund_id = refund.id
            told.detail = f"{refund.id}, {money(refund.amount, order.currency)}, {took:.0f} ms after the click"
        return took

    async def _mail_comes(self, clicked: float, before: frozenset[str], order: Sold) -> float:
        """Milliseconds from the click until the mail is accepted."""
        with self.tell.step("mail_accepted", "The mail about it is accepted") as told:

            async def look() -> InboxMail | None:
                return next(iter(await self._mails_to(order)), None) if self._mail_files() - before else None

            mail = await until(look, "the mail")
            took = (time.perf_counter() - clicked) * 1000
            self.ending.mail_path = str(self.mail / mail.file)
            told.detail = f"to {mail.recipient}, {took:.0f} ms after the click"
        return took

    async def _nothing_happens_twice(self, order: Sold) -> None:
        with self.tell.step("echoes", self.side.lines.echoes) as told:
            told.detail = await self.side.echo(order)
            require(len(await self.side.paid_back(order)) == 1, "There is more than one refund.")

    def _mail_files(self) -> frozenset[str]:
        return frozenset(path.name for path in self.mail.glob("*.eml"))

    async def _mails_to(self, order: Sold) -> list[InboxMail]:
        """Her mails, the newest first: a second one follows where the money has taken its time."""
        mails = await asyncio.to_thread(read_inbox, self.mail, 20)
        return [mail for mail in mails if mail.recipient == order.email]


async def _final(shopper: Caller, case_id: str) -> CaseView | None:
    case = await shopper.get(f"/v1/cases/{case_id}", CaseView)
    return case if case.is_final else None
