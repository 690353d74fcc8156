"""Two shops in one database: ours with two orders, the neighbour's with one. Each order is marked all through, so that
a trace of it can be recognised in an answer that should hold none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from plugin.access.roles import Role
from plugin.access.service import (
    GIFT,
    LINK_LASTS,
    LOOKUP_LASTS,
    SESSION_LASTS,
    begin_lookup,
    close_session,
    give_code,
    make_link,
    open_session,
)
from plugin.cases.store import lock_with_order
from plugin.db import rows, transaction
from plugin.files.service import keep_photo
from plugin.parcels.service import open_parcel
from plugin.policies.reasons import Payer
from plugin.refunds.debits import DebitReason, debits_of_case, write_debit
from plugin.storefronts.standard.wire import OrderBody
from tests.credit import credit_for
from tests.photos import a_photo
from tests.staffed import Colleague, a_colleague
from tests.world import Shopper, World, a_world, shop_settings

OURS, NEIGHBOUR = "https://lumen.example", "https://neighbour.example"
LONG_AGO = timedelta(days=90)


@dataclass(frozen=True)
class Placed:
    """An order with a finished cancellation of one unit, and every id and secret that leads to it."""

    world: World
    order: OrderBody
    order_id: str
    case_id: str
    code: str
    credit: str
    link: str
    lookup_id: str
    mailed_code: str
    photo_id: str
    parcel_id: str
    debit_id: str
    marks: frozenset[str] = field(repr=False)
    staff: Mapping[Role, Colleague] = field(repr=False)

    @property
    def staff_marks(self) -> frozenset[str]:
        """What only the shop's own people may see of each other."""
        return frozenset(text for each in self.staff.values() for text in (each.id, each.email))

    @property
    def shop_id(self) -> str:
        return self.world.shop.id

    async def session(self) -> str:
        """A fresh token for this order."""
        opened = await open_session(self.shop_id, self.order_id, "link", self.world.ports.clock.now(), SESSION_LASTS)
        return opened.token

    async def gift_session(self) -> str:
        """A fresh token for who received this order as a gift."""
        opened = await open_session(self.shop_id, self.order_id, GIFT, self.world.ports.clock.now(), SESSION_LASTS)
        return opened.token

    async def expired_session(self) -> str:
        long_ago = self.world.ports.clock.now() - LONG_AGO
        return (await open_session(self.shop_id, self.order_id, "link", long_ago, SESSION_LASTS)).token

    async def closed_session(self) -> str:
        opened = await open_session(self.shop_id, self.order_id, "link", self.world.ports.clock.now(), SESSION_LASTS)
        await close_session(opened.visitor)
        return opened.token

    async def expired_link(self) -> str:
        world = self.world
        async with transaction(world.ports.doorbell) as tx:
            long_ago = world.ports.clock.now() - LINK_LASTS - LONG_AGO
            return await make_link(tx, shop_id=self.shop_id, order_id=self.order_id, at=long_ago)

    async def fresh_lookup(self) -> tuple[str, str]:
        """A lookup of this order and the code that was mailed for it."""
        world = self.world
        async with transaction(world.ports.doorbell) as tx:
            at = world.ports.clock.now()
            lookup_id = await begin_lookup(tx, shop_id=self.shop_id, order_id=self.order_id, at=at)
            code = await give_code(tx, lookup_id)
        assert timedelta(0) < LOOKUP_LASTS
        return lookup_id, code


@dataclass(frozen=True)
class Town:
    """``mine`` and ``sibling`` are orders of one shop, ``foreign`` is the neighbour's."""

    mine: Placed
    sibling: Placed
    foreign: Placed

    @property
    def http(self) -> httpx.AsyncClient:
        return self.mine.world.http

    @property
    def orders(self) -> tuple[Placed, Placed, Placed]:
        return self.mine, self.sibling, self.foreign


async def people_of(world: World, mark: str) -> Mapping[Role, Colleague]:
    """Somebody of each role."""
    shop_id = world.shop.id
    return {role: await a_colleague(world.ports, shop_id, role, f"{mark}.{role}@staff.example") for role in Role}


async def a_parcel_and_a_debit(world: World, case_id: str) -> tuple[str, str]:
    """A parcel that is awaited for this case, and a debit of it."""
    at = world.ports.clock.now()
    async with transaction(world.ports.doorbell) as tx:
        _, case = await lock_with_order(tx, case_id)
        parcel = await open_parcel(tx, case, payer=Payer.SHOPPER, send_by=at, at=at)
        await write_debit(tx, case, 100, DebitReason.NOT_SENT, at=at)
    return parcel.id, (await debits_of_case(case_id))[0].id


