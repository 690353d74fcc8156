"""Words, money and dates as the shopper's locale writes them; never two languages at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from plugin.core.words import LANGUAGES, Words, catalogue, choose_language, choose_locale

MADRID = ZoneInfo("Europe/Madrid")
LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["es-MX", "en"], "es"),
        (["pt-BR", "ru"], "ru"),
        (["RU_ru"], "ru"),
        ([None, ""], "en"),
        (["xx"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_we_speak_is_taken(wanted: list[str | None], language: str) -> None:
    assert choose_language(*wanted) == language


@pytest.mark.parametrize(
    ("wanted", "locale"),
    [
        (["es-MX"], "es-MX"),
        (["en_GB"], "en-GB"),
        (["es-ZZ"], "es"),
        (["es-DE"], "es"),
        (["ru-Cyrl"], "ru"),
        (["pt-BR", "es-AR"], "es-AR"),
        (["fr-CA"], "en"),
    ],
)
def test_a_territory_is_kept_where_it_exists(wanted: list[str], locale: str) -> None:
    assert choose_locale(*wanted) == locale


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("territory", ["DE", "US", "ES", "RU", "ZZ", "001", "Latn"])
def test_whatever_locale_a_store_sends_can_be_written_in(language: str, territory: str) -> None:
    words = Words(choose_locale(f"{language}-{territory}"), UTC)
    assert "19" in words.money(1999, "EUR")
    assert "2026" in words.moment(LATE)


def test_a_moment_is_said_in_the_shoppers_zone() -> None:
    words = Words("es-ES", MADRID)
    assert words.date(LATE) == "24 de noviembre de 2026"
    assert words.time(LATE) == "0:30"
    assert words.moment(LATE) == "24 de noviembre de 2026, 0:30 (CET)"
    assert words.date(date(2026, 11, 23)) == "23 de noviembre de 2026"


def test_a_sentence_without_a_translation_is_said_in_english() -> None:
    assert Words("ru", UTC).say("Nobody translated {what}.", what="this") == "Nobody translated this."


def test_plurals_fall_back_to_english_forms() -> None:
    words = Words("en", UTC)
    assert words.count("{n} thing", "{n} things", 1) == "1 thing"
    assert words.count("{n} thing", "{n} things", 1200) == "1,200 things"


def test_a_listing_is_joined_as_the_language_joins() -> None:
    assert Words("en", UTC).listing(["a", "b", "c"]) == "a, b, and c"
    assert Words("es", UTC).listing(["a", "b"]) == "a y b"


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_catalogues_are_read_without_a_build_step(language: str) -> None:
    assert catalogue(language).gettext("Please choose at least one of {item}.").count("{item}") == 1
    assert catalogue(language) is catalogue(language)
