"""A return with inspection: two scarves go back, one is as new, one is worn; what is accepted is what is paid."""

from __future__ import annotations

import time

from handlers.demo.stores.side import STORY_SAMPLE
from handlers.demo.story import Story
from handlers.demo.transcript import require
from handlers.demo.visitor import arrives, ms_since
from handlers.shopper.orders import LineAsk
from handlers.shopper.returns import ReturnAsk, ReturnConfirm
from handlers.shopper.views import CaseView, PreviewView
from plugin.cases.goods import Judgement
from plugin.core.ids import new_id
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.parcel_moved import CARRIER, News, parcel_seen
from plugin.journeys.receive import Came, receive
from plugin.parcels.states import Disposition, Grade, Seen, Verdict
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop


async def sends_back(story: Story, ports: Ports, place: int) -> None:
    """Play it; raises ``StepFailed``."""
    tell, shop = story.tell, await get_shop(story.keys.shop_id)
    with tell.step("return_delivered", "Ada's coat and scarves have arrived, and two scarves shall go back") as told:
        ada = await arrives(story, STORY_SAMPLE, place, story.buyer("Ada", "Reyes"))
        told.detail = story.side.lines.delivered
    scarf = ada.order.lines["scarf"]
    ask = ReturnAsk(lines=[LineAsk(line_id=scarf, quantity=2)], reason="They do not go with my coat")
    with tell.step("return_preview", "She sees what comes back, who pays the way, and what happens first") as told:
        seen = await ada.caller.post("/v1/order/returns/preview", ask, PreviewView)
        require(seen.outcome == "approve", seen.sentence)
        told.detail = seen.sentence
    clicked = time.perf_counter()
    with tell.step("return_confirmed", "She confirms, and has a return number at once") as told:
        agreed = ReturnConfirm(lines=ask.lines, reason=ask.reason, digest=seen.digest)
        case = await ada.caller.post("/v1/order/returns", agreed, CaseView, key=new_id("key"))
        require(case.parcel, "There is no way back.")
        told.detail = case.sentence
    with tell.step("return_mail", "The mail says how to send it") as told:
        mail = await ada.mail("return_approved")
        require(case.number in mail.text, "The mail does not name the return number.")
        told.detail = f"“{mail.subject}”, {ms_since(clicked)} ms after the click"
    with tell.step("return_in_transit", "The carrier scans the parcel, twice: it is on its way once"):
        (parcel,) = await parcels_of_case(case.id)
        news = News(Seen.IN_TRANSIT, CARRIER, f"scan-{case.number}", ports.clock.now())
        for _ in range(2):
            await parcel_seen(ports, shop, parcel.id, news, "carrier")
    with tell.step("return_received", "It arrives, and the shop's people count two scarves in") as told:
        await receive(ports, shop, case.id, [Came(2, scarf)], "staff:demo")
        told.detail = (await ada.case(case.id, "inspecting")).sentence
    looked = time.perf_counter()
    with tell.step("return_inspected", "One is as new and accepted, one is worn and goes back to Ada") as told:
        accepted = Judgement(scarf, 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK, None)
        worn = Judgement(scarf, 1, Verdict.REJECTED, Grade.USED, Disposition.SEND_BACK, "It smells of smoke.")
        await inspect(ports, shop, case.id, [accepted, worn], "staff:demo")
        told.detail = "what is accepted is what is owed"
    with tell.step("return_refunded", story.side.lines.returned) as told:
        done = await ada.case(case.id, "done")
        (move,) = done.money
        refund = await ada.paid_back(move.money.amount)
        require(0 < refund.amount < seen.amounts.total.amount, f"{refund.amount} are paid back.")
        told.detail = f"{refund.id}, {move.money.text}, {ms_since(looked)} ms after the inspection"
    with tell.step("return_settled_mail", "The mail says what was accepted and what was not, and why") as told:
        mail = await ada.mail("return_settled")
        told.detail = f"“{mail.subject}”"
