"""A shop types a nasty address as its store's: a shopper cancels, nothing is connected to, and a person is told."""

from __future__ import annotations

import httpx

from handlers.jobs import run_claim
from plugin.cases.models import Case
from plugin.db import Transaction, transaction
from plugin.journeys.cancel import confirm_cancellation, preview_cancellation
from plugin.journeys.judging import Preview
from plugin.outbox.service import claim_due
from plugin.policies.facts import Ask
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action
from plugin.policies.service import publish
from plugin.shops.models import Shop
from plugin.storefronts.standard.adapter import StandardStorefront
from tests.factories import a_shop, an_order
from tests.fakes import FakePorts, fake_ports
from tests.unit.test_storefront_addresses import NASTY, Recording, resolve
from tests.world import shop_settings

WHOLE = Ask(action=Action.CANCEL, whole=True)


async def cancel(ports: FakePorts, shop: Shop) -> str:
    """Place an order, cancel it, and do all the work that is due; the id of the case."""
    order = await an_order(ports, shop)
    agreed = await preview_cancellation(ports, shop, order.id, WHOLE)

    async def answered(tx: Transaction, case: Case, now: Preview) -> None:
        return None

    case = await confirm_cancellation(
        ports, shop, order.id, WHOLE, agreed=agreed.digest, asked_by="shopper", locale="en", answered=answered
    )
    while claims := await claim_due(16):
        for claim in claims:
            await run_claim(ports, claim)
    return case.id


async def test_no_nasty_address_is_connected_to_and_a_person_has_each_case(database: str) -> None:
    recording = Recording()
    store = StandardStorefront(httpx.AsyncClient(transport=recording), resolve=resolve)
    ports = fake_ports({"standard": store})
    shop = await a_shop(ports, shop_settings())
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=shop.id, policy=default_policy(), by="tests", at=ports.clock.now())
    unresolved = 0
    for address in NASTY:
        ports.mail.sent.clear()
        await Shop.filter(id=shop.id).update(store_address=address)
        case = await Case.get(id=await cancel(ports, shop))
        if case.state == "awaiting_store":
            unresolved += 1  # a name without an address today may have one tomorrow: asked again until the case is due
            assert case.due_at is not None
            continue
        assert (case.state, case.person_reason) == ("with_person", "store_cannot"), address
        assert "staff@lumen.example" in {mail.recipient for mail in ports.mail.sent}, address
    assert recording.requests == []
    assert unresolved <= 6
