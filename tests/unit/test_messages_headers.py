"""What reaches a header, an address or a link: one line, cut with care, and nothing that leads astray."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin.mailers.mime import build
from plugin.messages.contexts import Cancelled, StaffAlert
from plugin.messages.parts import Brand, MailLine, MoneyState, PaymentOutcome, RetentionCode
from plugin.messages.preview import write_previews
from plugin.messages.render import SUBJECT_LIMIT, message_id, render, to_envelope
from plugin.messages.samples import samples
from plugin.messages.tidy import isolated, tidy
from plugin.ports.mail import Envelope, MailRefused
from plugin.ports.payments import PromotionKind

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def cancelled() -> Cancelled:
    context = samples("en")["cancelled"]
    assert isinstance(context, Cancelled)
    return context


def envelope_of(context: Cancelled, recipient: str = "ana@example.com") -> Envelope:
    return to_envelope(
        context, render(context), mail_id="mail_01", domain="comeback.example", sender="mail@comeback.example",
        recipient=recipient,
    )  # fmt: skip


@given(st.text(max_size=300), st.integers(min_value=2, max_value=100))
def test_tidy_words_fit_one_line_and_stay_as_they_are(text: str, limit: int) -> None:
    once = tidy(text, limit)
    assert len(once) <= limit
    assert once.isprintable() or not set("\r\n\t\x00\u2028\u2029\u202e") & set(once)
    assert tidy(once, limit) == once
    once.encode()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Ana \r\n Maria\t", "Ana Maria"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("👩\u200d🚀 Ana", "👩\u200d🚀 Ana"),
        ("one two three four five", "one two…"),
        ("abcdefghijklmnop", "abcdefghi…"),
    ],
)
def test_tidy_keeps_what_a_reader_means(text: str, kept: str) -> None:
    assert tidy(text, 10) == kept


def test_right_to_left_words_are_isolated_and_others_are_not() -> None:
    assert isolated("נועה") == "\u2068נועה\u2069"
    assert isolated("Ana 🌿") == "Ana 🌿"


def test_no_line_break_of_an_order_number_reaches_the_subject() -> None:
    context = replace(cancelled(), order_number="1042\r\nBcc: all@example.com")
    assert context.order_number == "1042 Bcc: all@example.com"
    message = build(envelope_of(context), NOW)
    assert message["Bcc"] is None
    assert message["Subject"] == "Your order 1042 Bcc: all@example.com is cancelled"


def test_a_subject_is_cut_sensibly() -> None:
    subject = render(replace(cancelled(), order_number="9" * 60, locale="ru")).subject
    assert len(subject) <= SUBJECT_LIMIT
    assert subject.endswith("отменён")


def test_a_message_id_hangs_on_the_mail_alone() -> None:
    assert message_id("mail_01", "comeback.example") == "<mail_01@comeback.example>"
    assert envelope_of(cancelled()).message_id == envelope_of(replace(cancelled(), first_name="Bo")).message_id


def test_a_mail_says_that_a_machine_wrote_it_and_in_which_language() -> None:
    message = message_from_bytes(
        build(envelope_of(replace(cancelled(), locale="es-MX")), NOW).as_bytes(), policy=default
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "es"
    assert message["List-Unsubscribe"] is None
    assert message["Date"].datetime == NOW
    assert str(message["From"]) == "Fern & Thistle <mail@comeback.example>"
    assert str(message["Reply-To"]) == "hello@fern-thistle.example"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_survives_its_transfer_encoding() -> None:
    context = replace(cancelled(), locale="ru", first_name="נועה 🌿")
    envelope = envelope_of(context)
    data = build(envelope, NOW).as_bytes()
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.splitlines())
    message = message_from_bytes(data, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and html is not None
    assert text.get_content().splitlines() == envelope.text.splitlines()
    assert html.get_content().splitlines() == envelope.html.splitlines()
    assert message["Subject"] == envelope.subject


@pytest.mark.parametrize(
    "recipient", ["", "no address", "a@b\r\nBcc: all@example.com", "two@example.com, three@example.com"]
)
def test_an_address_that_is_none_is_refused_for_good(recipient: str) -> None:
    with pytest.raises(MailRefused):
        build(envelope_of(cancelled(), recipient), NOW)


def test_a_header_with_a_line_break_is_refused() -> None:
    broken = replace(envelope_of(cancelled()), subject="a\r\nBcc: all@example.com")
    with pytest.raises(MailRefused):
        build(broken, NOW)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a.example", "https://", "/path", "https://a.example/\n", ""]
)
def test_no_mail_links_to_what_is_no_web_address(url: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        replace(cancelled(), manage_url=url)
    with pytest.raises(ValueError, match="web address"):
        Brand(name="A", url=url)


def test_a_logo_comes_over_https_only() -> None:
    with pytest.raises(ValueError, match="web address"):
        Brand(name="A", url="https://a.example", logo_url="http://a.example/logo.png")


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456;}"])
def test_a_colour_is_six_digits_and_nothing_else(colour: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        Brand(name="A", url="https://a.example", accent=colour)


def test_money_on_its_way_needs_its_day() -> None:
    with pytest.raises(ValueError, match="needs the day"):
        PaymentOutcome(state=MoneyState.ARRIVING, amount=1)


@pytest.mark.parametrize("kind", [PromotionKind.PERCENT, PromotionKind.AMOUNT])
def test_a_code_says_what_it_is_worth(kind: PromotionKind) -> None:
    with pytest.raises(ValueError, match="needs its"):
        RetentionCode(code="A", kind=kind, currency="EUR", expires_at=NOW, url="https://a.example")


def test_long_titles_are_cut() -> None:
    assert len(MailLine(title="word " * 100, quantity=1).title) <= 140


def test_the_preview_writes_every_mail_in_every_language(tmp_path: Path) -> None:
    files = write_previews(tmp_path / "mails", lambda envelope: build(envelope, NOW).as_bytes())
    assert files[0].name == "index.html"
    assert all(file.stat().st_size for file in files)
    names = {file.name for file in files}
    for language in ("en", "es", "ru"):
        for name in samples(language):
            assert {f"{language}.{name}.{suffix}" for suffix in ("html", "txt", "eml")} <= names
    assert "ru.cancelled.html" in files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shopper", "reply_to"),
    [
        ("ana@example.com", "ana@example.com"),
        (None, "hello@fern-thistle.example"),
        ("not an address", "hello@fern-thistle.example"),
        ("ana@", "hello@fern-thistle.example"),
        ("ána@example.com", "hello@fern-thistle.example"),
    ],
)
def test_the_staff_answer_a_shopper_where_the_address_is_one(shopper: str | None, reply_to: str) -> None:
    alert = samples("en")["staff_alert-message"]
    assert isinstance(alert, StaffAlert)
    alert = replace(alert, shopper=shopper)
    envelope = to_envelope(
        alert, render(alert), mail_id="mail_1", domain="comeback.example", sender="mail@comeback.example",
        recipient="staff@fern-thistle.example",
    )  # fmt: skip
    assert envelope.reply_to == reply_to
    assert build(envelope, NOW)["Reply-To"] == reply_to
