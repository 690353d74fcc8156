"""A canary hunt: planted secrets and a planted person go through a whole journey, with Redis, a mail server that talks
too much and logs at debug level; afterwards every place that should not hold them is searched."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec.structs import replace
from redis.asyncio import Redis

from handlers.logs import configure_logs
from handlers.runner import LocalBell, Runner
from handlers.web import working
from plugin.access.service import begin_lookup, give_code
from plugin.db import rows, transaction
from plugin.payments.sandbox.server import RunningSandbox
from plugin.storefronts.standard.wire import OrderBody
from tests.world import Shopper, World, a_world

EMAIL = "canary.bird@mail.example"
NAME = "Kanaria Vogelsang"
CARD = "4242424242424242"
LIVE_KEY = "sk_live_51CanaryCanaryCanaryCanary"
REASON = f"Please call Kanaria Vogelsang; I paid with {CARD} and my key is {LIVE_KEY}"


class Gossip:
    """A mail server that says the whole address and the subject in each answer, and is busy the first time."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.asked = 0
        self.hung_up = asyncio.Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if self.asked == 1:
            return f"450 4.2.1 <{address}> {NAME} is over quota"
        if address.startswith("staff"):
            return f"550 5.1.1 <{address}> no such user; {NAME}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return "250 OK"


