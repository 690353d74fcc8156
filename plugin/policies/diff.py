"""What changes for shoppers between two policies, exactly: for which facts the answer is another one.

Every pair of an old row and a new row that answer differently is looked at: is there an order that the one decides
today and the other would decide tomorrow? Both rows match there, and none before either of them. Such a region is
narrowed as far as it goes, described, and shown by its smallest order, which both documents have really been asked
about. So the list is complete, and what was too much work is named in it and never left out in silence.

Orders that cannot be are no change: shipped before they were placed, or an item dearer than its order. Deadlines that
are told beforehand follow from the windows, and are not compared themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct

from plugin.policies.cells import MONEY, Example, example_of
from plugin.policies.decide import decide
from plugin.policies.decision import LineDecision
from plugin.policies.diff_words import Answer, said_answer, said_change, said_region
from plugin.policies.document import OTHERWISE, Policy, Then
from plugin.policies.grid import Grid, Literal, grid_of
from plugin.policies.reasons import Action, Outcome
from plugin.policies.regions import Clause, Effort, Narrowed, Region, TooMuchWork, Unit, denied, find_within, narrow
from plugin.policies.rules import Rules, compile_policy
from plugin.policies.statutory_cells import parts_of

MOST_STEPS = 3_000_000  # conditions looked at: some ten seconds


class Change(Struct, frozen=True, kw_only=True):
    """One region whose answer changes. ``old_rows`` and ``new_rows`` decide there, except where one of ``unless`` does,
    which come before them; ``example`` is its smallest order, replayable with ``decide()``."""

    action: Action
    sentence: str
    where: str
    before: str
    after: str
    old_rows: tuple[str, ...]
    new_rows: tuple[str, ...]
    unless: tuple[str, ...]
    example: Example


class Unexamined(Struct, frozen=True, kw_only=True):
    """A pair of rows (all of the action, where None) that could not be looked at within the bound."""

    action: Action
    old_row: str | None = None
    new_row: str | None = None


class Difference(Struct, frozen=True, kw_only=True):
    """``pairs`` of rows were looked at; the list is complete if nothing is ``unexamined``."""

    changes: tuple[Change, ...]
    pairs: int
    unexamined: tuple[Unexamined, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.unexamined


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    literals: tuple[Literal, ...]
    then: Then


@dataclass(frozen=True, slots=True)
class _Found:
    """A change before its words; ``clauses`` are those that still leave a choice."""

    region: Region
    clauses: tuple[Clause, ...]
    is_lifted: bool
    answers: tuple[Answer, Answer]
    old_rows: tuple[str, ...]
    new_rows: tuple[str, ...]
    example: Example


def compare(old: Policy, new: Policy, around: datetime, most_steps: int = MOST_STEPS) -> Difference:
    """All changes from ``old`` to ``new`` for asks around that time (holidays are those of the year from then on)."""
    changes: list[Change] = []
    unexamined: list[Unexamined] = []
    pairs, left = 0, Effort(most_steps)
    for action in Action:
        if _says(old, action) == _says(new, action):
            continue
        try:
            grid = grid_of(action, (old, new), around)
        except TooMuchWork:
            unexamined.append(Unexamined(action=action))
            continue
        search = _Search(grid, old, new, left)
        changes += [_told(grid, found) for found in _merged(search.run())]
        pairs += search.pairs
        unexamined += search.unexamined
    return Difference(changes=tuple(changes), pairs=pairs, unexamined=tuple(unexamined))


class _Search:
    """The pairs of rows of one action."""

    def __init__(self, grid: Grid, old: Policy, new: Policy, effort: Effort) -> None:
        self.grid, self.effort = grid, effort
        self.rows = _rows(grid, old), _rows(grid, new)
        self.rules = compile_policy(old), compile_policy(new)
        self.parts = parts_of(grid, old, new)
        self.goods_are_alike = old.goods == new.goods
        self.pairs = 0
        self.unexamined: list[Unexamined] = []

    def run(self) -> Iterator[_Found]:
        before, after = self.rows
        old_places, new_places = _first_places(before), _first_places(after)
        for i, old in enumerate(before):
            # A row that stands in the other document as well leaves nothing to those after it.
            until = new_places.get(frozenset(old.literals), len(after) - 1)
            for j, new in enumerate(after[: until + 1]):
                if i > old_places.get(frozenset(new.literals), i) or (old.then == new.then and self.goods_are_alike):
                    continue
                self.pairs += 1
                try:
                    yield from self._pair(i, j)
                except TooMuchWork:
                    self.unexamined.append(Unexamined(action=self.grid.action, old_row=old.id, new_row=new.id))

    def _pair(self, i: int, j: int) -> Iterator[_Found]:
        before, after = self.rows
        old, new = before[i], after[j]
        own = [Clause(tuple((unit,) for unit in literal), "") for row in (old, new) for literal in row.literals]
        if (both := narrow(self.grid.whole, own, self.effort)) is None:
            return
        earlier = [denied(row.id, row.literals) for row in (*before[:i], *after[:j])]
        found = narrow(both.region, (*both.open, *earlier), self.effort)
        if found is None:
            return
        for part in self.parts:
            for answers, mask in self._answers(old.then, new.then, part.is_lifted).items():
                here = found.region.take(Unit(MONEY, mask))
                narrowed = narrow(here, (*found.open, *part.clauses), self.effort) if here is not None else None
                example = self._example(narrowed) if narrowed is not None else None
                if narrowed is not None and example is not None:
                    yield _Found(
                        narrowed.region, narrowed.open, part.is_lifted,
                        self._real(answers, example) if part.is_lifted else answers, (old.id,), (new.id,), example,
                    )  # fmt: skip

    def _answers(self, old: Then, new: Then, is_lifted: bool) -> dict[tuple[Answer, Answer], int]:
        """The sums at which each pair of different answers is given: a fee is one in its currency only.

        Of equal answers the law may still lift one, where the documents differ in what kinds of goods there are.
        """
        found: dict[tuple[Answer, Answer], int] = {}
        for position, money in enumerate(self.grid.values[MONEY]):
            answers = Answer.of(old, money.currency), Answer.of(new, money.currency)
            if is_lifted or answers[0] != answers[1]:
                found[answers] = found.get(answers, 0) | 1 << position
        return found

    def _real(self, answers: tuple[Answer, Answer], example: Example) -> tuple[Answer, Answer]:
        """What is left of the rows' answers where the law has lifted them."""
        lines = [decide(example.facts, example.ask, rules, example.at).lines[0] for rules in self.rules]
        return answers[0].as_decided(lines[0]), answers[1].as_decided(lines[1])

    def _example(self, narrowed: Narrowed) -> Example | None:
        """An order of the region that the documents answer differently; None if they say the same by other words."""
        region: Region | None = narrowed.region
        while region is not None and (part := find_within(region, narrowed.open, self.effort)) is not None:
            example = example_of(self.grid.action, self.grid.point(part))
            if _seen(example, self.rules[0]) != _seen(example, self.rules[1]):
                return example
            tried = part.alive[MONEY] & -part.alive[MONEY]  # the sum that this example has
            region = region.take(Unit(MONEY, tried, wanted=False))
        return None


