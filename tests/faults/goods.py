"""What one shopper of each run does about goods that have arrived: the four ways in turns.

Everything is asked of the running service by whoever asks it in life: the shopper, the carrier, the shop's people. Each
step waits for the one before as a person would: for a page to pay on, for a mail with its link.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from plugin.db import rows
from plugin.payments.sandbox.control_client import ControlRefused
from plugin.policies.document import Policy, Then
from plugin.policies.reasons import Outcome, Payer, Resolution, Trigger
from tests.fakes import fake_ports
from tests.faults.check import steady
from tests.faults.letters import text_of
from tests.faults.plan import DEARER, Way
from tests.faults.shoppers import Client, Promise, Shopper, report_until_taken
from tests.faults.town import Place, Town
from tests.staffed import a_colleague

_TRIES = 4
_LINK = re.compile(r"/withdrawals/wl_[\w-]+")
_ANEW = frozenset({"quote_ended", "quote_changed", "decision_changed"})

Until = Callable[[Callable[[], Awaitable[bool]], str], Awaitable[None]]


def taking_back(policy: Policy) -> Policy:
    """The same, and what has arrived may be sent back (paid for as it was found), exchanged (the new goods leave with
    the first scan of the old ones) or reported as damaged, for the same again."""
    back = Then(outcome=Outcome.APPROVE, pays_on=Trigger.INSPECTED)
    anew = Then(outcome=Outcome.APPROVE, pays_on=Trigger.IN_TRANSIT)
    again = Then(
        outcome=Outcome.APPROVE, resolutions=(Resolution.RESHIPMENT,), label=Payer.SHOP, pays_on=Trigger.IN_TRANSIT
    )
    return replace(policy, otherwise=replace(policy.otherwise, returning=back, exchange=anew, fault=again))


@dataclass
class GoodsErrand:
    """One shopper's, from the ask until nothing more is theirs to do. ``until`` waits while something is not yet so."""

    town: Town
    place: Place
    client: Client
    until: Until

    async def run(self, shopper: Shopper, way: Way, key: str) -> None:
        """Go this way; what a good client was refused is noted with the shopper."""
        match way:
            case Way.RETURN:
                await self._send_back(shopper, key)
            case Way.EXCHANGE:
                await self._exchange(shopper, key)
            case Way.DAMAGED:
                ask = {"kind": "damaged", "lines": [{"line_id": "scarf", "quantity": 1}], "resolution": "reshipment"}
                case = await shopper.confirm("/v1/order/faults", ask, key)
                if case is not None:
                    await self._sent(shopper, case["id"], case["number"])
            case Way.WITHDRAW:
                await self._withdraw(shopper)

    async def _sent(self, shopper: Shopper, case_id: str, number: str) -> None:
        """The shopper tells the parcel's number, and the carrier of its first scan."""
        tracking = f"TR{number}"
        await shopper.tell_tracking(case_id, tracking)
        await report_until_taken(self.place, tracking, self.client)

    async def _send_back(self, shopper: Shopper, key: str) -> None:
        case = await shopper.confirm("/v1/order/returns", {"whole": True}, key)
        if case is None:
            return
        await self._sent(shopper, case["id"], case["number"])
        await self._inspected(shopper, case["id"])

    async def _inspected(self, shopper: Shopper, case_id: str) -> None:
        """Somebody of the shop counts everything in, and rejects one unit where there are several."""
        ports = fake_ports()
        ports.clock.set(datetime.now(UTC))
        ann = await steady(lambda: a_colleague(ports, self.place.shop.shop.id))
        units = await steady(
            lambda: rows(
                "SELECT line_id, count(*) AS n FROM case_units WHERE case_id = $1 GROUP BY line_id ORDER BY line_id",
                case_id,
            )
        )
        good = {"verdict": "accepted", "grade": "as_new", "disposition": "restock"}
        worn = {"verdict": "rejected", "grade": "used", "disposition": "send_back", "note": "The soles are worn."}
        came = [{"line_id": each["line_id"], "quantity": each["n"]} for each in units]
        judged = [each | good for each in came]
        if sum(each["n"] for each in units) > 1:
            judged[0] = came[0] | worn
        for step, body in (("receive", {"came": came}), ("inspect", {"judged": judged})):
            headers = {**ann.headers, "Idempotency-Key": f"{case_id}-{step}"}
            told = await self.client.post(f"/v1/admin/cases/{case_id}/{step}", body, headers, name=step)
            if not told.is_success:
                shopper.refusals.append(f"{step} {told.status_code} {told.text[:200]}")

    async def _exchange(self, shopper: Shopper, key: str) -> None:
        case = await self._quoted_and_taken(shopper, key)
        if case is None:
            return
        page = ""

        async def no_page() -> bool:
            nonlocal page
            found = await rows("SELECT page_url FROM differences WHERE case_id = $1", case["id"])
            page = (found[0]["page_url"] or "") if found else ""
            return not page

        await self.until(lambda: steady(no_page), f"the page of {case['number']} is made")
        self.client.timeline.note("the difference is paid")
        try:
            await self.place.stripe.press(page, card="pm_card_visa")
        except ControlRefused as refused:
            shopper.refusals.append(f"paying {refused}")
            return

        async def is_unheard() -> bool:
            return bool(await rows("SELECT 1 FROM cases WHERE id = $1 AND state = 'awaiting_payment'", case["id"]))

        await self.until(lambda: steady(is_unheard), f"the payment of {case['number']} is heard of")
        await self._sent(shopper, case["id"], case["number"])

    async def _quoted_and_taken(self, shopper: Shopper, key: str) -> dict[str, Any] | None:
        line, product = DEARER[shopper.sample]
        ask = {"lines": [{"line_id": line, "quantity": 1}], "wanted": [{"product_id": product}]}
        for attempt in range(_TRIES):
            quoted = await self.client.post("/v1/order/exchanges/quote", ask, shopper.headers, name="quote")
            quote = quoted.json().get("quote") if quoted.is_success else None
            if quote is None:
                shopper.refusals.append(f"quote {quoted.status_code} {quoted.text[:200]}")
                return None
            body = {"quote": quote["id"], "digest": quote["digest"]}
            headers = {**shopper.headers, "Idempotency-Key": f"{key}-{attempt}"}
            path = "/v1/order/exchanges"
            answer = await self.client.post(path, body, headers, name="confirm")
            self.client.timeline.note(f"exchange of {shopper.order.id}: {answer.status_code}")
            if answer.status_code == 201:
                case: dict[str, Any] = answer.json()
                shopper.promises.append(Promise(headers, body, 201, case, path))
                return case
            if answer.json().get("code") not in _ANEW:
                break
        shopper.refusals.append(f"exchange {answer.status_code} {answer.text[:200]}")
        return None

    async def _withdraw(self, shopper: Shopper) -> None:
        """In public: declared, confirmed, shown to be theirs by the acknowledgement's link, and sent back."""
        shop_id = self.place.shop.shop.id
        said = {"name": "Lucía", "order_number": shopper.order.number, "contact": str(shopper.order.customer.email)}
        declared = await self.client.post(f"/v1/shops/{shop_id}/withdrawals", said, {}, name="declare")
        id = declared.json().get("id", "")
        confirm = f"/v1/shops/{shop_id}/withdrawals/{id}/confirm"
        confirmed = await self.client.post(confirm, {}, {}, name="confirm")
        if not confirmed.is_success:
            shopper.refusals.append(f"withdrawal {confirmed.status_code} {confirmed.text[:200]}")
            return
        shopper.declared.append(id)
        link = _LINK.findall(await text_of(self.town, f"{id}:acknowledged"))[0]
        opened = await self.client.post(link, None, {}, name="it was me")
        if not opened.is_success:
            shopper.refusals.append(f"link {opened.status_code} {opened.text[:200]}")
            return

        async def not_carried_out() -> bool:
            found = await rows(
                "SELECT id, number FROM cases WHERE basis = 'statutory' AND order_id = "
                "(SELECT order_id FROM withdrawals WHERE id = $1)", id,
            )  # fmt: skip
            shopper.by_law[:] = [(row["id"], row["number"]) for row in found]
            return not found

        await self.until(lambda: steady(not_carried_out), f"the withdrawal from {shopper.order.id} takes effect")
        for case_id, number in shopper.by_law:
            await self._sent(shopper, case_id, number)
