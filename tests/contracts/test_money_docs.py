"""What docs/money.md says in numbers is what is paid: every example is run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert
from msgspec.structs import replace

from plugin.core.money import share_out
from plugin.credit.give_back import pay_back
from plugin.credit.models import Credit
from plugin.credit.service import redeem
from plugin.db import transaction
from plugin.exchanges.quoting import priced
from plugin.journeys.fixing import FixAsk, FixReason, Verdict, by_the_store
from plugin.payments.stripe.amounts import from_stripe, part_to_stripe, to_stripe
from plugin.policies.decide import decide
from plugin.policies.decision import Amounts
from plugin.policies.document import Fee, Then
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, progress_of
from plugin.policies.reasons import Action, Outcome
from plugin.ports.goods import FixAnswer, Offered, Offers, StoreStatus, Wanted
from plugin.ports.orders import Custodian, Instrument, LineCount, PaymentState
from plugin.refunds.plan import LegKind, Payable, plan
from tests.credit import a_credit, entries
from tests.factories import a_shop
from tests.fakes import fake_ports
from tests.invariants.exchange_books import ExchangeBooks
from tests.unit.policies.making import PLACED, SOON, some_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs/money.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
SHARES = [each for each in EXAMPLES if "share_out" in each]
ORDERS = [each for each in EXAMPLES if "asks" in each]
PLANS = [each for each in EXAMPLES if "plan" in each]
EXCHANGES = [each for each in EXAMPLES if "exchange" in each]
CREDITS = [each for each in EXAMPLES if "entries" in each]
CORRECTIONS = [each for each in EXAMPLES if "correction" in each]


def test_every_example_is_of_a_kind_that_is_run() -> None:
    kinds = (SHARES, ORDERS, PLANS, EXCHANGES, CREDITS, CORRECTIONS)
    assert all(kinds)
    assert sum(map(len, kinds)) == len(EXAMPLES) > 10


@pytest.mark.parametrize("example", SHARES, ids=lambda each: str(each["share_out"]))
def test_a_sum_is_shared_out_as_the_page_says(example: dict[str, Any]) -> None:
    assert share_out(example["share_out"], example["over"]) == example["shares"]
    assert sum(example["shares"]) == example["share_out"]


@pytest.mark.parametrize("example", ORDERS, ids=lambda each: f"{each['currency']}-{each['lines'][0]['id']}")
def test_one_ask_after_the_other_is_owed_what_the_page_says(example: dict[str, Any]) -> None:
    fee = convert(example["fee"], Fee) if "fee" in example else None
    rules = some_rules(otherwise=Then(outcome=Outcome.APPROVE, fee=fee))
    lines = [LineFacts(title=each["id"], free=tuple(range(each["quantity"])), **each) for each in example["lines"]]
    order = OrderFacts(
        id="o", number="1", currency=example["currency"], placed_at=PLACED, state=progress_of(lines, cancelled=False),
        total=sum(line.total for line in lines) + example["shipping"]["amount"], lines=tuple(lines),
        shipping=Component(**example["shipping"]),
    )  # fmt: skip
    before = 0
    for wanted in example["asks"]:
        ask = Ask(action=Action.CANCEL, lines=tuple(LineCount(*count) for count in wanted["lines"].items()))
        decision = decide(order, ask, rules, SOON)
        assert decision.outcome is Outcome.APPROVE
        assert _told(decision.amounts) == {name: wanted[name] for name in _told(decision.amounts)}
        if "at_stripe" in wanted:
            asked = part_to_stripe(decision.amounts.total, order.currency, refunded_before=before)
            assert from_stripe(asked, order.currency) == wanted["at_stripe"]
        before += decision.amounts.total
        taken = {line.line_id: line.units for line in decision.lines}
        order = replace(order, lines=tuple(_without(line, taken.get(line.id, ())) for line in order.lines))


def _told(amounts: Amounts) -> dict[str, int]:
    return {
        "goods": amounts.goods.amount, "tax": amounts.goods.tax, "shipping": amounts.shipping.amount,
        "fee": amounts.fee, "total": amounts.total,
    }  # fmt: skip


def _without(line: LineFacts, units: tuple[int, ...]) -> LineFacts:
    return replace(
        line, cancelled=line.cancelled + len(units), free=tuple(unit for unit in line.free if unit not in units)
    )


@pytest.mark.parametrize("example", PLANS, ids=lambda each: str(each["plan"]))
def test_the_payments_give_back_as_the_page_says(example: dict[str, Any]) -> None:
    payables = [
        Payable(
            payment_id=each["id"], custodian=Custodian(each["custodian"]), instrument=Instrument(each["instrument"]),
            state=PaymentState.CAPTURED if "captured" in each else PaymentState.AUTHORISED, currency="USD",
            refundable=each.get("captured", 0), capturable=each.get("authorised", 0),
        )
        for each in example["of"]
    ]  # fmt: skip
    owed = Amounts(currency="USD", goods=Component(example["plan"]))
    legs = plan(owed, payables, everything=example.get("everything", False))
    assert [(leg.payment_id, leg.kind, leg.amount) for leg in legs] == [
        (payment, LegKind(kind), amount) for payment, kind, amount in example["legs"]
    ]


@pytest.mark.parametrize("example", CREDITS, ids=lambda each: str(each["balance"]))
async def test_a_credit_is_worth_the_sum_of_its_entries(database: str, example: dict[str, Any]) -> None:
    ports, told = fake_ports(), dict(example["entries"])
    shop = await a_shop(ports)
    text, credit = await a_credit(ports, shop, told["grant"], bonus=told["bonus"])
    async with transaction(ports.doorbell) as tx:
        spent = await redeem(
            tx, ports, shop, text, cart_id="cart", external_order_id="o-1", amount=-told["spend"], currency="USD"
        )
        assert await pay_back(
            tx, shop.id, "o-1", payment_id=spent.payment_id, leg_id="ref_1", amount=told["give_back"],
            at=ports.clock.now(),
        )  # fmt: skip
    assert [list(entry) for entry in await entries(credit)] == example["entries"]
    assert (await Credit.get(id=credit.id)).balance == example["balance"]


@pytest.mark.parametrize("example", EXCHANGES, ids=lambda each: f"{each['exchange']}-{each['difference']}")
def test_an_exchange_comes_to_what_the_page_says_and_its_books_balance(example: dict[str, Any]) -> None:
    offered = tuple(
        Offered(product_id=str(n), title="New", unit_price=price, unit_tax=tax, currency=example["exchange"])
        for n, (_, price, tax) in enumerate(example["new"])
    )
    wanted = [Wanted(product_id=str(n), quantity=count) for n, (count, _, _) in enumerate(example["new"])]
    offers = Offers(status=StoreStatus.DONE, offered=offered, shipping=example["shipping"])
    price, worth = priced(wanted, offers, example["exchange"]), example["goes_back"] - example["fee"]
    difference = price.above(worth)
    assert (price.tax, difference) == (example["tax"], example["difference"])
    books = ExchangeBooks(
        outbound=price.goods, shipping=price.shipping.amount, fees=example["fee"], inbound=example["goes_back"],
        collected=max(0, difference), refunded=max(0, -difference),
    )  # fmt: skip
    assert books.balance == 0
    if "at_stripe" in example:
        assert from_stripe(to_stripe(difference, example["exchange"]), example["exchange"]) == example["at_stripe"]


@pytest.mark.parametrize("example", CORRECTIONS, ids=lambda each: f"{each['correction']}-{each['costs']}")
def test_a_correction_is_paid_for_and_comes_back_as_the_page_says(example: dict[str, Any]) -> None:
    currency, paid = example["correction"], example["paid"]
    trial = FixAnswer(
        status=StoreStatus.DONE, costs=example["costs"], tax=example["tax"], shipping=example["shipping"]
    )  # fmt: skip
    ask = FixAsk(line_id="l1", to=Wanted(product_id="p1"))
    asked = Verdict(ask=ask, reason=FixReason.ALLOWED, currency=currency)
    verdict = by_the_store(asked, trial, can_collect=True)
    on_top, comes_back = max(0, verdict.costs), max(0, -verdict.costs)
    assert verdict.is_possible
    assert (on_top, comes_back) == (example["on_top"], example["comes_back"])
    books = ExchangeBooks(outbound=on_top, inbound=comes_back, collected=on_top, refunded=comes_back)
    assert books.balance == 0

    held = [paid - comes_back, on_top] if on_top else [paid - comes_back]
    payables = [
        Payable(
            payment_id=f"p{n}", custodian=Custodian.STRIPE, instrument=Instrument.CARD, state=PaymentState.CAPTURED,
            currency=currency, refundable=amount, capturable=0,
        )
        for n, amount in enumerate(held)
    ]  # fmt: skip
    legs = plan(Amounts(currency=currency, goods=Component(paid + verdict.costs)), payables, everything=True)
    assert [leg.amount for leg in legs] == example["cancelled_later"]
    if "at_stripe" in example:
        assert from_stripe(to_stripe(on_top, currency), currency) == example["at_stripe"]
