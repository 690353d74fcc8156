"""What ``decide()`` is told of an order as the store has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugin.cases.facts import Ownership, facts_of
from plugin.orders.models import Order
from plugin.orders.service import StoredOrder
from plugin.policies.facts import OrderFacts
from plugin.ports.orders import StoreCustomer, StoreLine
from tests.factories import a_store_order

NOBODY = Ownership(open={}, settled={}, shipping_taken=False, prior_cases=0)


def facts(**changes: Any) -> OrderFacts:
    """The facts of an order at a shop in Madrid."""
    order = a_store_order(**changes)
    row = Order(id="ord_1", number=order.number, currency=order.currency, placed_at=order.placed_at)
    stored = StoredOrder(row, order, order)
    return facts_of(stored, NOBODY, [], paused=False, transit=timedelta(days=5), zone="Europe/Madrid")


@pytest.mark.parametrize(
    ("of_order", "zone"),
    [("America/New_York", "America/New_York"), (None, "Europe/Madrid"), ("Nowhere/At_All", "Europe/Madrid")],
)
def test_days_end_where_the_order_says_else_where_the_shop_is(of_order: str | None, zone: str) -> None:
    assert facts(time_zone=of_order).time_zone == zone


@pytest.mark.parametrize(
    ("discount", "codes", "is_on_sale"), [(0, (), False), (500, (), True), (500, ("WELCOME",), False)]
)
def test_a_line_is_on_sale_where_no_code_can_have_lowered_its_price(
    discount: int, codes: tuple[str, ...], is_on_sale: bool
) -> None:
    line = StoreLine(id="l1", title="Shirt", quantity=1, unit_price=5490, discount=discount, tax=0, total=4990)
    assert facts(lines=(line,), discount_codes=codes).lines[0].on_sale is is_on_sale


def test_a_business_is_told_from_a_consumer() -> None:
    assert facts(customer=StoreCustomer(is_business=True)).is_business
    assert not facts().is_business
    assert facts().risk is None
