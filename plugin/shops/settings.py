"""What a shop may set: its looks, its people and its offer of a code."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct, convert
from msgspec import ValidationError as Invalid
from msgspec.structs import asdict

from plugin.core.errors import DomainError


class BadSettings(DomainError):
    status = 422
    code = "bad_settings"
    sentence = "These shop settings are not valid."


class Brand(Struct, frozen=True, kw_only=True):
    """Looks. ``accent`` is #rrggbb; ``snippets`` are texts by name and language, with placeholders."""

    logo_url: str | None = None
    accent: str = "#0f766e"
    home_url: str | None = None
    postal_address: str | None = None
    snippets: dict[str, dict[str, str]] = {}


class Person(Struct, frozen=True, kw_only=True):
    """Who answers when a shopper wants a person, and when: weekdays 0 (Monday) to 6, local hours.

    ``desk_url`` is where the shop's people work, such as its own admin: the alerts to them lead there.
    """

    reply_to: str | None = None
    alerts_to: str | None = None
    desk_url: str | None = None
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: int = 9
    closes: int = 18
    answers_within_hours: int = 8
    manual_refund_days: int = 5


class CodeOffer(Struct, frozen=True, kw_only=True):
    """The light gift beside a cancellation. Amounts are minor units by currency; budgets are per month."""

    enabled: bool = True
    kind: Literal["free_shipping", "percent", "amount"] = "free_shipping"
    percent: int | None = None
    amounts: dict[str, int] = {}
    minimums: dict[str, int] = {}
    valid_days: int = 30
    per_customer: int = 1
    per_days: int = 90
    budgets: dict[str, int] = {}
    worth: dict[str, int] = {}  # what one code is reckoned to cost at most, where its kind does not say
    held_out_percent: int = 0
    mail: Literal["consent", "soft_opt_in", "never"] = "soft_opt_in"


class CreditRules(Struct, frozen=True, kw_only=True):
    """Store credit: for how many days it is good (None: it never ends), never fewer than a law wants, and who keeps it:
    our ledger, or the store's own credit where its platform has one."""

    valid_days: int | None = None
    authority: Literal["ledger", "store"] = "ledger"


class Limits(Struct, frozen=True, kw_only=True):
    """How much may be approved without a person, in minor units by currency; a currency that is not named has no limit.

    Above a limit a person decides, until its hour, day or month (UTC) is over. The two counts are breakers: when one is
    reached within an hour, the shop is paused and its people are told.
    """

    per_order: dict[str, int] = {}
    per_customer_month: dict[str, int] = {}
    per_hour: dict[str, int] = {}
    per_day: dict[str, int] = {}
    approvals_per_hour: int | None = None
    failed_refunds_per_hour: int | None = 25


class Retention(Struct, frozen=True, kw_only=True):
    """For how many days each class of data is kept; None: until its person is erased.

    Webhooks' bodies and mails' texts from their day on, everything about a case from the day that it was closed,
    declarations of withdrawal from their end (a lapsed one was none: it only answers who asks why nothing came of it;
    one that is no order's is evidence while anybody can sue, in Germany for up to four years: BGB §§ 195, 199),
    ``persons`` from the last change of their order on. Books, decisions and the audit are no class: they stay.
    """

    webhook_bodies: int | None = 90
    mail_texts: int | None = 365
    messages: int | None = 730
    photos: int | None = 180
    tracking: int | None = 180
    survey_words: int | None = 365
    lapsed_withdrawals: int | None = 30
    unmatched_withdrawals: int | None = 1460
    persons: int | None = None


class Publishing(Struct, frozen=True, kw_only=True):
    """Who may let a policy decide: with ``always``, never the one who wrote it."""

    second_person: Literal["never", "always"] = "never"


class WayBack(Struct, frozen=True, kw_only=True):
    """How long things take that come back: until a person has looked at what came, and until a parcel of which nobody
    hears any more is looked for. In days."""

    inspect_within_days: int = 3
    lost_after_days: int = 21


class Exchanges(Struct, frozen=True, kw_only=True):
    """How long a quote holds, and then the page on which its difference is paid: Stripe wants half an hour at least,
    and a day at most."""

    quote_minutes: int = 60


class ForgottenCode(Struct, frozen=True, kw_only=True):
    """For how many days after an order a code that was forgotten at its checkout may still be brought; None: never."""

    days: int | None = 7


class OwnLabels(Struct, frozen=True, kw_only=True):
    """What the shop writes on the two buttons of the withdrawal function, for the law of one country."""

    language: str
    withdraw: str
    confirm: str


class ShopSettings(Struct, frozen=True, kw_only=True):
    locale: str = "en"
    time_zone: str = "UTC"
    country: str = "US"
    brand: Brand = Brand()
    person: Person = Person()
    codes: CodeOffer = CodeOffer()
    credit: CreditRules = CreditRules()
    limits: Limits = Limits()
    exchanges: Exchanges = Exchanges()
    forgotten_code: ForgottenCode = ForgottenCode()
    publishing: Publishing = Publishing()
    way_back: WayBack = WayBack()
    retention: Retention = Retention()
    code_authority: Literal["ledger", "stripe", "store"] = "ledger"
    asks_effort: bool = True  # one question after a closed case: how easy was it?
    returns_address: str | None = None  # where goods come back to, if not to the postal address
    transit_days: int = 5  # a parcel counts as delivered so long after it left, where the store tells of no delivery
    origins: tuple[str, ...] = ()
    withdrawals: Literal["by_country", "on", "off"] = "by_country"  # the withdrawal function (docs/withdrawal.md)
    withdrawal_labels: dict[str, OwnLabels] = {}  # by country, instead of the directive's own words
    # What the least expensive standard delivery costs, tax included: minor units by country of delivery and currency.
    standard_delivery: dict[str, dict[str, int]] = {}

    @property
    def goods_come_to(self) -> str | None:
        """The address for what is sent back."""
        return self.returns_address or self.brand.postal_address


