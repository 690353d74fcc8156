"""The conditions of a row as clauses that follow "If": message ids, and how each is filled in.

Every clause is whole, so that it can stand in a list with others in any language. What a clause lists is put so that
the catalogues need no other case than the one they name: a span of time is said as it follows "within".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import time
from typing import Any

from plugin.core.words import Words
from plugin.policies.conditions import Since, Span, When
from plugin.policies.facts import Progress
from plugin.policies.reasons import FaultKind, GoodsKind
from plugin.policies.sentences import ITEM
from plugin.ports.orders import Custodian, LineKind

STATES: Mapping[Progress, str] = {
    Progress.UNFULFILLED: "not yet sent",
    Progress.PARTLY_FULFILLED: "sent in part",
    Progress.FULFILLED: "sent completely",
    Progress.CANCELLED: "cancelled",
}
WAYS_TO_PAY: Mapping[Custodian, str] = {
    Custodian.STRIPE: "online with Stripe",
    Custodian.STOREFRONT: "with the store's own checkout",
    Custodian.MANUAL: "by transfer or in cash",
}
KINDS: Mapping[LineKind, str] = {
    LineKind.PHYSICAL: "something that is sent to you",
    LineKind.DIGITAL: "something digital",
    LineKind.GIFT_CARD: "a gift card",
    LineKind.SERVICE: "a service",
}
GOODS: Mapping[GoodsKind, str] = {
    GoodsKind.PERSONALISED: "made to your wishes",
    GoodsKind.PERISHABLE: "perishable",
    GoodsKind.SEALED_HYGIENE: "sealed for hygiene",
    GoodsKind.DIGITAL_BEGUN: "digital content that you have begun to use",
}
FAULTS: Mapping[FaultKind, str] = {
    FaultKind.DAMAGED: "a damaged item",
    FaultKind.WRONG_ITEM: "a wrong item",
    FaultKind.MISSING: "a missing item",
    FaultKind.NOT_ARRIVED: "a parcel that has not arrived",
    FaultKind.NOT_AS_DESCRIBED: "an item that is not as described",
}
ORDER_IS = "the order is {among}"
WORTH_AT_LEAST = "the order comes to {amounts} or more"
WORTH_AT_MOST = "the order comes to {amounts} or less"
COSTS_AT_LEAST = "the item costs {amounts} or more"
COSTS_AT_MOST = "the item costs {amounts} or less"
OR_AS_MUCH = "{amounts} (or as much in another currency)"
SENT_TO = "the country of delivery is {among}"
BOUGHT_THROUGH = "the order was placed through {among}"
PAID = "the order was paid {among}"
ASKED_OFTEN = "there have been several requests before"
YOUR_REASON = "your reason is {among}"
PROBLEM = "the problem is {among}"
CHECKED = "our safety check asks for it"
FOR_BUSINESS = "you bought for a business"
FOR_YOURSELF = "you bought as a private person"
ITEM_IS = "the item is {among}"
PRODUCT = "the item is one of these products: {among}"
TAGGED = "the item is marked {among}"
CATEGORY = "the item belongs to the category {among}"
ON_SALE = "the item was sold at a reduced price"
FULL_PRICE = "the item was sold at its full price"
FINAL_SALE = "the item was sold as final sale"
NOT_FINAL_SALE = "the item was not sold as final sale"
PERSONALISED = "the item is made just for you"
NOT_PERSONALISED = "the item is not made just for you"

MOST_NAMED = 8  # of a longer list the first are named and the others counted
MOST_CURRENCIES = 3
NAMED_FIRST = ("USD", "EUR", "GBP")  # a stored document has its currencies by the alphabet
MORE: tuple[str, str] = ("{n} more", "{n} more")

# How a span is said after "within" and "later than".
MINUTES: tuple[str, str] = ("{n} minute", "{n} minutes")
HOURS: tuple[str, str] = ("{n} hour", "{n} hours")
DAYS: tuple[str, str] = ("{n} day", "{n} days")
BUSINESS_DAYS: tuple[str, str] = ("{n} business day", "{n} business days")
SINCE: Mapping[tuple[str, str | None], str] = {
    ("since_placed", None): "after the order",
    ("since_shipped", None): "after shipping",
    ("since_shipped", "placed"): "after shipping (or after the order, if it has not been sent)",
    ("since_delivered", None): "after delivery",
    ("since_delivered", "shipped"): "after delivery (or after shipping, if no delivery is reported)",
    ("since_delivered", "placed"): "after delivery (or after the order, if no delivery is reported)",
}
WITHIN = "you ask within {span} {since}"
LATER = "you ask later than {span} {since}"
BETWEEN = "you ask later than {start}, but within {span} {since}"
BEFORE_CLOCK = "you ask before the next {clock} {since}"
FROM_CLOCK = "you ask from the next {clock} {since} on"
WITHIN_FROM_CLOCK = "you ask within {span} counted from the next {clock} {since}"
LATER_FROM_CLOCK = "you ask later than {span} counted from the next {clock} {since}"
BUSINESS_CLOCK = "{clock} of a business day"


def conditions_of(when: When, words: Words) -> Iterator[str]:
    """Each condition that the row names, as a clause, in the order in which they are tried."""
    for name, say in _CLAUSES.items():
        if (value := getattr(when, name)) is not None:
            yield say(value, words)
    for name in ("since_placed", "since_shipped", "since_delivered"):
        if since := getattr(when, name):
            yield from _times(name, since, words)


def amounts(by_currency: Mapping[str, int], words: Words) -> str:
    """A few sums as one text; of many currencies the first are named."""
    known = [currency for currency in NAMED_FIRST if currency in by_currency]
    ordered = dict.fromkeys([*known, *by_currency])
    named = [words.money(by_currency[currency], currency) for currency in ordered]
    text = words.choice(named[:MOST_CURRENCIES])
    return words.say(OR_AS_MUCH, amounts=text) if len(named) > MOST_CURRENCIES else text


def _times(name: str, since: Since, words: Words) -> Iterator[str]:
    after = words.say(SINCE[name, since.fallback])
    spans = [span for span in (since.at_least, since.at_most) if span]
    if len(spans) == 2 and all(span.by is None for span in spans):
        start, span = (_span(each, words) for each in spans)
        yield words.say(BETWEEN, start=start, span=span, since=after)
        return
    if since.at_least:
        yield _time(since.at_least, after, words, LATER, FROM_CLOCK, LATER_FROM_CLOCK)
    if since.at_most:
        yield _time(since.at_most, after, words, WITHIN, BEFORE_CLOCK, WITHIN_FROM_CLOCK)


def _time(span: Span, since: str, words: Words, plain: str, clock_only: str, from_clock: str) -> str:
    if span.by is None:
        return words.say(plain, span=_span(span, words), since=since)
    clock = words.clock(time.fromisoformat(span.by))
    if span.business_days is not None:
        clock = words.say(BUSINESS_CLOCK, clock=clock)
    if not (span.days or span.business_days):
        return words.say(clock_only, clock=clock, since=since)
    return words.say(from_clock, span=_span(span, words), clock=clock, since=since)


def _span(span: Span, words: Words) -> str:
    for form, n in ((MINUTES, span.minutes), (HOURS, span.hours), (DAYS, span.days)):
        if n is not None:
            return words.count(*form, n)
    return words.count(*BUSINESS_DAYS, span.business_days or 0)


Say = Callable[[Any, Words], str]


def _among(sentence: str, phrases: Mapping[Any, str]) -> Say:
    """One of a closed vocabulary's words."""
    return lambda values, words: words.say(sentence, among=words.choice(words.say(phrases[each]) for each in values))


