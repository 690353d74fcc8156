"""Whether the conditions of some rows leave anything over for another: exact where it says yes.

A row is seen as a case: its conditions by name. A case implies another when each condition of the other follows from
one of its own. A case is covered by several rows when it implies one of them, or when all the cases into which it is
split (one country each, sold on sale or not, …) are covered. What cannot be proved is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from plugin.policies.conditions import Since, When
from plugin.policies.facts import Progress
from plugin.policies.linting.spans import is_within
from plugin.ports.orders import LineKind

Case = Mapping[str, Any]

# An order or a line has exactly one of these, so that a case can be split into one case per value.
_ONE_OF = ("order_states", "countries", "channels", "reasons", "faults", "risks", "line_kinds", "products")
_ALL_VALUES: Mapping[str, frozenset[Any]] = {
    "order_states": frozenset(Progress),
    "line_kinds": frozenset(LineKind),
    "is_business": frozenset({True, False}),
    "on_sale": frozenset({True, False}),
    "final_sale": frozenset({True, False}),
    "personalised": frozenset({True, False}),
}
_SINGLE = frozenset({*_ONE_OF, *_ALL_VALUES})
_ANY_OF = (*_ONE_OF, "custodians", "tags", "categories", "goods")
_COUNTED = _SINGLE.union(_ANY_OF)


_OF_A_CASE = 20  # what a case costs by itself, in comparisons


class TooMuch(Exception):
    """The rows are too many and too entangled to be compared; nothing can be said."""


class Budget:
    """How many comparisons may still be made, so that a hostile policy costs no more than a moment."""

    def __init__(self, comparisons: int) -> None:
        self._left = comparisons

    def spend(self, comparisons: int) -> None:
        self._left -= comparisons
        if self._left < 0:
            raise TooMuch


def case_of(when: When) -> dict[str, Any]:
    """The conditions that a row names, lists as sets; those that always hold left out."""
    case: dict[str, Any] = {}
    for name in When.__struct_fields__:
        value = getattr(when, name)
        if value is None:
            continue
        held = frozenset(value) if name in _ANY_OF else value
        if name in _ONE_OF and held == _ALL_VALUES.get(name):
            continue
        case[name] = held
    return case


class Rows:
    """Rows to compare cases with. A selection of them is a number with one bit per row, the lowest for the first."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self.cases = tuple(cases)
        self._naming: dict[str, int] = {}
        self._holding: dict[tuple[str, Any], int] = {}
        for number, case in enumerate(self.cases):
            bit = 1 << number
            for name, value in case.items():
                self._naming[name] = self._naming.get(name, 0) | bit
                for each in _values(value) if name in _COUNTED else ():
                    self._holding[name, each] = self._holding.get((name, each), 0) | bit

    def above(self, number: int) -> int:
        """The rows before that one."""
        return (1 << number) - 1

    def meeting(self, case: Case, among: int) -> int:
        """Those that a part of the case might imply: they ask nothing more of it, and hold for one of its values.

        A case is split by what has one value only; of what may have several, a row must hold for each.
        """
        for name, naming in self._naming.items():
            known = case.get(name)
            if known is not None and name in _COUNTED:
                holding = [self._holding.get((name, value), 0) for value in _values(known)]
                among &= ~naming | reduce(or_ if name in _SINGLE else and_, holding)
            elif known is None and name not in _ALL_VALUES:
                among &= ~naming
        return among

    def chosen(self, among: int) -> Iterator[int]:
        """The numbers of the rows of a selection, the first one first."""
        while among:
            lowest = among & -among
            yield lowest.bit_length() - 1
            among ^= lowest


def _values(value: Any) -> Iterable[Any]:
    return value if isinstance(value, frozenset) else (value,)


def implies(case: Case, row: Case) -> bool:
    """Whether ``row`` holds wherever ``case`` does."""
    return row.keys() <= case.keys() and all(_follows(name, case[name], value) for name, value in row.items())


def covered(case: Case, rows: Rows, among: int, budget: Budget) -> bool:
    """Whether one of the rows of the selection holds wherever ``case`` does; raises ``TooMuch``."""
    among = rows.meeting(case, among)
    meeting = [rows.cases[number] for number in rows.chosen(among)]
    budget.spend(len(meeting) + _OF_A_CASE)
    if any(implies(case, row) for row in meeting):
        return True
    name, values = _split(case, meeting)
    return bool(values) and all(covered({**case, name: value}, rows, among, budget) for value in values)


def _split(case: Case, rows: Sequence[Case]) -> tuple[str, list[Any]]:
    """The first condition that tells the rows apart, and the values by which the case can be split."""
    for name in sorted({name for row in rows for name in row.keys() & _SINGLE}):
        values = case.get(name, _ALL_VALUES.get(name))
        if isinstance(values, frozenset) and len(values) > 1:
            ordered = sorted(values, key=str)
            return name, [frozenset({value}) for value in ordered] if name in _ONE_OF else ordered
    return "", []


def _follows(name: str, known: Any, wanted: Any) -> bool:
    compare = _COMPARISONS.get(name)
    if compare is not None:
        return compare(known, wanted)
    return bool(known <= wanted) if name in _ANY_OF else known is wanted


def _at_least(known: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    """An order in a currency that is not named counts as above every value."""
    return all(currency in known and known[currency] >= limit for currency, limit in wanted.items())


def _at_most(known: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    return all(currency in wanted and limit <= wanted[currency] for currency, limit in known.items())


def _within(known: Since, wanted: Since) -> bool:
    return is_within(known, wanted)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "value_at_least": _at_least,
    "item_value_at_least": _at_least,
    "value_at_most": _at_most,
    "item_value_at_most": _at_most,
    "prior_cases_at_least": lambda known, wanted: known >= wanted,
    "since_placed": _within,
    "since_shipped": _within,
    "since_delivered": _within,
}
