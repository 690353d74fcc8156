"""Who declared a withdrawal is given their data, and forgotten once it has ended: also where it is no order's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.db import rows
from plugin.journeys import withdrawal_desk as desk
from plugin.journeys.erase_person import erase_person_of, who_is
from plugin.journeys.export_person import export_person
from plugin.journeys.forget_declared import forget_declared_by
from plugin.journeys.retention import forget_what_is_old
from plugin.journeys.withdrawal_sentences import Ineffective
from tests.fakes import FakeClock
from tests.hunting import places_of
from tests.journeys.steps import quiet
from tests.journeys.withdrawing import declare, row, statement, withdraw
from tests.nudges import hurry, nothing_is_due
from tests.world import World

EMAIL, NAME, NUMBER = "kanaria@example.com", "Kanaria Vogelsang", "the one to Singvogelweg 9"
CANARIES = (EMAIL, NAME, NUMBER)
SAID: dict[str, Any] = {"name": NAME, "contact": EMAIL, "order_number": NUMBER}


async def _ineffective(world: World, withdrawal_id: str) -> None:
    await desk.call_ineffective(world.ports, world.shop, withdrawal_id, Ineffective.NO_CONTRACT, "staff:ana")
    await quiet(world)


async def test_one_that_is_no_orders_is_exported_by_its_address_and_forgotten_with_its_mails_once_it_has_ended(
    eu: World,
) -> None:
    made = await withdraw(eu, SAID)
    await quiet(eu)
    kept = await export_person(eu.ports, eu.shop, who_is(eu.ports, eu.shop, email=EMAIL.upper()))
    assert [(each.number, each.name, each.order_number) for each in kept.withdrawals] == [
        (made["number"], NAME, NUMBER)
    ]
    before = await places_of(eu.ports.vault, CANARIES)
    assert set(before) == {"withdrawals", "mails"}

    await forget_declared_by(eu.ports, eu.shop, EMAIL.upper())
    assert await places_of(eu.ports.vault, CANARIES) == before  # somebody of the shop has it
    await _ineffective(eu, made["id"])
    await hurry(eu, "forget_declared")
    await nothing_is_due(eu)

    assert await places_of(eu.ports.vault, CANARIES) == {}
    gone = await row(made["id"])
    assert (gone["state"], gone["ineffective_reason"], gone["number"]) == ("ineffective", "no_contract", made["number"])
    assert (gone["confirmed_at"] is None, gone["order_number"]) == (False, "")
    with pytest.raises(desk.NotWithAPerson):
        await desk.look_again(eu.ports, eu.shop, made["id"], "staff:ana")


async def test_what_somebody_else_declared_about_an_order_is_theirs_and_goes_with_either_of_the_two(eu: World) -> None:
    order = await eu.place("spanish")
    made = [await withdraw(eu, statement(order, name=NAME, contact=EMAIL)) for _ in range(2)]
    for each in made:
        await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE id = $1", each["id"])
        await rows("UPDATE withdrawals SET order_token_hash = NULL WHERE id = $1", each["id"])
    for _ in range(2):
        await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE state = 'confirmed'")
        await hurry(eu, "withdrawal_due")
        await nothing_is_due(eu)
    for each in made:
        await _ineffective(eu, each["id"])
    customer = await export_person(eu.ports, eu.shop, who_is(eu.ports, eu.shop, email=str(order.customer.email)))
    assert NAME not in repr(customer.orders[0].withdrawals)
    theirs = await export_person(eu.ports, eu.shop, who_is(eu.ports, eu.shop, email=EMAIL))
    assert {each.number for each in theirs.withdrawals} == {each["number"] for each in made}

    await rows("UPDATE withdrawals SET contact = 'other@example.com' WHERE id = $1", made[1]["id"])
    await forget_declared_by(eu.ports, eu.shop, EMAIL)
    assert [bool((await row(each["id"]))["name"]) for each in made] == [False, True]
    (stored,) = await rows("SELECT id FROM orders WHERE external_id = $1", order.id)
    assert await erase_person_of(eu.ports, eu.shop, stored["id"], "staff:ana") is None
    assert await places_of(eu.ports.vault, (EMAIL, NAME)) == {}


async def test_what_was_never_confirmed_goes_after_a_month_and_what_is_no_orders_after_four_years(eu: World) -> None:
    lapsed = (await declare(eu, SAID | {"order_number": "#1"})).json()
    await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE id = $1", lapsed["id"])
    await hurry(eu, "withdrawal_due")
    ended, waits = await withdraw(eu, SAID | {"order_number": "#2"}), await withdraw(eu, SAID | {"order_number": "#3"})
    await _ineffective(eu, ended["id"])

    kept = []
    for days in (29, 31, 1459, 1461):
        later = FakeClock(datetime.now(UTC) + timedelta(days=days))
        await forget_what_is_old(replace(eu.ports, clock=later))
        kept.append([bool((await row(each["id"]))["contact"]) for each in (lapsed, ended, waits)])

    assert kept == [[True, True, True], [False, True, True], [False, True, True], [False, False, True]]
    assert (await row(lapsed["id"]))["number"] == lapsed["number"]
