"""Words, money and dates in the shopper's language.

The message id is the English sentence with named placeholders; ``templates/locales/<language>/<domain>.po`` hold the
others, and are read at start without a build step. A sentence that has no translation is said in English; one mail or
page never mixes two languages, because a test holds the catalogues complete.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from datetime import time as TimeOfDay
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import localedata
from babel.core import Locale
from babel.dates import format_date, format_time, get_day_names
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

from plugin.core.money import as_decimal, exponent

LANGUAGES = ("en", "es", "ru")
CATALOGUES = Path(__file__).resolve().parents[2] / "templates" / "locales"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """All domains of one language merged; the English one is empty, because its sentences are the ids."""
    merged: gettext.NullTranslations = gettext.NullTranslations()
    for path in sorted((CATALOGUES / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as po:
            write_mo(compiled, read_po(po, locale=language))
        compiled.seek(0)
        part = gettext.GNUTranslations(compiled)
        if isinstance(merged, gettext.GNUTranslations):
            merged._catalog.update(part._catalog)  # type: ignore[attr-defined]
        else:
            merged = part
    return merged


def choose_language(*wanted: str | None) -> str:
    """The first of ``wanted`` (BCP 47, most wished first) that we speak: exact, then by language; else English."""
    for tag in wanted:
        language = (tag or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


def choose_locale(*wanted: str | None) -> str:
    """Like ``choose_language`` but keeps a territory that CLDR knows, for dates and money (``es-MX``, ``en-GB``).

    A pair that CLDR has no data for (``es-DE``) is written as the language writes, for formatting with it would raise.
    """
    language = choose_language(*wanted)
    for tag in wanted:
        parts = (tag or "").replace("_", "-").split("-")
        if parts[0].lower() == language and len(parts) > 1:
            territory = parts[-1].upper()
            if localedata.exists(f"{language}_{territory}"):
                return f"{language}-{territory}"
    return language


@dataclass(frozen=True)
class Words:
    """Speaks one locale (``es`` or ``es-MX``) in one time zone."""

    locale: str
    zone: tzinfo

    @property
    def language(self) -> str:
        return self.locale.split("-")[0]

    @property
    def _cldr(self) -> str:
        return self.locale.replace("-", "_")

    def say(self, sentence: str, **values: object) -> str:
        """The translation of ``sentence``, with its named placeholders filled in."""
        return catalogue(self.language).gettext(sentence).format(**values)

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """The plural form for ``n``; ``{n}`` stands in it for the number, written by the locale."""
        form = catalogue(self.language).ngettext(one, many, n)
        return form.format(n=format_decimal(n, locale=self._cldr), **values)

    def money(self, amount: int, currency: str) -> str:
        """Minor units as the locale writes them, with as many decimals as the currency has.

        CLDR would round some currencies (RSD, IQD) to whole units and write KWD20; the digits here are the ISO
        standard's, none is lost, and letters keep their distance from the number.
        """
        digits = exponent(currency)
        pattern = Locale.parse(self._cldr).currency_formats["standard"].pattern
        pattern = pattern.replace(".00", "." + "0" * digits if digits else "")
        if get_currency_symbol(currency, locale=self._cldr)[-1].isalpha():
            pattern = pattern.replace("¤#", "¤\xa0#")
        return format_currency(
            as_decimal(amount, currency), currency, format=pattern, locale=self._cldr, currency_digits=False
        )

    def date(self, at: datetime | date) -> str:
        """A day, in words, in the shopper's zone: "23 November 2026"."""
        day = at.astimezone(self.zone).date() if isinstance(at, datetime) else at
        return format_date(day, "long", locale=self._cldr)

    def time(self, at: datetime) -> str:
        """A time of day in the shopper's zone."""
        return format_time(at, "short", tzinfo=self.zone, locale=self._cldr)

    def moment(self, at: datetime) -> str:
        """A day and a time in the shopper's zone."""
        return f"{self.date(at)}, {self.time(at)} ({at.astimezone(self.zone).tzname()})"

    def listing(self, items: Iterable[str]) -> str:
        """ "a, b and c" """
        return format_list(list(items), locale=self._cldr)

    def choice(self, items: Iterable[str]) -> str:
        """ "a, b or c" """
        return format_list(list(items), style="or", locale=self._cldr)

    def percent(self, n: int) -> str:
        """A whole number of hundredths: "15%"."""
        return format_percent(Decimal(n) / 100, locale=self._cldr)

    def country(self, code: str) -> str:
        """The name of an ISO 3166-1 country; the code itself where CLDR knows none."""
        return str(Locale.parse(self._cldr).territories.get(code, code))

    def clock(self, time_of_day: TimeOfDay) -> str:
        """A time of day that no date goes with, as the locale writes it."""
        return format_time(time_of_day, "short", locale=self._cldr)

    def weekday(self, day: int) -> str:
        """The name of a day of the week; Monday is 0."""
        return str(get_day_names("wide", locale=self._cldr)[day])
