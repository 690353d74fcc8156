"""A shopper who wants a person: the words are kept, and whoever reads the mail has all that an answer needs."""

from __future__ import annotations

from plugin.db import rows
from plugin.messages.contacts import newest_contacts
from plugin.policies.ready import default_policy
from plugin.shops.settings import Person, ShopSettings
from tests.fixtures_command import Comeback
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import count, quiet
from tests.journeys.test_desk import A_SECRET

WORDS = " ".join(["Could it be size M?"] * 99)


async def test_what_is_written_to_a_shop_without_an_address_waits_at_the_command_line(
    open_world: OpenWorld, comeback: Comeback
) -> None:
    world = await open_world(settings=ShopSettings())
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    sent = await world.http.post("/v1/order/person", json={"message": WORDS}, headers=dict(shopper.headers))
    assert sent.status_code == 202
    await quiet(world)
    assert await count("mails") == 0
    (kept,) = await rows("SELECT sealed_message FROM contacts")
    assert "size" not in kept["sealed_message"]
    (listed,) = (await comeback("person", "list", world.shop.id, "--json", **A_SECRET)).json
    assert (listed["message"], listed["email"]) == (WORDS, order.customer.email if order.customer else None)
    assert WORDS in (await comeback("person", "list", world.shop.id, **A_SECRET)).out.replace("\n", "")


async def test_the_mail_to_the_staff_holds_it_all_is_answered_to_the_shopper_and_opens_no_order(
    open_world: OpenWorld, comeback: Comeback
) -> None:
    person = Person(alerts_to="staff@lumen.example", desk_url="https://lumen.example/admin")
    world = await open_world(policy=default_policy({"USD": 1}), settings=ShopSettings(person=person))
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await world.http.post("/v1/order/person", json={"message": WORDS}, headers=dict(shopper.headers))
    await world.until(lambda: count("mails", "template = 'staff_alert' AND state = 'sent'"))
    await quiet(world)

    review, asked = sorted(world.mails("staff@lumen.example"), key=lambda mail: "asks for a person" in mail.subject)
    said = " ".join(asked.text.split())
    assert WORDS in said
    assert f"Case {case['number']}: a person decides." in said
    assert "0 of " in said
    assert "grace@example.com" in said
    for alert in (asked, review):
        assert "https://lumen.example/admin" in alert.text
        assert "/o/" not in alert.text + alert.html
    command = f"comeback case show {world.shop.id} {case['number']}"
    assert command in review.text.splitlines()
    assert (await comeback(*command.split()[1:], **A_SECRET)).json["case"] == case["id"]
    assert await count("order_links") == 2, "the world's own, and that of the shopper's mail"
    assert [kept.message for kept in await newest_contacts(world.ports.vault, world.shop.id)] == [WORDS]
