"""A policy's versions: what each step does, what it refuses and why, and who wins when two people do it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from handlers.housekeeping import keep_house
from plugin.audit.service import verify_shop
from plugin.core.errors import DomainError
from plugin.db import Transaction, rows, transaction
from plugin.policies import service
from plugin.policies.conditions import When
from plugin.policies.document import Policy, Row, Then, policy_hash
from plugin.policies.live import NoPolicy, live_policy, policies_of_order
from plugin.policies.models import PolicyVersion
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.version_refusals import (
    AlreadyScheduled,
    DraftChanged,
    NoDraft,
    NoSuchVersion,
    NothingScheduled,
    NotInTheFuture,
    PolicyChanged,
    SecondPersonNeeded,
    Unsound,
)
from plugin.shops.models import Shop
from plugin.shops.settings import Publishing, ShopSettings
from tests.factories import a_shop
from tests.fakes import NOON, FakePorts, fake_ports

LATER = NOON + timedelta(hours=1)
Step = Callable[..., Awaitable[Any]]


def named(name: str) -> Policy:
    return replace(default_policy(), name=name)


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


async def do(step: Step, shop: Shop, *, by: str = "ana", at: datetime = NOON, **rest: Any) -> Any:
    async with transaction(fake_ports().doorbell) as tx:
        return await step(tx, shop_id=shop.id, by=by, at=at, **rest)


async def a_draft(shop: Shop, name: str = "draft", **rest: Any) -> str:
    return str((await do(service.save_draft, shop, policy=named(name), **rest)).hash)


async def states(shop: Shop) -> list[tuple[int | None, str]]:
    versions = await PolicyVersion.filter(shop_id=shop.id)
    return sorted(((version.number, version.state) for version in versions), key=lambda each: each[0] or 99)


async def audited(shop: Shop) -> list[tuple[str, str]]:
    assert await verify_shop(shop.id) == []
    found = await rows(
        "SELECT kind, canonical::jsonb ->> 'actor' AS actor FROM audit_events WHERE shop_id = $1 ORDER BY n", shop.id
    )
    return [(event["kind"], event["actor"]) for event in found]


async def test_a_draft_decides_nothing_until_it_is_published(shop: Shop) -> None:
    draft = await a_draft(shop)
    with pytest.raises(NoPolicy):
        await live_policy(shop.id, NOON)
    live = await do(service.publish_draft, shop, by="ben", draft=draft, expected_live=0)
    assert (live.number, live.written_by, live.published_by, live.live_from) == (1, "ana", "ben", NOON)
    assert (await live_policy(shop.id, NOON)).hash == draft == policy_hash(named("draft"))
    assert await audited(shop) == [("policy_drafted", "ana"), ("policy_live", "ben")]


async def test_there_is_one_draft_and_it_is_replaced_only_by_who_has_seen_it(shop: Shop) -> None:
    draft = await a_draft(shop, "one")
    assert await a_draft(shop, "one", by="ben") == draft
    with pytest.raises(DraftChanged) as changed:
        await a_draft(shop, "two", by="ben")
    assert "written by ana" in changed.value.detail
    assert changed.value.extra["hash"] == draft
    second = await a_draft(shop, "two", by="ben", expected=draft)
    with pytest.raises(DraftChanged):
        await do(service.publish_draft, shop, draft=draft)
    await do(service.discard_draft, shop, draft=second)
    assert await states(shop) == []
    with pytest.raises(NoDraft):
        await do(service.discard_draft, shop, draft=second)
    with pytest.raises(NoDraft):
        await a_draft(shop, "three", expected=second)
    assert [kind for kind, _ in await audited(shop)] == ["policy_drafted", "policy_drafted", "policy_discarded"]


async def test_publishing_archives_what_was_live_and_leaves_the_draft_alone(shop: Shop) -> None:
    await do(service.publish, shop, policy=named("one"))
    await a_draft(shop)
    await do(service.publish, shop, policy=named("two"), expected_live=1)
    assert await states(shop) == [(1, "archived"), (2, "live"), (None, "draft")]


async def test_of_two_who_publish_at_once_the_second_is_told_who_was_faster(shop: Shop) -> None:
    await do(service.publish, shop, policy=named("before"))
    people = ("ana", "ben", "cem", "dora")
    ends = await asyncio.gather(
        *(do(service.publish, shop, policy=named(who), by=who, expected_live=1) for who in people),
        return_exceptions=True,
    )
    (winner,) = [end for end in ends if isinstance(end, PolicyVersion)]
    losers = [end for end in ends if isinstance(end, PolicyChanged)]
    assert len(losers) == 3
    for loser in losers:
        assert loser.status == 409
        assert f"published by {winner.published_by}" in loser.detail
        assert (loser.extra["number"], loser.extra["hash"], loser.extra["by"]) == (2, winner.hash, winner.published_by)
    assert await states(shop) == [(1, "archived"), (2, "live")]
    assert len(await audited(shop)) == 2


async def test_of_two_who_publish_one_draft_one_does(shop: Shop) -> None:
    draft = await a_draft(shop)
    ends = await asyncio.gather(
        *(do(service.publish_draft, shop, by=who, draft=draft) for who in ("ana", "ben")), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["NoDraft", "PolicyVersion"]


async def test_drafts_that_are_begun_at_once_do_not_overwrite_each_other(shop: Shop) -> None:
    ends = await asyncio.gather(*(a_draft(shop, who, by=who) for who in ("ana", "ben", "cem")), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["DraftChanged", "DraftChanged", "str"]


async def test_a_scheduled_version_decides_from_its_time_on_whoever_looks_first(ports: FakePorts, shop: Shop) -> None:
    before = await do(service.publish, shop, policy=named("before"), at=NOON - timedelta(days=1))
    draft = await a_draft(shop)
    await do(service.schedule_draft, shop, by="ben", draft=draft, live_from=LATER)
    assert (await live_policy(shop.id, LATER - timedelta(seconds=1))).hash == before.hash
    assert (await live_policy(shop.id, LATER)).hash == draft  # housekeeping has not been here yet

    await keep_house(ports)
    assert await states(shop) == [(1, "live"), (None, "scheduled")]
    ports.clock.advance(LATER - NOON)
    await keep_house(ports)
    await keep_house(ports)
    assert await states(shop) == [(1, "archived"), (2, "live")]
    live = await PolicyVersion.get(shop_id=shop.id, state="live")
    assert (live.live_from, live.published_by) == (LATER, "ben")
    assert (await live_policy(shop.id, LATER)).id == live.id
    assert (await audited(shop))[-2:] == [("policy_scheduled", "ben"), ("policy_live", "comeback")]


async def test_what_is_due_is_live_for_whoever_acts_before_housekeeping(shop: Shop) -> None:
    draft = await a_draft(shop)
    await do(service.schedule_draft, shop, draft=draft, live_from=LATER)
    with pytest.raises(NothingScheduled):
        await do(service.unschedule, shop, at=LATER)
    with pytest.raises(PolicyChanged):
        await do(service.publish, shop, policy=named("mine"), at=LATER, expected_live=0)
    await do(service.publish, shop, policy=named("mine"), at=LATER, expected_live=1)
    assert await states(shop) == [(1, "archived"), (2, "live")]
    assert (await policies_of_order(shop.id, LATER, LATER)).now.hash == policy_hash(named("mine"))


async def test_scheduling_can_be_taken_back(shop: Shop) -> None:
    draft = await a_draft(shop, "one")
    for no_time in (NOON, datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))):  # in UTC a year 10000
        with pytest.raises(NotInTheFuture):
            await do(service.schedule_draft, shop, draft=draft, live_from=no_time)
    await do(service.schedule_draft, shop, by="ben", draft=draft, live_from=LATER)
    other = await a_draft(shop, "two")
    with pytest.raises(AlreadyScheduled):
        await do(service.schedule_draft, shop, draft=other, live_from=LATER)
    with pytest.raises(DraftChanged):
        await do(service.unschedule, shop)
    await do(service.discard_draft, shop, draft=other)
    taken_back = await do(service.unschedule, shop)
    assert (taken_back.hash, taken_back.written_by, taken_back.published_by) == (draft, "ana", None)
    assert await states(shop) == [(None, "draft")]
    with pytest.raises(NothingScheduled):
        await do(service.unschedule, shop)


async def test_rolling_back_publishes_the_old_document_under_a_new_number(shop: Shop) -> None:
    first = await do(service.publish, shop, policy=named("good"))
    await do(service.publish, shop, by="ben", policy=named("bad"))
    again = await do(service.publish_again, shop, by="cem", number=1, expected_live=2)
    assert (again.number, again.hash, again.written_by, again.published_by) == (3, first.hash, "ana", "cem")
    assert again.document == first.document
    assert await states(shop) == [(1, "archived"), (2, "archived"), (3, "live")]
    with pytest.raises(NoSuchVersion):
        await do(service.publish_again, shop, number=9)


async def test_where_a_second_person_is_needed_nobody_publishes_what_they_wrote(ports: FakePorts) -> None:
    shop = await a_shop(ports, ShopSettings(publishing=Publishing(second_person="always")))
    await do(service.publish, shop, policy=named("first"))  # without a version nothing could be decided
    draft = await a_draft(shop)
    alone: list[tuple[Step, dict[str, Any]]] = [
        (service.publish, {"policy": named("second")}),
        (service.publish_draft, {"draft": draft, "by": "Ana "}),
        (service.schedule_draft, {"draft": draft, "live_from": LATER}),
        (service.publish_again, {"number": 1}),
    ]
    for step, values in alone:
        with pytest.raises(SecondPersonNeeded):
            await do(step, shop, **values)
    assert await states(shop) == [(1, "live"), (None, "draft")]
    await do(service.publish_draft, shop, by="ben", draft=draft)
    await do(service.publish_again, shop, by="ben", number=1)
    assert await states(shop) == [(1, "archived"), (2, "archived"), (3, "live")]


def below_the_law() -> Policy:
    """German law gives fourteen days for what was sent; this gives none."""
    row = Row(
        id="no-returns",
        action=Action.RETURN,
        when=When(countries=("DE",)),
        then=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED),
    )
    return replace(default_policy(), rows=(row,))


async def test_what_the_linter_has_errors_in_is_drafted_but_never_published(shop: Shop) -> None:
    draft = str((await do(service.save_draft, shop, policy=below_the_law())).hash)
    steps: list[tuple[Step, dict[str, Any]]] = [
        (service.publish, {"policy": below_the_law()}),
        (service.publish_draft, {"draft": draft}),
        (service.schedule_draft, {"draft": draft, "live_from": LATER}),
    ]
    for step, values in steps:
        with pytest.raises(Unsound) as unsound:
            await do(step, shop, **values)
        assert unsound.value.status == 422
        assert [(remark["row"], remark["severity"]) for remark in unsound.value.extra["remarks"]] == [
            ("no-returns", "error")
        ]
        assert "no-returns" in unsound.value.detail
    assert await states(shop) == [(None, "draft")]


async def test_an_order_has_the_version_of_its_time_beside_the_current_one(shop: Shop) -> None:
    hours = [NOON + timedelta(hours=n) for n in range(4)]
    one, two, three = [
        await do(service.publish, shop, policy=named(name), at=at)
        for name, at in zip(("one", "two", "three"), hours, strict=False)
    ]
    for placed_at, then in (
        (hours[0], one),
        (hours[1] - timedelta(seconds=1), one),
        (hours[1], two),
        (hours[2], three),
    ):
        found = await policies_of_order(shop.id, placed_at, hours[3])
        assert (found.now.id, found.at_purchase.id) == (three.id, then.id)
    before_all = await policies_of_order(shop.id, NOON - timedelta(days=1), hours[3])
    assert before_all.at_purchase is before_all.now


async def test_two_versions_of_one_moment_are_in_the_order_of_their_numbers(shop: Shop) -> None:
    await do(service.publish, shop, policy=named("one"))
    two = await do(service.publish, shop, policy=named("two"), at=NOON - timedelta(seconds=3))  # a slower clock
    await do(service.publish, shop, policy=named("three"), at=LATER)
    assert (await policies_of_order(shop.id, NOON, LATER)).at_purchase.id == two.id


async def test_what_fails_leaves_no_trace(shop: Shop) -> None:
    await do(service.publish, shop, policy=named("one"))

    async def publish_and_fail(tx: Transaction, **values: Any) -> None:
        await service.publish(tx, policy=named("two"), **values)
        raise DomainError()

    with pytest.raises(DomainError):
        await do(publish_and_fail, shop)
    assert await states(shop) == [(1, "live")]
    assert len(await audited(shop)) == 1
