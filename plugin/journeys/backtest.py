"""A draft is tried on the past: on what shoppers have asked for, and on what they could ask for now. Writes nothing.

1. Asks: each case of the time, decided again by the draft at the moment of the ask, from the facts that were pinned
   then, against what was decided.
2. Orders: each order that was placed in the time, as if everything that is left of it were asked to be cancelled or
   sent back at the end of the time, by the live policy and by the draft.

It is read in small parts that each say where the next begins, so that any amount takes little memory, and who is
stopped in the middle goes on from there.
"""

from __future__ import annotations

from asyncio import create_task, gather, sleep
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct, structs

from plugin.cases.facts import Ownership, facts_of
from plugin.cases.many import PastCase, cases_after, count_cases, ownership_of_many
from plugin.cases.store import PRIOR_WINDOW
from plugin.orders.many import PastOrder, PastPayment, count_orders, orders_after, payments_of_many, read_past
from plugin.policies.backtest import Report, Tally
from plugin.policies.decide import decide
from plugin.policies.decision import Decision
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.rules import Rules
from plugin.ports.orders import LineCount
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

PART = 500  # cases, or orders of a page
PAGES = 8
AT_ONCE = 10  # cases or orders, about a millisecond: then whatever else this process does has its turn
TRIED = (Action.CANCEL, Action.RETURN)

_read_facts, _read_decision = msgspec.json.Decoder(OrderFacts).decode, msgspec.json.Decoder(Decision).decode
_read_names = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_names_of_each = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


@dataclass(frozen=True)
class Trial:
    """What is tried, on whom, and on which time."""

    shop: Shop
    live: Rules
    draft: Rules
    since: datetime
    until: datetime


class Stage(StrEnum):
    ASKS = "asks"
    ORDERS = "orders"
    OVER = "over"


class Place(Struct, frozen=True):
    """How far it has come: the last case or order that was looked at."""

    stage: Stage
    at: datetime
    id: str = ""


def beginning(trial: Trial) -> Place:
    return Place(Stage.ASKS, trial.since)


async def how_many(trial: Trial) -> int:
    """How many cases and orders there are to look at."""
    asks = await count_cases(trial.shop.id, trial.since, trial.until)
    return asks + await count_orders(trial.shop.id, trial.since, trial.until)


async def try_part(trial: Trial, place: Place, report: Report) -> tuple[Place, int]:
    """Add the next part to the report; where it ended, and how many cases or orders it had."""
    if place.stage is Stage.ASKS:
        cases = await cases_after(trial.shop.id, place.at, place.id, trial.until, PART)
        for n, case in enumerate(cases):
            if n % AT_ONCE == 0:
                await sleep(0)
            _try_ask(trial, case, report.asks)
        if not cases:
            return Place(Stage.ORDERS, trial.since), 0
        return Place(Stage.ASKS, cases[-1].asked_at, cases[-1].id), len(cases)
    return await _try_orders(trial, place, report)


def _try_ask(trial: Trial, case: PastCase, tally: Tally) -> None:
    try:
        facts, before = _read_facts(case.facts), _read_decision(case.decision)
        action = Action(case.kind)
    except (msgspec.ValidationError, ValueError):
        tally.unreadable += 1
        return
    counts = tuple(LineCount(line.line_id, line.asked) for line in before.lines)
    ask = Ask(action=action, whole=not counts, lines=counts, reason=case.reason)
    after = decide(facts, ask, trial.draft, case.asked_at)
    if _was_held(before) and after.outcome is Outcome.APPROVE:
        after = structs.replace(after, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    tally.with_defaults += _lacks_facts(case.facts)
    tally.add(before, after, order_number=facts.number, order_id=case.order_id, case_id=case.id)


def _was_held(before: Decision) -> bool:
    """Whether a person had to look for another cause than the policy: a limit, or payments that could not give it."""
    lines = before.lines
    return before.outcome is Outcome.REVIEW and bool(lines) and all(each.outcome is Outcome.APPROVE for each in lines)


def _lacks_facts(stored: str) -> bool:
    names = _read_names(stored)
    return not names.keys() >= set(OrderFacts.__struct_fields__) or any(
        not line.keys() >= set(LineFacts.__struct_fields__) for line in _read_names_of_each(names["lines"])
    )


@dataclass(frozen=True)
class _Page:
    """Orders in sequence, and what else their facts are made from."""

    orders: Sequence[PastOrder]
    owned: Mapping[str, Ownership]
    payments: Mapping[str, Sequence[PastPayment]]


async def _try_orders(trial: Trial, place: Place, report: Report) -> tuple[Place, int]:
    """Some pages; the database reads each of them while the one before it is decided."""
    looked_at = 0
    coming = create_task(_page_after(trial, place))
    try:
        for left in reversed(range(PAGES)):
            page = await coming
            if not page.orders:
                return Place(Stage.OVER, trial.until), looked_at
            last = page.orders[-1]
            place, looked_at = Place(Stage.ORDERS, last.placed_at, last.id), looked_at + len(page.orders)
            if left:
                coming = create_task(_page_after(trial, place))
            await _try_page(trial, page, report)
    finally:
        coming.cancel()
    return place, looked_at


async def _page_after(trial: Trial, place: Place) -> _Page:
    shop, at = trial.shop, trial.until
    orders = await orders_after(shop.id, place.at, place.id, at, PART)
    if not orders:
        return _Page((), {}, {})
    owned, payments = await gather(
        ownership_of_many(shop.id, orders, since=at - PRIOR_WINDOW), payments_of_many([order.id for order in orders])
    )
    return _Page(orders, owned, payments)


async def _try_page(trial: Trial, page: _Page, report: Report) -> None:
    settings = settings_of(trial.shop)
    transit = timedelta(days=settings.transit_days)
    tries = [(Ask(action=action, whole=True), report.orders.setdefault(action.value, Tally())) for action in TRIED]
    for n, order in enumerate(page.orders):
        if n % AT_ONCE == 0:
            await sleep(0)
        try:
            read = read_past(order)
        except msgspec.ValidationError:
            for _, tally in tries:
                tally.unreadable += 1
            continue
        facts = facts_of(
            read, page.owned[order.id], page.payments.get(order.id, ()),
            paused=False, transit=transit, zone=settings.time_zone,
        )  # fmt: skip
        for ask, tally in tries:
            before = decide(facts, ask, trial.live, trial.until)
            if before.lines:  # else nothing is left that this could be asked for, under no policy
                after = decide(facts, ask, trial.draft, trial.until)
                tally.add(before, after, order_number=order.number, order_id=order.id, case_id=None)
