"""All values that two documents name for one action, dimension by dimension, and each of their conditions as masks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace as changed

from plugin.policies.cells import DIMENSION, MOMENT, MONEY, SELECTED_BY, SEVERAL, Point, Sum, probe
from plugin.policies.conditions import When
from plugin.policies.document import Policy, Selector, Then
from plugin.policies.moments import moments
from plugin.policies.reasons import Action, GoodsKind, Risk
from plugin.policies.regions import Region, Unit, bits
from plugin.policies.terms import Length, Term, Window, terms_of, windows_of
from plugin.ports.orders import LineKind

Literal = tuple[Unit, ...]  # a condition: one of these units holds
_OTHER_MONEY = ("USD", "EUR", "GBP", "JPY", "CHF", "THB", "VND")
_USUAL = 10_000  # minor units: large enough that fees by percent are told apart


@dataclass
class Grid:
    """``values`` are those of each dimension, the most ordinary first; bit n of a mask is the n-th of them."""

    action: Action
    values: Mapping[str, Sequence[Any]]
    windows: Mapping[Window, int]  # which moments are within it
    terms: Mapping[Term, int]  # and within that of the law
    totals: Mapping[str, set[int]]  # the limits of whole orders by currency: each begins something new
    items: Mapping[str, set[int]]  # those of single items
    told_apart: frozenset[str]  # what of a moment some condition speaks of: "state", "fault"
    _masks: dict[Hashable, int] = field(default_factory=dict)

    @property
    def whole(self) -> Region:
        alive = {name: (1 << len(values)) - 1 for name, values in self.values.items() if name not in SEVERAL}
        return Region(alive, dict.fromkeys(SEVERAL, 0), dict.fromkeys(SEVERAL, ()))

    def literals(self, when: When, policy: Policy) -> tuple[Literal, ...]:
        """The row's conditions, in the document's order."""
        found: list[Literal] = []
        for name in when.__struct_fields__:
            if (value := getattr(when, name)) is None:
                continue
            found.append(self.goods(value, policy) if name == "goods" else (self._unit(name, value, policy),))
        return tuple(found)

    def point(self, region: Region) -> Point:
        """The most ordinary point of a region."""
        chosen = {name: self.values[name][next(iter(bits(mask)))] for name, mask in region.alive.items()}
        for name in SEVERAL:
            picked = {next(iter(bits(mask & ~region.barred[name]))) for mask in region.needed[name]}
            chosen[name] = tuple(self.values[name][position] for position in sorted(picked))
        return Point(**chosen)

    def happened(self, clock: str) -> int:
        """The moments by which it has happened, as far as anybody tells."""
        return mask_of(self.values[MOMENT], lambda moment: getattr(moment, f"{clock}_at") is not None)

    def _unit(self, name: str, value: Any, policy: Policy) -> Unit:
        dimension = DIMENSION[name]
        calendar = policy.calendar if name.startswith("since_") else None
        when = When(**{name: value})
        return Unit(dimension, self._mask((name, str(value), str(calendar)), dimension, when, policy))

    def goods(self, kinds: Iterable[GoodsKind], policy: Policy) -> Literal:
        """Goods are told by their product, tags, categories or kind, as the policy says, or by the store's own mark."""
        units = []
        for kind in kinds:
            when = When(goods=(kind,))
            for told_by, dimension in SELECTED_BY.items():
                selector = policy.goods.get(kind)
                if selector is not None and (named := getattr(selector, told_by)) is not None:
                    alone = changed(policy, goods={kind: Selector(**{told_by: named})})
                    units.append(Unit(dimension, self._mask((kind, told_by, named), dimension, when, alone)))
            bare = changed(policy, goods={})
            units += [
                Unit(dimension, mask)
                for dimension in ("personalised", "kind")
                if (mask := self._mask((kind, dimension), dimension, when, bare))
            ]
        return tuple(units)

    def _mask(self, key: Hashable, dimension: str, when: When, policy: Policy) -> int:
        if key not in self._masks:
            holds = probe(self.action, when, policy)
            self._masks[key] = mask_of(self.values[dimension], lambda value: holds(self._ordinary(dimension, value)))
        return self._masks[key]

    def _ordinary(self, dimension: str, value: Any) -> Point:
        chosen = {MOMENT: self.values[MOMENT][0], MONEY: self.values[MONEY][0]}
        return Point(**{**chosen, dimension: (value,) if dimension in SEVERAL else value})


