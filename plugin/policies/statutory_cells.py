"""Where the law can change what a row answers, as clauses: the parts of a region that it lifts, and the one it leaves.

Within one part the answers depend on the rows and the sums alone. Each statute is looked at for the countries that a
row names and for one of those that none does; its terms are asked of ``plugin.policies.law.periods``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from plugin.policies.cells import MOMENT
from plugin.policies.document import Policy
from plugin.policies.grid import Grid, Literal, mask_of
from plugin.policies.law.floor import EXEMPT_ONCE_OPENED
from plugin.policies.law.statutes import Withdrawal
from plugin.policies.reasons import Action, GoodsKind
from plugin.policies.regions import Alternative, Clause, Unit
from plugin.policies.terms import Term
from plugin.ports.orders import LineKind

LAW = "the law"


@dataclass(frozen=True, slots=True)
class Part:
    """``is_lifted``: the law may answer here, for one of the documents at least."""

    clauses: tuple[Clause, ...]
    is_lifted: bool


def parts_of(grid: Grid, old: Policy, new: Policy) -> tuple[Part, ...]:
    """The parts into which the law cuts everything, the one that it leaves alone first."""
    alone: list[Clause] = []
    lifted: list[Part] = []
    for term, inside in grid.terms.items():
        here = _where(grid, term, inside)
        exempt = [_exempt(grid, term, policy) for policy in (old, new)]
        outside: list[Alternative] = [(unit._replace(wanted=False),) for unit in here]
        alone.append(Clause((*outside, *(tuple(both) for both in product(*exempt))), LAW))
        at_term = [Clause(((unit,),), "") for unit in here]
        for one, other in product(_standings(grid, term, old), _standings(grid, term, new)):
            if one.is_exempt and other.is_exempt:
                continue
            lifted.append(Part((*at_term, *one.clauses, *other.clauses), is_lifted=True))
    return (Part(tuple(alone), is_lifted=False), *dict.fromkeys(lifted))


def _where(grid: Grid, term: Term, inside: int) -> tuple[Unit, ...]:
    return (
        Unit("country", mask_of(grid.values["country"], lambda country: country == term.country)),
        Unit("is_business", mask_of(grid.values["is_business"], lambda is_business: not is_business)),
        Unit("kind", mask_of(grid.values["kind"], lambda kind: kind in term.kinds)),
        Unit(MOMENT, inside),
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the law sees the goods by one of the documents."""

    clauses: tuple[Clause, ...]
    is_exempt: bool = False


def _standings(grid: Grid, term: Term, policy: Policy) -> Iterator[_Standing]:
    """Exempt; not exempt, but of a kind that a person must look at; plain."""
    if grid.action is not Action.RETURN:
        yield _Standing(())
        return
    exempt, special = _exempt(grid, term, policy), grid.goods(GoodsKind, policy)
    if exempt:
        yield _Standing((Clause(tuple((unit,) for unit in exempt), ""),), is_exempt=True)
    not_exempt = _none_of(exempt)
    if LineKind.PHYSICAL not in term.kinds:
        yield _Standing(not_exempt)
        return
    yield _Standing((*not_exempt, Clause(tuple((unit,) for unit in special), "")))
    yield _Standing(_none_of(special))


def _exempt(grid: Grid, term: Term, policy: Policy) -> Literal:
    statute = term.statute
    if not isinstance(statute, Withdrawal):
        return ()
    return grid.goods(sorted(statute.exempt - EXEMPT_ONCE_OPENED), policy)


def _none_of(units: Literal) -> tuple[Clause, ...]:
    return (Clause((tuple(unit._replace(wanted=False) for unit in units),), ""),) if units else ()
