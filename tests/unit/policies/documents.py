"""Any policy document of the whole vocabulary, any order and any ask, for the properties of decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import FITTING, PAID, Calendar, Fee, Otherwise, Policy, Row, Selector, Then
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, Progress, progress_of
from plugin.policies.reasons import (  # fmt: skip
    REASONS_OF_OUTCOME,
    Action,
    FaultKind,
    GoodsKind,
    Mode,
    Outcome,
    Payer,
    Resolution,
    Risk,
)
from plugin.ports.orders import Custodian, LineCount, LineKind
from tests.unit.policies.making import PLACED

names = st.sampled_from(["a", "b", "c"])
moments = st.integers(0, 200).map(lambda hours: PLACED + timedelta(hours=hours))
times_of_day = st.sampled_from(["00:00", "02:30", "14:00", "23:59"])
amounts_by_currency = st.dictionaries(st.sampled_from(["USD", "EUR", "JPY"]), st.integers(0, 10_000), min_size=1)


def perhaps(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.none(), strategy)


def one_of(enum: Any) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(enum))


spans = st.one_of(
    st.integers(1, 200).map(lambda n: Span(hours=n)),
    st.integers(1, 8).map(lambda n: Span(days=n)),
    st.integers(1, 600).map(lambda n: Span(minutes=n)),
    st.integers(1, 5).map(lambda n: Span(business_days=n)),
    st.builds(Span, days=st.integers(0, 8), by=times_of_day),
    st.builds(Span, business_days=st.integers(0, 5), by=times_of_day),
)
limits: tuple[dict[str, Any], ...] = ({"at_most": spans}, {"at_least": spans}, {"at_least": spans, "at_most": spans})


def sinces(*fallbacks: str | None) -> st.SearchStrategy[Since]:
    return st.one_of(*(st.builds(Since, **limit, fallback=st.sampled_from([None, *fallbacks])) for limit in limits))


CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "order_states": one_of(Progress),
    "value_at_least": amounts_by_currency,
    "value_at_most": amounts_by_currency,
    "item_value_at_least": amounts_by_currency,
    "item_value_at_most": amounts_by_currency,
    "countries": st.just(("DE",)),
    "channels": st.tuples(names),
    "custodians": one_of(Custodian),
    "prior_cases_at_least": st.integers(1, 3),
    "reasons": st.tuples(names),
    "faults": one_of(FaultKind),
    "risks": one_of(Risk),
    "is_business": st.booleans(),
    "line_kinds": one_of(LineKind),
    "products": st.tuples(names),
    "tags": st.tuples(names),
    "categories": st.tuples(names),
    "goods": one_of(GoodsKind),
    "on_sale": st.booleans(),
    "final_sale": st.booleans(),
    "personalised": st.booleans(),
    "since_placed": sinces(),
    "since_shipped": sinces("placed"),
    "since_delivered": sinces("placed", "shipped"),
}
calendars = st.builds(
    Calendar,
    country=st.sampled_from([None, "US", "DE"]),
    weekdays=st.sampled_from([(0, 1, 2, 3, 4), (5,), (0, 1, 2, 3, 4, 5, 6)]),
    closed=st.just((PLACED.date() + timedelta(days=1),)),
)
selectors = st.one_of(
    st.builds(Selector, products=st.tuples(names)),
    st.builds(Selector, tags=st.tuples(names), categories=perhaps(st.tuples(names))),
    st.builds(Selector, line_kinds=one_of(LineKind)),
)
fees = st.one_of(st.builds(Fee, percent=st.integers(1, 100)), st.builds(Fee, amounts=amounts_by_currency))


@st.composite
def whens(draw: st.DrawFn, action: Action) -> When:
    """At most four conditions, so that rows match often enough to be worth trying."""
    named = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=4, unique=True))
    return When(**{name: draw(CONDITIONS[name]) for name in named if name != "faults" or action is Action.FAULT})


@st.composite
def thens(draw: st.DrawFn, action: Action) -> Then:
    outcome = draw(st.sampled_from(Outcome))
    reason = draw(st.sampled_from(sorted(REASONS_OF_OUTCOME[outcome])))
    offer, mode = draw(perhaps(names)), draw(st.sampled_from([Mode.AUTOMATIC, Mode.AUTOMATIC, *Mode]))
    if outcome is Outcome.REFUSE:
        return Then(outcome=outcome, reason=reason, offer=offer, mode=mode)
    fitting = st.lists(st.sampled_from(sorted(FITTING[action])), min_size=1, unique=True).map(tuple)
    resolutions = draw(perhaps(fitting))
    has_credit = Resolution.STORE_CREDIT in (resolutions or ())
    keep_item = action is not Action.CANCEL and draw(st.booleans())
    is_paid = resolutions is not None and PAID.issuperset(resolutions)
    is_compensated = action is Action.FAULT and keep_item and is_paid and draw(st.booleans())
    return Then(
        outcome=outcome,
        reason=reason,
        resolutions=resolutions,
        compensation_percent=draw(st.integers(1, 100)) if is_compensated else None,
        bonus_percent=draw(perhaps(st.integers(1, 100))) if has_credit else None,
        fee=draw(perhaps(fees)),
        label=None if action is Action.CANCEL or keep_item else draw(perhaps(st.sampled_from(Payer))),
        keep_item=keep_item,
        offer=offer,
        mode=mode,
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    actions = draw(st.lists(st.sampled_from([Action.CANCEL, *Action]), max_size=6))
    return Policy(
        format=1,
        name="Any",
        rows=tuple(
            Row(id=f"row-{i}", action=action, when=draw(whens(action)), then=draw(thens(action)))
            for i, action in enumerate(actions)
        ),
        otherwise=Otherwise(
            cancel=draw(thens(Action.CANCEL)), returning=draw(thens(Action.RETURN)),
            exchange=draw(thens(Action.EXCHANGE)), fault=draw(thens(Action.FAULT)),
        ),
        goods=draw(st.dictionaries(st.sampled_from(GoodsKind), selectors, max_size=2)),
        calendar=draw(calendars),
    )  # fmt: skip


@st.composite
def lines(draw: st.DrawFn, line_id: str) -> LineFacts:
    quantity = draw(st.integers(1, 6))
    total = draw(st.integers(0, 10_000))
    owned = draw(st.integers(0, quantity))
    settled = draw(st.integers(0, owned))
    fulfilled = draw(st.sampled_from([0, 0, 0, quantity - owned, quantity]))
    returned = draw(st.sampled_from([0, 0, settled]))
    shipped_at = draw(moments) if fulfilled else draw(perhaps(moments))
    return LineFacts(
        id=line_id,
        title=line_id,
        quantity=quantity,
        total=total,
        tax=draw(st.integers(0, total)),
        free=tuple(draw(st.permutations(range(quantity)))[owned:]),
        fulfilled=fulfilled,
        cancelled=0 if returned else settled,
        in_open_cases=owned - settled,
        returned=returned,
        refunded_by_hand=draw(st.sampled_from([0, 0, 0, 1])),
        kind=draw(st.sampled_from(LineKind)),
        product_id=draw(perhaps(names)),
        on_sale=draw(st.booleans()),
        final_sale=draw(st.booleans()),
        personalised=draw(st.booleans()),
        tags=tuple(draw(st.sets(names))),
        categories=tuple(draw(st.sets(names))),
        shipped_at=shipped_at,
        delivered_at=shipped_at and draw(perhaps(st.just(shipped_at + timedelta(days=2)))),
    )


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    held = tuple(draw(lines(name)) for name in draw(st.sets(names)))
    shipping = draw(st.integers(0, 2_000))
    return OrderFacts(
        id="o",
        number="1",
        currency=draw(st.sampled_from(["USD", "JPY", "KWD"])),
        placed_at=PLACED,
        state=progress_of(held, cancelled=draw(st.sampled_from([False, False, False, True]))),
        total=draw(st.integers(0, 50_000)),
        lines=held,
        shipping=Component(shipping, draw(st.integers(0, shipping))),
        extras=Component(draw(st.integers(-5, 500))),
        country=draw(st.sampled_from([None, "DE"])),
        channel=draw(perhaps(names)),
        time_zone=draw(st.sampled_from([None, "Europe/Madrid", "nonsense"])),
        custodians=(Custodian.STRIPE,),
        is_business=draw(st.sampled_from([False, False, True])),
        risk=draw(perhaps(st.sampled_from(Risk))),
        prior_cases=draw(st.integers(0, 4)),
        frozen=draw(st.booleans()) and draw(st.booleans()),
        paused=draw(st.booleans()) and draw(st.booleans()),
    )


counts = st.builds(LineCount, st.sampled_from(["a", "b", "c", "unknown"]), st.integers(-2, 8))
asks = st.builds(
    Ask,
    action=st.sampled_from(Action),
    whole=st.booleans(),
    lines=st.lists(counts, max_size=4).map(tuple),
    reason=perhaps(names),
    fault=perhaps(st.sampled_from(FaultKind)),
    resolution=perhaps(st.sampled_from(Resolution)),
)