async def placed(world: World, mark: str, staff: Mapping[Role, Colleague]) -> Placed:
    """Place a marked order, cancel one unit of it and wait until everything is done."""
    email, name = f"{mark}.shopper@mail.example", f"Name{mark} Surname{mark}"
    title = f"Title{mark} shirt"
    customer = {"email": email, "name": name, "locale": "en-US", "country": "US", "marketing_consent": True}
    order = await world.place("fashion")
    marked = replace(
        order,
        customer=replace(order.customer, **customer),
        number=f"#{mark}{order.number.lstrip('#')}",
        lines=tuple(replace(line, title=f"{title} {n}") for n, line in enumerate(order.lines)),
    )
    changes = {name: getattr(marked, name) for name in ("customer", "number", "lines")}
    order = world.store.edit(order.id, **changes)
    await world.send(order)
    await world.until(lambda: world.is_read(order))
    shopper: Shopper = await world.shopper(order)
    case = await shopper.cancel(lines=[{"line_id": order.lines[0].id, "quantity": 1}])
    done = await shopper.until_state(case["id"], "done")
    await world.mail("cancelled", order)
    made = await world.http.post("/v1/links", json={"order_id": order.id}, headers=world.server_key)
    link = made.json()["url"].rsplit("/", 1)[1]
    async with transaction(world.ports.doorbell) as tx:
        at = world.ports.clock.now()
        lookup_id = await begin_lookup(tx, shop_id=world.shop.id, order_id=shopper.order_id, at=at)
        mailed = await give_code(tx, lookup_id)
    code = done["code"]["code"]
    photo = await keep_photo(
        world.ports, shop_id=world.shop.id, order_id=shopper.order_id, content=a_photo(), declared="image/jpeg",
        by="shopper",
    )  # fmt: skip
    credit, _ = await credit_for(world.ports, shopper.order_id, case["id"], 5000, bonus=500)
    parcel_id, debit_id = await a_parcel_and_a_debit(world, case["id"])
    marks = {
        photo.id,
        parcel_id,
        debit_id,
        email,
        name,
        f"Name{mark}",
        title,
        order.number,
        shopper.order_id,
        case["id"],
        code,
        credit,
        link,
        lookup_id,
        mailed,
    }
    return Placed(
        world, order, shopper.order_id, case["id"], code, credit, link, lookup_id, mailed, photo.id, parcel_id,
        debit_id, frozenset(marks), staff,
    )  # fmt: skip


@asynccontextmanager
async def a_town(data: Path, sandbox_url: str, **app: Any) -> AsyncIterator[Town]:
    """Both shops are served by their own process over the same database and files, as if behind one load balancer.
    ``app`` are fields of ``Settings``."""
    app = {"files": data / "files", **app}
    async with (
        a_world(data / "ours", sandbox_url, settings=shop_settings(origins=(OURS,), withdrawals="on"), **app) as ours,
        a_world(
            data / "neighbour", sandbox_url, settings=shop_settings(origins=(NEIGHBOUR,), withdrawals="on"), **app
        ) as neighbour,
    ):
        neighbour.numbers[0] = 5000
        us, them = await people_of(ours, "ours"), await people_of(neighbour, "theirs")
        yield Town(
            await placed(ours, "mine", us), await placed(ours, "sibling", us), await placed(neighbour, "foreign", them)
        )


async def state_of_the_books() -> dict[str, str]:
    """A digest of each table that a stranger must not move; when and how often we read a payment is our own doing."""
    tables = (
        "cases", "case_units", "refund_legs", "codes", "credits", "credit_entries", "credit_holds", "orders",
        "payments", "audit_events", "shops", "mails", "staff_recovery_codes", "policy_versions",
    )  # fmt: skip
    known = {row["tablename"] for row in await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    digests = {}
    for table in tables:
        if table in known:
            found = await rows(
                f"SELECT md5(coalesce(string_agg(said, E'\\n' ORDER BY said), '')) AS d FROM "
                f"(SELECT (to_jsonb(t) - 'read_at' - 'readings')::text AS said FROM \"{table}\" t) AS lines"
            )
            digests[table] = found[0]["d"]
    return digests
