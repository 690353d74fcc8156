"""The story, played once over HTTP as a storefront and a shopper would: from the order to the code redeemed.

Each step asks for what it should have done, at the one who would know: the sandbox for the refund, the mail folder for
the mail, the audit for the chain.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from msgspec.structs import replace

from handlers.checkout.bodies import (
    HeldCartBody,
    QuoteAnswer,
    QuoteAsk,
    RedeemAnswer,
    RedeemAsk,
    ReserveAnswer,
    ReserveAsk,
)
from handlers.demo.callers import Caller, until
from handlers.demo.shop import DemoKeys
from handlers.demo.transcript import StepFailed, Transcript, require
from handlers.shopper.orders import CancelAsk, CancelConfirm
from handlers.shopper.sessions import ExchangeAsk, LinkAsk
from handlers.shopper.views import CaseView, LinkView, OrderView, PreviewView, SessionView
from plugin.audit.service import verify_order
from plugin.codes.store import find_code
from plugin.core.ids import new_id
from plugin.mailers.files import InboxMail, read_inbox
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.control_messages import RefundEntry
from plugin.storefronts.demo.samples import build_sample, stripe_part
from plugin.storefronts.demo.store import DemoStore
from plugin.storefronts.standard.wire import DiscountBody, OrderBody


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
    links: dict[str, str] = field(default_factory=dict)


@dataclass
class Story:
    """Everybody who takes part. ``http`` has the web service's address as its base."""

    http: httpx.AsyncClient
    keys: DemoKeys
    store: DemoStore
    control: SandboxControl
    mail: Path
    tell: Transcript
    first_number: int
    ending: Ending = field(default_factory=Ending)

    async def play(self) -> None:
        """Play all of it; raises ``StepFailed`` at the first step that does not do what it should."""
        server, page = Caller(self.http, self.keys.secret_key), Caller(self.http, self.keys.publishable_key)
        order = await self._orders_arrive(server)
        shopper = await self._shopper_comes_in(order)
        case = await self._shopper_cancels(shopper, order)
        self.ending.code = case.code.code if case.code else None
        await self._nothing_happens_twice(order)
        returned = await self._comes_back(server, page, order)
        await self._books_are_right(order, returned)

    async def sell(self, sample: str, number: int, email: str | None = None) -> OrderBody:
        """A shopper pays at the sandbox, and the store has an order: not sent yet."""
        at = self.store.clock.now()
        part = stripe_part(sample, at)
        intent = "pi_none"
        if part is not None:
            intent = await self.control.pay(part.amount, part.currency.lower(), is_manual=not part.is_captured)
        return self.store.place(build_sample(sample, id=f"ord_{number}", at=at, payment_intent=intent, email=email))

    async def send(self, order: OrderBody) -> None:
        """Post the order as a signed webhook."""
        response = await self.store.send(order)
        require(response.status_code == 202, f"The webhook was answered {response.status_code}, not 202.")

    async def link(self, server: Caller, order: OrderBody) -> str:
        """The signed link that the store puts on its order page; waits until the webhook has been read."""

        async def ask() -> LinkView | None:
            response = await server.send("/v1/links", LinkAsk(order_id=order.id))
            return None if response.status_code == 404 else server.read(response, LinkView)

        url = (await until(ask, "the order to be read")).url
        self.ending.links[order.id] = url
        return url

    async def _orders_arrive(self, server: Caller) -> OrderBody:
        number = self.first_number
        email = f"grace.{number}@example.com"  # a new customer each time: a code is capped per customer
        with self.tell.step("order_paid", "Grace buys a coat and two scarves, and pays by card at Stripe") as told:
            order = await self.sell("fashion", number, email)
            told.detail = f"order {order.number}, {order.total} {order.currency} in minor units"
        with self.tell.step("order_webhook", "The store posts the order as a signed webhook") as told:
            await self.send(order)
            told.detail = "202 after one durable write"
        with self.tell.step("signed_link", "The order is read, and the store's server makes a signed link") as told:
            told.detail = await self.link(server, order)
        self.ending.amount, self.ending.currency = order.total, order.currency
        return order

    async def _shopper_comes_in(self, order: OrderBody) -> Caller:
        url = self.ending.links[order.id]
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

    async def _shopper_cancels(self, shopper: Caller, order: OrderBody) -> CaseView:
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
            require(any(ask.order_id == order.id for ask in self.store.asks), "The store was never asked.")
            told.detail = done.sentence
        with self.tell.step("double_click", "Her second click, under the same key, is answered alike"):
            again = await shopper.post("/v1/order/cancellations", agreed, CaseView, key=key)
            require(again.id == case.id, "A second case was opened.")
        with self.tell.step("code_in_mail", "The mail carries a code for next time") as told:
            require(done.code, "The case earned no code.")
            mail_read = await self._mail_of(order)
            code = done.code.code if done.code else ""
            require(code in mail_read.text and code in mail_read.html, f"The mail does not hold the code {code}.")
            told.detail = f"“{mail_read.subject}”: {code}"
        return done

    async def _refund_comes(self, clicked: float, order: OrderBody) -> float:
        """Milliseconds from the click until Stripe has the refund."""
        with self.tell.step("refund_created", "The store agrees, and Stripe creates the refund") as told:

            async def look() -> list[RefundEntry] | None:
                return await self._refunds(order) or None

            (refund,) = await until(look, "the refund at Stripe")
            took = (time.perf_counter() - clicked) * 1000
            require(refund.amount == order.total, f"Stripe refunds {refund.amount} and not {order.total}.")
            self.ending.refund_id = refund.id
            told.detail = f"{refund.id}, {refund.amount} {order.currency}, {took:.0f} ms after the click"
        return took

    async def _mail_comes(self, clicked: float, before: frozenset[str], order: OrderBody) -> float:
        """Milliseconds from the click until the mail is accepted."""
        with self.tell.step("mail_accepted", "The mail about it is accepted") as told:

            async def look() -> InboxMail | None:
                return await self._mail_of(order) if self._mail_files() - before else None

            mail = await until(look, "the mail")
            took = (time.perf_counter() - clicked) * 1000
            self.ending.mail_path = str(self.mail / mail.file)
            told.detail = f"to {mail.recipient}, {took:.0f} ms after the click"
        return took

    async def _nothing_happens_twice(self, order: OrderBody) -> None:
        with self.tell.step(
            "echoes", "Stripe's reports and the store's own echo arrive: nothing happens twice"
        ) as told:
            await self.send(self.store.orders[order.id])
            reports = await self.control.drain()
            undelivered = [report.type for report in reports if report.state != "delivered"]
            require(not undelivered, f"Stripe could not deliver {', '.join(undelivered)}.")
            require(len(await self._refunds(order)) == 1, "There is more than one refund at Stripe.")
            told.detail = f"{len(reports)} signed events of Stripe's, one refund"

    async def _comes_back(self, server: Caller, page: Caller, order: OrderBody) -> OrderBody:
        code, cart_id, number = self.ending.code or "", new_id("cart"), self.first_number + 1
        email = order.customer.email
        cart = HeldCartBody(id=cart_id, subtotal=27900, shipping=995, currency="USD")
        with self.tell.step("code_quoted", "Grace comes back; the checkout quotes her code on the new cart") as told:
            quote = await page.post("/v1/codes/quote", QuoteAsk(code=code, cart=cart, email=email), QuoteAnswer)
            require(quote.good and quote.discount == cart.shipping, quote.sentence or "The code gives nothing.")
            told.detail = quote.description
        with self.tell.step("code_reserved", "The checkout holds it for her cart"):
            await server.post(
                "/v1/codes/reserve", ReserveAsk(code=code, cart=cart, email=email), ReserveAnswer, key=new_id("key")
            )
        with self.tell.step("code_redeemed", "She pays, and the code is redeemed") as told:
            bought = await self._buy_with(code, number, email)
            redeem = RedeemAsk(
                code=code, cart_id=cart_id, order_id=bought.id, order_total=bought.total, discount=quote.discount,
                currency="USD",
            )  # fmt: skip
            done = await server.post("/v1/codes/redeem", redeem, RedeemAnswer, key=new_id("key"))
            require(done.came_from.case_id == self.ending.case_id, "The code does not lead back to its case.")
            told.detail = f"revenue kept: {done.revenue_kept} {done.currency} in minor units"
        with self.tell.step("new_order", "The store posts the new order, too"):
            await self.send(bought)
            await self.link(server, bought)
        return bought

    async def _buy_with(self, code: str, number: int, email: str | None) -> OrderBody:
        at = self.store.clock.now()
        order = build_sample("fashion", id=f"ord_{number}", at=at, payment_intent="pi_preview", email=email)
        total = order.total - order.shipping.price
        intent = await self.control.pay(total, "usd")
        paid = replace(order.payments[0], amount=total, captured=total, stripe_payment_intent=intent)
        return self.store.place(
            replace(
                order,
                total=total,
                shipping=replace(order.shipping, discount=order.shipping.price),
                discounts=(*order.discounts, DiscountBody(code=code, amount=0)),
                payments=(paid,),
            )
        )

    async def _books_are_right(self, order: OrderBody, bought: OrderBody) -> None:
        with self.tell.step("books", "The books are right: ledger, audit chain, and one refund") as told:
            broken = await verify_order(self.ending.order_id or "")
            require(not broken, f"The audit chain is broken: {broken}")
            code = await find_code(self.keys.shop_id, self.ending.code or "")
            state = code.state if code else "unknown"
            require(state == "redeemed", f"The code is {state}, not redeemed.")
            require(code and code.redeemed_order == bought.id, "The code was redeemed by another order.")
            refunds = await self._refunds(order)
            require([refund.amount for refund in refunds] == [order.total], "The refunds at Stripe are not the money.")
            told.detail = "chain verified, code redeemed once, refund once"

    async def _refunds(self, order: OrderBody) -> list[RefundEntry]:
        payment = await self.control.payment(order.payments[0].stripe_payment_intent or "")
        return [refund for refund in payment.refunds if not refund.is_release]

    def _mail_files(self) -> frozenset[str]:
        return frozenset(path.name for path in self.mail.glob("*.eml"))

    async def _mail_of(self, order: OrderBody) -> InboxMail:
        for mail in await asyncio.to_thread(read_inbox, self.mail, 20):
            if mail.recipient == order.customer.email:
                return mail
        raise StepFailed(f"There is no mail to {order.customer.email}.")


async def _final(shopper: Caller, case_id: str) -> CaseView | None:
    case = await shopper.get(f"/v1/cases/{case_id}", CaseView)
    return case if case.is_final else None
