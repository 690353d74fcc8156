"""The story's end: Grace comes back and buys with her code, and then all books are looked at."""

from __future__ import annotations

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
from handlers.demo.stores.side import Sold
from handlers.demo.story import Story
from handlers.demo.transcript import money, require
from plugin.audit.service import verify_order
from plugin.codes.models import Code
from plugin.codes.store import find_code
from plugin.core.ids import new_id
from plugin.db import rows
from plugin.orders.models import Order, Payment


async def comes_back(story: Story, order: Sold) -> Sold:
    """She buys again with the code that she got for ``order``; the new order."""
    if story.side.codes_live == "store":
        return await _at_the_stores_checkout(story)
    return await _at_our_checkout_api(story, order)


async def _at_our_checkout_api(story: Story, order: Sold) -> Sold:
    """Our ledger redeems: the store's checkout asks it, holds the code for a cart, and tells of the purchase."""
    page = Caller(story.http, story.keys.publishable_key)
    code, cart_id = story.ending.code or "", new_id("cart")
    cart = HeldCartBody(id=cart_id, subtotal=27900, shipping=995, currency="USD")
    with story.tell.step("code_quoted", "Grace comes back; the checkout quotes her code on the new cart") as told:
        quote = await page.post("/v1/codes/quote", QuoteAsk(code=code, cart=cart, email=order.email), QuoteAnswer)
        require(quote.good and quote.discount == cart.shipping, quote.sentence or "The code gives nothing.")
        told.detail = quote.description
    with story.tell.step("code_reserved", "The checkout holds it for her cart"):
        ask = ReserveAsk(code=code, cart=cart, email=order.email)
        await story.server.post("/v1/codes/reserve", ask, ReserveAnswer, key=new_id("key"))
    with story.tell.step("code_redeemed", "She pays, and the code is redeemed") as told:
        bought = await story.side.sell_with_code(code, 1, story.grace)
        redeem = RedeemAsk(
            code=code, cart_id=cart_id, order_id=bought.id, order_total=bought.total, discount=quote.discount,
            currency="USD",
        )  # fmt: skip
        done = await story.server.post("/v1/codes/redeem", redeem, RedeemAnswer, key=new_id("key"))
        require(done.came_from.case_id == story.ending.case_id, "The code does not lead back to its case.")
        told.detail = f"revenue kept: {money(done.revenue_kept, done.currency)}"
    with story.tell.step("new_order", "The store posts the new order, too"):
        await story.side.tell(bought)
        await story.link(bought)
    return bought


async def _at_the_stores_checkout(story: Story) -> Sold:
    """The store redeems: the code is one of its own, and the order that it was bought with tells us."""
    code = story.ending.code or ""
    with story.tell.step("code_published", "Her code is a discount of the store's own, good for one order") as told:

        async def published() -> bool | None:
            return story.side.has_code(code) or None

        await until(published, "the code at the store")
        told.detail = code
    with story.tell.step("new_order", "Grace comes back and buys with it at the store's own checkout"):
        bought = await story.side.sell_with_code(code, 1, story.grace)
        await story.side.tell(bought)
        await story.link(bought)
    with story.tell.step("code_redeemed", "The order tells that the code was used") as told:

        async def redeemed() -> Code | None:
            found = await find_code(story.keys.shop_id, code)
            return found if found and found.state == "redeemed" else None

        used = await until(redeemed, "the code to be redeemed")
        require(used.case_id == story.ending.case_id, "The code does not lead back to its case.")
        told.detail = f"revenue kept: {money(used.revenue_kept, bought.currency)}"
    return bought


async def check_books(story: Story, order: Sold, bought: Sold) -> None:
    """Every order and every refund that was told of has been read, and whoever keeps books has the same in them."""
    with story.tell.step("books", "The books are right: ledger, audit chain, store, and one refund") as told:

        async def read() -> bool | None:
            waiting = await rows(
                "SELECT 1 FROM inbox_events WHERE shop_id = $1 AND state = 'received' "
                "AND (source <> 'stripe' OR topic LIKE '%refund%') LIMIT 1",
                story.keys.shop_id,
            )
            return None if waiting else True

        await until(read, "all webhooks to be read")
        broken = await verify_order(story.ending.order_id or "")
        require(not broken, f"The audit chain is broken: {broken}")
        code = await find_code(story.keys.shop_id, story.ending.code or "")
        state = code.state if code else "unknown"
        require(state == "redeemed", f"The code is {state}, not redeemed.")
        require(code and code.redeemed_order == bought.id, "The code was redeemed by another order.")
        stored = await Order.get(id=story.ending.order_id or "")
        require(stored.frozen_reason is None, f"The order's money stands still: {stored.frozen_reason}")
        not_ours = sum(payment.external_refunded for payment in await Payment.filter(order_id=stored.id))
        require(not_ours == 0, f"{not_ours} of the refunds are taken for somebody else's.")
        refunds = await story.side.paid_back(order)
        require([refund.amount for refund in refunds] == [order.total], "The refunds are not the money.")
        told.detail = f"chain verified, code redeemed once, refund once; {story.side.check_books(order)}"
