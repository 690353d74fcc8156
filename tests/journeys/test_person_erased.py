"""A person is erased everywhere: what was paid and audited stays, nothing brings them back, and nothing is lost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from plugin.audit.service import verify_order
from plugin.db import rows
from plugin.journeys.erase_person import Hindrance, erase_person_of, who_is
from plugin.journeys.export_person import export_person
from plugin.journeys.staff import refuse
from plugin.orders.models import Order
from plugin.policies.ready import default_policy
from plugin.shops.settings import ShopSettings
from plugin.storefronts.standard.wire import FulfilmentBody, OrderBody
from tests.doors import knock, standard_headers
from tests.fixtures_command import Comeback
from tests.hunting import places_of
from tests.journeys.asking import ask, let_it_ask
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import count, quiet
from tests.journeys.test_desk import A_SECRET
from tests.nudges import hurry, nothing_is_due, one
from tests.world import Shopper, World

EMAIL, NAME, POSTCODE, CUSTOMER = "kanaria.vogelsang@example.com", "Kanaria Vogelsang", "KN4 R14", "cust-kanaria-77"
REASON, MESSAGE, TRACKING = "My aunt Eulalia has bought it already", "Please ring at Singvogelweg 9", "TRACK-KANARIA-1"
LABEL, NOTE = "•••• 4242", "Ms Vogelsang damaged it on the phone"
CANARIES = (EMAIL, NAME, POSTCODE, CUSTOMER, REASON, MESSAGE, TRACKING, LABEL, NOTE)


async def _place(world: World) -> OrderBody:
    order = await world.place()
    who = replace(order.customer, email=EMAIL, name=NAME, postcode=POSTCODE, id=CUSTOMER)
    order = world.store.edit(order.id, customer=who)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    return order


async def _visit(world: World, order: OrderBody) -> Shopper:
    shopper = await world.shopper(order)
    sent = await world.http.post("/v1/order/person", json={"message": MESSAGE}, headers=dict(shopper.headers))
    assert sent.status_code == 202
    return shopper


async def _cancelled(world: World) -> tuple[OrderBody, Shopper]:
    """A life that leaves traces everywhere: a lookup, a message, a cancellation with a reason, mails, a code, a parcel,
    and a webhook that nobody could read."""
    order = await _place(world)
    body = {"order_number": order.number, "email": EMAIL}
    assert (await world.http.post("/v1/lookups", json=body, headers=world.page_key)).status_code == 202
    shopper = await _visit(world, order)
    case = await shopper.cancel(whole=True, reason=REASON)
    await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)
    parcel = FulfilmentBody(id="f1", lines=(), tracking_number=TRACKING)
    await world.send(world.store.edit(order.id, fulfilments=(parcel,)))
    unreadable = msgspec.json.encode({"type": "order.updated", "of": EMAIL.upper()})
    await knock(world, "standard", unreadable, standard_headers(world.new_shop.webhook_secret, unreadable))
    await quiet(world)
    await rows("UPDATE cases SET withheld_reason = $1", NOTE)
    return order, shopper


async def test_a_person_who_is_erased_is_found_nowhere_and_the_books_still_hold(world: World) -> None:
    let_it_ask(world)
    order, shopper = await _cancelled(world)
    hash = (await Order.get(id=shopper.order_id)).customer_hash or ""
    before = await places_of(world.ports.vault, CANARIES)
    assert set(before) == {"orders", "payments", "mails", "cases", "contacts", "inbox_events", "idempotent_calls"}
    assert set().union(*before.values()) == set(CANARIES)
    assert await rows("SELECT 1 FROM codes WHERE state = 'minted'")
    money = await rows("SELECT amount, captured, state FROM payments")
    legs = await rows("SELECT * FROM refund_legs")

    await ask(world, "person.asked", erase=True, email=EMAIL.upper(), customer_id=CUSTOMER, order_ids=[order.id])

    assert await places_of(world.ports.vault, [*CANARIES, hash]) == {}
    assert await verify_order(shopper.order_id) == []
    assert (await rows("SELECT amount, captured, state FROM payments"), await rows("SELECT * FROM refund_legs")) == (
        money, legs,
    )  # fmt: skip
    assert await rows("SELECT state FROM codes") == [{"state": "revoked"}]
    assert await count("shopper_sessions") + await count("order_links") + await count("lookups") == 0
    assert (await world.http.get("/v1/order", headers=dict(shopper.headers))).status_code == 401
    kept = await Order.get(id=shopper.order_id)
    assert (kept.total, kept.document["customer"]["country"]) == (order.total, order.customer.country)
    told = await rows("SELECT canonical FROM audit_events WHERE kind IN ('erasure_asked', 'person_erased')")
    assert len(told) == 2


async def test_later_webhooks_do_not_bring_an_erased_person_back(world: World) -> None:
    let_it_ask(world)
    order, shopper = await _cancelled(world)
    assert await erase_person_of(world.ports, world.shop, shopper.order_id, "staff:Ana") is None
    await world.send(world.store.edit(order.id))
    await world.store.send(order)
    await quiet(world)
    assert (await Order.get(id=shopper.order_id)).sequence > order.sequence
    await hurry(world, "read_event")  # Stripe's, which had come before the order
    await rows("UPDATE payments SET read_at = NULL")
    await world.send(world.store.edit(order.id))
    await nothing_is_due(world)
    assert await rows("SELECT label FROM payments WHERE read_at IS NOT NULL") == [{"label": None}]
    assert await places_of(world.ports.vault, CANARIES) == {}


async def test_an_erasure_waits_for_an_open_case_tells_the_staff_and_is_not_lost(open_world: OpenWorld) -> None:
    world = await open_world(policy=default_policy({"USD": 1}))
    let_it_ask(world)
    order = await _place(world)
    shopper = await _visit(world, order)
    case = await shopper.cancel(whole=True, reason=REASON)
    await quiet(world)

    await ask(world, "person.asked", erase=True, customer_id=CUSTOMER)
    kept = await Order.get(id=shopper.order_id)
    assert (kept.email, kept.erased_at) == (EMAIL, None)
    waits = await one(
        "SELECT not_before > now() + interval '23 hours' AS for_a_day FROM work WHERE kind = 'erase_order'"
    )
    assert waits["for_a_day"]
    (alert,) = [mail for mail in world.mails("staff@lumen.example") if "erasure has to wait" in mail.subject]
    assert f"comeback case show {world.shop.id} {case['number']}" in alert.text
    assert EMAIL not in alert.text
    await hurry(world, "erase_order")
    await nothing_is_due(world)
    assert (await Order.get(id=shopper.order_id)).erased_at is None
    assert len([mail for mail in world.mails() if "erasure has to wait" in mail.subject]) == 1

    await refuse(world.ports, world.shop, case["id"], "staff:Ana")
    await quiet(world)
    await hurry(world, "erase_order")
    await nothing_is_due(world)
    assert await places_of(world.ports.vault, CANARIES) == {}
    assert await count("work", "kind = 'erase_order' AND state <> 'done'") == 0


@pytest.mark.parametrize(
    ("table", "change", "hindrance"),
    [
        ("refund_legs", "state = 'pending'", Hindrance.MONEY),
        ("mails", "state = 'queued'", Hindrance.MAIL),
    ],
)
async def test_an_erasure_waits_for_money_and_mails(
    world: World, table: str, change: str, hindrance: Hindrance
) -> None:
    _, shopper = await _cancelled(world)
    before = (await rows(f"SELECT id, state FROM {table} ORDER BY id LIMIT 1"))[0]
    await rows(f"UPDATE {table} SET {change} WHERE id = $1", before["id"])
    assert await erase_person_of(world.ports, world.shop, shopper.order_id, "store") is hindrance
    assert (await Order.get(id=shopper.order_id)).email == EMAIL
    await rows(f"UPDATE {table} SET state = $2 WHERE id = $1", before["id"], before["state"])
    await quiet(world)
    await hurry(world, "erase_order")
    await nothing_is_due(world)
    assert await places_of(world.ports.vault, CANARIES) == {}


async def test_an_erasure_waits_for_a_mail_that_is_not_written_yet(world: World) -> None:
    _, shopper = await _cancelled(world)
    told = "kind = 'tell' AND ref LIKE '%:cancelled'"
    await rows(f"UPDATE work SET state = 'ready', not_before = now() + interval '1 hour' WHERE {told}")
    assert await erase_person_of(world.ports, world.shop, shopper.order_id, "store") is Hindrance.MAIL
    await hurry(world, "tell")
    await nothing_is_due(world)
    assert await erase_person_of(world.ports, world.shop, shopper.order_id, "store") is None
    await hurry(world, "erase_order")
    await nothing_is_due(world)
    assert await places_of(world.ports.vault, CANARIES) == {}


async def test_asking_twice_erases_once(world: World) -> None:
    let_it_ask(world)
    order, _ = await _cancelled(world)
    asked: dict[str, Any] = {"erase": True, "email": EMAIL, "order_ids": [order.id]}
    await ask(world, "person.asked", id="msg_1", **asked)
    await ask(world, "person.asked", id="msg_1", **asked)
    await ask(world, "person.asked", id="msg_2", **asked)
    assert await count("audit_events", "kind = 'person_erased'") == 1
    assert await count("audit_events", "kind = 'erasure_asked'") == 1
    about_it = await rows("SELECT state FROM inbox_events WHERE topic = 'person.asked'")
    assert [row["state"] for row in about_it] == ["handled", "handled"]
    assert await places_of(world.ports.vault, CANARIES) == {}


async def test_somebody_elses_order_is_left_alone(world: World) -> None:
    let_it_ask(world)
    await _cancelled(world)
    other = await world.place()
    await ask(world, "person.asked", erase=True, email=EMAIL)
    assert await count("orders", "erased_at IS NOT NULL") == 1
    stored = await Order.get(external_id=other.id)
    assert (stored.email, stored.erase_asked_at) == (other.customer.email, None)


async def test_the_exported_document_holds_everything_and_opens_nothing(world: World) -> None:
    _, shopper = await _cancelled(world)
    kept = await export_person(world.ports, world.shop, who_is(world.ports, world.shop, email=EMAIL))
    (order,) = kept.orders
    text = msgspec.json.encode(kept).decode()
    assert [canary for canary in CANARIES if canary.lower() not in text.lower()] == []
    assert {mail.template for mail in order.mails} >= {"manage_link", "cancelled", "staff_alert"}
    assert all(mail.text for mail in order.mails if mail.template != "staff_alert")
    (case,) = order.cases
    assert (case.reason, [leg.state for leg in case.refunds]) == (REASON, ["succeeded"])
    assert len(order.codes) == len(order.messages) == 1
    assert {visit.way for visit in order.visits} >= {"session by link", "link", "lookup"}
    assert len(order.audit) == await count("audit_events", "order_id = '" + shopper.order_id + "'")
    assert len(order.webhooks) == await count("inbox_events", "state <> 'received'")
    assert "/o/ol_" not in text
    assert "cs_" not in text


async def test_a_request_for_data_tells_the_staff_the_command_and_the_date(world: World) -> None:
    let_it_ask(world)
    await _place(world)
    await ask(world, "person.asked", customer_id=CUSTOMER, email="o'hara; rm@example.com")
    (alert,) = [mail for mail in world.mails("staff@lumen.example") if "asks for their data" in mail.subject]
    said = " ".join(alert.text.split())
    assert (
        f"comeback person export {world.shop.id} --customer {CUSTOMER} --email 'o'\"'\"'hara; rm@example.com'" in said
    )
    assert "rm@example.com" not in str(await rows("SELECT body, reason FROM inbox_events"))

    await ask(world, "person.asked", email="nobody@example.com")
    (nothing,) = [mail for mail in world.mails() if "Nothing is" in mail.text]
    assert nothing.subject == "A shopper asks for their data"


async def test_a_request_for_data_to_a_shop_without_an_address_waits_in_the_inbox(open_world: OpenWorld) -> None:
    world = await open_world(settings=ShopSettings())
    let_it_ask(world)
    order = await _place(world)
    await ask(world, "person.asked", email=EMAIL)
    aside = await one("SELECT reason FROM inbox_events WHERE state = 'set_aside'")
    assert f"comeback person export {world.shop.id} --order {order.id}" in aside["reason"]
    assert EMAIL not in aside["reason"]


async def test_a_colleague_exports_and_erases_at_the_command_line(
    world: World, comeback: Comeback, tmp_path: Any
) -> None:
    order, _ = await _cancelled(world)
    file = tmp_path / "person.json"
    shop = world.shop.id
    written = await comeback("person", "export", shop, "--order", f"#{order.number}", "--to", str(file), **A_SECRET)
    assert written.status == 0, written.err
    assert file.stat().st_mode & 0o777 == 0o600
    assert EMAIL in file.read_text()
    again = await comeback("person", "export", shop, "--email", EMAIL, "--to", str(file), **A_SECRET)
    assert (again.status, "is there already" in again.err) == (1, True)
    assert (await comeback("person", "export", shop, "--customer", CUSTOMER, **A_SECRET)).json["orders"]
    assert "Say whom" in (await comeback("person", "erase", shop, "--by", "Ana", **A_SECRET)).err
    erased = await comeback("person", "erase", shop, "--email", EMAIL, "--by", "Ana", **A_SECRET)
    assert erased.out == "✓ Erased from 1 orders.\n"
    assert await places_of(world.ports.vault, CANARIES) == {}
    assert (await comeback("person", "export", shop, "--email", EMAIL, **A_SECRET)).json["orders"] == []


async def test_a_colleague_erases_who_is_only_named_in_what_could_not_be_read(world: World, comeback: Comeback) -> None:
    await ask(world, "order.created", email=EMAIL, customer_id=CUSTOMER)
    assert await places_of(world.ports.vault, CANARIES) != {}
    export = "person", "export", world.shop.id, "--email", EMAIL
    (webhook,) = (await comeback(*export, **A_SECRET)).json["webhooks"]
    assert (webhook["topic"], EMAIL in webhook["body"]) == ("order.created", True)
    await comeback("person", "erase", world.shop.id, "--email", EMAIL, "--by", "Ana", **A_SECRET)
    assert await places_of(world.ports.vault, CANARIES) == {}
    assert (await comeback(*export, **A_SECRET)).json["webhooks"] == []


async def test_a_colleague_is_told_to_export_who_is_only_named_in_what_could_not_be_read(world: World) -> None:
    let_it_ask(world)
    await ask(world, "order.created", email=EMAIL)
    await ask(world, "person.asked", email=EMAIL)
    (alert,) = world.mails("staff@lumen.example")
    assert f"comeback person export {world.shop.id} --email {EMAIL}" in " ".join(alert.text.split())
