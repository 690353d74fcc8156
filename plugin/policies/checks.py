"""The timeless conditions of a row, each made into a question that can be asked quickly and often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    first, *others = kinds
    if not others:
        return lambda order, line, ask: first(line)
    return lambda order, line, ask: first(line) or any(holds(line) for holds in others)


def _among(make: Callable[[frozenset[Any]], Check]) -> Callable[[Iterable[Any]], Check]:
    return lambda wanted: make(frozenset(wanted))


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


_MAKERS: Mapping[str, Callable[[Any], Check]] = {
    "order_states": _among(lambda among: lambda order, line, ask: order.state in among),
    "value_at_least": lambda by: lambda order, line, ask: order.total >= by.get(order.currency, order.total),
    "value_at_most": lambda by: lambda order, line, ask: order.total <= by.get(order.currency, order.total - 1),
    "item_value_at_least": _item_value_at_least,
    "item_value_at_most": _item_value_at_most,
    "countries": _among(lambda among: lambda order, line, ask: order.country in among),
    "channels": _among(lambda among: lambda order, line, ask: order.channel in among),
    "custodians": _among(lambda among: lambda order, line, ask: not among.isdisjoint(order.custodians)),
    "prior_cases_at_least": lambda least: lambda order, line, ask: order.prior_cases >= least,
    "reasons": _among(lambda among: lambda order, line, ask: ask.reason in among),
    "faults": _among(lambda among: lambda order, line, ask: ask.fault in among),
    "risks": _among(lambda among: lambda order, line, ask: order.risk in among),
    "is_business": lambda wanted: lambda order, line, ask: order.is_business is wanted,
    "line_kinds": _among(lambda among: lambda order, line, ask: line.kind in among),
    "products": _among(lambda among: lambda order, line, ask: line.product_id in among),
    "tags": _among(lambda among: lambda order, line, ask: not among.isdisjoint(line.tags)),
    "categories": _among(lambda among: lambda order, line, ask: not among.isdisjoint(line.categories)),
    "on_sale": lambda wanted: lambda order, line, ask: line.on_sale is wanted,
    "final_sale": lambda wanted: lambda order, line, ask: line.final_sale is wanted,
    "personalised": lambda wanted: lambda order, line, ask: line.personalised is wanted,
}