def mask_of(values: Sequence[Any], holds: Callable[[Any], bool]) -> int:
    """Which of the values it holds for."""
    mask = 0
    for position, value in enumerate(values):
        if holds(value):
            mask |= 1 << position
    return mask


def grid_of(action: Action, policies: Sequence[Policy], around: datetime) -> Grid:
    """The grid of one action. Raises ``TooMuchWork``."""
    whens = [[row.when for row in policy.rows if row.action is action] for policy in policies]
    every = [when for one in whens for when in one]
    windows = {window for policy, one in zip(policies, whens, strict=True) for window in windows_of(policy, one)}
    thens = [row.then for policy in policies for row in policy.rows if row.action is action]
    thens += [policy.otherwise.by_action[action] for policy in policies]
    selectors = [selector for policy in policies for selector in policy.goods.values()]  # the law may ask for any

    def named(field: str) -> list[Any]:
        sources = [*every, *(selectors if field in SELECTED_BY else ())]
        return list(dict.fromkeys(value for source in sources for value in getattr(source, field) or ()))

    countries = named("countries")
    terms = terms_of(action, countries)
    looks = moments(action, {*windows, *terms}, named("faults"), around)
    totals, items = _cuts(every)
    prior = {number for when in every for least in (when.prior_cases_at_least,) if least for number in (0, least)}
    values: dict[str, Sequence[Any]] = {
        MOMENT: looks,
        MONEY: _sums(totals, items, thens),
        "country": [None, *dict.fromkeys([*countries, *(term.country for term in terms)])],
        "channel": [None, *named("channels")],
        "custodians": named("custodians"),
        "prior_cases": sorted(prior | {0}),
        "reason": [None, *named("reasons")],
        "risk": [None, *Risk],
        "is_business": [False, True],
        "kind": list(LineKind),
        "product_id": [None, *named("products")],
        "tags": named("tags"),
        "categories": named("categories"),
        "on_sale": [False, True],
        "final_sale": [False, True],
        "personalised": [False, True],
    }
    told_apart = {name for name, field in (("state", "order_states"), ("fault", "faults")) if named(field)}

    def inside(length: Length) -> int:
        holds = length.within(action)
        return mask_of(looks, lambda moment: holds(Point(moment, values[MONEY][0])))

    in_window, in_term = {one: inside(one) for one in windows}, {one: inside(one) for one in terms}
    return Grid(action, values, in_window, in_term, totals, items, frozenset(told_apart))


def _cuts(whens: Iterable[When]) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Where a limit begins or is passed, by currency: of whole orders, and of single items."""
    totals: dict[str, set[int]] = {}
    items: dict[str, set[int]] = {}
    for when in whens:
        for cuts, least, most in (
            (totals, when.value_at_least, when.value_at_most),
            (items, when.item_value_at_least, when.item_value_at_most),
        ):
            for currency, amount in (least or {}).items():
                cuts.setdefault(currency, set()).add(amount)
            for currency, amount in (most or {}).items():
                cuts.setdefault(currency, set()).add(amount + 1)
    return totals, items


def _sums(totals: Mapping[str, set[int]], items: Mapping[str, set[int]], thens: Iterable[Then]) -> list[Sum]:
    """For each currency that is named, and one that is not: every combination of limits that a sum can lie between."""
    named = {currency for then in thens if then.fee for currency in then.fee.amounts or ()} | set(totals) | set(items)
    other = next(currency for currency in (*_OTHER_MONEY, "XTS") if currency not in named)
    found: dict[Sum, None] = {}
    for currency in (other, *sorted(named)):
        for low, high in _between(totals.get(currency, ())):
            for item_low, item_high in _between(items.get(currency, ())):
                for item in _in(item_low, min(filter(None, (high, item_high)), default=None)):
                    found[Sum(currency, max(low, item), item)] = None
    return list(found)


def _between(cuts: Iterable[int]) -> list[tuple[int, int | None]]:
    edges = sorted({0, *cuts})
    return list(zip(edges, [*edges[1:], None], strict=True))


def _in(low: int, high: int | None) -> Iterable[int]:
    """Two amounts from ``low`` and below ``high``, if there are: at one alone two fees may happen to be equal."""
    if high is not None and high <= low:
        return ()
    fit = [amount for amount in (max(low, _USUAL), max(low, _USUAL) * 3 + 7) if high is None or amount < high]
    return fit or dict.fromkeys((high - 1 if high else low, low))
