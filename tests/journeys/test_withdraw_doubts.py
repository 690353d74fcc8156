"""Withdrawals that are not clear at once: nobody's yet, unknown, late, in words, never confirmed; a person's word."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from plugin.db import rows
from plugin.journeys import withdrawal_desk
from plugin.journeys.withdrawal_sentences import Ineffective
from tests.journeys.withdrawing import (
    declare,
    in_session,
    link_in,
    mail_to,
    row,
    statement,
    withdraw,
)
from tests.nudges import hurry, nothing_is_due, one, refunds
from tests.world import World


async def test_words_that_name_no_item_are_read_by_a_person(eu: World) -> None:
    order = await eu.place("russian")
    made = await withdraw(eu, statement(order, items="the red one"))
    await eu.http.post(link_in((await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))).text))
    await nothing_is_due(eu)
    stands = await row(made["id"])
    assert (stands["state"], stands["person_reason"]) == ("with_person", "items_in_words")
    assert await refunds(eu) == []


async def test_another_address_moves_nothing_until_the_orders_own_has_said_yes(eu: World) -> None:
    order = await eu.place("spanish")
    made = await withdraw(eu, statement(order, contact="thief@example.com"))
    received = await mail_to(eu, "withdrawal_acknowledged", "thief@example.com")
    answer = await eu.http.post(link_in(received.text))
    await nothing_is_due(eu)
    assert answer.status_code == 200
    assert (await row(made["id"]))["verified_at"] is None

    asked = await mail_to(eu, "withdrawal_asked", str(order.customer.email))
    assert (await eu.http.get(link_in(asked.text))).status_code == 200
    assert (await row(made["id"]))["verified_at"] is None
    same = await eu.http.post(link_in(asked.text))
    await nothing_is_due(eu)

    assert same.text.count("<p") == answer.text.count("<p")
    assert (await row(made["id"]))["state"] == "done"
    assert await refunds(eu) == [(order.total, "succeeded")]


async def test_an_unknown_number_is_acknowledged_alike_and_waits_for_a_person(eu: World) -> None:
    order = await eu.place("spanish")
    bodies = []
    for number in (order.number, "#no-such-order"):
        declared = await declare(eu, statement(order_number=number, contact="ana@example.com"))
        path = f"/v1/shops/{eu.shop.id}/withdrawals/{declared.json()['id']}/confirm"
        confirmed, again = await eu.http.post(path), None
        await nothing_is_due(eu)
        again = await eu.http.post(path)
        bodies.append([_shape(each, number) for each in (declared, confirmed, again)])
    assert bodies[0] == bodies[1]
    waiting = await one("SELECT * FROM withdrawals WHERE order_number = '#no-such-order'")
    assert (waiting["state"], waiting["person_reason"]) == ("with_person", "no_such_order")
    assert len(await rows("SELECT 1 FROM mails WHERE template = 'withdrawal_acknowledged'")) == 2
    assert await rows("SELECT 1 FROM mails WHERE template = 'staff_alert' AND purpose LIKE '%no_such_order'")


def _shape(answer: httpx.Response, number: str) -> tuple[Any, ...]:
    body = {
        key: value
        for key, value in answer.json().items()
        if key not in ("id", "number", "declared_at", "confirmed_at", "confirm_before", "sentence")
    }
    sentence = re.sub(r"\d+", "0", answer.json()["sentence"])
    body["order_number"] = body["order_number"].replace(number, "-")
    return answer.status_code, body, sentence, sorted(answer.headers)


async def test_what_is_out_of_time_goes_to_a_person_who_alone_may_call_it_ineffective(eu: World) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=60)
    order = await eu.place("spanish")
    old = eu.store.edit(order.id, placed_at=long_ago)
    shipped = replace(
        eu.store.ship(order.id),
        fulfilments=tuple(
            replace(each, shipped_at=long_ago, delivered_at=long_ago) for each in eu.store.orders[order.id].fulfilments
        ),
    )
    eu.store.orders[order.id] = shipped
    await eu.send(shipped)
    await eu.until(lambda: eu.is_read(shipped))
    assert old.placed_at == long_ago
    made = await in_session(await eu.shopper(order))

    stands = await row(made["id"])
    assert (stands["state"], stands["person_reason"]) == ("with_person", "out_of_time")
    await mail_to(eu, "withdrawal_acknowledged", str(order.customer.email))
    ports = eu.ports
    await withdrawal_desk.call_ineffective(ports, eu.shop, made["id"], Ineffective.OUT_OF_TIME, "staff:tests")
    told = await mail_to(eu, "withdrawal_ineffective", str(order.customer.email))
    assert "period" in told.text or "plazo" in told.text
    stands = await row(made["id"])
    assert (stands["state"], stands["ineffective_by"]) == ("ineffective", "staff:tests")
    assert await rows("SELECT 1 FROM audit_events WHERE kind = 'withdrawal_ineffective'")


async def test_a_person_lets_a_doubtful_one_take_effect(eu: World) -> None:
    order = await eu.place("spanish")
    made = await withdraw(eu, statement(order_number="#typo"))
    (stored,) = await rows("SELECT id FROM orders WHERE external_id = $1", order.id)
    with pytest.raises(withdrawal_desk.NoOrderYet):
        await withdrawal_desk.let_take_effect(eu.ports, eu.shop, made["id"], "staff:tests")
    await withdrawal_desk.assign(eu.ports, eu.shop, made["id"], stored["id"], "staff:tests")
    await withdrawal_desk.let_take_effect(eu.ports, eu.shop, made["id"], "staff:tests")
    await nothing_is_due(eu)
    assert (await row(made["id"]))["state"] == "done"
    assert await refunds(eu) == [(order.total, "succeeded")]


async def test_one_that_is_never_confirmed_lapses_and_cannot_be_confirmed_after(eu: World) -> None:
    declared = (await declare(eu, statement())).json()
    await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE id = $1", declared["id"])
    await hurry(eu, "withdrawal_due")
    await nothing_is_due(eu)
    assert (await row(declared["id"]))["state"] == "lapsed"
    late = await eu.http.post(f"/v1/shops/{eu.shop.id}/withdrawals/{declared['id']}/confirm")
    assert (late.status_code, late.json()["code"]) == (410, "declaration_lapsed")
    assert await rows("SELECT 1 FROM mails") == []


async def test_one_that_nobody_verifies_is_asked_about_once_more_and_then_goes_to_a_person(eu: World) -> None:
    order = await eu.place("spanish")
    made = await withdraw(eu, statement(order))
    for _ in range(2):
        await rows("UPDATE withdrawals SET due_at = now() - interval '1 second' WHERE id = $1", made["id"])
        await hurry(eu, "withdrawal_due")
        await nothing_is_due(eu)
    await mail_to(eu, "withdrawal_asked", str(order.customer.email))
    stands = await row(made["id"])
    assert (stands["state"], stands["person_reason"]) == ("with_person", "not_verified")
