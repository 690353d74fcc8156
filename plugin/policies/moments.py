"""The moments at which the windows of policies can be told apart: one for each order in which their ends can come.

A window ends at a time of day, on a business day, or so many minutes later, so which of two ends first depends on when
the ask comes. Asks are tried at every time of day at which that can turn, and, where business days count, on every day
of a year. Ends are found by asking ``decide()`` whether a start is still within the window; no day is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import product

from plugin.policies.cells import Moment, can_be_asked
from plugin.policies.facts import Progress
from plugin.policies.reasons import Action, FaultKind
from plugin.policies.regions import TooMuchWork
from plugin.policies.terms import CLOCKS, Length, Term, Window

MINUTE = timedelta(minutes=1)
NOON = 12 * 60
_DAY = timedelta(days=1)
_MINUTES = 24 * 60  # of a day
_YEAR = 366
_FURTHEST = 60 * 366  # days: a length that has not ended then does not end
MOST = 50_000


def moments(
    action: Action, lengths: Iterable[Length], named_faults: Collection[FaultKind], around: datetime
) -> Sequence[Moment]:
    """All moments to look at, the shortest times first; ``around`` is when the first ask comes.

    Of the faults, those that are named and one that is not. Raises ``TooMuchWork`` where windows on several clocks can
    be combined in too many ways.
    """
    ordered = sorted(lengths, key=str)
    ends = {length: _earliest_start(action, length) for length in ordered}
    clocks = [clock for clock in CLOCKS if any(length.clock == clock for length in ordered)]
    unnamed = [fault for fault in FaultKind if fault not in named_faults][:1]
    faults = [*unnamed, *named_faults] if action is Action.FAULT else [None]
    seen: set[tuple[int, ...]] = set()
    found: dict[tuple[object, ...], Moment] = {}
    for at in _asks(ordered, around):
        turns = {length: find(at) for length, find in ends.items()}
        by_time = sorted({at, *(turn for turn in turns.values() if turn is not None)})
        ranks = tuple(-1 if turn is None else by_time.index(turn) for turn in (at, *turns.values()))
        if ranks in seen:
            continue
        seen.add(ranks)
        spells = {
            clock: _spells(at, {turn for length, turn in turns.items() if length.clock == clock and turn is not None})
            for clock in CLOCKS
        }
        for moment in _moments(at, spells, clocks, faults):
            found.setdefault(_told_by(moment, turns), moment)
        if len(found) > MOST:
            raise TooMuchWork
    possible = can_be_asked(action)
    return tuple(moment for moment in found.values() if possible(moment))


def _told_by(moment: Moment, turns: Mapping[Length, datetime | None]) -> tuple[object, ...]:
    """All that a condition or the law can see of a moment."""
    starts = {"placed": moment.placed_at, "shipped": moment.shipped_at, "delivered": moment.delivered_at}
    within = [
        (start := starts[length.clock]) is not None and (turn is None or start >= turn)
        for length, turn in turns.items()
    ]
    happened = moment.shipped_at is not None, moment.delivered_at is not None
    return (moment.state, moment.fault, *happened, *within)


def _earliest_start(action: Action, length: Length) -> Callable[[datetime], datetime | None]:
    """How to find, for a moment, the earliest start from which that moment is still within; None: any start."""
    end = cache(length.ends(action))

    def is_within(start: datetime, at: datetime) -> bool:
        ends = end(start)
        return ends is None or at < ends

    def earliest(at: datetime) -> datetime | None:
        if not is_within(at, at):
            return at + MINUTE
        today = datetime.combine(at.date(), time(0), UTC)
        near, far = 0, 1  # days before tomorrow's midnight: within at the one, not any more at the other
        while is_within(today + (1 - far) * _DAY, at):
            near, far = far, far * 2
            if far > _FURTHEST:
                return None
        while far - near > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if is_within(today + (1 - middle) * _DAY, at) else (near, middle)
        first = today + (1 - far) * _DAY
        low, high = 0, _MINUTES  # not within at low; within at high, or later than the ask
        while high - low > 1:
            middle = (low + high) // 2
            start = first + middle * MINUTE
            low, high = (low, middle) if start > at or is_within(start, at) else (middle, high)
        return first + high * MINUTE

    ago: dict[time, timedelta | None] = {}

    def as_long_ago(at: datetime) -> datetime | None:
        if at.time() not in ago:
            turn = earliest(at)
            ago[at.time()] = at - turn if turn is not None else None
        before = ago[at.time()]
        return at - before if before is not None else None

    on: dict[date, datetime | None] = {}

    def on_its_day(at: datetime) -> datetime | None:
        if at.date() not in on:
            on[at.date()] = earliest(at)
        return on[at.date()]

    if not length.knows_the_day:
        return as_long_ago
    return earliest if length.knows_the_time else on_its_day


def _asks(lengths: Sequence[Length], around: datetime) -> Iterator[datetime]:
    """When to ask: at noon, and just before and at every time of day at which the order of two ends can turn."""
    spans = [length.span for length in lengths if isinstance(length, Window)]
    exact = [(span.minutes or 0) + (span.hours or 0) * 60 for span in spans]
    whole = any(span.days is not None or span.business_days is not None for span in spans)
    turns = {minutes % _MINUTES for minutes in exact if minutes} if whole else set()
    turns |= {int(span.by[:2]) * 60 + int(span.by[3:]) for span in spans if span.by}
    times = [NOON, *sorted({(turn + less) % _MINUTES for turn in turns for less in (-2, -1, 0, 1)} - {NOON})]
    first = around.astimezone(UTC).date()
    calendars = {length.calendar for length in lengths if isinstance(length, Window) and length.calendar is not None}
    last_closed = max((day for calendar in calendars for day in calendar.closed), default=first)
    days = 7 if any(isinstance(length, Term) for length in lengths) else 1  # some terms end on no weekend
    if calendars:
        days = max(_YEAR, (last_closed - first).days + 31)
    for number in range(days):
        for minutes in times:
            yield datetime.combine(first + timedelta(days=number), time(0), UTC) + minutes * MINUTE


def _spells(at: datetime, turns: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """From when until when something must have happened to be within the same windows; the shortest ago first."""
    cuts = sorted({turn for turn in turns if turn <= at}, reverse=True)
    latest = [at, *(cut - MINUTE for cut in cuts)]
    return [(cut, late) for cut, late in zip([*cuts, datetime.min.replace(tzinfo=UTC)], latest, strict=True)]


def _moments(
    at: datetime,
    spells: dict[str, list[tuple[datetime, datetime]]],
    clocks: Sequence[str],
    faults: Sequence[FaultKind | None],
) -> Iterator[Moment]:
    """Every way in which an order can have come to ``at``: placed before it was shipped, shipped before delivered."""
    unknown: list[tuple[datetime, datetime] | None] = [None]
    shipped = unknown + (spells["shipped"] if "shipped" in clocks or "delivered" in clocks else [])
    delivered = unknown + (spells["delivered"] if "delivered" in clocks else [])
    for placed_in, shipped_in, delivered_in in product(spells["placed"], shipped, delivered):
        delivered_at = _latest(delivered_in, at)
        shipped_at = _latest(shipped_in, delivered_at or at)
        placed_at = _latest(placed_in, shipped_at or delivered_at or at)
        wanted = (placed_in, shipped_in, delivered_in)
        came = (placed_at, shipped_at, delivered_at)
        if placed_at is None or any(at is None and spell for at, spell in zip(came, wanted, strict=True)):
            continue
        for state in (Progress.UNFULFILLED, Progress.PARTLY_FULFILLED, Progress.FULFILLED, Progress.CANCELLED):
            if state is Progress.UNFULFILLED and (shipped_at or delivered_at):
                continue
            for fault in faults:
                yield Moment(at, state, placed_at, shipped_at, delivered_at, fault)


def _latest(spell: tuple[datetime, datetime] | None, before: datetime) -> datetime | None:
    """The latest moment of the spell that is not after ``before``, if there is one."""
    if spell is None or spell[0] > before:
        return None
    return min(spell[1], before)
