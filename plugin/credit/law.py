"""How long store credit has to be good at least: what the law says, by country, with its source.

It is given for returned goods, and is worth what they were. A law of gift cards stands here unless its own text says
that it does not reach such credit. No order tells of which state or province its shopper is, so that the strictest one
holds for the whole country. Of a country that stands in neither table nothing was read: there credit is good for as
long as the longest period of the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastLife:
    """``years`` from the day of issue, or from the end of the year of issue; None: it may not end at all."""

    countries: frozenset[str]
    years: int | None
    from_end_of_year: bool = False
    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlimited:
    """A country whose law leaves the period of such credit to the shop."""

    country: str
    source: str
    url: str


LEAST_LIVES = (
    LeastLife(
        countries=frozenset({"US"}),
        years=5,
        source="CARD Act, 15 U.S.C. § 1693l-1(c): no end earlier than five years after the issue",
        url="https://www.law.cornell.edu/uscode/text/15/1693l-1",
    ),
    LeastLife(
        countries=frozenset({"US"}),
        years=None,
        source="California Civil Code § 1749.5(a)(1), (c): no expiration date, good until it is redeemed",
        url="https://www.legalfina.com/en/laws/ca/civil_law/obligations/obligations_arising_from_particular_transactions/"
        "gift_certificates",
    ),
    LeastLife(
        countries=frozenset({"CA"}),
        years=None,
        source="Ontario Regulation 17/05, ss. 25.1 to 25.5, as amended by O. Reg. 187/07: no expiry date",
        url="https://www.ontario.ca/laws/regulation/r07187",
    ),
    LeastLife(
        countries=frozenset({"AU"}),
        years=3,
        source="Australian Consumer Law, s. 99B: at least three years",
        url="http://corrigan.austlii.edu.au/au/legis/cth/num_reg_es/tlacr2018201801754474.html",
    ),
    LeastLife(
        countries=frozenset({"DE"}),
        years=3,
        from_end_of_year=True,
        source="BGB §§ 195, 199(1): a claim lapses three years after the end of the year in which it arose",
        url="https://www.gesetze-im-internet.de/bgb/__199.html",
    ),
    LeastLife(
        countries=frozenset({"ES"}),
        years=None,
        source="Junta de Andalucía, Dirección General de Consumo: vouchers for returned goods may carry no end",
        url="https://www.consumoresponde.es/actualidad/noticias/tiques-regalo-cambios-devoluciones-no-tienen-fecha-"
        "limite-uso",
    ),
)
LEFT_TO_THE_SHOP = (
    Unlimited(
        country="FR",
        source="No statute: an end that the credit note names binds (Code de commerce, art. L. 110-4, where none does)",
        url="https://explic.com/droit/est-ce-que-la-loi-prevoit-une-duree-de-validite-d-un-avoir",
    ),
    Unlimited(
        country="GB",
        source="House of Lords, 22 January 2020, vol. 801, Gift Vouchers: no law, and none planned",
        url="https://hansard.parliament.uk/Lords/2020-01-22/debates/6E12A23C-2750-4A3D-BFEB-2D817D5C44E1/details",
    ),
    Unlimited(
        country="IE",
        source="Consumer Protection (Gift Vouchers) Act 2019: not where supplied as a refund for returned goods",
        url="https://www.williamfry.com/knowledge/increased-obligations-for-retailers-this-christmas-with-the-"
        "introduction-of-new-gift-voucher-legislation/",
    ),
    Unlimited(
        country="IT",
        source="No statute: a date on the voucher is agreed (ten years, codice civile art. 2946, where there is none)",
        url="https://service.unione-bz.it/it/consulenza-legale/buoni-regalo-gli-aspetti-da-tenere-d-occhio/512-346114.html",
    ),
    Unlimited(
        country="NZ",
        source="Fair Trading (Gift Card Expiry) Amendment Act 2024: not where supplied for returned goods",
        url="https://simpsongrierson.com/insights-news/legal-updates/longer-lifespan-for-gift-cards-ahead",
    ),
)
NEVER = date.max
_UNREAD_YEARS = max(law.years for law in LEAST_LIVES if law.years is not None)
_LEFT = frozenset(each.country for each in LEFT_TO_THE_SHOP)


def last_day_by_law(issued: date, countries: Iterable[str]) -> date:
    """The earliest day that may be the last one, by the strictest law of these countries: the day of issue where all of
    them leave it to the shop, ``NEVER`` where it may not end."""
    return max((_last_day_in(country, issued) for country in countries), default=issued)


def _last_day_in(country: str, issued: date) -> date:
    days = [_last_day(law, issued) for law in LEAST_LIVES if country in law.countries]
    if not days and country not in _LEFT:
        return _years_later(issued, _UNREAD_YEARS)
    return max(days, default=issued)


def _last_day(law: LeastLife, issued: date) -> date:
    if law.years is None:
        return NEVER
    return _years_later(date(issued.year, 12, 31) if law.from_end_of_year else issued, law.years)


def _years_later(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # from a 29th of February
        return date(start.year + years, 3, 1)


def ends_at(issued_at: datetime, valid_days: int | None, countries: Iterable[str], zone: tzinfo) -> datetime | None:
    """When credit ends: 23:59:59 of its last day on the shopper's own clock, as UTC; None where the shop ends none, or
    may not."""
    if valid_days is None:
        return None
    issued = issued_at.astimezone(zone).date()
    last = max(issued + timedelta(days=valid_days), last_day_by_law(issued, countries))
    return None if last == NEVER else datetime.combine(last, time(23, 59, 59), zone).astimezone(UTC)
