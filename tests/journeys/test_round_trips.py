"""What a shopper or the desk asks for takes as many statements for ten requests and ten lines as for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from msgspec.structs import replace

from benchmarks.counting import counted, of_this_block
from handlers.web import build_app
from plugin.settings import Settings
from plugin.storefronts.demo.samples import build_sample
from tests.exchanging import exchange_policy
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import AtDesk, at_desk
from tests.journeys.sending_back import send_back
from tests.journeys.steps import quiet
from tests.nudges import nothing_is_due
from tests.world import Shopper, World

MANY = 10
DRESS = 8990
SEEN = ("/v1/order", "/v1/order/money", "/v1/order/credits", "/order", "/order/money")


@dataclass
class Asker:
    """A shopper with so many requests, and as many dresses, a line each, about which nothing was asked yet. What is
    asked goes to an application in this task, whose statements are counted."""

    http: httpx.AsyncClient
    shopper: Shopper
    cases: int

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [{"line_id": f"dress-{n}", "quantity": 1} for n in range(self.cases, self.cases * 2)]

    async def ask(self, method: str, path: str, **request: Any) -> tuple[Counter[str], Any]:
        """What was sent to the database, and the answer."""
        token = self.shopper.headers["Authorization"].removeprefix("Bearer ")
        cookie = {"Cookie": f"comeback={token}"}
        headers = {**self.shopper.headers, **cookie, "Idempotency-Key": uuid4().hex, **request.pop("headers", {})}
        with of_this_block() as sent:
            answer = await self.http.request(method, path, headers=headers, **request)
        assert answer.status_code in (200, 201), answer.text
        return sent, answer.json() if path.startswith("/v1") else answer.text


@pytest.fixture
async def database(database: str) -> AsyncIterator[str]:
    """The empty database, connected so that its statements are counted."""
    async with counted(database):
        yield database


@asynccontextmanager
async def in_this_task(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The same application once more, asked without a server between: what it sends is of the asking block."""
    settings = Settings(data=world.mailbox.parent, secret_keys=("a test secret that is long enough to be one",))
    async with AsyncExitStack() as stack:
        app = build_app(settings, connected=True)
        await stack.enter_async_context(app.lifespan())
        transport = httpx.ASGITransport(cast(Any, app))
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://comeback"))
        await quiet(world)


async def test_many_requests_and_lines_are_read_and_judged_in_as_many_statements(open_world: OpenWorld) -> None:
    world = await open_world(policy=exchange_policy())
    async with in_this_task(world) as http:
        one, many = await an_asker(world, http, 1), await an_asker(world, http, MANY)
        for path in SEEN:
            same(path, *[(await each.ask("GET", path))[0] for each in (one, many)])
        for path, more in (
            ("/v1/order/returns/preview", {}),
            ("/v1/order/cancellations/preview", {}),
            ("/v1/order/exchanges/quote", {"wanted": [{"product_id": "vestido", "variant_id": "vestido-3"}]}),
        ):
            asked = [await each.ask("POST", path, json={"lines": each.lines, **more}) for each in (one, many)]
            same(path, *[sent for sent, _ in asked])


async def test_many_lines_are_sent_back_counted_in_and_judged_in_as_many_statements(open_world: OpenWorld) -> None:
    world = await open_world(policy=exchange_policy())
    desk = await at_desk(world)
    async with in_this_task(world) as http:
        steps = [await from_the_ask_to_the_verdict(await an_asker(world, http, n), desk) for n in (1, MANY)]
    for step, sent in steps[0].items():
        same(step, sent, steps[1][step])


async def from_the_ask_to_the_verdict(asker: Asker, desk: AtDesk) -> dict[str, Counter[str]]:
    sent: dict[str, Counter[str]] = {}
    ask: dict[str, Any] = {"lines": asker.lines}
    ask["digest"] = (await asker.ask("POST", "/v1/order/returns/preview", json=ask))[1]["digest"]
    sent["confirm"], case = await asker.ask("POST", "/v1/order/returns", json=ask)
    await nothing_is_due(asker.shopper.world)
    sent["the case"], _ = await asker.ask("GET", f"/v1/cases/{case['id']}")
    staff, path = desk.colleague.headers, f"/v1/admin/cases/{case['id']}"
    sent["the desk"], _ = await asker.ask("GET", path, headers=staff)
    sent["receive"], _ = await asker.ask("POST", f"{path}/receive", headers=staff, json={"came": asker.lines})
    await nothing_is_due(asker.shopper.world)
    sent["the goods"], _ = await asker.ask("GET", f"{path}/goods", headers=staff)
    good = {"verdict": "accepted", "grade": "as_new", "disposition": "restock"}
    judged = [line | good for line in asker.lines]
    sent["inspect"], _ = await asker.ask("POST", f"{path}/inspect", headers=staff, json={"judged": judged})
    return sent


def same(what: str, for_one: Counter[str], for_many: Counter[str]) -> None:
    more = {sql: (for_one[sql], n) for sql, n in for_many.items() if n > for_one[sql]}
    assert for_one.total() == for_many.total() > 0, (what, more)


async def an_asker(world: World, http: httpx.AsyncClient, cases: int) -> Asker:
    """Twice so many dresses have arrived, and each of the first half is on its way back."""
    number = cases * 2
    intent = await world.stripe.pay(DRESS * number, "EUR")
    body = build_sample("spanish", id=uuid4().hex[:8], at=datetime.now(UTC), payment_intent=intent)
    (dress, *_), (card,) = body.lines, body.payments
    order = world.store.place(
        replace(
            body,
            lines=tuple(replace(dress, id=f"dress-{n}") for n in range(number)),
            total=DRESS * number,
            payments=(replace(card, amount=DRESS * number, captured=DRESS * number),),
        )
    )
    await world.send(order)
    world.store.ship(order.id)
    order = world.store.deliver(order.id)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    shopper = await world.shopper(order)
    for n in range(cases):
        await send_back(shopper, lines=[{"line_id": f"dress-{n}", "quantity": 1}])
    await nothing_is_due(world)
    return Asker(http, shopper, cases)
