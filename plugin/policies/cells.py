"""The facts that two policy documents can tell apart, and the smallest order that has them.

The vocabulary is closed, so every condition speaks of one of a few dimensions, and along each only the values that some
row names matter, with one representative of everything else. What holds where is asked of ``decide()`` itself, by a
policy of one row with that one condition: nothing here knows what a condition means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from plugin.policies.conditions import When
from plugin.policies.decide import decide
from plugin.policies.document import OTHERWISE, Otherwise, Policy, Row, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.reasons import POLICY_REASONS, Action, FaultKind, Outcome, Risk
from plugin.policies.rules import Rules, compile_policy
from plugin.ports.orders import Custodian, LineCount, LineKind

PROBE = "probe"
LINE = "line"


@dataclass(frozen=True, slots=True)
class Moment:
    """When the ask comes, how far the order has come by then, and what is said to be wrong with it."""

    at: datetime
    state: Progress
    placed_at: datetime
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    fault: FaultKind | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """What the whole order and one unit of the line cost, in minor units."""

    currency: str
    total: int
    item: int


class Example(Struct, frozen=True, kw_only=True):
    """One ask as JSON that can be played again: ``decide(facts, ask, rules, at)``."""

    facts: OrderFacts
    ask: Ask
    at: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """One value along every dimension: all that a condition can see."""

    moment: Moment
    money: Sum
    country: str | None = None
    channel: str | None = None
    custodians: tuple[Custodian, ...] = ()
    prior_cases: int = 0
    reason: str | None = None
    risk: Risk | None = None
    is_business: bool = False
    kind: LineKind = LineKind.PHYSICAL
    product_id: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    on_sale: bool = False
    final_sale: bool = False
    personalised: bool = False


SEVERAL = ("custodians", "tags", "categories")
MOMENT, MONEY = "moment", "money"
# The dimension of each condition, but for ``goods``, which speak of several.
DIMENSION: Mapping[str, str] = {
    "order_states": MOMENT, "faults": MOMENT, "since_placed": MOMENT, "since_shipped": MOMENT,
    "since_delivered": MOMENT, "value_at_least": MONEY, "value_at_most": MONEY, "item_value_at_least": MONEY,
    "item_value_at_most": MONEY, "countries": "country", "channels": "channel", "custodians": "custodians",
    "prior_cases_at_least": "prior_cases", "reasons": "reason", "risks": "risk", "is_business": "is_business",
    "line_kinds": "kind", "products": "product_id", "tags": "tags", "categories": "categories", "on_sale": "on_sale",
    "final_sale": "final_sale", "personalised": "personalised",
}  # fmt: skip
# What goods can be told by: the field of a ``Selector``, and its dimension.
SELECTED_BY: Mapping[str, str] = {
    "products": "product_id", "tags": "tags", "categories": "categories", "line_kinds": "kind",
}  # fmt: skip
_UNITS_SHIPPED = {
    Progress.UNFULFILLED: (1, 0), Progress.PARTLY_FULFILLED: (2, 1), Progress.FULFILLED: (1, 1),
    Progress.CANCELLED: (1, 1),
}  # fmt: skip


def example_of(action: Action, point: Point) -> Example:
    """The smallest order at this point: one line, of one unit where that will do."""
    moment, money = point.moment, point.money
    quantity, fulfilled = _UNITS_SHIPPED[moment.state]
    line = LineFacts(
        id=LINE, title="Item", quantity=quantity, total=money.item * quantity, tax=0, free=tuple(range(quantity)),
        fulfilled=fulfilled, kind=point.kind, product_id=point.product_id, on_sale=point.on_sale,
        final_sale=point.final_sale, personalised=point.personalised, tags=point.tags, categories=point.categories,
        shipped_at=moment.shipped_at, delivered_at=moment.delivered_at,
    )  # fmt: skip
    facts = OrderFacts(
        id="example", number="1", currency=money.currency, placed_at=moment.placed_at, state=moment.state,
        total=money.total, lines=(line,), country=point.country, channel=point.channel, custodians=point.custodians,
        is_business=point.is_business, risk=point.risk, prior_cases=point.prior_cases,
    )  # fmt: skip
    ask = Ask(action=action, lines=(LineCount(LINE, 1),), reason=point.reason, fault=moment.fault)
    return Example(facts=facts, ask=ask, at=moment.at)


def row_of(example: Example, rules: Rules) -> str | None:
    """The row that decides the example; None where no row is asked, because nothing of the kind can be done at all.

    Only rows have a policy's reasons; the first of them is the row's own, before whatever the law or a mode adds.
    """
    decision = decide(example.facts, example.ask, rules, example.at)
    verdicts = decision.lines[0].verdicts if decision.lines else ()
    return next((verdict.rule for verdict in verdicts if verdict.matched and verdict.reason in POLICY_REASONS), None)


def probe(action: Action, when: When, policy: Policy) -> Callable[[Point], bool]:
    """Whether these conditions hold at a point, by the goods and the calendar of that policy."""
    yes = Then(outcome=Outcome.APPROVE)
    row = Row(id=PROBE, action=action, when=when, then=yes)
    everything = Otherwise(cancel=yes, returning=yes, exchange=yes, fault=yes)
    rules = compile_policy(replace(policy, rows=(row,), otherwise=everything))
    return lambda point: row_of(example_of(action, point), rules) == PROBE


def can_be_asked(action: Action) -> Callable[[Moment], bool]:
    """Whether rows are asked at all at such a moment, or the structure of the order answers."""
    yes = Then(outcome=Outcome.APPROVE)
    everything = Otherwise(cancel=yes, returning=yes, exchange=yes, fault=yes)
    rules = compile_policy(Policy(format=1, name="All", rows=(), otherwise=everything))
    return lambda moment: row_of(example_of(action, Point(moment, Sum("USD", 1000, 1000))), rules) == OTHERWISE
