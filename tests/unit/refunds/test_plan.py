"""The plan of a refund: exactly what is owed, from where it came, or an error with the gap (I6, I7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.core.money import CurrencyMismatch
from plugin.policies.decision import Amounts
from plugin.policies.facts import Component
from plugin.ports.orders import Custodian, Instrument, PaymentState
from plugin.refunds.plan import LegKind, NotEnoughToRefund, Payable, PlannedLeg, plan


def owed(goods: int, *, shipping: int = 0, fee: int = 0) -> Amounts:
    return Amounts(currency="USD", goods=Component(goods), shipping=Component(shipping), fee=fee)


def a_payment(payment_id: str = "card", **changes: Any) -> Payable:
    """A card payment at Stripe, captured, of which 1.00 can be refunded."""
    facts: dict[str, Any] = {
        "payment_id": payment_id, "custodian": Custodian.STRIPE, "instrument": Instrument.CARD,
        "state": PaymentState.CAPTURED, "currency": "USD", "refundable": 100,
    }  # fmt: skip
    return Payable(**(facts | changes))


def authorised(payment_id: str = "card", **changes: Any) -> Payable:
    usual = {"state": PaymentState.AUTHORISED, "refundable": 0, "capturable": 100}
    return a_payment(payment_id, **(usual | changes))


GIFT = a_payment("gift", custodian=Custodian.STOREFRONT, instrument=Instrument.STORED_VALUE, refundable=40)
CASH = a_payment("cash", custodian=Custodian.MANUAL, instrument=Instrument.OTHER)
PAYPAL = a_payment("paypal", custodian=Custodian.STOREFRONT, instrument=Instrument.OTHER)

Table = list[tuple[str, Amounts, list[Payable], bool, list[tuple[str, LegKind, int]]]]
TABLE: Table = [
    ("a part of a card payment", owed(70), [a_payment()], False, [("card", LegKind.REFUND, 70)]),
    ("everything of it", owed(90, shipping=10), [a_payment()], True, [("card", LegKind.REFUND, 100)]),
    ("authorised, everything cancelled", owed(100), [authorised()], True, [("card", LegKind.VOID, 100)]),
    ("authorised, a part", owed(70), [authorised()], False, [("card", LegKind.LOWER_CAPTURE, 70)]),
    ("authorised, all that is left of it, not everything", owed(100), [authorised()], False,
     [("card", LegKind.LOWER_CAPTURE, 100)]),
    ("authorised, everything, a fee", owed(100, fee=5), [authorised()], True, [("card", LegKind.LOWER_CAPTURE, 95)]),
    ("authorised, everything, a part of it not yet granted by the store", owed(70),
     [authorised(capturable=70, ungranted=30)], True, [("card", LegKind.LOWER_CAPTURE, 70)]),
    ("card first, stored value last", owed(110), [GIFT, a_payment()], True,
     [("card", LegKind.REFUND, 100), ("gift", LegKind.STOREFRONT, 10)]),
    ("other instruments between them", owed(240), [GIFT, PAYPAL, a_payment()], True,
     [("card", LegKind.REFUND, 100), ("paypal", LegKind.STOREFRONT, 100), ("gift", LegKind.STOREFRONT, 40)]),
    ("two cards in their order", owed(150), [a_payment("one"), a_payment("two")], False,
     [("one", LegKind.REFUND, 100), ("two", LegKind.REFUND, 50)]),
    ("a void and a refund", owed(140), [GIFT, authorised()], True,
     [("card", LegKind.VOID, 100), ("gift", LegKind.STOREFRONT, 40)]),
    ("cash", owed(60), [CASH], False, [("cash", LegKind.MANUAL, 60)]),
    ("cash on delivery, not yet paid", owed(100),
     [authorised("cod", custodian=Custodian.MANUAL, instrument=Instrument.OTHER, state=PaymentState.PENDING)], True,
     [("cod", LegKind.VOID, 100)]),
    ("a part of what the store's own gateway authorised", owed(50), [authorised("pp", custodian=Custodian.STOREFRONT)],
     False, [("pp", LegKind.LOWER_CAPTURE, 50)]),
    ("all that the store's own gateway authorised", owed(100), [authorised("pp", custodian=Custodian.STOREFRONT)], True,
     [("pp", LegKind.STOREFRONT, 100)]),
    ("a voided payment gives nothing", owed(50), [a_payment("old", state=PaymentState.VOIDED), a_payment()], False,
     [("card", LegKind.REFUND, 50)]),
    ("nothing owed", owed(0), [a_payment()], True, []),
    ("nothing owed and nothing paid", owed(0), [], True, []),
    ("nothing owed, though a payment is overdrawn", owed(0), [a_payment(refundable=-5)], True, []),
    ("all of it kept as a fee", owed(10, fee=10), [a_payment()], True, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "payments", "everything", "legs"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_plan_is(
    amounts: Amounts, payments: list[Payable], everything: bool, legs: list[tuple[str, LegKind, int]]
) -> None:
    assert plan(amounts, payments, everything=everything) == tuple(PlannedLeg(*leg) for leg in legs)


@pytest.mark.parametrize(
    ("payments", "gap"),
    [([], 100), ([a_payment(refundable=60)], 40), ([a_payment(), a_payment("two", refundable=-30)], 30)],
)
def test_what_is_missing_is_an_error_and_never_a_smaller_plan(payments: list[Payable], gap: int) -> None:
    with pytest.raises(NotEnoughToRefund) as caught:
        plan(owed(100), payments, everything=True)
    assert caught.value.extra["gap"] == gap


def test_a_debt_of_the_shopper_is_no_refund() -> None:
    with pytest.raises(NotEnoughToRefund):
        plan(owed(5, fee=10), [a_payment()], everything=True)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        plan(owed(5), [a_payment(currency="EUR")], everything=True)


payments = st.builds(
    a_payment,
    st.uuids().map(str),
    custodian=st.sampled_from(Custodian),
    instrument=st.sampled_from(Instrument),
    state=st.sampled_from(PaymentState),
    refundable=st.integers(-20, 500),
    capturable=st.integers(0, 500),
)


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 900), st.lists(payments, max_size=4), st.booleans())
def test_a_plan_covers_what_is_owed_exactly_and_overdraws_no_payment(
    amount: int, held: list[Payable], everything: bool
) -> None:
    available = sum(payment.can_give for payment in held)
    try:
        legs = plan(owed(amount), held, everything=everything)
    except NotEnoughToRefund as missing:
        assert missing.extra["gap"] == amount - available > 0
        return
    by_id = {payment.payment_id: payment for payment in held}
    assert sum(leg.amount for leg in legs) == amount
    assert all(0 < leg.amount <= by_id[leg.payment_id].can_give for leg in legs)
    assert len({leg.payment_id for leg in legs}) == len(legs)
    order = [by_id[leg.payment_id].instrument for leg in legs]
    assert order == sorted(order, key=[Instrument.CARD, Instrument.OTHER, Instrument.STORED_VALUE].index)
    assert everything or LegKind.VOID not in {leg.kind for leg in legs}
    for leg in legs[:-1]:
        assert leg.amount == by_id[leg.payment_id].can_give
