"""A statutory withdrawal, in the shopper's language: declared and confirmed without a login, shown to be hers by the
link in the acknowledgement, and paid back once the parcel is on its way."""

from __future__ import annotations

import re
import time

from handlers.demo.callers import Caller, until
from handlers.demo.stores.side import SPANISH_SAMPLE
from handlers.demo.story import Story
from handlers.demo.transcript import money, require
from handlers.demo.visitor import arrives, ms_since
from handlers.shopper.returns import TrackingAsk
from handlers.shopper.views import CaseView
from handlers.shopper.withdraw import WithdrawAsk
from handlers.shopper.withdraw_views import WithdrawalView
from plugin.db import rows
from plugin.journeys.parcel_moved import CARRIER, News, parcel_seen
from plugin.parcels.states import Seen
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop


async def withdraws(story: Story, ports: Ports, place: int) -> None:
    """Play it; raises ``StepFailed``."""
    tell, anybody, shop_id = story.tell, Caller(story.http), story.keys.shop_id
    buyer = story.buyer("Lucía", "Núñez")
    with tell.step("withdraw_delivered", "Lucía's dress has arrived in Barcelona, and the law gives her a fortnight"):
        lucia = await arrives(story, SPANISH_SAMPLE, place, buyer)
    said = WithdrawAsk(name=buyer.name, order_number=lucia.order.number, contact=buyer.email, locale="es")
    with tell.step("withdraw_declared", "She declares it in public: no login, no reason asked, no offer made") as told:
        made = await anybody.post(f"/v1/shops/{shop_id}/withdrawals", said, WithdrawalView)
        told.detail = f"{made.number}: “{made.labels.confirm}” is the second step"
    clicked = time.perf_counter()
    with tell.step("withdraw_confirmed", "She confirms it, and our clock's word counts") as told:
        made = await anybody.post(f"/v1/shops/{shop_id}/withdrawals/{made.id}/confirm", said, WithdrawalView)
        require(made.state == "confirmed", f"It is {made.state}.")
        told.detail = made.sentence
    with tell.step(
        "withdraw_acknowledged", "The acknowledgement, with date and time, is a mail that she can keep"
    ) as told:
        mail = await lucia.mail("withdrawal_acknowledged")
        told.detail = f"“{mail.subject}”, {ms_since(clicked)} ms after the confirmation"
    with tell.step("withdraw_verified", "By its link she shows that it was she; only now may money move") as told:
        link = re.search(r"/withdrawals/[\w-]+", mail.text)
        require(link, "The acknowledgement holds no link.")
        response = await story.http.post(link.group(0) if link else "")
        require(response.status_code == 200, f"The link was answered {response.status_code}.")
        case_id = await until(lambda: _case_of(made.id), "the withdrawal to be carried out")
        case = await lucia.case(case_id, "awaiting_goods")
        told.detail = case.sentence
    with tell.step("withdraw_sent", "She sends it back, and the carrier's first scan is proof of sending") as told:
        tracking = TrackingAsk(carrier="Correos", number="ES0042")
        await lucia.caller.post(f"/v1/cases/{case.id}/tracking", tracking, CaseView)
        (parcel,) = await parcels_of_case(case.id)
        news = News(Seen.IN_TRANSIT, CARRIER, f"scan-{case.number}", ports.clock.now())
        scanned = time.perf_counter()
        await parcel_seen(ports, await get_shop(shop_id), parcel.id, news, "carrier")
        told.detail = "the refund need not wait for the goods"
    with tell.step("withdraw_refunded", "Everything that she paid is refunded, delivery too") as told:
        refund = await lucia.paid_back(lucia.order.total)
        told.detail = (
            f"{refund.id}, {money(refund.amount, lucia.order.currency)}, {ms_since(scanned)} ms after the scan"
        )


async def _case_of(withdrawal_id: str) -> str | None:
    found = await rows("SELECT cases ->> 0 AS id FROM withdrawals WHERE id = $1", withdrawal_id)
    case_id: str | None = found[0]["id"]
    return case_id
