"""What a withdrawal comes to, worked out by hand: prices with and without tax, discounts, delivery, part of an order,
and currencies without and with three decimals."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec import structs

from plugin.cases.facts import Ownership, facts_of
from plugin.orders.models import Order
from plugin.orders.service import StoredOrder
from plugin.policies.facts import Component, OrderFacts
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Trigger
from plugin.ports.storefronts import OrderChanged
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.schema import EXAMPLE
from plugin.withdrawals.standing import law_for
from plugin.withdrawals.statutory import (
    leaves_nothing,
    split,
    standard_delivery,
    statutory_decision,
    wanted_of,
)

STORE = StandardStorefront(httpx.AsyncClient())
NOBODY = Ownership(open={}, settled={}, shipping_taken=False, prior_cases=0)
Units = dict[str, tuple[int, ...]]


def a_line(line_id: str, quantity: int, unit_price: int, tax: int, discount: int = 0) -> dict[str, Any]:
    return {
        "id": line_id, "title": line_id.title(), "quantity": quantity, "unit_price": unit_price, "tax": tax,
        "discount": discount,
    }  # fmt: skip


def an_order(
    lines: list[dict[str, Any]], shipping: dict[str, int], total: int, *, currency: str = "EUR", with_tax: bool = True,
    discounts: tuple[dict[str, Any], ...] = (), sent: dict[str, int] | None = None, country: str = "DE",
    extras: tuple[dict[str, Any], ...] = (),
) -> tuple[OrderFacts, int]:  # fmt: skip
    """The facts of an order as the standard format brings it, and what was paid for its delivery."""
    data = copy.deepcopy(EXAMPLE)
    paid = {"amount": total, "captured": total}
    data["data"] |= {
        "currency": currency, "prices_include_tax": with_tax, "lines": lines, "shipping": shipping, "total": total,
        "extras": list(extras), "discounts": list(discounts), "fulfilments": [], "cancelled": [], "refunds": [],
    }  # fmt: skip
    data["data"]["customer"]["country"] = country
    data["data"]["payments"] = [data["data"]["payments"][0] | paid]
    if sent:
        counts = [{"line_id": line, "quantity": n} for line, n in sent.items()]
        data["data"]["fulfilments"] = [{"id": "f1", "lines": counts, "shipped_at": data["data"]["placed_at"]}]
    parsed = STORE.parse("order.updated", json.dumps(data).encode())
    assert isinstance(parsed, OrderChanged), parsed
    order = parsed.order
    row = Order(id="ord_1", number=order.number, currency=order.currency, placed_at=order.placed_at)
    facts = facts_of(
        StoredOrder(row, order, order), NOBODY, [], paused=False, transit=timedelta(days=5), zone="Europe/Berlin"
    )
    return facts, order.shipping.total


def owed(facts: OrderFacts, action: Action, units: Units, *, with_delivery: bool) -> tuple[Component, Component, int]:
    """Goods, delivery and the sum that one decision comes to."""
    decision = statutory_decision(facts, action, units, law_for(facts), payers={}, with_delivery=with_delivery)
    assert (decision.outcome, decision.reason, decision.amounts.fee) == (Outcome.APPROVE, Reason.STATUTORY, 0)
    return decision.amounts.goods, decision.amounts.shipping, decision.amounts.total


SHIRTS = a_line("shirt", 3, 1999, 957)  # 59.97 with 19 %
ALL_SHIRTS: Units = {"shirt": (0, 1, 2)}
TABLE: dict[str, tuple[tuple[OrderFacts, int], Units, bool, tuple[Component, Component, int]]] = {
    "prices with tax: all of it, and delivery": (
        an_order([SHIRTS], {"price": 495, "tax": 79}, 6492),
        ALL_SHIRTS, True, (Component(5997, 957), Component(495, 79), 6492),
    ),
    "prices without tax: the same with the tax on top": (
        an_order([a_line("shirt", 3, 1680, 957)], {"price": 416, "tax": 79}, 6492, with_tax=False),
        ALL_SHIRTS, True, (Component(5997, 957), Component(495, 79), 6492),
    ),
    "one of three: a third, and no delivery": (
        an_order([SHIRTS], {"price": 495, "tax": 79}, 6492),
        {"shirt": (1,)}, False, (Component(1999, 319), Component(0), 1999),
    ),
    "a discount of the line: what was paid, not the price": (
        an_order([a_line("shirt", 3, 1999, 798, discount=1000)], {"price": 0}, 4997),
        ALL_SHIRTS, True, (Component(4997, 798), Component(0), 4997),
    ),
    "the last of three after a discount that does not divide: the cent that is left": (
        an_order([a_line("shirt", 3, 1999, 798, discount=1000)], {"price": 0}, 4997),
        {"shirt": (2,)}, False, (Component(1666, 266), Component(0), 1666),
    ),
    "a discount of the order: its frozen share": (
        an_order(
            [a_line("shirt", 1, 3000, 0), a_line("scarf", 1, 1000, 0)], {"price": 0}, 3600,
            discounts=({"amount": 400, "code": "TEN"},),
        ),
        {"scarf": (0,)}, False, (Component(900), Component(0), 900),
    ),
    "yen have no decimals": (
        an_order([a_line("bowl", 3, 1000, 272)], {"price": 550, "tax": 50}, 3550, currency="JPY"),
        {"bowl": (0, 1, 2)}, True, (Component(3000, 272), Component(550, 50), 3550),
    ),
    "a yen that does not divide stays with its unit": (
        an_order([a_line("bowl", 3, 1000, 0, discount=100)], {"price": 0}, 2900, currency="JPY"),
        {"bowl": (0, 1)}, False, (Component(1933), Component(0), 1933),
    ),
    "dinars have three decimals": (
        an_order([a_line("lamp", 2, 12_345, 1176)], {"price": 1500}, 26_190, currency="KWD"),
        {"lamp": (0, 1)}, True, (Component(24_690, 1176), Component(1500), 26_190),
    ),
    "a fil that does not divide": (
        an_order([a_line("lamp", 3, 3_333, 0, discount=1)], {"price": 0}, 9_998, currency="KWD"),
        {"lamp": (2,)}, False, (Component(3333), Component(0), 3333),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("order", "units", "with_delivery", "wanted"), TABLE.values(), ids=TABLE)
def test_what_was_paid_for_the_units_comes_back(
    order: tuple[OrderFacts, int], units: Units, with_delivery: bool, wanted: tuple[Component, Component, int]
) -> None:
    for action in (Action.CANCEL, Action.RETURN):
        assert owed(order[0], action, units, with_delivery=with_delivery) == wanted


def test_a_fee_for_gift_wrap_comes_back_with_delivery_and_an_order_that_cost_nothing_is_no_bill() -> None:
    wrapped, _ = an_order([SHIRTS], {"price": 0}, 6397, extras=({"kind": "fee", "price": 400},))
    assert owed(wrapped, Action.CANCEL, ALL_SHIRTS, with_delivery=True)[2] == 6397
    free, _ = an_order([a_line("gift", 1, 0, 0)], {"price": 0}, 0)
    free = structs.replace(free, extras=Component(-1))  # its rounding
    assert owed(free, Action.CANCEL, {"gift": (0,)}, with_delivery=True)[2] == 0


def test_it_is_sent_back_within_the_laws_days_at_the_shoppers_cost_or_at_the_shops_and_paid_on_its_way() -> None:
    facts, _ = an_order([SHIRTS], {"price": 495}, 6492, sent={"shirt": 3})
    for payers, label in (({}, Payer.SHOPPER), ({"shirt": Payer.SHOP}, Payer.SHOP)):
        decision = statutory_decision(
            facts, Action.RETURN, ALL_SHIRTS, law_for(facts), payers=payers, with_delivery=True
        )
        (line,) = decision.lines
        assert (line.label, line.pays_on, line.send_within) == (label, Trigger.IN_TRANSIT, 14)


STANDARD = {"DE": {"EUR": 495}}
EXPRESS = {"price": 1495, "tax": 239}
DELIVERY: dict[str, tuple[dict[str, Any], dict[str, dict[str, int]], Component]] = {
    "the standard way": ({"shipping": {"price": 495, "tax": 79}, "total": 6492}, STANDARD, Component(495, 79)),
    "a cheaper way": ({"shipping": {"price": 295, "tax": 47}, "total": 6292}, STANDARD, Component(295, 47)),
    "express: its surcharge is the shop's": ({}, STANDARD, Component(495, 79)),
    "express, where standard is free": ({}, {"DE": {"EUR": 0}}, Component(0)),
    "express, and the shop has not said what standard costs": ({}, {}, Component(1495, 239)),
    "express, said for another currency": ({}, {"DE": {"CHF": 495}}, Component(1495, 239)),
    "express, said for another country": ({}, {"FR": {"EUR": 495}}, Component(1495, 239)),
    "express, and nothing has left": ({"sent": None}, STANDARD, Component(1495, 239)),
    "express, in the United Kingdom": ({"country": "GB"}, {"GB": {"EUR": 495}}, Component(495, 79)),
    "express, where no law lets the shop keep it": ({"country": "BR"}, {"BR": {"EUR": 495}}, Component(1495, 239)),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "costs", "wanted"), DELIVERY.values(), ids=DELIVERY)
def test_standard_delivery_comes_back_and_the_surcharge_of_a_dearer_way_does_not(
    changes: dict[str, Any], costs: dict[str, dict[str, int]], wanted: Component
) -> None:
    order: dict[str, Any] = {"lines": [SHIRTS], "shipping": EXPRESS, "total": 7492, "sent": {"shirt": 3}} | changes
    facts, paid = an_order(**order)
    assert standard_delivery(facts, paid, costs) == wanted


def test_what_somebody_gave_back_of_express_by_hand_counts_as_the_standard_part() -> None:
    facts, paid = an_order([SHIRTS], EXPRESS, 7492, sent={"shirt": 3})
    for given, wanted in ((300, 195), (495, 0), (1495, 0)):
        left = structs.replace(facts, shipping=Component(paid - given))
        assert standard_delivery(left, paid, STANDARD) == Component(wanted)


def test_units_that_have_not_left_are_cancelled_first_and_those_of_other_cases_are_counted_elsewhere() -> None:
    facts, _ = an_order([SHIRTS, a_line("scarf", 2, 1000, 0)], {"price": 495}, 8492, sent={"shirt": 2})
    taken = split(facts, wanted_of(facts, None))
    assert (taken.cancelled, taken.sent_back, taken.elsewhere) == (
        {"shirt": (0,), "scarf": (0, 1)}, {"shirt": (1, 2)}, {},
    )  # fmt: skip
    assert leaves_nothing(facts, taken)
    part = split(facts, wanted_of(facts, {"shirt": 2, "hat": 1, "scarf": 99}))
    assert (part.cancelled, part.sent_back) == ({"shirt": (0,), "scarf": (0, 1)}, {"shirt": (1,)})
    assert not leaves_nothing(facts, part)
    (shirt, scarf) = facts.lines
    owned = structs.replace(shirt, free=(2,), in_open_cases=2)
    busy = structs.replace(facts, lines=(owned, scarf))
    assert split(busy, wanted_of(busy, {"shirt": 3})).elsewhere == {"shirt": 2}


def test_only_the_laws_that_say_so_keep_the_difference() -> None:
    keeps = {law.id for law in WITHDRAWAL_IN.values() if law.keeps_dearer_delivery}
    assert keeps == {"eu-withdrawal", "uk-cancellation"}
