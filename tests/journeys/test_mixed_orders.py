"""Orders that are not all of a piece: each kind has its rule, or a sentence that leads to a person.

The rules are asked of every ready-made policy; docs/policies.md lists them ("Mixed orders").
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.core.words import Words
from plugin.policies.decide import decide
from plugin.policies.explain import explain
from plugin.policies.facts import Ask, Component, Progress
from plugin.policies.ready_made.shelf import READY
from plugin.policies.reasons import Action, FaultKind, Outcome, Reason
from plugin.policies.rules import compile_policy
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount, LineKind
from plugin.withdrawals.statutory import leaves_nothing, split, statutory_decision, wanted_of
from tests.exchanging import arrived, exchange_policy
from tests.journeys.conftest import OpenWorld
from tests.journeys.sending_back import delivered, preview_return, return_policy
from tests.journeys.withdrawing import in_session, mail_to, row
from tests.nudges import refunds
from tests.unit.policies.making import a_line, an_order
from tests.world import World

PLACED = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SENT: dict[str, Any] = {"fulfilled": 3, "shipped_at": PLACED, "delivered_at": PLACED + timedelta(days=2)}
CANCEL, RETURN, EXCHANGE, FAULT = Action.CANCEL, Action.RETURN, Action.EXCHANGE, Action.FAULT
A, P, R = Outcome.APPROVE, Outcome.REVIEW, Outcome.REFUSE
OFFERS_RETURNS = [name for name in READY if name != "default"]

# What it is, what is asked, the line, the answer, its reason; asked an hour after the order, or three days.
RULES: list[tuple[str, Action, dict[str, Any], Outcome, Reason]] = [
    ("a pre-order, not sent yet", CANCEL, {}, A, Reason.ALLOWED),
    ("a download, delivered", CANCEL, {"kind": LineKind.DIGITAL, **SENT}, R, Reason.ALREADY_SHIPPED),
    ("a download, delivered", RETURN, {"kind": LineKind.DIGITAL, **SENT}, R, Reason.DIGITAL_GOODS),
    ("a download, delivered", EXCHANGE, {"kind": LineKind.DIGITAL, **SENT}, R, Reason.DIGITAL_GOODS),
    ("a download, delivered", FAULT, {"kind": LineKind.DIGITAL, **SENT}, P, Reason.PERSON_DECIDES),
    ("a service", RETURN, {"kind": LineKind.SERVICE, **SENT}, P, Reason.PERSON_DECIDES),
    ("a service", EXCHANGE, {"kind": LineKind.SERVICE, **SENT}, P, Reason.PERSON_DECIDES),
    ("a gift card bought", EXCHANGE, {"kind": LineKind.GIFT_CARD, **SENT}, R, Reason.GIFT_CARD),
    ("a gift card bought", FAULT, {"kind": LineKind.GIFT_CARD, **SENT}, P, Reason.PERSON_DECIDES),
    ("a gift card bought", CANCEL, {"kind": LineKind.GIFT_CARD}, R, Reason.GIFT_CARD),
    ("a gift card bought", RETURN, {"kind": LineKind.GIFT_CARD, **SENT}, R, Reason.GIFT_CARD),
    ("what has not left", RETURN, {}, R, Reason.NOT_SHIPPED),
    ("what has not left", EXCHANGE, {}, R, Reason.NOT_SHIPPED),
    ("what has left", CANCEL, dict(SENT), R, Reason.ALREADY_SHIPPED),
    ("what has left", RETURN, dict(SENT), A, Reason.ALLOWED),
]


@pytest.mark.parametrize("name", OFFERS_RETURNS)
@pytest.mark.parametrize(("what", "action", "line", "outcome", "reason"), RULES, ids=[f"{r[0]} {r[1]}" for r in RULES])
def test_each_kind_has_its_rule(
    name: str, what: str, action: Action, line: dict[str, Any], outcome: Outcome, reason: Reason
) -> None:
    state = Progress.FULFILLED if line.get("fulfilled") else Progress.UNFULFILLED
    order = an_order(a_line(**line), placed_at=PLACED, state=state)
    at = PLACED + (timedelta(hours=1) if action is CANCEL else timedelta(days=3))
    fault = FaultKind.DAMAGED if action is FAULT else None
    ask = Ask(action=action, lines=(LineCount("mug", 1),), fault=fault)
    decision = decide(order, ask, compile_policy(READY[name]), at)
    assert (decision.outcome, decision.reason) == (outcome, reason), what
    if outcome is R:  # every refusal says what is possible instead
        said = explain(decision, Words("en", UTC)).sentence
        assert any(way in said for way in ("talk to us", "You can", "happy to help")), said


@pytest.mark.parametrize(
    ("left", "action", "extras"),
    [(0, CANCEL, 700), (1, CANCEL, 0), (3, RETURN, 0)],
    ids=["everything, before any has left", "the rest of what was sent in part", "a return of everything"],
)
def test_tips_duties_and_fees_go_back_with_everything_and_never_in_part(left: int, action: Action, extras: int) -> None:
    state = (Progress.UNFULFILLED, Progress.PARTLY_FULFILLED, None, Progress.FULFILLED)[left]
    line = a_line(**{**SENT, "fulfilled": left} if left else {})
    order = an_order(line, placed_at=PLACED, state=state, extras=Component(700, 0))
    decision = decide(
        order, Ask(action=action, whole=True), compile_policy(return_policy()), PLACED + timedelta(days=3)
    )
    assert (decision.outcome, decision.amounts.extras.amount) == (A, extras)


@pytest.mark.parametrize(("taken", "extras"), [(2, 0), (3, 700)], ids=["a part of it", "all of it"])
def test_a_withdrawal_from_everything_brings_tips_duties_and_fees_back(taken: int, extras: int) -> None:
    order = an_order(a_line(**SENT), placed_at=PLACED, state=Progress.FULFILLED, extras=Component(700, 0))
    everything = leaves_nothing(order, split(order, wanted_of(order, {"mug": taken})))
    units = {"mug": tuple(range(taken))}
    decision = statutory_decision(order, RETURN, units, None, payers={}, with_delivery=everything)
    assert (decision.outcome, decision.amounts.extras.amount) == (A, extras)


@pytest.mark.parametrize("action", [CANCEL, RETURN, EXCHANGE, FAULT])
def test_of_a_bundle_goes_what_the_store_tells_as_a_line_and_nothing_of_it_alone(action: Action) -> None:
    bundle = a_line(id="set", quantity=1, total=6000, fulfilled=0 if action is CANCEL else 1)
    order = an_order(bundle, placed_at=PLACED)
    rules = compile_policy(READY["fashion"])
    alone = decide(order, Ask(action=action, lines=(LineCount("cup-of-the-set", 1),)), rules, PLACED)
    assert (alone.outcome, alone.reason) == (R, Reason.UNKNOWN_LINE)
    assert "choose from those on the order page" in explain(alone, Words("en", UTC)).sentence
    whole = decide(order, Ask(action=action, lines=(LineCount("set", 1),)), rules, PLACED)
    assert (whole.reason is Reason.UNKNOWN_LINE, whole.lines[0].left) == (False, 1)


@pytest.mark.parametrize(
    ("tags", "goes_on"),
    [
        ((), False),
        (("gift", "unsubscription"), False),
        (("subscription_renewal",), True),
        (("Subscription", "Subscription Recurring Order"), True),
    ],
)
async def test_an_order_of_a_subscription_can_be_cancelled_and_the_contract_goes_on(
    world: World, tags: tuple[str, ...], goes_on: bool
) -> None:
    shopper = await world.shopper(await world.place(tags=tags))
    seen = await shopper.preview()
    assert seen["outcome"] == "approve"
    assert ("your subscription goes on" in seen["sentence"]) is goes_on


async def test_what_a_subscription_sent_can_come_back(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy())
    shopper = await world.shopper(await delivered(world, tags=("subscription",)))
    seen = await preview_return(shopper)
    assert seen["outcome"] == "approve"
    assert "your subscription goes on" in seen["sentence"]


async def test_an_exchange_of_what_a_subscription_sent_orders_once_and_the_contract_goes_on(
    open_world: OpenWorld,
) -> None:
    world = await open_world(policy=exchange_policy(keep_item=True))
    shopper = await arrived(world, await world.place("spanish", tags=("subscription_renewal",)))
    quoted = await shopper.quote({"vestido": 1}, [Wanted(product_id="vestido", variant_id="vestido-3")])
    assert "your subscription goes on" in explain(quoted.preview.decision, Words("en", UTC)).sentence
    await shopper.until(await shopper.take(quoted), "done")
    assert len(shopper.asked) == 1


async def test_a_withdrawal_from_a_renewal_is_about_its_order_and_says_whom_to_ask_about_the_contract(
    eu: World,
) -> None:
    order = await eu.place("spanish", tags=("subscription_renewal",))
    made = await in_session(await eu.shopper(order))
    assert (await row(made["id"]))["state"] == "done"
    assert await refunds(eu) == [(order.total, "succeeded")]
    told = await mail_to(eu, "withdrawal_in_effect", str(order.customer.email))
    assert "no termina ninguna suscripción" in " ".join(told.text.split())
