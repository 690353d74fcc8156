"""Where a parcel is by all that was told of it, and what the units that were accepted are worth: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugin.core.money import unit_worth
from plugin.parcels.states import PARCEL, ParcelState, Seen
from plugin.parcels.told import told
from plugin.parcels.worth import amounts_for, bonus_for
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from tests.fakes import NOON


@dataclass(frozen=True)
class Event:
    kind: str
    happened_at: datetime


@dataclass(frozen=True)
class Unit:
    worth: int
    tax: int


MOMENTS = st.integers(0, 99).map(lambda hours: NOON + timedelta(hours=hours))
EVENTS = st.lists(st.builds(Event, st.sampled_from([str(each) for each in Seen]), MOMENTS), max_size=8)


@given(EVENTS, st.randoms(use_true_random=False))
def test_late_doubled_and_reordered_news_end_alike(events: list[Event], random: object) -> None:
    shuffled = [*events, *events[: len(events) // 2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled) == told(events)


@given(EVENTS)
def test_where_a_parcel_is_said_to_be_can_be_reached_from_a_label(events: list[Event]) -> None:
    state = told(events).state
    assert state is None or state in PARCEL.moves[ParcelState.LABEL]


@st.composite
def lines(draw: st.DrawFn) -> tuple[int, int, tuple[Unit, ...]]:
    """What a line of some units costs, its tax, and its units."""
    quantity, total = draw(st.integers(1, 12)), draw(st.integers(0, 10**6))
    tax = draw(st.integers(0, total))
    units = tuple(Unit(unit_worth(total, quantity, i), unit_worth(tax, quantity, i)) for i in range(quantity))
    return total, tax, units


@given(lines(), st.integers(0, 10**6), st.integers(0, 5000), st.data())
def test_what_is_accepted_is_owed_less_its_share_of_the_fee_and_never_more(
    line: tuple[int, int, tuple[Unit, ...]], fee: int, bonus: int, data: st.DataObject
) -> None:
    """I5 and I6 for every part of what was asked: all of it pays exactly what was decided, none of it nothing."""
    total, tax, units = line
    decided = Amounts(currency="USD", goods=Component(total, tax), fee=min(fee, total))
    kept = [unit for unit in units if data.draw(st.booleans())]
    owed = amounts_for(decided, kept)
    assert 0 <= owed.fee <= min(decided.fee, owed.before_fee)
    assert 0 <= owed.total <= owed.goods.amount == sum(unit.worth for unit in kept) <= total
    assert 0 <= bonus_for(bonus, decided, kept) <= bonus
    assert amounts_for(decided, units) == decided
