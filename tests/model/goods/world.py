"""Goods that come back, for money or for other goods: one ask of ours, its parcels, its money, and what goes out.

The states, what may follow them, the plan of a refund, what units are worth and what news of a parcel mean come from
the real tables and functions. What is left are mirrors of journeys, which need a database: of the way back in
``back``, of new goods in ``new``, of the money in ``money``. Each unit cost ``WORTH``, and all of them make up the
order; refunds are told in outline here, for ``tests.model.world`` tells them in every detail.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from plugin.cases.states import CLOSED, TABLES, WAITS_ON, CaseKind, CaseState, WaitsOn
from plugin.core.transitions import State, TransitionTable
from plugin.exchanges.states import DIFFERENCE, OUTBOUND, DifferenceState, OutboundState
from plugin.parcels.states import PARCEL, ParcelState
from plugin.parcels.worth import amounts_for
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.policies.reasons import Trigger
from plugin.refunds.debits import DebitReason, DebitState
from plugin.refunds.states import HOLDS_MONEY, LegState

C, P, D, N, L, T = CaseState, ParcelState, DifferenceState, OutboundState, LegState, Trigger
WORTH = 2
MONEY, PARCELS, RIVALS = "money", "parcels", "rivals"
ALL = frozenset({MONEY, PARCELS, RIVALS})
ACCEPTED, REJECTED = "accepted", "rejected"


class Terms(NamedTuple):
    """What was agreed on. ``price`` is that of the new goods, None where money is wanted; ``less`` is what a person who
    looks at the ask may keep back of the money; ``keeps`` says that nothing has to be sent back. ``troubles`` are what
    may go wrong: with refunds, with parcels, and by other asks for the same units."""

    trigger: Trigger = T.INSPECTED
    units: int = 1
    price: int | None = None
    fee: int = 0
    less: int = 0
    keeps: bool = False
    by_law: bool = False
    troubles: frozenset[str] = ALL

    @property
    def kind(self) -> CaseKind:
        return CaseKind.RETURN if self.price is None else CaseKind.EXCHANGE

    @property
    def worth(self) -> int:
        return self.units * WORTH

    @property
    def decided(self) -> int:
        """What the units come to, less the fee."""
        return self.worth - self.fee


class Unit(NamedTuple):
    """``rival`` is another ask for the same unit: a second tab, or a later one, that has ``asked``, or was ``paid``."""

    state: str = "open"
    is_here: bool = False
    verdict: str = ""
    rival: str = ""

    @property
    def worth(self) -> int:
        return WORTH

    @property
    def tax(self) -> int:
        return 0

    @property
    def is_awaited(self) -> bool:
        return self.state == "open" and not self.is_here

    @property
    def is_to_judge(self) -> bool:
        return self.state == "open" and self.is_here and not self.verdict

    @property
    def is_forgiven(self) -> bool:
        return self.state == "settled" and not self.verdict


class Parcel(NamedTuple):
    """``told`` is the furthest that anybody has told of it."""

    state: ParcelState = P.LABEL
    told: ParcelState | None = None
    is_named: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in (P.LABEL, P.IN_TRANSIT, P.RECEIVED)


class Leg(NamedTuple):
    """``of`` is the payment: 0 the order's, 1 what was paid on top. Another try is a new leg in its place."""

    amount: int
    of: int
    state: LegState = L.RESERVED

    @property
    def held(self) -> int:
        return self.amount if self.state in HOLDS_MONEY else 0


class Debit(NamedTuple):
    reason: DebitReason
    amount: int
    state: DebitState = DebitState.OPEN


class World(NamedTuple):
    """``case`` is None before the shopper confirms. ``on_top`` is what a difference comes to, ``page`` what Stripe's
    page for it is in truth, ``has_collected`` whether our books have its payment; ``was_made`` says that the store has
    made the order of the new goods, ``rivals`` what other asks have got of the order's payment and of what was paid on
    top."""

    terms: Terms
    units: tuple[Unit, ...]
    case: CaseState | None = None
    why: str = ""
    parcels: tuple[Parcel, ...] = ()
    legs: tuple[Leg, ...] = ()
    owed: int = 0
    withheld: int = 0
    resolved: str = ""
    times_given: int = 0
    debits: tuple[Debit, ...] = ()
    outbound: OutboundState | None = None
    was_made: int = 0
    difference: DifferenceState | None = None
    on_top: int = 0
    page: str = ""
    has_collected: bool = False
    rivals: tuple[int, int] = (0, 0)
    tried_again: int = 0
    closed_by_hand: bool = False

    @property
    def is_over(self) -> bool:
        return self.case in CLOSED

    @property
    def are_goods_open(self) -> bool:
        """``cases.goods.Goods.are_open``."""
        return any(unit.is_awaited or unit.is_to_judge for unit in self.units)

    @property
    def is_paid(self) -> bool:
        """``resolved_at`` is set."""
        return self.resolved != ""

    @property
    def held(self) -> int:
        """Mirrors ``refunds.service.held_for_case``."""
        return sum(leg.held for leg in self.legs)

    @property
    def refundable(self) -> tuple[int, ...]:
        """``refunds.store.payables`` of the order's payment and, once it is in our books, of what was paid on top."""
        captured = (self.terms.worth, self.on_top) if self.has_collected else (self.terms.worth,)
        legs = (sum(leg.held for leg in self.legs if leg.of == n) for n in range(2))
        return tuple(n - ours - theirs for n, ours, theirs in zip(captured, legs, self.rivals, strict=False))

    def step(self, wanted: CaseState, why: str = "") -> World:
        """Mirrors ``cases.service.move``."""
        assert self.case is not None
        table = TABLES[self.terms.kind]
        if table.is_repeat(self.case, wanted):
            return self
        table.check(self.case, wanted)
        return replace(self, case=wanted, why=why if WAITS_ON.get(wanted) is WaitsOn.STAFF else "")

    def step_parcel(self, n: int, wanted: ParcelState) -> World:
        """Mirrors ``parcels.service.move_parcel``."""
        now = self.parcels[n]
        return replace(self, parcels=put(self.parcels, n, now._replace(state=_after(PARCEL, now.state, wanted))))

    def step_difference(self, wanted: DifferenceState) -> World:
        """Mirrors ``exchanges.service.move_difference``."""
        assert self.difference is not None
        return replace(self, difference=_after(DIFFERENCE, self.difference, wanted))

    def step_outbound(self, wanted: OutboundState) -> World:
        """Mirrors ``exchanges.service.move_outbound``."""
        assert self.outbound is not None
        return replace(self, outbound=_after(OUTBOUND, self.outbound, wanted))


def replace(world: World, **changes: Any) -> World:
    """The same world but for these fields."""
    return world._replace(**changes)


def put(each: tuple[Any, ...], n: int, one: Any) -> tuple[Any, ...]:
    """The same, but for the one at ``n``."""
    return (*each[:n], one, *each[n + 1 :])


def _after(table: TransitionTable[State], state: State, wanted: State) -> State:
    if table.is_repeat(state, wanted):
        return state
    table.check(state, wanted)
    return wanted


@cache
def worth_of(terms: Terms, units: int) -> Amounts:
    """What so many of the units come to, by the real rule."""
    decided = Amounts(currency="USD", goods=Component(terms.worth), fee=terms.fee)
    return amounts_for(decided, [Unit()] * units)


def start(terms: Terms) -> World:
    """Nothing is asked yet."""
    return World(terms, (Unit(state="released"),) * terms.units)
