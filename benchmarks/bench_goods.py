"""What the journeys of goods cost: how long a step takes and how often it goes to the database, one shopper at a time.

The application runs in this process, as for ``statements``, so that what an ask sends can be told from the work beside
it: the times are of its own code and of PostgreSQL, with no server between.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, cast
from uuid import uuid4

import httpx
import msgspec
from litestar import Litestar
from msgspec.structs import replace

from benchmarks.counting import counted, of_this_block
from benchmarks.figures import Figure, milliseconds
from benchmarks.processes import SECRET
from benchmarks.world import World
from handlers.logs import configure_logs
from handlers.web import build_app
from plugin.cases.goods import Judgement
from plugin.credit.issuing import issue, show
from plugin.db import rows, transaction
from plugin.journeys.carrier_reports import Report
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.receive import Came, receive
from plugin.parcels.states import Disposition, Grade, Verdict
from plugin.policies.document import Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Outcome
from plugin.policies.service import publish
from plugin.ports.runtime import Ports
from plugin.settings import Settings
from plugin.shops.service import carrier_secrets
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.standard.signature import sign

ROUNDS = 15
CASES = (1, 5, 20)
DRESS = 8990
EUROPEAN = """UPDATE shops SET settings = settings::jsonb || '{"country": "ES", "time_zone": "Europe/Madrid"}'"""
_READ = (
    "SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.external_id = $1 AND p.read_at IS NOT NULL"
)
_REFUNDED = "SELECT 1 FROM refund_legs WHERE case_id = $1 AND state = 'succeeded'"
_UNDER_WAY = "SELECT 1 FROM parcels WHERE id = $1 AND state = 'in_transit'"
_ACKNOWLEDGED = "SELECT 1 FROM mails WHERE starts_with(purpose, $1) AND state = 'sent'"


@dataclass
class Taken:
    """By step: the seconds of every round, and the statements of the last."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        with of_this_block() as sent:
            began = time.perf_counter()
            yield
            self.seconds[name].append(time.perf_counter() - began)
        await asyncio.sleep(0)  # the driver tells of the last statement a turn later
        self.statements[name] = cast(Counter[str], sent).total()

    def figures(self) -> list[Figure]:
        return [
            Figure(
                name,
                f"p50 {milliseconds(median(took))}, worst of {len(took)} {milliseconds(max(took))}"
                + (f"; {self.statements[name]} statements" if self.statements[name] else ""),
            )
            for name, took in self.seconds.items()
        ]