def _says(policy: Policy, action: Action) -> tuple[object, ...]:
    """All that the policy says on an action: who says the same answers the same."""
    rows = tuple((row.when, row.then) for row in policy.rows if row.action is action)
    return rows, policy.otherwise.by_action[action], policy.goods, policy.calendar


def _rows(grid: Grid, policy: Policy) -> tuple[_Row, ...]:
    rows = [_Row(row.id, grid.literals(row.when, policy), row.then) for row in policy.rows if row.action is grid.action]
    return (*rows, _Row(OTHERWISE, (), policy.otherwise.by_action[grid.action]))


def _first_places(rows: Sequence[_Row]) -> Mapping[frozenset[Literal], int]:
    places: dict[frozenset[Literal], int] = {}
    for place, row in enumerate(rows):
        places.setdefault(frozenset(row.literals), place)
    return places


def _seen(example: Example, rules: Rules) -> tuple[Any, ...]:
    """What a shopper or the shop notices of the answer for the line; why something is given, is not among it."""
    line: LineDecision = decide(example.facts, example.ask, rules, example.at).lines[0]
    return (
        line.outcome, line.outcome is not Outcome.APPROVE and line.reason, line.resolutions, line.bonus, line.fee,
        line.label, line.keep_item, line.kept, line.offer, line.mode, line.proposed, line.proposed_reason,
    )  # fmt: skip


def _merged(found: Iterable[_Found]) -> list[_Found]:
    """Regions that change alike and lie beside one another, as one."""
    merged: list[_Found] = []
    for each in found:
        waiting = each
        while True:
            joined = next(((k, both) for k, other in enumerate(merged) if (both := _joined(other, waiting))), None)
            if joined is None:
                break
            place, waiting = joined
            del merged[place]
        merged.append(waiting)
    return merged


def _joined(one: _Found, other: _Found) -> _Found | None:
    if (one.answers, one.is_lifted, frozenset(one.clauses)) != (
        other.answers, other.is_lifted, frozenset(other.clauses),
    ):  # fmt: skip
        return None
    if (one.region.barred, one.region.needed) != (other.region.barred, other.region.needed):
        return None
    apart = [name for name, mask in one.region.alive.items() if other.region.alive[name] != mask]
    if len(apart) > 1:
        return None
    union = {name: mask | other.region.alive[name] for name, mask in one.region.alive.items()}
    return _Found(
        Region(union, one.region.barred, one.region.needed), one.clauses, one.is_lifted, one.answers,
        tuple(dict.fromkeys((*one.old_rows, *other.old_rows))), tuple(dict.fromkeys((*one.new_rows, *other.new_rows))),
        one.example,
    )  # fmt: skip


def _told(grid: Grid, found: _Found) -> Change:
    where = said_region(grid, found.region)
    if found.is_lifted:
        where = f"{where}, within the term of the law" if where else "within the term of the law"
    before, after = said_answer(*found.answers)
    unless = tuple(dict.fromkeys(clause.name for clause in found.clauses if clause.name))
    return Change(
        action=grid.action, where=where, before=before, after=after, old_rows=found.old_rows, new_rows=found.new_rows,
        unless=unless, example=found.example, sentence=said_change(grid.action, where, before, after, unless),
    )  # fmt: skip
