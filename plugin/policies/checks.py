"""The timeless conditions of a row, each made into a question that can be asked quickly and often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from plugin.policies.conditions import When
from plugin.policies.document import Selector
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.reasons import GoodsKind

# Whether a condition holds for an order, one of its lines and what the shopper said. Time is not among its arguments.
Check = Callable[[OrderFacts, LineFacts, Ask], bool]
Holds = Callable[[LineFacts], bool]


def checks_of(when: When, kinds: Mapping[GoodsKind, Holds]) -> list[tuple[str, Check]]:
    """The conditions by name in the order in which they are tried; those that the row does not name are left out.

    ``kinds`` say which lines are of which kind of goods.
    """
    checks = [(name, make(value)) for name, make in _MAKERS.items() if (value := getattr(when, name)) is not None]
    if when.goods is not None:
        checks.append(("goods", _is_of(kinds[kind] for kind in sorted(set(when.goods)))))
    return checks


def kinds_of_goods(goods: Mapping[GoodsKind, Selector]) -> Mapping[GoodsKind, Holds]:
    """For each kind, which lines are of it: those that the policy selects, and what the store marks as personalised."""
    return {kind: _selects(goods.get(kind), personalised=kind is GoodsKind.PERSONALISED) for kind in GoodsKind}


def _selects(selector: Selector | None, *, personalised: bool) -> Holds:
    if selector is None:
        return (lambda line: line.personalised) if personalised else (lambda line: False)
    products, kinds = frozenset(selector.products or ()), frozenset(selector.line_kinds or ())
    tags, categories = frozenset(selector.tags or ()), frozenset(selector.categories or ())
    return lambda line: (
        (personalised and line.personalised)
        or line.product_id in products
        or line.kind in kinds
        or not tags.isdisjoint(line.tags)
        or not categories.isdisjoint(line.categories)
    )


def _is_of(kinds: Iterable[Holds]) -> Check:
    any_of = tuple(kinds)
    return lambda order, line, ask: any(holds(line) for holds in any_of)


def _order_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, ask: read(order) in among

    return make


def _line_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, ask: read(line) in among

    return make


def _line_any_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, ask: not among.isdisjoint(read(line))

    return make


def _said_in(attribute: str) -> Callable[[Iterable[str]], Check]:
    read = attrgetter(attribute)

    def make(wanted: Iterable[str]) -> Check:
        among = frozenset(wanted)
        return lambda order, line, ask: read(ask) in among

    return make


def _paid_with_any(wanted: Iterable[str]) -> Check:
    among = frozenset(wanted)
    return lambda order, line, ask: not among.isdisjoint(order.custodians)


def _order_is(attribute: str) -> Callable[[bool], Check]:
    read = attrgetter(attribute)
    return lambda wanted: lambda order, line, ask: read(order) is wanted


def _line_is(attribute: str) -> Callable[[bool], Check]:
    read = attrgetter(attribute)
    return lambda wanted: lambda order, line, ask: read(line) is wanted


def _value_at_least(limits: Mapping[str, int]) -> Check:
    return lambda order, line, ask: order.total >= limits.get(order.currency, order.total)


def _value_at_most(limits: Mapping[str, int]) -> Check:
    return lambda order, line, ask: order.total <= limits.get(order.currency, order.total - 1)


# One unit costs at least so much when all units cost at least that many times as much: nothing is divided.


def _item_value_at_least(limits: Mapping[str, int]) -> Check:
    def holds(order: OrderFacts, line: LineFacts, ask: Ask) -> bool:
        limit = limits.get(order.currency)
        return limit is None or line.total >= limit * line.quantity

    return holds


def _item_value_at_most(limits: Mapping[str, int]) -> Check:
    def holds(order: OrderFacts, line: LineFacts, ask: Ask) -> bool:
        limit = limits.get(order.currency)
        return limit is not None and line.total <= limit * line.quantity

    return holds


def _prior_cases_at_least(least: int) -> Check:
    return lambda order, line, ask: order.prior_cases >= least


_MAKERS: Mapping[str, Callable[[Any], Check]] = {
    "order_states": _order_in("state"),
    "value_at_least": _value_at_least,
    "value_at_most": _value_at_most,
    "item_value_at_least": _item_value_at_least,
    "item_value_at_most": _item_value_at_most,
    "countries": _order_in("country"),
    "channels": _order_in("channel"),
    "custodians": _paid_with_any,
    "prior_cases_at_least": _prior_cases_at_least,
    "reasons": _said_in("reason"),
    "faults": _said_in("fault"),
    "risks": _order_in("risk"),
    "is_business": _order_is("is_business"),
    "line_kinds": _line_in("kind"),
    "products": _line_in("product_id"),
    "tags": _line_any_in("tags"),
    "categories": _line_any_in("categories"),
    "on_sale": _line_is("on_sale"),
    "final_sale": _line_is("final_sale"),
    "personalised": _line_is("personalised"),
}