@dataclass
class Shopper:
    """One who has all of an order with so many dresses, in front of the application."""

    http: httpx.AsyncClient
    headers: dict[str, str]
    order_id: str

    async def get(self, path: str) -> str:
        return (await self.http.get(path, headers=self.headers)).raise_for_status().text

    async def post(self, path: str, **body: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": uuid4().hex}
        return (await self.http.post(path, json=body, headers=headers)).raise_for_status().json()

    async def send_one_back(self) -> str:
        ask = {"lines": [{"line_id": "vestido", "quantity": 1}]}
        seen = await self.post("/v1/order/returns/preview", **ask)
        return str((await self.post("/v1/order/returns", **ask, digest=seen["digest"]))["id"])


async def goods(world: World) -> list[Figure]:
    """Every step in as many rounds, and the order page with few requests and with many."""
    settings = Settings(data=world.data, secret_keys=(SECRET,), mail_from="Comeback <comeback@localhost.example>")
    configure_logs("warning")
    await rows(EUROPEAN)
    taken = Taken()
    async with counted(world.database):
        app = build_app(settings, connected=True)
        async with app.lifespan(), _in_process(app) as http:
            await _let_exchange(app.state.ports, world.shop.shop.id)
            world.store.hooks_url = f"http://comeback/hooks/{world.shop.shop.id}/standard"
            for cases in CASES:
                await _order_page(await _arrived(world, http, cases + 1), cases, taken)
            for _ in range(ROUNDS):
                await _back(world, app.state.ports, await _arrived(world, http, 2), taken)
                await _withdrawn(world, await _arrived(world, http, 1), taken)
                await _scanned(world, await _arrived(world, http, 1), taken)
                await _spent(world, app.state.ports, await _arrived(world, http, 1), taken)
    return taken.figures()


async def _let_exchange(ports: Ports, shop_id: str) -> None:
    policy = default_policy()
    otherwise = replace(policy.otherwise, exchange=Then(outcome=Outcome.APPROVE))
    async with transaction(ports.doorbell) as tx:
        await publish(
            tx, shop_id=shop_id, policy=replace(policy, otherwise=otherwise), by="benchmarks", at=ports.clock.now()
        )


async def _order_page(shopper: Shopper, cases: int, taken: Taken) -> None:
    for _ in range(cases):
        await shopper.send_one_back()
    pages = {"GET /v1/order": "/v1/order", "the order page": "/order", "where is my money": "/v1/order/money"}
    returns = "1 return with its parcel" if cases == 1 else f"{cases} returns with their parcels"
    for name, path in pages.items():
        await shopper.get(path)
        for _ in range(ROUNDS):
            async with taken.step(f"{name}, {returns}"):
                await shopper.get(path)


async def _back(world: World, ports: Ports, shopper: Shopper, taken: Taken) -> None:
    """From the preview of a return to its refund at Stripe."""
    ask = {"lines": [{"line_id": "vestido", "quantity": 1}]}
    wanted = [{"product_id": "vestido", "variant_id": "vestido-3"}]
    async with taken.step("exchange: quote"):
        quoted = await shopper.post("/v1/order/exchanges/quote", **ask, wanted=wanted)
    assert quoted["quote"], quoted
    async with taken.step("return: preview"):
        seen = await shopper.post("/v1/order/returns/preview", **ask)
    async with taken.step("return: confirm"):
        case = await shopper.post("/v1/order/returns", **ask, digest=seen["digest"])
    began = time.perf_counter()
    shop = world.shop.shop
    async with taken.step("return: receive"):
        await receive(ports, shop, case["id"], [Came(1, "vestido")], "staff:bench")
    judged = Judgement("vestido", 1, Verdict.ACCEPTED, Grade.AS_NEW, Disposition.RESTOCK)
    async with taken.step("return: inspect"):
        await inspect(ports, shop, case["id"], [judged], "staff:bench")
    await _until(lambda: rows(_REFUNDED, case["id"]))
    taken.seconds["return: from the goods at the desk to the refund made at Stripe"].append(time.perf_counter() - began)
    taken.statements["return: from the goods at the desk to the refund made at Stripe"] = 0


async def _withdrawn(world: World, shopper: Shopper, taken: Taken) -> None:
    """From the declaration to the mail that acknowledges it."""
    began = time.perf_counter()
    async with taken.step("withdrawal: declare"):
        declared = await shopper.post("/v1/order/withdrawals")
    async with taken.step("withdrawal: confirm"):
        await shopper.post(f"/v1/order/withdrawals/{declared['id']}/confirm")
    await _until(lambda: rows(_ACKNOWLEDGED, declared["id"]))
    taken.seconds["withdrawal: from the declaration to its acknowledgement sent"].append(time.perf_counter() - began)
    taken.statements["withdrawal: from the declaration to its acknowledgement sent"] = 0


async def _scanned(world: World, shopper: Shopper, taken: Taken) -> None:
    """The carrier's first scan of a parcel, signed as a carrier does: acknowledged, and then its parcel under way."""
    case_id = await shopper.send_one_back()
    (parcel,) = [each["id"] for each in await rows("SELECT id FROM parcels WHERE case_id = $1", case_id)]
    (secret,) = carrier_secrets((world.shop.webhook_secret,))
    now = datetime.now(UTC)
    report = Report(id=f"scan-{parcel}", kind="in_transit", happened_at=now, parcel_id=parcel)
    body = msgspec.json.encode(report)
    headers = sign(secret, report.id, int(now.timestamp()), body)
    began = time.perf_counter()
    async with taken.step("carrier's webhook: acknowledged"):
        answer = await shopper.http.post(f"/hooks/{world.shop.shop.id}/carrier", content=body, headers=headers)
    answer.raise_for_status()
    await _until(lambda: rows(_UNDER_WAY, parcel))
    taken.seconds["carrier's webhook: from its arrival to the parcel under way"].append(time.perf_counter() - began)
    taken.statements["carrier's webhook: from its arrival to the parcel under way"] = 0


async def _spent(world: World, ports: Ports, shopper: Shopper, taken: Taken) -> None:
    """A store's server spends a part of store credit on an order, and asks again."""
    case_id, shop_id = await shopper.send_one_back(), world.shop.shop.id
    async with transaction(ports.doorbell) as tx:
        credit = await issue(
            tx, vault=ports.vault, shop_id=shop_id, order_id=shopper.order_id, case_id=case_id, customer_hash=None,
            currency="EUR", amount=DRESS, bonus=0, expires_at=None, authority="ledger", at=ports.clock.now(),
        )  # fmt: skip
    code, spent = show(ports.vault, credit), f"spent-{shopper.order_id}"
    ask = {"code": code, "cart_id": spent, "order_id": spent, "amount": DRESS // 2, "currency": "EUR"}
    headers = {"authorization": f"Bearer {world.shop.secret_key}", "idempotency-key": uuid4().hex}
    for step in ("credit: redeem", "credit: the same call again"):
        async with taken.step(step):
            answer = await shopper.http.post("/v1/credits/redeem", json=ask, headers=headers)
        answer.raise_for_status()


async def _arrived(world: World, http: httpx.AsyncClient, dresses: int) -> Shopper:
    """An order of so many dresses, paid, delivered and read."""
    intent = await world.stripe.pay(DRESS * dresses, "EUR")
    number = f"g{next(world.numbers)}"
    email = f"{number}@example.com"
    body = build_sample("spanish", id=number, at=datetime.now(UTC), payment_intent=intent, email=email)
    (dress, *_), (card,) = body.lines, body.payments
    paid = (replace(card, amount=DRESS * dresses, captured=DRESS * dresses),)
    lines = (replace(dress, quantity=dresses, tax=dress.tax * dresses),)
    world.store.place(replace(body, lines=lines, total=DRESS * dresses, payments=paid))
    world.store.ship(number)
    headers, sent = world.store.signed(world.store.deliver(number))
    assert world.store.hooks_url is not None
    (await http.post(world.store.hooks_url, content=sent, headers=headers)).raise_for_status()
    (row,) = await _until(lambda: rows(_READ, number))
    session = await world.session(row["id"])
    token = session["authorization"].removeprefix("Bearer ")
    return Shopper(http, {**session, "cookie": f"comeback={token}"}, row["id"])


async def _until(look: Callable[[], Awaitable[list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """Two hundred times a second, for half a minute; raises ``TimeoutError``."""
    deadline = time.perf_counter() + 30
    while time.perf_counter() < deadline:
        if found := await look():
            return found
        await asyncio.sleep(0.005)
    raise TimeoutError("It did not come about within 30 s")


def _in_process(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url="http://comeback", timeout=20)
