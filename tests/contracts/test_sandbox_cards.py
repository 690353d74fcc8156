"""The magic payment methods: each one does what docs/stripe-sandbox.md says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plugin.payments.sandbox.cards import CARDS, Card
from plugin.payments.sandbox.control_client import ControlRefused
from tests.fixtures_stripe import Till

DECLINING = {name: card for name, card in CARDS.items() if card.decline}
PAYING = {name: card for name, card in CARDS.items() if not card.decline and not card.needs_authentication}


def test_the_page_names_every_payment_method_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stripe-sandbox.md").read_text()
    short = {f"pm_card_chargeDeclined{ending}" for ending in re.findall(r"`\.\.\.(\w+)`", page)}
    assert set(re.findall(r"`(pm_card_\w+)`", page)) | short == CARDS.keys()


@pytest.mark.parametrize("name", DECLINING)
async def test_a_declining_card_is_refused_and_can_be_replaced(till: Till, name: str) -> None:
    decline = CARDS[name].decline
    assert decline is not None
    with pytest.raises(ControlRefused, match=decline[0]):
        await till.control.pay(5000, "usd", card=name)
    (payment,) = (await till.control.ledger()).payments
    assert (payment.status, payment.captured) == ("requires_payment_method", 0)


@pytest.mark.parametrize(("name", "card"), PAYING.items(), ids=list(PAYING))
async def test_a_paying_card_pays_and_its_refund_runs_its_course(till: Till, name: str, card: Card) -> None:
    reference = await till.control.pay(5000, "usd", card=name)
    opened = [dispute.status for dispute in (await till.control.payment(reference)).disputes]
    if card.dispute and not card.is_inquiry:
        assert opened == ["needs_response"]
        with pytest.raises(ControlRefused, match="charge_disputed"):
            await till.control.refund(reference)
        return
    assert opened == (["warning_needs_response"] if card.is_inquiry else [])

    refund_id = await till.control.refund(reference)

    begins, becomes = card.refund or ("succeeded", None)
    assert (await till.control.payment(reference)).refunds[0].status == begins
    if becomes is not None:
        await till.control.settle_refund(refund_id)
        assert (await till.control.payment(reference)).refunds[0].status == becomes


async def test_a_card_that_needs_authentication_waits(till: Till) -> None:
    reference = await till.control.pay(5000, "usd", card="pm_card_authenticationRequired")
    assert (await till.control.payment(reference)).status == "requires_action"
