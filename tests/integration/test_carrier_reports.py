"""What a carrier reports by webhook: read exactly, and once, whatever the delivery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugin.core.ids import new_id
from plugin.db import rows
from plugin.inbox.events import READ_EVENT
from plugin.inbox.models import InboxEvent
from plugin.policies.reasons import Trigger
from tests.fakes import NOON, fake_ports
from tests.sent_back import Returned, a_return

pytestmark = pytest.mark.usefixtures("database")


async def reports(back: Returned, **said: Any) -> tuple[str, str | None]:
    """What became of a report with this body: its state, and why."""
    body = json.dumps({"id": "e1", "kind": "in_transit", "happened_at": NOON.isoformat(), **said}).encode()
    event = await InboxEvent.create(
        id=new_id("evt"), shop_id=back.shop.id, source="carrier", event_key=new_id("key"), topic="", body=body,
        state="received", received_at=NOON,
    )  # fmt: skip
    await rows(
        "INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
        "VALUES ($1, $2, $3, $4, 'ready', now(), 0, 0, now())", new_id("work"), back.shop.id, READ_EVENT, event.id,
    )  # fmt: skip
    await back.work(READ_EVENT)
    await event.refresh_from_db()
    return event.state, event.reason


async def test_a_report_moves_the_parcel_and_its_money_once() -> None:
    back = await a_return(fake_ports(), pays_on=Trigger.IN_TRANSIT)
    parcel = await back.parcel()
    for _ in range(2):
        assert await reports(back, parcel_id=parcel.id) == ("handled", None)
    assert ((await back.parcel()).state, await back.owed()) == ("in_transit", 4990)
    assert len(await rows("SELECT 1 FROM parcel_events")) == 1


async def test_a_parcel_is_found_by_the_number_under_which_it_travels() -> None:
    back = await a_return(fake_ports())
    await rows("UPDATE parcels SET tracking_number = 'JD0146' WHERE case_id = $1", back.case_id)
    assert (await reports(back, tracking_number="JD0146", kind="delivered"))[0] == "handled"
    assert await back.state() == "inspecting"


async def test_a_number_that_two_open_parcels_have_moves_neither_and_one_that_came_is_not_meant() -> None:
    ports = fake_ports()
    back = await a_return(ports, pays_on=Trigger.IN_TRANSIT)
    await rows("UPDATE parcels SET tracking_number = 'JD0146'")
    older = await back.parcel()
    await rows(
        "INSERT INTO parcels (id, shop_id, order_id, case_id, state, payer, tracking_number, send_by, extensions, "
        "was_told, created_at) SELECT 'par_other', shop_id, order_id, case_id, 'label', payer, tracking_number, "
        "send_by, 0, '[]', created_at + interval '1 hour' FROM parcels"
    )
    state, why = await reports(back, tracking_number="JD0146")
    assert (state, older.id in (why or ""), await back.owed()) == ("set_aside", True, 0)
    await rows("UPDATE parcels SET state = 'inspected' WHERE id = 'par_other'")
    assert await reports(back, id="e2", tracking_number="JD0146") == ("handled", None)
    assert await back.owed() == 4990


@pytest.mark.parametrize(
    "said",
    [
        {}, {"parcel_id": "par_none"}, {"parcel_id": "x", "tracking_number": "y"}, {"parcel_id": "x", "kind": "eaten"},
        {"parcel_id": "x", "happened_at": "2026-11-23T12:00:00"}, {"parcel_id": "x", "more": 1},
    ],
)  # fmt: skip
async def test_what_is_no_exact_report_is_set_aside(said: dict[str, Any]) -> None:
    back = await a_return(fake_ports())
    state, why = await reports(back, **said)
    assert state == "set_aside" and why
    assert (await back.parcel()).state == "label"
