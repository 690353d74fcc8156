"""What `comeback doctor` says under each fault, one thing broken at a time; and that it always comes to an end."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.cli.findings import examine
from handlers.cli.health import Health
from handlers.cli.signs import room_finding
from handlers.compose import adapters
from handlers.runner import LocalBell
from plugin.core.vault import Vault
from plugin.db import rows, transaction
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import create_shop
from tests.fakes import SilentDoorbell
from tests.fixtures_command import ROOT, SECRET, Comeback
from tests.fixtures_stripe import Till

NOBODY = "127.0.0.1:9"


@dataclass(frozen=True)
class Fault:
    """``sql`` and ``settings`` break something; ``says`` and ``mend`` are what the doctor must answer."""

    says: str
    mend: str
    sql: str = ""
    settings: dict[str, object] = field(default_factory=dict)
    health: Health = Health.FAULT


_OLD_WORK = (
    "INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at) "
    "SELECT 'work_x', id, '{kind}', 'x', 'ready', now() {due}, {attempts}, 0, now() - interval '1 hour' FROM shops"
)
FAULTS = {
    "migrations are missing": Fault(
        "Not applied: 0002_constraints", "comeback migrate",
        sql="DELETE FROM tortoise_migrations WHERE name = '0002_constraints'",
    ),
    "the schema is newer": Fault(
        "Of a newer version: 9001_expand_x", "Bring this version up to date",
        sql="INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '9001_expand_x', now())",
        health=Health.WARNING,
    ),
    "restored, not compared": Fault(
        "nobody has compared it with Stripe", "comeback reconcile", sql="INSERT INTO place (name) VALUES ('restored')"
    ),
    "Redis is down": Fault("It does not answer", "Check REDIS_URL", settings={"redis_url": f"redis://{NOBODY}/0"}),
    "the mail server is down": Fault(
        "It is not taken", "Check SMTP_URL", settings={"smtp_url": f"smtp://ada:hunter2@{NOBODY}"}
    ),
    "the keys do not open": Fault(
        "They cannot be opened", "COMEBACK_SECRET_KEY", settings={"secret_keys": ("another key " * 5,)}
    ),
    "Stripe is unreachable": Fault(
        "No answer", "Check the way to api.stripe.com", sql=f"UPDATE shops SET stripe_api_base = 'http://{NOBODY}'"
    ),
    "the store is unreachable": Fault(
        "Nobody answers there", "Start your store", sql=f"UPDATE shops SET store_address = 'http://{NOBODY}/x'"
    ),
    "nobody does the work": Fault(
        "nobody takes them", "comeback sweep",
        sql=_OLD_WORK.format(kind="settle_leg", due="- interval '9 minutes'", attempts=0),
    ),
    "work does not succeed": Fault(
        "Cancellations wait for the store's answer: 1", "Mend what is said",
        sql=_OLD_WORK.format(kind="ask_store", due="+ interval '1 minute'", attempts=9),
    ),
    "work of a newer version": Fault(
        "A newer version has left some for itself: wrap_gift", "Start the newer version",
        sql=_OLD_WORK.format(kind="wrap_gift", due="", attempts=0), health=Health.WARNING,
    ),
    "webhooks never came": Fault("None has ever come from the store", "shop rotate-secret", health=Health.WARNING),
    "webhooks were set aside": Fault(
        "1 could not be read and were set aside", "comeback inbox list",
        sql="INSERT INTO inbox_events (id, shop_id, source, event_key, topic, body, state, reason, received_at) "
        "SELECT 'evt_x', id, 'standard', 'x', 'x', '', 'set_aside', 'no JSON', now() FROM shops",
        health=Health.WARNING,
    ),
}  # fmt: skip


@pytest.fixture
async def shop(database: str, till: Till) -> Shop:
    """All is well with it: it has a policy, a Stripe account, and a store at whose address somebody listens."""
    at = datetime.now(UTC)
    made = await create_shop(
        Vault((SECRET,)), name="Lumen", storefront="standard", at=at, stripe_webhook_secret="whsec_x",
        stripe_api_key=till.account.api_key, stripe_api_base=till.account.base, store_address=till.account.base,
    )  # fmt: skip
    async with transaction(SilentDoorbell()) as tx:
        await publish(tx, shop_id=made.shop.id, policy=default_policy(), by="tests", at=at)
    return made.shop


@pytest.fixture
async def schema(database: str) -> AsyncIterator[None]:
    """Puts the list of applied migrations back."""
    before = await rows("SELECT * FROM tortoise_migrations")
    yield
    await rows("DELETE FROM tortoise_migrations")
    for row in before:
        values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await rows(f"INSERT INTO tortoise_migrations ({', '.join(row)}) VALUES ({values})", *row.values())


@pytest.mark.parametrize("name", FAULTS)
async def test_the_fault_is_named_with_what_to_do(
    schema: None, shop: Shop, tmp_path: Path, till: Till, name: str
) -> None:
    fault = FAULTS[name]
    if fault.sql:
        await rows(fault.sql)
    settings = Settings.model_validate(
        {"data": tmp_path, "secret_keys": (SECRET,), "database_url": "x", **fault.settings}
    )
    async with adapters(settings, LocalBell()) as ports:
        found = [each async for each in examine(settings, ports)]
    (named,) = [each for each in found if fault.says in each.says]
    assert fault.mend in named.mend
    assert named.health is fault.health
    assert [each for each in found if each.health is Health.FAULT] == ([named] if fault.health is Health.FAULT else [])
    told = repr(found)
    assert not any(secret in told for secret in ("hunter2", SECRET, "another key", till.account.api_key))


async def test_a_database_that_is_down_ends_the_command_with_a_fault(comeback: Comeback) -> None:
    told = await comeback("doctor", DATABASE_URL=f"postgres://u:hunter2@{NOBODY}/x")
    assert (told.status, told.err) == (1, "")
    assert "database: It does not answer" in told.out
    assert "Check DATABASE_URL" in told.out
    assert "hunter2" not in told.out


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of somebody who takes every call and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


async def test_it_never_hangs_on_who_takes_the_call_and_says_nothing(
    shop: Shop, comeback: Comeback, silence: str
) -> None:
    await rows(f"UPDATE shops SET stripe_api_base = 'http://{silence}', store_address = 'http://{silence}/x'")
    told = await comeback("doctor", REDIS_URL=f"redis://{silence}/0", SMTP_URL=f"smtp://{silence}")
    of_database = await comeback("doctor", DATABASE_URL=f"postgres://u:p@{silence}/x")
    assert (told.status, of_database.status) == (1, 1)
    for what in ("redis", "mail", "Lumen"):
        assert f"fault   {what}" in told.out, told.out
    assert "fault   database: It took the call and said nothing" in of_database.out


def test_a_disk_that_is_nearly_full_is_a_fault() -> None:
    assert room_finding(ROOT, 400 * 2**20).health is Health.FAULT
    assert room_finding(ROOT, 40 * 2**30).health is Health.OK


def test_the_operators_handbook_lists_every_fault() -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text()
    for name, fault in FAULTS.items():
        assert f"| {name} | {fault.says}" in handbook, name
