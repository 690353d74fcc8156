"""What store credit keeps of a person: in their document, and unlinked when they are erased, its balance kept."""

from __future__ import annotations

from plugin.credit import service
from plugin.credit.models import Credit
from plugin.db import rows, transaction
from plugin.journeys.erase_person import erase_person_of
from plugin.journeys.export_person import export_person
from plugin.journeys.view_credits import credits_of_shopper
from plugin.orders.people import Who
from plugin.orders.service import get_order
from tests.credit import a_credit
from tests.factories import a_shop
from tests.fakes import fake_ports


async def test_a_document_holds_the_credit_and_an_erased_persons_code_still_pays(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    text, credit = await a_credit(ports, shop, 1000, bonus=100)
    order = await get_order(shop.id, credit.order_id)
    kept = await export_person(ports, shop, Who(order_ids=(order.row.external_id,)))
    (told,) = kept.orders[0].credits
    assert (told.code, told.balance, len(told.entries)) == (text, 1100, 2)
    assert await erase_person_of(ports, shop, order.id, "tests") is None
    assert (await Credit.get(id=credit.id)).customer_hash is None
    async with transaction(ports.doorbell) as tx:
        spent = await service.redeem(
            tx, ports, shop, text, cart_id="cart", external_order_id="o-1", amount=1100, currency="USD"
        )
    assert spent.available == 0


async def test_a_gifts_credit_is_in_nobody_elses_document_or_statement(database: str) -> None:
    ports = fake_ports()
    shop = await a_shop(ports)
    _, credit = await a_credit(ports, shop, 1000)
    await rows("UPDATE credits SET customer_hash = $2 WHERE id = $1", credit.id, "f" * 64)
    order = await get_order(shop.id, credit.order_id)
    kept = await export_person(ports, shop, Who(order_ids=(order.row.external_id,)))
    assert kept.orders[0].credits == ()
    assert await credits_of_shopper(ports, shop, order) == []
    assert await erase_person_of(ports, shop, order.id, "tests") is None
    assert await credits_of_shopper(ports, shop, await get_order(shop.id, order.id)) == []
