"""Money alone, without a database: any way of taking an order apart pays what it cost, in every kind of currency.

``MONEY_EXAMPLES`` is how many examples each property is tried on; ``make properties`` tries tens of thousands.
"""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from plugin.core.money import exponent, share_out, unit_worth, worth_of_units
from plugin.payments.stripe.amounts import from_stripe, part_to_stripe, quantised, quantum
from plugin.policies.decide import decide
from plugin.policies.decision import Amounts
from plugin.policies.document import Fee, Otherwise, Policy, Then
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, progress_of
from plugin.policies.reasons import Action, Outcome
from plugin.policies.rules import compile_policy
from plugin.ports.orders import Custodian, Instrument, LineCount, PaymentState
from plugin.refunds.plan import Payable, plan
from tests.fakes import NOON

EXAMPLES = int(os.environ.get("MONEY_EXAMPLES", "200"))
CURRENCIES = ("JPY", "ISK", "UGX", "USD", "EUR", "MGA", "KWD", "BHD", "TND")  # no digits, two, three; Stripe's oddities
many = settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 1000)
amounts = st.integers(0, 10**9)


def test_the_currencies_have_all_exponents() -> None:
    assert {exponent(currency) for currency in CURRENCIES} == {0, 2, 3}


@many
@given(st.lists(amounts, min_size=1, max_size=20), st.data())
def test_a_discount_is_shared_out_whole_and_takes_nothing_that_is_not_there(
    weights: list[int], data: st.DataObject
) -> None:
    """I4; and a heavier part never gets less than a lighter one by more than the one unit that rounding moves."""
    whole = data.draw(st.integers(0, sum(weights)))
    parts = share_out(whole, weights)
    assert sum(parts) == whole
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    assert all(abs(part * sum(weights) - whole * weight) < sum(weights) or not sum(weights)
               for part, weight in zip(parts, weights, strict=True))  # fmt: skip


@many
@given(amounts, st.integers(1, 40), st.lists(st.tuples(st.booleans(), st.integers(0, 39)), max_size=60))
def test_units_taken_given_back_and_taken_again_pay_the_line(
    total: int, quantity: int, steps: list[tuple[bool, int]]
) -> None:
    """I5: whatever is asked, released and asked again, a line pays at most itself, and all of it in the end."""
    owned: dict[int, int] = {}
    for takes, unit in steps:
        ordinal = unit % quantity
        if takes:
            owned.setdefault(ordinal, unit_worth(total, quantity, ordinal))
        else:
            owned.pop(ordinal, None)
        assert sum(owned.values()) == worth_of_units(total, quantity, sorted(owned)) <= total
    rest = [ordinal for ordinal in range(quantity) if ordinal not in owned]
    assert sum(owned.values()) + worth_of_units(total, quantity, rest) == total


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    """Nothing has shipped, nothing is asked for; extras may be a rounding below zero."""
    lines = []
    for n in range(draw(st.integers(1, 4))):
        quantity, total = draw(st.integers(1, 6)), draw(st.integers(0, 10**6))
        lines.append(
            LineFacts(
                id=f"l{n}", title=f"l{n}", quantity=quantity, total=total, tax=draw(st.integers(0, total)),
                free=tuple(draw(st.permutations(range(quantity)))),
            )
        )  # fmt: skip
    shipping = draw(st.integers(10, 10**5))
    return OrderFacts(
        id="o", number="1", currency=draw(st.sampled_from(CURRENCIES)), placed_at=NOON,
        state=progress_of(lines, cancelled=False), total=0, lines=tuple(lines),
        shipping=Component(shipping, draw(st.integers(0, shipping))), extras=Component(draw(st.integers(-5, 10**4))),
    )  # fmt: skip


def cancelled(order: OrderFacts, taken: dict[str, tuple[int, ...]], everything: bool) -> OrderFacts:
    """The order after these units were cancelled; shipping and extras are paid back once."""
    lines = tuple(
        structs.replace(
            line,
            free=tuple(unit for unit in line.free if unit not in taken.get(line.id, ())),
            cancelled=line.cancelled + len(taken.get(line.id, ())),
        )
        for line in order.lines
    )
    if everything:
        order = structs.replace(order, shipping=Component(0), extras=Component(0))
    return structs.replace(order, lines=lines)


@many
@given(orders(), st.integers(0, 10**5), st.data())
def test_an_order_cancelled_in_any_parts_pays_what_it_cost_less_its_fees(
    order: OrderFacts, fee: int, data: st.DataObject
) -> None:
    """I5 and I6, through the whole of ``decide()``: goods, tax, shipping and extras once, no fee above what is owed."""
    kept = Fee(amounts={order.currency: fee})
    policy = Policy(format=1, name="Any", rows=(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE, fee=kept)))
    rules, at, before = compile_policy(policy), NOON + timedelta(minutes=5), order
    goods = tax = shipping = extras = 0
    while any(line.left for line in order.lines):
        asked = tuple(
            LineCount(line.id, n) for line in order.lines if (n := data.draw(st.integers(0, line.left), label=line.id))
        )
        decision = decide(order, Ask(action=Action.CANCEL, whole=not asked, lines=asked), rules, at)
        owed = decision.amounts
        assert 0 <= owed.fee <= max(0, owed.before_fee) and owed.total == owed.before_fee - owed.fee
        assert owed.fee == min(fee, max(0, owed.before_fee))
        goods, tax = goods + owed.goods.amount, tax + owed.goods.tax
        shipping, extras = shipping + owed.shipping.amount, extras + owed.extras.amount
        order = cancelled(order, {line.line_id: line.units for line in decision.lines}, decision.everything)
    assert goods == sum(line.total for line in before.lines)
    assert tax == sum(line.tax for line in before.lines)
    assert (shipping, extras) == (before.shipping.amount, before.extras.amount)


@many
@given(
    st.sampled_from(CURRENCIES),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
)
def test_parts_over_several_cards_move_at_stripe_what_our_books_owe(
    currency: str, cards: list[int], parts: list[int]
) -> None:
    """I7, and rounding: each card gives at most what it took, and lags our books by less than one of Stripe's steps."""
    step = quantum(currency)
    captured = {f"p{n}": amount * step for n, amount in enumerate(cards)}
    given, moved = dict.fromkeys(captured, 0), dict.fromkeys(captured, 0)
    left = sum(captured.values())
    for n, part in enumerate(parts):
        owed = min(left, left if n == len(parts) - 1 else part)
        payables = [
            Payable(payment_id=id, custodian=Custodian.STRIPE, instrument=Instrument.CARD, currency=currency,
                    state=PaymentState.CAPTURED, refundable=amount - given[id])
            for id, amount in captured.items()
        ]  # fmt: skip
        for leg in plan(Amounts(currency=currency, goods=Component(owed)), payables, everything=False):
            before = given[leg.payment_id]
            moved[leg.payment_id] += from_stripe(part_to_stripe(leg.amount, currency, refunded_before=before), currency)
            given[leg.payment_id] += leg.amount
        left -= owed
        for id, amount in captured.items():
            assert moved[id] == quantised(given[id], currency)
            assert moved[id] <= given[id] <= amount and given[id] - moved[id] < step
    assert moved == given == captured
