"""Every mail in every language: complete, in one language, true to its context."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from plugin.core.words import LANGUAGES, Words
from plugin.messages.contexts import Cancelled, MailContext
from plugin.messages.parts import AlertKind, MoneyState, PaymentOutcome
from plugin.messages.render import TEMPLATES, render
from plugin.messages.samples import samples
from plugin.messages.sentences import Sentence, sentences
from tests.catalogues import catalogue_of

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
SAMPLES = [(language, name) for language in LANGUAGES for name in samples(language)]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_AMOUNT = re.compile(r"\d[\d.,]*\xa0(?:£|¥|GBP|KWD|JPY)|(?:[£¥]|KWD\xa0)\d[\d.,]*\d")


def said(context: MailContext) -> str:
    """All that a reader can see of a mail."""
    rendered = render(context)
    return "\n".join((rendered.subject, " ".join(rendered.text.split()), html.unescape(rendered.html)))


def ids_of(sentence: Sentence) -> tuple[str, ...]:
    return (sentence.one,) if sentence.many is None else (sentence.one, sentence.many)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_the_same_placeholders(language: str) -> None:
    catalogue = catalogue_of(language, "mails")
    for sentence in sentences():
        message = catalogue.get(ids_of(sentence) if sentence.many else sentence.one)
        assert message is not None, f"{sentence.file} says {sentence.one!r}, which {language} does not know"
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        assert len(strings) == (catalogue.num_plurals if sentence.many else 1)
        for string in strings:
            assert string, f"{language} leaves {sentence.one!r} empty"
            wanted = set(_PLACEHOLDER.findall(sentence.one + (sentence.many or "")))
            assert set(_PLACEHOLDER.findall(string)) - {"n"} == wanted - {"n"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_outlives_its_sentence(language: str) -> None:
    wanted = {ids_of(sentence) for sentence in sentences()}
    held = {m.id if isinstance(m.id, tuple) else (m.id,) for m in catalogue_of(language, "mails") if m.id}
    assert held == wanted


def test_a_sentence_with_a_plural_is_extracted_with_both_forms() -> None:
    found = {sentence.one: sentence.many for sentence in sentences()}
    assert found["They work for one minute."] == "They work for {n} minutes."


def test_every_folder_of_templates_has_a_sample_and_every_sample_a_folder() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}
    assert folders == {name.partition("-")[0] for name in samples("en")}


def test_the_samples_say_every_sentence_once_at_least() -> None:
    shown = "\n".join(said(context) for context in samples("en").values())
    shown += said(replace(samples("en")["manage_link"], minutes_valid=1))
    for sentence in sentences():
        wanted = _PLACEHOLDER.sub("\0", " ".join(sentence.many.split() if sentence.many else sentence.one.split()))
        pattern = ".+?".join(re.escape(piece) for piece in wanted.split("\0")).replace(r"\ ", r"(?:\s|<br>)+")
        assert re.search(pattern, shown), f"no sample says {sentence.one!r}"


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_a_mail_never_mixes_two_languages(language: str, name: str) -> None:
    context = samples(language)[name]
    rendered = render(context)
    assert rendered.language == language
    words = rendered.subject + "\n" + rendered.text
    if language == "ru":
        for value in _strings(msgspec.to_builtins(context)):
            words = words.replace(value, "")
        assert set(re.findall(r"[A-Za-z]{2,}", words)) <= _LATIN_IN_RUSSIAN | set(_latin_of(context))
    else:
        assert not re.search(r"[а-яА-Я]", words)


_LATIN_IN_RUSSIAN = {"GMT", "KWD", "https"}


def _latin_of(context: MailContext) -> list[str]:
    """The words of the context itself: names, titles, addresses."""
    return re.findall(r"[A-Za-z]{2,}", msgspec.json.encode(context).decode())


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [found for each in value.values() for found in _strings(each)]
    return [found for each in value for found in _strings(each)] if isinstance(value, list | tuple) else []


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_a_context_survives_the_outbox_unchanged(language: str, name: str) -> None:
    context = samples(language)[name]
    stored = msgspec.json.encode(context)
    assert msgspec.json.decode(stored, type=MailContext) == context
    assert render(msgspec.json.decode(stored, type=MailContext)) == render(context)


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_text_and_html_say_the_same_amounts(language: str, name: str) -> None:
    rendered = render(samples(language)[name])
    assert set(_AMOUNT.findall(rendered.text)) <= set(_AMOUNT.findall(html.unescape(rendered.html)))


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [(1, "действуют 1 минуту."), (2, "действуют 2 минуты."), (10, "действуют 10 минут."), (21, "действуют 21 минуту.")],
)
def test_russian_counts_in_three_forms(minutes: int, sentence: str) -> None:
    text = render(replace(samples("ru")["manage_link"], minutes_valid=minutes)).text
    assert sentence in text


@pytest.mark.parametrize(("locale", "amount"), [("en-GB", "KWD 21.750"), ("es", "21,750 KWD"), ("ru", "21,750 KWD")])
def test_money_is_written_by_the_locale_with_the_currencys_own_decimals(locale: str, amount: str) -> None:
    assert amount in said(samples(locale)["cancelled-voided-kwd"]).replace("\xa0", " ")


def test_yen_have_no_decimals() -> None:
    assert "¥4,800" in render(samples("en")["cancelled-charged-only-jpy"]).html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [state for state in MoneyState if state is not MoneyState.REFUNDED])
def test_only_money_that_is_refunded_is_called_refunded(language: str, state: MoneyState) -> None:
    cancelled = samples(language)["cancelled"]
    assert isinstance(cancelled, Cancelled)
    outcome = PaymentOutcome(state=state, amount=6450, by=cancelled.payments[0].by)
    shown = said(replace(cancelled, payments=(outcome,))).lower()
    for word in ("refund", "reembols", "вернули", "возвращен"):
        assert word not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mixed_order_names_each_payment_with_its_own_fate(language: str) -> None:
    cancelled = samples(language)["cancelled-part-two-payments"]
    assert isinstance(cancelled, Cancelled)
    words = Words(locale=language, zone=UTC)
    text = " ".join(render(cancelled).text.replace("\xa0", " ").split())
    for payment in cancelled.payments:
        assert words.money(payment.amount, "GBP").replace("\xa0", " ") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_moments_are_told_in_the_shoppers_zone(language: str) -> None:
    review = replace(
        samples(language)["under_review"], zone="Asia/Tokyo", answer_by=datetime(2026, 11, 24, 17, tzinfo=UTC)
    )
    assert "25" in render(review).text
    assert "JST" in render(review).text


def test_a_zone_that_nobody_knows_is_utc_and_says_so() -> None:
    assert "(UTC)" in render(replace(samples("en")["under_review"], zone="Mars/Olympus")).text


@pytest.mark.parametrize("kind", AlertKind)
def test_an_alerts_subject_names_the_order_and_what_is_wanted(kind: AlertKind) -> None:
    subject = render(replace(samples("en")["staff_alert"], alert=kind)).subject
    assert subject.startswith("Order #1042: ")
    assert len(subject) > len("Order #1042: ")


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_text_lines_are_short_but_for_addresses(language: str, name: str) -> None:
    for line in render(samples(language)[name]).text.splitlines():
        assert len(line) <= 72 or "https://" in line
        assert line == line.rstrip()
