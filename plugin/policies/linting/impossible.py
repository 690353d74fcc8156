"""Rows that can never answer, whatever the order: their own conditions contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from babel import Locale

from plugin.policies.document import Policy, Row
from plugin.policies.facts import Progress
from plugin.policies.linting.remarks import Remark, Severity
from plugin.policies.linting.spans import never_open
from plugin.policies.reasons import Action, GoodsKind

# CLDR lists these beside the countries: unions, the unknown region, and two pseudo regions for tests.
_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_MEANT = {"UK": "GB", "EL": "GR"}
_NOTHING_SENT = {Progress.UNFULFILLED, Progress.CANCELLED}


@cache
def countries() -> frozenset[str]:
    """Every country that an order can come from (CLDR, ISO 3166-1 alpha-2)."""
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code not in _NO_COUNTRY)


def impossible(policy: Policy, row: Row) -> Iterator[Remark]:
    """Why this row never answers, and which of its countries and goods do not exist."""
    when = row.when
    for field in ("since_placed", "since_shipped", "since_delivered"):
        since = getattr(when, field)
        if since is not None and never_open(since):
            yield _never(row, field, "its window is over before it opens (at_least is not before at_most)")
    for low, high in (("value_at_least", "value_at_most"), ("item_value_at_least", "item_value_at_most")):
        least, most = getattr(when, low), getattr(when, high)
        if least and most and all(least.get(currency, 0) > limit for currency, limit in most.items()):
            yield _never(row, low, f"{low} is above {high} in every currency that {high} names")
    if when.order_states:
        yield from _states(row, set(when.order_states))
    yield from _unknown_countries(row)
    yield from _unassigned_goods(policy, row)


def _states(row: Row, states: set[Progress]) -> Iterator[Remark]:
    """What is answered before any row is asked (``plugin.policies.structure``), and clocks that cannot have begun."""
    if states == {Progress.CANCELLED}:
        yield _never(row, "order_states", "of an order that is cancelled nothing more can be asked")
    elif states <= _NOTHING_SENT and row.action is not Action.CANCEL:
        yield _never(row, "order_states", "nothing of such an order has been sent that could come back")
    elif states == {Progress.UNFULFILLED}:
        for field in ("since_shipped", "since_delivered"):
            since = getattr(row.when, field)
            if since is not None and since.fallback != "placed":
                yield _never(row, field, "nothing of an unfulfilled order has been shipped or delivered")


def _unknown_countries(row: Row) -> Iterator[Remark]:
    unknown = [code for code in row.when.countries or () if code not in countries()]
    if not unknown:
        return
    names = ", ".join(f"{code} (do you mean {_MEANT[code]}?)" if code in _MEANT else code for code in unknown)
    if len(unknown) == len(row.when.countries or ()):
        yield _never(row, "countries", f"there is no such country: {names}")
    else:
        yield Remark(
            severity=Severity.WARNING, row=row.id, field="when.countries", code="unknown_country",
            sentence=f"Row {row.id} names what is no country: {names}.",
        )  # fmt: skip


def _unassigned_goods(policy: Policy, row: Row) -> Iterator[Remark]:
    wanted = set(row.when.goods or ())
    nothing = sorted(wanted - set(policy.goods) - {GoodsKind.PERSONALISED})  # the store itself marks those
    if not nothing:
        return
    if len(nothing) == len(wanted):
        yield _never(row, "goods", f"the policy's goods do not say which products are {' or '.join(nothing)}")
    else:
        yield Remark(
            severity=Severity.WARNING, row=row.id, field="when.goods", code="unassigned_goods",
            sentence=f"Row {row.id} names goods of which no product is one: {', '.join(nothing)}. "
            "Say in the policy's goods which products they are.",
        )  # fmt: skip


def _never(row: Row, field: str, why: str) -> Remark:
    return Remark(
        severity=Severity.ERROR, row=row.id, field=f"when.{field}", code="never",
        sentence=f"Row {row.id} can never answer: {why}.",
    )  # fmt: skip
