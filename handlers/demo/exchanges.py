"""An exchange with a difference: a wool coat goes back for a dearer one, the difference is paid at Stripe, and the new
coat is ordered in the store once the old one has been looked at."""

from __future__ import annotations

import time

from handlers.demo.callers import until
from handlers.demo.stores.side import STORY_SAMPLE
from handlers.demo.story import Story
from handlers.demo.transcript import StepFailed, require
from handlers.demo.visitor import Visitor, arrives, ms_since
from handlers.shopper.exchange_views import GoodsView, QuotedView, QuoteView
from handlers.shopper.exchanges import ExchangeConfirm, QuoteAsk, WantedAsk
from handlers.shopper.orders import LineAsk
from handlers.shopper.views import CaseView
from plugin.cases.goods import Judgement
from plugin.core.ids import new_id
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.receive import Came, receive
from plugin.parcels.states import Disposition, Grade, Verdict
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop


async def exchanges(story: Story, ports: Ports, place: int) -> None:
    """Play it; raises ``StepFailed``."""
    tell, shop = story.tell, await get_shop(story.keys.shop_id)
    with tell.step("exchange_delivered", "Mary's wool coat has arrived, and the cashmere one would be warmer"):
        mary = await arrives(story, STORY_SAMPLE, place, story.buyer("Mary", "Okafor"))
    with tell.step("exchange_goods", "The store says what the dearer coat costs, and that it has some") as told:
        seen = await mary.caller.get(f"/v1/order/exchange/goods?product_id={story.side.dearer}", GoodsView)
        told.detail = ", ".join(f"{each.title}: {each.price.text}" for each in seen.goods)
    quote = await _quoted(mary, story)
    clicked = time.perf_counter()
    with tell.step("exchange_confirmed", "She takes the quote; nothing leaves before it is paid") as told:
        agreed = ExchangeConfirm(quote=quote.id, digest=quote.digest)
        case = await mary.caller.post("/v1/order/exchanges", agreed, CaseView, key=new_id("key"))
        require(case.state == "awaiting_payment", f"It is {case.state}.")
        page = await until(lambda: _page(mary, case.id), "the payment page")
        told.detail = f"{page}, {ms_since(clicked)} ms after the click: {story.side.lines.difference}"
    with tell.step("exchange_paid", "She pays the difference on Stripe's page, with 3-D Secure") as told:
        paid = time.perf_counter()
        await story.side.pay_page(page)
        case = await mary.case(case.id, "awaiting_goods")
        told.detail = f"{quote.difference.text}, which we hear of {ms_since(paid)} ms later. {case.sentence}"
    with tell.step("exchange_inspected", "The old coat comes back and is as new"):
        coat = mary.order.lines["coat"]
        await receive(ports, shop, case.id, [Came(1, coat)], "staff:demo")
        as_new = Judgement(coat, 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK, None)
        inspected = time.perf_counter()
        await inspect(ports, shop, case.id, [as_new], "staff:demo")
    with tell.step("exchange_ordered", "The store has an order of the new coat, which owes nothing") as told:
        done = await mary.case(case.id, "done")
        number = done.exchange.order_number if done.exchange else None
        require(number, "No order was made.")
        told.detail = f"order {number}, {ms_since(inspected)} ms after the inspection"


async def _quoted(mary: Visitor, story: Story) -> QuoteView:
    with story.tell.step("exchange_quoted", "She is quoted the difference, frozen for a while") as told:
        ask = QuoteAsk(
            lines=[LineAsk(line_id=mary.order.lines["coat"], quantity=1)],
            wanted=[WantedAsk(product_id=story.side.dearer)],
            reason="Too cold",
        )
        quoted = await mary.caller.post("/v1/order/exchanges/quote", ask, QuotedView)
        if quoted.quote is None:
            raise StepFailed(quoted.preview.sentence)
        told.detail = quoted.quote.sentence
        return quoted.quote


async def _page(mary: Visitor, case_id: str) -> str | None:
    """Where she pays, once Stripe has made the page."""
    case = await mary.caller.get(f"/v1/cases/{case_id}", CaseView)
    return case.exchange.pay.url if case.exchange and case.exchange.pay else None
