"""What the doctor finds of a shop's connection to its platform, and how it says to mend it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.cli.health import Finding, Health
from handlers.cli.links import link_findings
from handlers.metrics import Backlog, Metrics
from plugin.db import rows
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import Permission
from plugin.shops.links import link_numbers
from plugin.shops.models import Shop
from tests.factories import a_new_shop
from tests.fakes import FakePorts
from tests.linkable_platform import GRANTED, LinkablePlatform
from tests.linked_shop import a_linked_shop, poll, ports_with


async def found(ports: FakePorts, shop: Shop) -> dict[str, list[Finding]]:
    by_what: dict[str, list[Finding]] = {}
    async for finding in link_findings(ports, shop):
        by_what.setdefault(finding.what.removeprefix("Lumen: "), []).append(finding)
    return by_what


async def faults(ports: FakePorts, shop: Shop) -> list[Finding]:
    return [each for some in (await found(ports, shop)).values() for each in some if each.health is Health.FAULT]


async def test_a_connection_that_stands_is_well(database: str) -> None:
    ports = ports_with(LinkablePlatform())
    shop = await a_linked_shop(ports)
    assert (await found(ports, shop))["poll"][0].says == "its orders are being imported"
    await poll(ports, shop)
    findings = await found(ports, shop)
    assert {each.health for some in findings.values() for each in some} == {Health.OK}
    assert set(findings) == {"store", "webhooks", "poll"}


async def test_a_shop_that_only_sends_webhooks_is_told_how_to_connect(database: str) -> None:
    ports = ports_with(LinkablePlatform())
    shop = (await a_new_shop(ports)).shop
    shop.storefront = "woocommerce"
    await shop.save()
    (finding,) = (await found(ports, shop))["store"]
    assert (finding.health, shop.id in finding.mend) == (Health.WARNING, True)


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (
            Rejected(RejectCode.BAD_CREDENTIALS, "Consumer key\nis invalid."),
            "It refuses our key: Consumer key is invalid.",
        ),
        (OutcomeUnknown("timed out"), "No answer: timed out"),
    ],
)
async def test_a_store_that_does_not_let_us_in_is_a_fault(database: str, failure: Exception, says: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    platform.fails_with = failure
    assert [each.says for each in await faults(ports, shop)] == [says]


async def test_a_lost_permission_webhooks_that_are_off_and_a_poll_that_stands_still_are_faults(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    lacks = Permission(name="coupons: write", needed_for="no code is made", is_granted=False, mend="Read/Write.")
    platform.granted = (*GRANTED, lacks)
    del platform.live["order.updated"]
    ports.clock.advance(timedelta(minutes=31))
    lost, off, still = await faults(ports, shop)
    says = "The key lacks the permission “coupons: write”: without it no code is made."
    assert (lost.says, lost.mend) == (says, "Read/Write.")
    assert off.says == "Off at the store: order.updated (It is switched off.)"
    assert "for 31 minutes" in still.says
    assert "order.updated" not in platform.live


async def test_an_import_that_came_to_no_end_and_what_polling_could_not_do_are_faults(database: str) -> None:
    platform = LinkablePlatform(fails_with=Rejected(RejectCode.OTHER, "The store is being updated."))
    ports = ports_with(platform)
    shop = await a_linked_shop(ports)
    await poll(ports, shop)
    ports.clock.advance(timedelta(hours=1))
    _, still, problem = await faults(ports, shop)
    assert "import of its orders has not come to an end" in still.says
    assert problem.says == "The store refused to tell what has changed: The store is being updated."


async def test_what_polling_found_is_counted_for_prometheus_over_all_shops(database: str) -> None:
    ports = ports_with(LinkablePlatform())
    assert "comeback_store_poll_age_seconds" not in exposed(Backlog(links=await link_numbers()))
    for _ in range(2):
        await a_linked_shop(ports)
    await rows(
        "UPDATE store_links SET missed = 3, mended_hooks = 2, connected_at = now(), polled_to = now() - interval '2 m'"
    )
    await rows("UPDATE store_links SET polled_to = NULL WHERE shop_id = (SELECT min(shop_id) FROM store_links)")
    shown = exposed(Backlog(links=replace(await link_numbers(), poll_age_seconds=120.0)))
    assert "comeback_store_missed_total 6.0" in shown
    assert "comeback_store_hooks_mended_total 4.0" in shown
    assert "comeback_store_poll_age_seconds 120.0" in shown
    assert 120 <= ((await link_numbers()).poll_age_seconds or 0) < 150


def exposed(backlog: Backlog) -> str:
    metrics = Metrics()
    metrics.show(backlog)
    return metrics.exposition().decode()