def _named(sentence: str) -> Say:
    """One of the store's own names, in quotation marks."""
    return lambda names, words: words.say(sentence, among=_names(names, words))


def _names(names: tuple[str, ...], words: Words) -> str:
    named = [words.say(ITEM, item=name) for name in names]
    if len(named) > MOST_NAMED:
        named = [*named[: MOST_NAMED - 1], words.count(*MORE, len(named) - MOST_NAMED + 1)]
    return words.choice(named)


def _countries(codes: Iterable[str], words: Words) -> str:
    return words.say(SENT_TO, among=words.choice(words.country(code) for code in codes))


def _worth(sentence: str) -> Say:
    return lambda limits, words: words.say(sentence, amounts=amounts(limits, words))


def _either(yes: str, no: str) -> Say:
    return lambda value, words: words.say(yes if value else no)


# A public page tells neither the store's judgement of a shopper nor from which number of requests on a person looks.
_CLAUSES: Mapping[str, Say] = {
    "order_states": _among(ORDER_IS, STATES),
    "value_at_least": _worth(WORTH_AT_LEAST),
    "value_at_most": _worth(WORTH_AT_MOST),
    "item_value_at_least": _worth(COSTS_AT_LEAST),
    "item_value_at_most": _worth(COSTS_AT_MOST),
    "countries": _countries,
    "channels": _named(BOUGHT_THROUGH),
    "custodians": _among(PAID, WAYS_TO_PAY),
    "prior_cases_at_least": lambda value, words: words.say(ASKED_OFTEN),
    "reasons": _named(YOUR_REASON),
    "faults": _among(PROBLEM, FAULTS),
    "risks": lambda value, words: words.say(CHECKED),
    "is_business": _either(FOR_BUSINESS, FOR_YOURSELF),
    "line_kinds": _among(ITEM_IS, KINDS),
    "products": _named(PRODUCT),
    "tags": _named(TAGGED),
    "categories": _named(CATEGORY),
    "goods": _among(ITEM_IS, GOODS),
    "on_sale": _either(ON_SALE, FULL_PRICE),
    "final_sale": _either(FINAL_SALE, NOT_FINAL_SALE),
    "personalised": _either(PERSONALISED, NOT_PERSONALISED),
}


def all_phrases() -> tuple[str | tuple[str, str], ...]:
    """Every message id of this module, for the test that holds the catalogues complete."""
    listed = (STATES, WAYS_TO_PAY, KINDS, GOODS, FAULTS, SINCE)
    return (
        ORDER_IS, WORTH_AT_LEAST, WORTH_AT_MOST, COSTS_AT_LEAST, COSTS_AT_MOST, OR_AS_MUCH, SENT_TO, BOUGHT_THROUGH,
        PAID, ASKED_OFTEN, YOUR_REASON, PROBLEM, CHECKED, FOR_BUSINESS, FOR_YOURSELF, ITEM_IS, PRODUCT, TAGGED,
        CATEGORY, ON_SALE, FULL_PRICE, FINAL_SALE, NOT_FINAL_SALE, PERSONALISED, NOT_PERSONALISED, MORE, MINUTES,
        HOURS, DAYS, BUSINESS_DAYS, WITHIN, LATER, BETWEEN, BEFORE_CLOCK, FROM_CLOCK, WITHIN_FROM_CLOCK,
        LATER_FROM_CLOCK, BUSINESS_CLOCK, *(phrase for phrases in listed for phrase in phrases.values()),
    )  # fmt: skip
