"""Somebody who did everything that can be done here is given all of it, and then nothing of them is left but what the
law keeps."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from plugin.audit.service import verify_order
from plugin.cases.goods import Judgement
from plugin.db import rows
from plugin.journeys import withdrawal_desk as desk
from plugin.journeys.erase_person import erase_person_of, who_is
from plugin.journeys.export_person import export_person
from plugin.journeys.forget_declared import forget_declared_by
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.kept import KeptCase, KeptPerson
from plugin.journeys.receive import Came, receive
from plugin.journeys.withdrawal_sentences import Ineffective
from plugin.parcels.states import Disposition, Grade, Verdict
from plugin.policies.conditions import When
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.reasons import Action, Outcome, Resolution
from plugin.storefronts.standard.wire import OrderBody
from tests.hunting import places_of
from tests.journeys.conftest import OpenWorld
from tests.journeys.faulty import photo, report
from tests.journeys.sending_back import post, send_back
from tests.journeys.steps import quiet
from tests.journeys.withdrawing import SPANISH, in_session, withdraw
from tests.world import Shopper, World, shop_settings

YES = Then(outcome=Outcome.APPROVE)
BACK = Then(outcome=Outcome.APPROVE, resolutions=(Resolution.STORE_CREDIT, Resolution.REFUND), bonus_percent=10)
FAULT = Then(outcome=Outcome.APPROVE, keep_item=True, photos=True)
KEPT = Row(id="kept", action=Action.EXCHANGE, when=When(), then=Then(outcome=Outcome.APPROVE, keep_item=True))
POLICY = Policy(
    format=1, name="All of it", rows=(KEPT,),
    otherwise=Otherwise(cancel=YES, returning=BACK, exchange=YES, fault=FAULT),
)  # fmt: skip
EMAIL, NAME, REASON, WORN = "kanaria@example.com", "Kanaria Vogelsang", "Aunt Eulalia has one", "Smells of Eulalia"
BROKEN, NUMBER, WORDS, STREET = "Eulalia dropped it", "KN0042KN", "Eulalia did it for me", "Singvogelweg 9"
UNKNOWN = "the one to Singvogelweg 9"
CANARIES = (EMAIL, NAME, REASON, WORN, BROKEN, NUMBER, WORDS, STREET, UNKNOWN)
BAG = {"line_id": "vestido", "quantity": 1}


async def _order(world: World, *, arrives: bool = True) -> tuple[OrderBody, Shopper]:
    order = await world.place("spanish")
    who = replace(order.customer, email=EMAIL, name=NAME)
    if arrives:
        world.store.ship(order.id)
        world.store.deliver(order.id)
    order = world.store.edit(order.id, customer=who)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    return order, await world.shopper(order)


async def _cancels(world: World) -> str:
    _, shopper = await _order(world, arrives=False)
    case = await shopper.cancel(whole=True, reason=REASON)
    await shopper.until_state(case["id"], "done")
    await post(shopper, f"/v1/cases/{case['id']}/effort", {"score": 6, "words": WORDS})
    return shopper.order_id


async def _sends_back(world: World) -> str:
    _, shopper = await _order(world)
    case = await send_back(shopper, lines=[BAG], resolution="store_credit")
    await post(shopper, f"/v1/cases/{case['id']}/tracking", {"carrier": "Correos", "number": NUMBER})
    await receive(world.ports, world.shop, case["id"], [Came(1, "vestido"), Came(1, None, WORN)], "staff:ana")
    found = Judgement("vestido", 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK, WORN)
    await inspect(world.ports, world.shop, case["id"], [found], "staff:ana")
    await shopper.until_state(case["id"], "done")
    return shopper.order_id


async def _reports(world: World) -> str:
    _, shopper = await _order(world)
    case = await report(shopper, lines=[BAG], photos=[await photo(shopper)], description=BROKEN)
    await shopper.until_state(case["id"], "done")
    return shopper.order_id


async def _exchanges(world: World) -> str:
    _, shopper = await _order(world)
    wanted = {"lines": [BAG], "wanted": [{"product_id": "vestido", "variant_id": "vestido-3"}]}
    quoted = await post(shopper, "/v1/order/exchanges/quote", wanted)
    quote = quoted.json()["quote"]
    taken = await world.http.post(
        "/v1/order/exchanges", json={"quote": quote["id"], "digest": quote["digest"]},
        headers={**shopper.headers, "Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    assert taken.status_code == 201, taken.text
    await shopper.until_state(taken.json()["id"], "done")
    return shopper.order_id


async def _corrects(world: World) -> str:
    _, shopper = await _order(world, arrives=False)
    home = {"name": NAME, "line1": STREET, "city": "Barcelona", "postal_code": "08002", "country": "ES"}
    seen = await post(shopper, "/v1/order/fixes/preview", {"address": home})
    assert seen.status_code == 200, seen.text
    done = await world.http.post(
        "/v1/order/fixes", json={"address": home, "digest": seen.json()["digest"]},
        headers={**shopper.headers, "Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    assert done.status_code == 201, done.text
    await shopper.until_state(done.json()["id"], "done")
    return shopper.order_id


async def _withdraws(world: World) -> str:
    _, shopper = await _order(world, arrives=False)
    await in_session(shopper)
    lost = await withdraw(world, {"name": NAME, "contact": EMAIL, "order_number": UNKNOWN})
    await quiet(world)
    await desk.call_ineffective(world.ports, world.shop, lost["id"], Ineffective.NO_CONTRACT, "staff:ana")
    return shopper.order_id


def _of_kind(kept: KeptPerson, kind: str) -> KeptCase:
    (case,) = [case for order in kept.orders for case in order.cases if case.kind == kind]
    return case


async def test_all_that_somebody_did_is_given_to_them_and_then_forgotten(open_world: OpenWorld) -> None:
    world = await open_world(settings=shop_settings(**SPANISH), policy=POLICY)
    lived = [await each(world) for each in (_cancels, _sends_back, _reports, _exchanges, _corrects, _withdraws)]
    await quiet(world)
    before: dict[str, Any] = await places_of(world.ports.vault, CANARIES)
    assert set().union(*before.values()) == set(CANARIES)

    kept = await export_person(world.ports, world.shop, who_is(world.ports, world.shop, email=EMAIL))
    assert {case.kind for order in kept.orders for case in order.cases} == {
        "cancel", "return", "fault", "exchange", "fix",
    }  # fmt: skip
    back, fault, swap = _of_kind(kept, "return"), _of_kind(kept, "fault"), _of_kind(kept, "exchange")
    assert [(each.tracking_number, each.state) for each in back.parcels] == [(NUMBER, "inspected")]
    assert WORN in repr((back.units, back.findings))
    assert BROKEN in repr(fault)
    assert [len(each.goods) for each in swap.new_goods] == [1]
    assert [(each.score, each.words) for order in kept.orders for case in order.cases for each in case.effort] == [
        (6, WORDS)
    ]
    assert [len(order.files) for order in kept.orders if order.files] == [1]
    assert [each.balance > 0 for order in kept.orders for each in order.credits] == [True]
    assert [each.state for order in kept.orders for each in order.withdrawals] == ["done"]
    assert [(each.order_number, each.state) for each in kept.withdrawals] == [(UNKNOWN, "ineffective")]

    books = await rows("SELECT * FROM refund_legs ORDER BY id")
    credits = await rows("SELECT id, balance, state FROM credits")
    known = await rows("SELECT id FROM orders ORDER BY id")
    hindered = [await erase_person_of(world.ports, world.shop, each["id"], "staff:ana") for each in known]
    assert hindered == [None] * len(known)
    await forget_declared_by(world.ports, world.shop, EMAIL)
    assert await places_of(world.ports.vault, CANARIES) == {}
    assert await rows("SELECT * FROM refund_legs ORDER BY id") == books
    assert await rows("SELECT id, balance, state FROM credits") == credits
    assert await rows("SELECT 1 FROM stored_files") == []
    assert [await verify_order(order_id) for order_id in lived] == [[]] * len(lived)