class Line(SMTP):
    """A connection that says when it is over, so that the server is taken down after it."""

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.hung_up.set()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that this process logs, at debug level, as it would stand on its standard output."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("debug", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@asynccontextmanager
async def talking_mail_server(gossip: Gossip) -> AsyncIterator[str]:
    server = await asyncio.get_running_loop().create_server(lambda: Line(gossip, hostname="mail.test"), "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await gossip.hung_up.wait()


@asynccontextmanager
async def a_watched_world(data: Path, sandbox_url: str, redis_url: str, gossip: Gossip) -> AsyncIterator[World]:
    """With Redis the web process does no work itself: a runner beside it takes the worker's part."""
    async with (
        talking_mail_server(gossip) as smtp_url,
        a_world(data, sandbox_url, smtp_url=smtp_url, redis_url=redis_url, log_level="debug") as world,
        working(Runner(world.ports, LocalBell())),
    ):
        yield world


async def journey(world: World) -> dict[str, str]:
    """Place, look up, talk to a person, cancel; returns every secret that was handed out on the way."""
    order: OrderBody = await world.place("fashion")
    order = world.store.edit(
        order.id, customer=replace(order.customer, email=EMAIL, name=NAME), number=f"#{order.number}"
    )
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    looked = await world.http.post(
        "/v1/lookups", json={"order_number": order.number, "email": EMAIL}, headers=world.page_key
    )
    assert looked.status_code == 202
    put_back: str = await world.until(_work_put_back)
    opened_by_link = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    link = opened_by_link.json()["url"].rsplit("/", 1)[1]
    shopper: Shopper = await world.shopper(order)
    session = shopper.headers["Authorization"].split()[1]
    await world.http.post("/v1/order/person", json={"message": REASON}, headers=dict(shopper.headers))
    line = [{"line_id": order.lines[0].id, "quantity": 1}]
    digest = (await shopper.preview(lines=line, reason=REASON))["digest"]
    confirmed = await shopper.confirm(digest, lines=line, reason=REASON)
    case = await shopper.until_state(confirmed.json()["id"], "done")
    async with transaction(world.ports.doorbell) as tx:
        at = world.ports.clock.now()
        lookup_id = await begin_lookup(tx, shop_id=world.shop.id, order_id=shopper.order_id, at=at)
        mailed = await give_code(tx, lookup_id)
    entered = await world.http.post(f"/v1/lookups/{lookup_id}/open", json={"code": mailed}, headers=world.page_key)
    page = await world.http.post(f"/o/{link}")
    wrong = {"Authorization": f"Bearer {LIVE_KEY}", "X-Request-Id": CARD, "User-Agent": f"{NAME} {EMAIL}"}
    for path in (f"/v1/order?email={EMAIL}", f"/o/{link}x?token={session}", f"/{EMAIL}/{CARD}", "/v1/links"):
        await world.http.get(path, headers=wrong)
    await world.http.post("/v1/links", content=REASON, headers=wrong | {"Content-Type": "application/json"})
    return {
        "work put back": put_back,
        "session": session,
        "session by code": entered.json()["token"],
        "session by page": page.headers["set-cookie"].split("comeback=")[1].split(";")[0],
        "link": link,
        "mailed code": mailed,
        "retention code": case["code"]["code"],
        "retention code, bare": case["code"]["code"].replace("-", ""),
        "secret key": world.new_shop.secret_key,
        "webhook secret": world.new_shop.webhook_secret,
        "store secret": world.new_shop.store_secret or "",
        "Stripe webhook secret": world.new_shop.stripe_webhook_secret or "",
    }


async def _work_put_back() -> str:
    return "\n".join(
        str(row["t"])
        for row in await rows("SELECT t::text AS t FROM work t WHERE kind = 'send_mail' AND last_error <> ''")
    )


PERSON = {"mail address": EMAIL, "name": NAME, "surname": "Vogelsang", "card": CARD, "live key": LIVE_KEY}


def found(text: str, canaries: dict[str, str]) -> list[str]:
    return [f"{what}: ...{text[max(0, at - 80) : at + 80]!r}" for what, canary in canaries.items()
            if (at := text.lower().find(canary.lower())) >= 0]  # fmt: skip


async def table(name: str) -> str:
    return "\n".join(str(row["t"]) for row in await rows(f'SELECT t::text AS t FROM "{name}" t'))


async def all_of_redis(url: str) -> str:
    """Every key with its value as stored."""
    texts = []
    async with Redis.from_url(url) as redis:
        async for key in redis.scan_iter():
            kind = (await redis.type(key)).decode()
            value = {
                "string": redis.get, "hash": redis.hgetall, "set": redis.smembers,
                "zset": lambda name: redis.zrange(name, 0, -1), "list": lambda name: redis.lrange(name, 0, -1),
            }[kind]  # fmt: skip
            texts.append(f"{key!r} {await value(key)!r}")
    return "\n".join(texts)


async def test_no_canary_is_found_where_it_should_not_be(
    database: str, sandbox: RunningSandbox, redis_url: str, tmp_path: Path, logged: io.StringIO
) -> None:
    gossip = Gossip()
    async with a_watched_world(tmp_path, sandbox.url, redis_url, gossip) as world:
        secrets = await journey(world)
        put_back = secrets.pop("work put back")
        await world.until(lambda: _told(world))
        metrics = (await world.http.get("/metrics")).text
    everything = PERSON | secrets
    assert gossip.taken
    assert len(logged.getvalue().splitlines()) > 30
    in_redis = await all_of_redis(redis_url)
    assert "work_" in in_redis
    places = {"the log": logged.getvalue(), "Redis": in_redis, "metrics": metrics}
    for name in ("work", "audit_events", "audit_roots", "happenings", "rate_counts"):
        places[f"the table {name}"] = await table(name)
    places["work put back"] = put_back
    assert {place: found(text, everything) for place, text in places.items()} == {place: [] for place in places}

    tables = [row["tablename"] for row in await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    in_the_clear = {name: found(await table(name), secrets) for name in tables}
    assert in_the_clear == {name: [] for name in tables}
    # A person is in the open only where the order is, where its mail goes, and in what they typed as their reason.
    with_a_person = {name for name in tables if found(await table(name), PERSON)}
    assert with_a_person == {"orders", "mails", "cases"}


async def _told(world: World) -> bool:
    """Whether all mail has been taken or refused, the busy answers over."""
    waiting = await rows("SELECT 1 FROM mails WHERE state NOT IN ('sent', 'refused')")
    mails = await rows("SELECT 1 FROM mails WHERE state = 'sent' AND template = 'cancelled'")
    return bool(mails) and not waiting
