"""What the doctor finds when something is wrong, and that it says how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from handlers.cli.findings import (
    database_findings,
    mail_finding,
    redis_finding,
    shop_findings,
    store_finding,
    stripe_finding,
)
from handlers.cli.health import Finding, Health
from handlers.compose import adapters
from handlers.runner import LocalBell
from plugin.core.vault import Vault
from plugin.db import transaction
from plugin.policies.ready import default_policy
from plugin.policies.service import publish
from plugin.ports.runtime import Ports
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import create_shop
from plugin.storefronts.demo.server import serve_demo_store
from plugin.storefronts.demo.store import DemoStore
from tests.fixtures_redis import RunningRedis
from tests.fixtures_stripe import Till

SECRET = "a secret of the tests that is long enough to be one"
NOBODY = "http://127.0.0.1:9"


def settings(tmp_path: Path, **changes: Any) -> Settings:
    return Settings(data=tmp_path, secret_keys=(SECRET,), **changes)


async def a_shop(ports: Ports, **changes: Any) -> Shop:
    made = await create_shop(ports.vault, name="Lumen", storefront="standard", at=datetime.now(UTC), **changes)
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=made.shop.id, policy=default_policy(), by="tests", at=datetime.now(UTC))
    return made.shop


async def of_shop(ports: Ports, shop: Shop) -> dict[str, Finding]:
    return {finding.what.removeprefix("Lumen: "): finding async for finding in shop_findings(ports, shop)}


async def test_a_shop_with_everything_in_its_place_is_well(database: str, tmp_path: Path, till: Till) -> None:
    async with adapters(settings(tmp_path), LocalBell()) as ports, serve_demo_store(DemoStore("", "")) as store:
        shop = await a_shop(
            ports, store_address=store.calls_url, stripe_api_key=till.account.api_key,
            stripe_api_base=till.account.base, stripe_webhook_secret="whsec_x",
        )  # fmt: skip
        found = await of_shop(ports, shop)
    assert {finding.health for name, finding in found.items() if name != "webhooks"} == {Health.OK}
    assert found["webhooks"].says == "None has ever come from the store."
    assert found["Stripe"].says.startswith("the key opens acct_")


async def test_a_key_that_stripe_refuses_is_a_fault(database: str, tmp_path: Path, till: Till) -> None:
    async with adapters(settings(tmp_path), LocalBell()) as ports:
        shop = await a_shop(ports, stripe_api_key="sk_wrong", stripe_api_base=till.account.base)
        finding = await stripe_finding(ports, shop)
        webhook = (await of_shop(ports, shop))["Stripe webhook"]
    assert finding.health is Health.FAULT
    assert finding.mend == f"comeback shop connect {shop.id} --stripe-key sk_…"
    assert webhook.health is Health.FAULT
    assert f"/hooks/{shop.id}/stripe" in webhook.mend


async def test_secrets_sealed_under_a_lost_key_are_a_fault(database: str, tmp_path: Path) -> None:
    async with adapters(settings(tmp_path), LocalBell()) as ports:
        shop = await a_shop(ports)
        shop.sealed_webhook_secrets = Vault(("another secret that is long enough",)).seal(
            "whsec_x", tenant=shop.id, field="webhook_secrets"
        )
        found = await of_shop(ports, shop)
    assert found["secrets"].health is Health.FAULT
    assert "COMEBACK_SECRET_KEY" in found["secrets"].mend


@pytest.mark.parametrize(
    ("address", "health", "says"),
    [
        (None, Health.WARNING, "a person has to cancel"),
        (NOBODY, Health.FAULT, "Nobody answers"),
        ("ftp://store.example", Health.FAULT, "https://"),
    ],
)
async def test_a_store_that_cannot_be_asked_is_found(
    database: str, tmp_path: Path, address: str | None, health: Health, says: str
) -> None:
    async with adapters(settings(tmp_path), LocalBell()) as ports:
        finding = await store_finding(ports, await a_shop(ports, store_address=address))
    assert finding.health is health
    assert says in finding.says
    assert "--store-address" in finding.mend


async def test_a_redis_that_evicts_is_a_fault_with_the_command_that_mends_it(
    own_redis: RunningRedis, tmp_path: Path
) -> None:
    well = await redis_finding(settings(tmp_path, redis_url=own_redis.url))
    async with Redis.from_url(own_redis.url) as redis:
        await redis.config_set("maxmemory-policy", "volatile-ttl")
    evicting = await redis_finding(settings(tmp_path, redis_url=own_redis.url))
    await own_redis.stop()
    away = await redis_finding(settings(tmp_path, redis_url=own_redis.url))
    assert well.health is Health.OK
    assert (evicting.health, away.health) == (Health.FAULT, Health.FAULT)
    assert "volatile-ttl" in evicting.says
    assert "CONFIG SET maxmemory-policy noeviction" in evicting.mend
    assert "REDIS_URL" in away.mend


async def test_a_mail_server_that_is_away_is_a_fault_and_none_at_all_a_warning(tmp_path: Path) -> None:
    async with adapters(settings(tmp_path, smtp_url="smtp://127.0.0.1:9"), LocalBell()) as ports:
        finding = await mail_finding(ports)
    async with adapters(settings(tmp_path), LocalBell()) as ports:
        without = await mail_finding(ports)
    assert (finding.health, without.health) == (Health.FAULT, Health.WARNING)
    assert "SMTP_URL" in finding.mend


async def test_a_database_that_answers_and_is_migrated_is_well(database: str, tmp_path: Path) -> None:
    findings = [each async for each in database_findings(settings(tmp_path, database_url=database))]
    assert [(finding.what, finding.health) for finding in findings] == [
        ("database", Health.OK),
        ("migrations", Health.OK),
    ]
