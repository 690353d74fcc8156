"""Sets of facts as masks over the values of each dimension, and whether such a set is empty.

Along a *single* dimension an order has exactly one value (its country); along a *several* dimension any number of them
(its tags). Bit n of a mask stands for the n-th value. Pure integers: what the values are is ``plugin.policies.cells``'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple


class Unit(NamedTuple):
    """Whether the order has one of these values along this dimension; with ``wanted`` False, that it has none."""

    dimension: str
    mask: int
    wanted: bool = True


Alternative = tuple[Unit, ...]  # all of these


@dataclass(frozen=True, slots=True)
class Clause:
    """One of these alternatives must hold. ``name`` says whose clause it is."""

    alternatives: tuple[Alternative, ...]
    name: str


class TooMuchWork(Exception):
    """The search was given a bound, and reached it."""


@dataclass(slots=True)
class Effort:
    """How many more sets may be looked at."""

    left: int

    def spend(self) -> None:
        if self.left <= 0:
            raise TooMuchWork
        self.left -= 1


@dataclass(frozen=True, slots=True)
class Region:
    """``alive`` are the values still possible along single dimensions; along several ones, ``barred`` are those that
    may not be there, and of each mask in ``needed`` one must be."""

    alive: Mapping[str, int]
    barred: Mapping[str, int]
    needed: Mapping[str, tuple[int, ...]]

    def take(self, unit: Unit) -> Region | None:
        """The part in which the unit holds: None if there is none, this very object if it holds everywhere."""
        if unit.dimension in self.alive:
            before = self.alive[unit.dimension]
            after = before & unit.mask if unit.wanted else before & ~unit.mask
            if after in (0, before):
                return self if after else None
            return replace(self, alive={**self.alive, unit.dimension: after})
        barred, needed = self.barred[unit.dimension], self.needed[unit.dimension]
        if unit.wanted:
            possible = unit.mask & ~barred
            if not possible:
                return None
            if any(mask & ~possible == 0 for mask in needed):
                return self
            kept = tuple(mask for mask in needed if possible & ~mask)  # those that this one does not make idle
            return replace(self, needed={**self.needed, unit.dimension: (*kept, possible)})
        if not unit.mask & ~barred:
            return self
        left = tuple(mask & ~unit.mask for mask in needed)
        if not all(left):
            return None
        return replace(
            self,
            barred={**self.barred, unit.dimension: barred | unit.mask},
            needed={**self.needed, unit.dimension: left},
        )

    def take_all(self, units: Alternative) -> Region | None:
        region: Region | None = self
        for unit in units:
            region = region.take(unit) if region is not None else None
        return region


class Narrowed(NamedTuple):
    """A region after all that follows from its clauses, and the clauses that still leave a choice."""

    region: Region
    open: tuple[Clause, ...]


def narrow(region: Region, clauses: Iterable[Clause], effort: Effort) -> Narrowed | None:
    """Draw every conclusion that leaves no choice; None if nothing is left."""
    remaining, narrowed = list(clauses), True
    while narrowed:
        narrowed, pending = False, []
        for clause in remaining:
            effort.spend()
            parts = [region.take_all(alternative) for alternative in clause.alternatives]
            if any(part is region for part in parts):
                continue
            possible = [part for part in parts if part is not None]
            if not possible:
                return None
            joined = possible[0] if len(possible) == 1 else _join(region, possible)
            if joined is None:
                pending.append(clause)
            elif joined is not region:
                region, narrowed = joined, True
        remaining = pending
    return Narrowed(region, tuple(remaining))


def _join(region: Region, parts: Sequence[Region]) -> Region | None:
    """The union of parts that differ from the whole along one and the same single dimension; else None."""
    changed = {name for part in parts for name in region.alive if part.alive[name] != region.alive[name]}
    if len(changed) != 1 or any(part.needed != region.needed or part.barred != region.barred for part in parts):
        return None
    name, union = changed.pop(), 0
    for part in parts:
        union |= part.alive[name]
    return region if union == region.alive[name] else replace(region, alive={**region.alive, name: union})


def find_within(region: Region, clauses: Iterable[Clause], effort: Effort) -> Region | None:
    """A part of the region in which all the clauses hold everywhere; None if there is none. Raises ``TooMuchWork``."""
    waiting: list[tuple[Region, tuple[Clause, ...]]] = [(region, tuple(clauses))]
    while waiting:
        found = narrow(*waiting.pop(), effort)
        if found is None:
            continue
        if not found.open:
            return found.region
        first, *rest = found.open
        parts = (found.region.take_all(alternative) for alternative in reversed(first.alternatives))
        waiting += [(part, tuple(rest)) for part in parts if part is not None]
    return None


def denied(name: str, literals: Iterable[Sequence[Unit]]) -> Clause:
    """That a row does not match: of its conditions, each of which is one of some units, one does not hold."""
    return Clause(tuple(tuple(unit._replace(wanted=False) for unit in literal) for literal in literals), name)


def bits(mask: int) -> Iterable[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
