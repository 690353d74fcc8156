"""One more shopper of the demo: buys, has it delivered, and comes to the order page with a session of their own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from handlers.demo.callers import Caller, until
from handlers.demo.stores.side import Buyer, PaidBack, Sold
from handlers.demo.story import Story
from handlers.shopper.session_views import SessionView
from handlers.shopper.sessions import ExchangeAsk
from handlers.shopper.views import CaseView
from plugin.db import rows
from plugin.mailers.files import InboxMail, read_inbox


@dataclass(frozen=True)
class Visitor:
    """A shopper inside a session."""

    story: Story
    order: Sold
    caller: Caller

    async def case(self, case_id: str, *states: str) -> CaseView:
        """The request once it is in one of these states."""

        async def look() -> CaseView | None:
            seen = await self.caller.get(f"/v1/cases/{case_id}", CaseView)
            return seen if seen.state in states else None

        return await until(look, f"the request to be {' or '.join(states)}")

    async def mail(self, template: str) -> InboxMail:
        """The mail of this template to them, as it lies in the mail folder."""

        async def look() -> InboxMail | None:
            sent = await rows(
                "SELECT message_id FROM mails WHERE shop_id = $1 AND recipient = $2 AND template = $3 "
                "AND state = 'sent' LIMIT 1",
                self.story.keys.shop_id, self.order.email, template,
            )  # fmt: skip
            mails = await asyncio.to_thread(read_inbox, self.story.mail, 40) if sent else []
            return next((mail for mail in mails if mail.message_id == sent[0]["message_id"]), None)

        return await until(look, f"the mail “{template}”")

    async def paid_back(self, amount: int) -> PaidBack:
        """The refund of this amount, from its custodian."""

        async def look() -> PaidBack | None:
            refunds = await self.story.side.paid_back(self.order)
            return next((refund for refund in refunds if refund.amount == amount), None)

        return await until(look, f"a refund of {amount}")


async def arrives(story: Story, sample: str, place: int, buyer: Buyer) -> Visitor:
    """Somebody has bought, has the goods, and opens the signed link."""
    order = await story.side.sell(sample, place, buyer)
    await story.side.tell(order)
    url = await story.link(order)
    await story.side.deliver(order)
    await until(lambda: _is_delivered(story, order), "the delivery to be read")
    session = await Caller(story.http).post(
        "/v1/sessions/exchange", ExchangeAsk(link=url.rpartition("/")[2]), SessionView
    )
    return Visitor(story, order, Caller(story.http, session.token))


async def _is_delivered(story: Story, order: Sold) -> bool | None:
    found = await rows(
        "SELECT 1 FROM orders WHERE shop_id = $1 AND external_id = $2 "
        "AND jsonb_path_exists(document, '$.fulfilments[*] ? (@.delivered_at != null)')",
        story.keys.shop_id, order.id,
    )  # fmt: skip
    return True if found else None


def ms_since(clicked: float) -> int:
    """Whole milliseconds since a reading of ``perf_counter``."""
    return round((time.perf_counter() - clicked) * 1000)
