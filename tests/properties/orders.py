"""Orders as a store sends them: discounts shared out, taxes inside, shipping, extras, and one payment or two."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from msgspec import structs

from plugin.core.money import share_out
from plugin.payments.stripe.amounts import quantum
from plugin.ports.orders import (
    Custodian,
    ExtraKind,
    Instrument,
    PaymentState,
    StoreCustomer,
    StoreExtra,
    StoreLine,
    StoreOrder,
    StorePayment,
    StoreShipping,
    parts_total,
)
from tests.fakes import NOON

CURRENCIES = ("USD", "EUR", "JPY", "KWD")  # two digits, none, and three of which Stripe moves two
PAID_BY = (
    "captured",
    "captured",
    "two cards",
    "two cards",
    "authorised",
    "half captured",
    "with a gift card",
    "by cash",
)
SHOPPERS = ("ada@example.com", "bob@example.com")

extras = st.builds(
    lambda kind, total: StoreExtra(kind=kind, total=total % 5 - 2 if kind is ExtraKind.ROUNDING else total),
    st.sampled_from(ExtraKind),
    st.integers(0, 400),
)


@st.composite
def orders(draw: st.DrawFn, number: int, codes: tuple[str, ...] = (), country: str = "US") -> StoreOrder:
    """The order's first version; its parts add up to a total that Stripe can have taken."""
    currency = draw(st.sampled_from(CURRENCIES))
    lines = tuple(
        StoreLine(
            id=f"l{i}",
            title=f"Thing {i}",
            quantity=draw(st.integers(1, 4)),
            unit_price=draw(st.integers(0, 2000)),
            discount=0,
            tax=0,
            total=0,
        )
        for i in range(draw(st.integers(1, 3)))
    )
    costs = [line.unit_price * line.quantity for line in lines]
    off = sum(costs) * draw(st.sampled_from((0, 0, 10, 33, 100))) // 100
    lines = tuple(
        structs.replace(priced(line, cost - less, less, draw(st.integers(0, 20))), product_id=f"at-{line.unit_price}")
        for line, cost, less in zip(lines, costs, share_out(off, costs), strict=True)
    )
    order = StoreOrder(
        id=f"o{number}",
        number=f"#{number}",
        sequence=1,
        currency=currency,
        placed_at=NOON - timedelta(hours=2),
        updated_at=NOON,
        total=0,
        lines=lines,
        shipping=StoreShipping(total=draw(st.integers(10, 900))),
        extras=tuple(draw(st.lists(extras, max_size=2))),
        customer=StoreCustomer(
            email=draw(st.sampled_from(SHOPPERS)), name="Ada", country=country, marketing_consent=True
        ),
        discount_codes=codes,
    )
    order = whole_steps(order)
    return structs.replace(order, payments=draw(payments_for(number, order.total)))


def priced(line: StoreLine, total: int, discount: int, percent_of_tax: int) -> StoreLine:
    """The line at what it costs after its share of the discount, with that much tax inside."""
    return structs.replace(line, total=total, discount=discount, tax=total * percent_of_tax // 100)


def whole_steps(order: StoreOrder) -> StoreOrder:
    """The order with as much more for shipping as makes its total a whole number of Stripe's steps."""
    missing = -parts_total(order) % quantum(order.currency)
    order = structs.replace(order, shipping=StoreShipping(total=order.shipping.total + missing))
    return structs.replace(order, total=parts_total(order))


def at_stripe(number: int, n: int, amount: int, *, is_captured: bool = True) -> StorePayment:
    """The order's n-th payment, by a card at Stripe."""
    return StorePayment(
        id=f"p{n}",
        custodian=Custodian.STRIPE,
        instrument=Instrument.CARD,
        amount=amount,
        state=PaymentState.CAPTURED if is_captured else PaymentState.AUTHORISED,
        captured=amount if is_captured else 0,
        reference=f"pi_{number}_{n}",
    )


@st.composite
def payments_for(draw: st.DrawFn, number: int, total: int) -> tuple[StorePayment, ...]:
    """How the order was paid; the parts are whole numbers of Stripe's steps in every currency."""
    how = draw(st.sampled_from(PAID_BY))
    part = total * draw(st.integers(1, 9)) // 10 // 10 * 10
    match how:
        case "authorised":
            return (at_stripe(number, 1, total, is_captured=False),)
        case "two cards":
            return at_stripe(number, 1, part), at_stripe(number, 2, total - part)
        case "half captured":
            return at_stripe(number, 1, part), at_stripe(number, 2, total - part, is_captured=False)
        case "with a gift card":
            gift = StorePayment(
                id="gift",
                custodian=Custodian.STOREFRONT,
                instrument=Instrument.STORED_VALUE,
                amount=part,
                state=PaymentState.CAPTURED,
                captured=part,
            )
            return at_stripe(number, 1, total - part), gift
        case "by cash":
            return (StorePayment(id="cash", custodian=Custodian.MANUAL, amount=total, state=PaymentState.PENDING),)
        case _:
            return (at_stripe(number, 1, total),)
