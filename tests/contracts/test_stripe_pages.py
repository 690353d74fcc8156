"""Payment pages: asked for once, paid, declined, asked about by the bank, ended, and what Stripe then sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from msgspec.structs import replace

from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.sandbox.faults import FaultKind
from plugin.ports.orders import PaymentState
from plugin.ports.payments import OutcomeUnknown, PageState, PaymentAsk, PaymentPage, RejectCode, Rejected
from tests.fixtures_stripe import Till
from tests.webhook_catcher import catch_webhooks

BACK = "https://shop.invalid/cases/1?paid=1"
VISA = "pm_card_visa"


def an_ask(**changes: object) -> PaymentAsk:
    ask = PaymentAsk(
        ask_id="quote_1", key="key_1", amount=1250, currency="USD", description="Difference for order #1001",
        back_to=BACK, ends_at=datetime.now(UTC) + timedelta(hours=1), email="ada@example.com", locale="es-MX",
    )  # fmt: skip
    return replace(ask, **changes)


async def opened(till: Till, ask: PaymentAsk) -> tuple[PaymentPage, str]:
    page = await till.gateway.ask_payment(till.account, ask)
    assert page.url is not None
    return page, page.url


async def test_a_page_that_is_paid_says_so_with_its_payment_and_leads_back(till: Till) -> None:
    page, url = await opened(till, an_ask())
    assert (page.state, page.reference) == (PageState.OPEN, None)

    assert await till.control.press(url, card=VISA) == BACK

    paid = await till.gateway.read_page(till.account, page.id)
    assert (paid.state, paid.url) == (PageState.PAID, None)
    assert paid.reference is not None
    payment = await till.gateway.read(till.account, paid.reference)
    assert (payment.state, payment.captured, payment.currency) == (PaymentState.CAPTURED, 1250, "USD")
    assert (await till.control.payment(paid.reference)).metadata == {"comeback_ask": "quote_1"}


async def test_asking_again_under_the_same_key_finds_the_same_page(till: Till) -> None:
    ask = an_ask()
    await till.control.break_next(FaultKind.DROP_AFTER, "POST /v1/checkout/sessions")
    with pytest.raises(OutcomeUnknown):
        await till.gateway.ask_payment(till.account, ask)

    first = await till.gateway.ask_payment(till.account, ask)

    assert await till.gateway.ask_payment(till.account, ask) == first
    assert (await till.gateway.ask_payment(till.account, replace(ask, key="key_2"))).id != first.id


async def test_a_declined_card_can_be_followed_by_a_better_one(till: Till) -> None:
    page, url = await opened(till, an_ask())
    with pytest.raises(ControlRefused, match="declined"):
        await till.control.press(url, card="pm_card_chargeDeclined")
    waiting = await till.gateway.read_page(till.account, page.id)
    assert (waiting.state, waiting.url) == (PageState.OPEN, url)

    await till.control.press(url, card=VISA)

    paid = await till.gateway.read_page(till.account, page.id)
    assert (paid.state, paid.reference) == (PageState.PAID, waiting.reference)


async def test_the_bank_asks_back_and_is_answered(till: Till) -> None:
    page, url = await opened(till, an_ask())
    assert await till.control.press(url, card="pm_card_authenticationRequired") == url
    assert (await till.gateway.read_page(till.account, page.id)).state is PageState.OPEN
    with pytest.raises(ControlRefused, match="unable to authenticate"):
        await till.control.press(url, bank="no")

    assert await till.control.press(url, card="pm_card_authenticationRequired") == url
    assert await till.control.press(url, bank="yes") == BACK

    assert (await till.gateway.read_page(till.account, page.id)).state is PageState.PAID
    (payment,) = (await till.control.ledger()).payments
    assert (payment.status, payment.captured) == ("succeeded", 1250)


async def test_the_page_is_for_a_person_and_looking_at_it_pays_nothing(till: Till) -> None:
    page, url = await opened(till, an_ask(description='<script>alert("1")</script>'))
    async with httpx.AsyncClient(trust_env=False) as browser:
        seen = await browser.get(url)
        assert "&lt;script&gt;" in seen.text
        assert "<script" not in seen.text
        assert BACK in seen.text
        assert (await browser.get(f"{url}x")).status_code == 404
    assert (await till.control.ledger()).payments == []
    assert (await till.gateway.read_page(till.account, page.id)).state is PageState.OPEN


async def test_an_ended_page_takes_no_money_and_ending_it_twice_is_once(till: Till) -> None:
    page, url = await opened(till, an_ask())
    await till.control.press(url, card="pm_card_authenticationRequired")

    ended = await till.gateway.end_page(till.account, page.id)

    assert (ended.state, ended.url) == (PageState.ENDED, None)
    assert await till.gateway.end_page(till.account, page.id) == ended
    for button in ({"card": VISA}, {"bank": "yes"}):
        with pytest.raises(ControlRefused, match="has ended"):
            await till.control.press(url, **button)
    (payment,) = (await till.control.ledger()).payments
    assert (payment.status, payment.captured) == ("canceled", 0)


async def test_a_page_that_was_paid_meanwhile_stays_paid(till: Till) -> None:
    page, url = await opened(till, an_ask())
    await till.control.press(url, card=VISA)

    ended = await till.gateway.end_page(till.account, page.id)

    assert ended.state is PageState.PAID
    assert await till.control.press(url, card=VISA) == BACK
    (payment,) = (await till.control.ledger()).payments
    assert payment.captured == 1250


async def test_a_page_ends_by_itself_at_its_time(till: Till) -> None:
    page, _ = await opened(till, an_ask())
    await till.control.set_clock(3601)
    assert (await till.gateway.read_page(till.account, page.id)).state is PageState.ENDED


@pytest.mark.parametrize(
    ("currency", "asked", "collected"),
    [("JPY", 1250, 1250), ("KWD", 12_509, 12_500), ("ISK", 1250, 1250), ("MGA", 125_099, 125_000)],
)
async def test_what_stripe_cannot_collect_exactly_is_rounded_down(
    till: Till, currency: str, asked: int, collected: int
) -> None:
    page, url = await opened(till, an_ask(currency=currency, amount=asked))
    await till.control.press(url, card=VISA)
    reference = (await till.gateway.read_page(till.account, page.id)).reference
    assert reference is not None
    assert (await till.gateway.read(till.account, reference)).captured == collected


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 9), ("USD", 49), ("JPY", 49)])
async def test_less_than_stripe_collects_is_too_small(till: Till, currency: str, amount: int) -> None:
    with pytest.raises(Rejected) as caught:
        await till.gateway.ask_payment(till.account, an_ask(currency=currency, amount=amount))
    assert caught.value.code is RejectCode.TOO_SMALL


@pytest.mark.parametrize("minutes", [20, 25 * 60])
async def test_a_page_lives_for_half_an_hour_to_a_day(till: Till, minutes: int) -> None:
    with pytest.raises(Rejected, match="30 minutes"):
        await till.gateway.ask_payment(till.account, an_ask(ends_at=datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize("locale", [None, "", "tlh", "de_AT", "EN-gb", "zh-Hant-TW"])
async def test_any_locale_of_ours_finds_one_of_stripes(till: Till, locale: str | None) -> None:
    assert (await till.gateway.ask_payment(till.account, an_ask(locale=locale))).state is PageState.OPEN


async def test_an_unknown_page_is_not_found(till: Till) -> None:
    for call in (till.gateway.read_page, till.gateway.end_page):
        with pytest.raises(Rejected) as caught:
            await call(till.account, "cs_nowhere")
        assert caught.value.code is RejectCode.NOT_FOUND


async def test_paid_and_ended_pages_are_told_with_the_payment_to_read(till: Till) -> None:
    async with catch_webhooks() as catcher:
        await till.control.add_endpoint(catcher.url, "whsec_1")
        page, url = await opened(till, an_ask())
        await till.control.press(url, card=VISA)
        other, _ = await opened(till, an_ask(key="key_2"))
        await till.gateway.end_page(till.account, other.id)
        await till.control.drain()
    reference = (await till.gateway.read_page(till.account, page.id)).reference

    pairs = zip(catcher.headers, catcher.bodies, strict=True)
    events = [till.gateway.verify(headers, body, ("whsec_1",), datetime.now(UTC)) for headers, body in pairs]

    told = {event.type: (event.object_id, event.payment_reference) for event in events}
    assert told["checkout.session.completed"] == (page.id, reference)
    assert told["checkout.session.expired"] == (other.id, None)
    assert told["payment_intent.succeeded"] == (reference, reference)
