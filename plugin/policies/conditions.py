"""The conditions of a policy's rows: a closed vocabulary, strictly parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from plugin.core.money import BadAmount, exponent
from plugin.policies.facts import Progress
from plugin.policies.reasons import FaultKind, GoodsKind, Risk
from plugin.ports.orders import Custodian, LineKind

# In Python a ``$`` also stands before a line's end, hence ``(?!\n)``.
RowId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}(?!\n)$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=1000)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(?!\n)$", description="ISO 3166-1 alpha-2")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$", description="ISO 4217")]
Percent = Annotated[int, Meta(ge=1, le=100)]
MinorUnits = Annotated[int, Meta(ge=0, lt=10**15)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$", description="HH:MM, 24 hours")]
AmountByCurrency = Annotated[dict[Currency, MinorUnits], Meta(min_length=1, description="minor units by currency")]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict, immutable, and written without its defaults."""


def check_currencies(field: str, amounts: Mapping[str, int] | None) -> None:
    for currency in amounts or ():
        try:
            exponent(currency)
        except BadAmount as error:
            raise ValueError(f"{field}: {error.detail}") from error


class Span(Part, frozen=True):
    """A length of time in exactly one unit. Minutes and hours are exact; days end at 24:00 in the order's zone.

    Business days are those of the policy's calendar, and end at 24:00 as well. With ``by`` the last day ends at that
    time of day, and the count starts with the first (business) day on which that time is still to come: zero days by
    14:00 last until the next 14:00.
    """

    minutes: Annotated[int, Meta(ge=1, le=525_600)] | None = None
    hours: Annotated[int, Meta(ge=1, le=87_600)] | None = None
    days: Annotated[int, Meta(ge=0, le=3_650)] | None = None
    business_days: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    by: TimeOfDay | None = None

    def __post_init__(self) -> None:
        whole = (self.days, self.business_days)
        if sum(unit is not None for unit in (self.minutes, self.hours, *whole)) != 1:
            raise ValueError("Give exactly one of minutes, hours, days and business_days")
        if self.by is not None and whole == (None, None):
            raise ValueError("A time of day (by) goes with days or business_days")
        if self.by is None and 0 in whole:
            raise ValueError("No days at all are only meant with a time of day (by)")


class Since(Part, frozen=True):
    """How long ago something happened: from ``at_least`` on, and for less than ``at_most``.

    Where it has not happened, or nobody tells of it, the count starts at the ``fallback`` instead, if there is one.
    """

    at_least: Span | None = None
    at_most: Span | None = None
    fallback: Literal["placed", "shipped"] | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("Give at_least, at_most or both")


class When(Part, frozen=True):
    """The conditions of a row; those not given do not count. All speak of the order or of one line of it.

    ``value_at_least`` and ``value_at_most`` look at the order's total, ``item_value_…`` at what one unit of the line
    cost after discounts. An order in a currency that the map does not name counts as above every value, because the
    safe mistake is that a person looks. A ``since_…`` condition does not hold before the thing has happened.
    ``goods`` are kinds that the policy itself assigns to products (``Policy.goods``).
    """

    order_states: Annotated[tuple[Progress, ...], Meta(min_length=1)] | None = None
    value_at_least: AmountByCurrency | None = None
    value_at_most: AmountByCurrency | None = None
    item_value_at_least: AmountByCurrency | None = None
    item_value_at_most: AmountByCurrency | None = None
    countries: Annotated[tuple[Country, ...], Meta(min_length=1)] | None = None
    channels: Names | None = None
    custodians: Annotated[tuple[Custodian, ...], Meta(min_length=1)] | None = None
    prior_cases_at_least: Annotated[int, Meta(ge=1)] | None = None
    reasons: Names | None = None
    faults: Annotated[tuple[FaultKind, ...], Meta(min_length=1)] | None = None
    risks: Annotated[tuple[Risk, ...], Meta(min_length=1)] | None = None
    is_business: bool | None = None
    line_kinds: Annotated[tuple[LineKind, ...], Meta(min_length=1)] | None = None
    products: Names | None = None
    tags: Names | None = None
    categories: Names | None = None
    goods: Annotated[tuple[GoodsKind, ...], Meta(min_length=1)] | None = None
    on_sale: bool | None = None
    final_sale: bool | None = None
    personalised: bool | None = None
    since_placed: Since | None = None
    since_shipped: Since | None = None
    since_delivered: Since | None = None

    def __post_init__(self) -> None:
        for name in ("value_at_least", "value_at_most", "item_value_at_least", "item_value_at_most"):
            check_currencies(name, getattr(self, name))
        if self.since_placed and self.since_placed.fallback:
            raise ValueError("since_placed: every order was placed, so it has no fallback")
        if self.since_shipped and self.since_shipped.fallback == "shipped":
            raise ValueError("since_shipped: it cannot be its own fallback")
