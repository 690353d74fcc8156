"""The mails of a cancellation through a real SMTP server, and through its bad hours (I13)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plugin.db import rows
from plugin.payments.sandbox.server import RunningSandbox
from tests.nudges import hurry, nothing_is_due, one
from tests.post_office import PostOffice, a_post_office
from tests.world import World, a_world


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with a_post_office() as office:
        yield office


@pytest.fixture
async def posting(database: str, sandbox: RunningSandbox, tmp_path: Path, office: PostOffice) -> AsyncIterator[World]:
    """A world whose mails go by SMTP."""
    async with a_world(tmp_path, sandbox.url, smtp_url=office.url) as started:
        yield started


async def _cancel(world: World) -> str:
    """Cancel a whole order; returns the case's id once the money is back."""
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    return str(case["id"])


async def _put_back(world: World, tries: int) -> None:
    """Wait until sending has been tried so often, and is put off."""
    is_put_back = "SELECT 1 FROM work WHERE kind = 'send_mail' AND state = 'ready' AND attempts = $1"
    await world.until(lambda: rows(is_put_back, tries))


async def _mail(state: str) -> dict[str, Any]:
    return await one("SELECT * FROM mails WHERE state = $1", state)


async def test_two_cancellations_are_two_mails_over_one_kept_connection(posting: World, office: PostOffice) -> None:
    for _ in range(2):
        await _cancel(posting)
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'sent' OFFSET 1"))
    await nothing_is_due(posting)
    assert len(set(office.ids())) == len(office.taken) == 2
    assert len(office.connections) == 1
    mail = office.taken[0]
    assert mail["To"] == "grace@example.com"
    assert mail["Reply-To"] is not None and "help@lumen.example" in mail["Reply-To"]
    text = mail.get_body(("plain",))
    assert text is not None and "refunded" in text.get_content()


async def test_a_451_is_tried_again_and_arrives_once(posting: World, office: PostOffice) -> None:
    office.at_data = ["451 try later", "451 try later"]
    await _cancel(posting)
    for tries in (1, 2):
        await _put_back(posting, tries)
        assert "451" in (await _mail("queued"))["last_error"]
        await hurry(posting, "send_mail")
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'sent'"))
    assert office.ids() == [(await _mail("sent"))["message_id"]]


async def test_a_550_is_the_end_of_the_mail_and_harms_no_case(posting: World, office: PostOffice) -> None:
    office.at_data = ["550 nobody here"]
    case_id = await _cancel(posting)
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'refused'"))
    await nothing_is_due(posting)
    assert office.taken == []
    assert "550" in (await _mail("refused"))["last_error"]
    assert (await one("SELECT state FROM cases WHERE id = $1", case_id))["state"] == "done"
    assert await rows("SELECT 1 FROM work WHERE kind = 'send_mail' AND state <> 'done'") == []


async def test_a_server_that_is_down_for_an_hour_gets_the_mail_afterwards_once(
    posting: World, office: PostOffice
) -> None:
    office.close()
    await _cancel(posting)
    for tries in range(1, 6):
        await _put_back(posting, tries)
        if tries < 5:
            await hurry(posting, "send_mail")
    assert (await one("SELECT not_before - now() > interval '20 s' AS waits FROM work WHERE kind = 'send_mail'"))[
        "waits"
    ]

    await office.open()
    await hurry(posting, "send_mail")
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'sent'"))
    await nothing_is_due(posting)
    assert office.ids() == [(await _mail("sent"))["message_id"]]


async def test_a_line_cut_after_the_data_may_bring_the_mail_twice_but_under_one_id(
    posting: World, office: PostOffice
) -> None:
    office.at_data = ["hang up"]
    await _cancel(posting)
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'unknown'"))
    await hurry(posting, "send_mail")
    await posting.until(lambda: rows("SELECT 1 FROM mails WHERE state = 'sent'"))
    await nothing_is_due(posting)
    assert office.ids() == [(await _mail("sent"))["message_id"]] * 2