LONGEST_LABEL = 80
MONEY_LIMITS = ("per_order", "per_customer_month", "per_hour", "per_day")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_PLACE = re.compile(r" - at `\$\.?(.*)`")
_WANTED = {
    "time_zone": "time_zone is no zone that is known here. Write one such as Europe/Madrid.",
    "country": "country is no country. Write its two letters of ISO 3166, such as ES.",
    "locale": "locale is no language. Write one such as en or es-MX.",
    "brand.home_url": "brand.home_url is no web address. Write one that begins with https://.",
    "brand.logo_url": "brand.logo_url is no web address. Write one that begins with https://.",
    "withdrawal_labels": "withdrawal_labels are not exact. Write by country, such as BE, a language and both labels.",
    "person.desk_url": "person.desk_url is no address of a desk. Write one that begins with https://.",
}


def find_zone(name: str | None) -> ZoneInfo | None:
    """The zone of this name, or None where this machine knows none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _is_web_address(url: str) -> bool:
    """Whether a person may be led there: over https, or to this machine itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return url.isprintable() and " " not in url and bool(parts.hostname) and (parts.scheme == "https" or is_here)


def _is_below_zero(limits: dict[str, int]) -> bool:
    return any(limit < 0 or not _CURRENCY.fullmatch(currency) for currency, limit in limits.items())


def _is_label(text: str) -> bool:
    """Whether it can stand on a button: one line, with letters."""
    return len(text) <= LONGEST_LABEL and text.isprintable() and any(sign.isalpha() for sign in text)


def _are_labels(country: str, labels: OwnLabels) -> bool:
    is_known = bool(_COUNTRY.fullmatch(country) and _LOCALE.fullmatch(labels.language))
    return is_known and _is_label(labels.withdraw) and _is_label(labels.confirm)


def parse_settings(raw: object) -> ShopSettings:
    """Strictly read settings from JSON; raises ``BadSettings`` naming the field."""
    try:
        settings = convert(raw, ShopSettings)
    except Invalid as error:
        place = _PLACE.search(str(error))
        raise BadSettings(detail=str(error), param=place.group(1) if place else None) from error
    offer, person, brand, limits = settings.codes, settings.person, settings.brand, settings.limits
    forgotten = settings.forgotten_code.days
    faults = {
        "brand.snippets": any(not _LOCALE.fullmatch(each) for texts in brand.snippets.values() for each in texts),
        "brand.accent": not _COLOUR.fullmatch(brand.accent),
        "codes.percent": offer.kind == "percent" and not 1 <= (offer.percent or 0) <= 100,
        "codes.amounts": any(value <= 0 for value in offer.amounts.values()),
        "codes.minimums": any(value < 0 for value in offer.minimums.values()),
        "codes.valid_days": not 1 <= offer.valid_days <= 730,
        "codes.per_customer": not 0 <= offer.per_customer <= 100 or not 1 <= offer.per_days <= 730,
        "codes.held_out_percent": not 0 <= offer.held_out_percent <= 50,
        "credit.valid_days": settings.credit.valid_days is not None and not 1 <= settings.credit.valid_days <= 36_500,
        **{f"limits.{name}": _is_below_zero(getattr(limits, name)) for name in MONEY_LIMITS},
        "limits.approvals_per_hour": limits.approvals_per_hour is not None and limits.approvals_per_hour < 1,
        "limits.failed_refunds_per_hour": limits.failed_refunds_per_hour is not None
        and limits.failed_refunds_per_hour < 1,
        **{
            f"retention.{name}": days is not None and not 1 <= days <= 36_500
            for name, days in asdict(settings.retention).items()
        },
        "time_zone": find_zone(settings.time_zone) is None,
        "country": not _COUNTRY.fullmatch(settings.country),
        "locale": not _LOCALE.fullmatch(settings.locale),
        "person.opens": not 0 <= person.opens < person.closes <= 24,
        "person.weekdays": not person.weekdays or any(not 0 <= d <= 6 for d in person.weekdays),
        "person.answers_within_hours": not 1 <= person.answers_within_hours <= 240,
        "person.manual_refund_days": not 0 <= person.manual_refund_days <= 60,
        "person.desk_url": person.desk_url is not None and not _is_web_address(person.desk_url),
        "exchanges.quote_minutes": not 35 <= settings.exchanges.quote_minutes <= 1440,
        "forgotten_code.days": forgotten is not None and not 1 <= forgotten <= 365,
        "transit_days": not 0 <= settings.transit_days <= 60,
        "way_back.inspect_within_days": not 1 <= settings.way_back.inspect_within_days <= 60,
        "way_back.lost_after_days": not 1 <= settings.way_back.lost_after_days <= 120,
        "standard_delivery": any(
            not _COUNTRY.fullmatch(country) or _is_below_zero(costs)
            for country, costs in settings.standard_delivery.items()
        ),
        "withdrawal_labels": not all(_are_labels(*each) for each in settings.withdrawal_labels.items()),
        "brand.home_url": brand.home_url is not None and not _is_web_address(brand.home_url),
        "brand.logo_url": brand.logo_url is not None
        and not (_is_web_address(brand.logo_url) and brand.logo_url.startswith("https:")),
    }
    for param, wrong in faults.items():
        if wrong:
            raise BadSettings(detail=_WANTED.get(param, f"{param} is out of range."), param=param)
    return settings
