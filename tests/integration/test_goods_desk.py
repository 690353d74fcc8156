"""The desk of goods that come back, over HTTP; and what the store hears of them."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from handlers.jobs import JOBS
from plugin.db import rows
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.journeys.on_desk import Less
from plugin.journeys.pay_owed import pay_owed
from plugin.outbox.service import Later, claim_due
from plugin.parcels.states import Verdict
from plugin.policies.reasons import Trigger
from plugin.ports.goods import Restock, StoreStatus
from plugin.ports.storefronts import StoreConnection
from plugin.refunds.plan import NotEnoughToRefund
from plugin.shops.models import Shop
from tests.fakes import FakePorts, fake_ports
from tests.fixtures_command import Comeback
from tests.sent_back import ANA, a_return
from tests.staffed import Colleague, a_colleague, served_admin

pytestmark = pytest.mark.usefixtures("database")


class FakeStock:
    """A store that takes goods back into stock; ``answers`` are given in turn, the last one for ever."""

    name = "standard"

    def __init__(self, *answers: StoreStatus) -> None:
        self.answers, self.asked = list(answers), list[Restock]()

    async def restock(self, store: StoreConnection, restock: Restock) -> StoreStatus:
        self.asked.append(restock)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def post(http: httpx.AsyncClient, who: Colleague, path: str, **body: object) -> httpx.Response:
    headers = {**who.headers, "Idempotency-Key": uuid4().hex}
    return await http.post(f"/v1/admin{path}", json=body, headers=headers)


async def test_a_return_goes_over_the_desk() -> None:
    back = await a_return(fake_ports())
    ada, case = await a_colleague(back.ports, back.shop.id), f"/cases/{back.case_id}"
    async with served_admin(back.ports) as http:
        (listed,) = (await http.get("/v1/admin/parcels", headers=ada.headers)).json()["parcels"]
        assert (listed["number"], listed["state"]) == ((await back.case()).number, "label")
        seen = await post(http, ada, f"/parcels/{listed['id']}/seen", seen="in_transit")
        assert (seen.status_code, seen.json()["state"]) == (200, "in_transit")
        scanned = await post(http, ada, "/returns/scan", number=listed["number"], code="l1")
        assert scanned.json()["case"]["state"] == "inspecting"
        received = await post(http, ada, f"{case}/receive", came=[{"line_id": "l1", "quantity": 2}])
        assert [each["kind"] for each in received.json()["findings"]] == ["over"]
        kept = {"line_id": "l1", "verdict": "accepted", "grade": "as_new", "disposition": "restock"}
        worn = {"line_id": "l1", "verdict": "rejected", "grade": "used", "disposition": "send_back", "note": "Worn."}
        judged = await post(http, ada, f"{case}/inspect", judged=[kept, worn])
        assert (judged.json()["case"]["owed"], judged.json()["case"]["state"]) == (2495, "executing")
        again = await post(http, ada, f"{case}/inspect", judged=[kept])
        assert (again.status_code, again.json()["code"]) == (409, "nothing_awaited")
        unknown = await post(http, ada, f"{case}/inspect", judged=[kept], photos=["file_none"])
        assert unknown.status_code in (409, 422)


async def test_the_store_restocks_once_and_an_unknown_answer_is_asked_again_under_the_same_key() -> None:
    stock = FakeStock(StoreStatus.UNKNOWN, StoreStatus.DONE)
    back = await a_return(FakePorts(**vars(replace(fake_ports(), goods={"standard": stock}))))  # type: ignore[dict-item]
    await Shop.filter(id=back.shop.id).update(store_address="https://store.example")
    await back.came(2)
    await back.judged(Verdict.ACCEPTED)
    await back.judged(Verdict.REJECTED)
    (claim,) = await claim_due(5, kinds=["restock"])
    with pytest.raises(Later):
        await JOBS["restock"](back.ports, claim)
    await JOBS["restock"](back.ports, claim)
    assert {each.key for each in stock.asked} == {f"restock-{back.case_id}"}
    assert [(line.line_id, line.quantity) for line in stock.asked[0].lines] == [("l1", 1)]
    assert await rows("SELECT 1 FROM audit_events WHERE kind = 'restock_done'")


async def test_a_store_that_cannot_restock_has_a_note_written() -> None:
    back = await a_return(fake_ports())
    await back.came(2)
    await back.judged(Verdict.ACCEPTED, 2)
    await back.work("restock")
    assert await rows("SELECT 1 FROM work WHERE kind = 'note_case' AND ref = $1", back.case_id)


@pytest.mark.parametrize("less", [None, 4000])
async def test_what_the_payments_could_not_give_a_person_has_paid_once_they_can(less: int | None) -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.RECEIVED)
    await rows("UPDATE payments SET disputed = captured")
    await back.came(2)
    assert ((await back.case()).person_reason, await back.owed()) == ("not_enough_to_refund", 0)
    with pytest.raises(NotEnoughToRefund) as missing:
        await pay_owed(back.ports, back.shop, back.case_id, ANA)
    assert (missing.value.extra["gap"], await back.state()) == (4990, "with_person")
    await rows("UPDATE payments SET disputed = 0")
    await pay_owed(back.ports, back.shop, back.case_id, ANA, Less(less, "Kept the tags") if less else None)
    assert (await back.state(), await back.owed()) == ("executing", less or 4990)
    with pytest.raises(NotWithAPerson):
        await pay_owed(back.ports, back.shop, back.case_id, ANA)


async def test_a_return_is_shown_by_the_number_that_its_alerts_name(comeback: Comeback) -> None:
    back = await a_return(fake_ports())
    number = (await back.case()).number
    assert number.startswith("R-")
    assert (await comeback("case", "show", back.shop.id, number)).json["case"] == back.case_id
