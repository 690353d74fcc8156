"""The back-test reads many orders at once and only what it needs of them: the figures are those of reading each of them
whole and deciding it by itself."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from plugin.cases.facts import facts_of
from plugin.cases.models import Case, CaseUnit
from plugin.cases.service import decision_of, facts_at_ask
from plugin.cases.store import PRIOR_WINDOW, ownership_of
from plugin.db import rows, transaction
from plugin.journeys.backtest import Stage, Trial, beginning, try_part
from plugin.orders.models import Order, Payment
from plugin.orders.service import get_order, payments_of
from plugin.policies.backtest import Report, Tally
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decide import decide
from plugin.policies.document import Fee, Otherwise, Policy, Row, Then
from plugin.policies.facts import Ask
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.rules import compile_policy
from plugin.policies.service import publish
from plugin.ports.orders import (
    ExtraKind,
    LineCount,
    OrderState,
    StoreCustomer,
    StoreExtra,
    StoreFulfilment,
    StoreLine,
    StoreRefund,
    StoreShipping,
)
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from tests.factories import a_case, a_shop, an_order
from tests.fakes import NOON, FakePorts, fake_ports

LIVE = default_policy()
SEEDS = (1, 2, 3)
ORDERS = 40


def a_draft(random: Random) -> Policy:
    """Rows that each look at another part of the facts, in any order."""
    refuse = Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED)
    fee = Then(outcome=Outcome.APPROVE, fee=Fee(percent=random.randint(1, 30)))
    given = (
        (Action.CANCEL, When(countries=("DE",)), refuse),
        (Action.CANCEL, When(prior_cases_at_least=2), Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)),
        (Action.CANCEL, When(tags=("sale",), since_placed=Since(at_least=Span(hours=random.randint(1, 90)))), fee),
        (Action.RETURN, When(since_delivered=Since(at_most=Span(days=random.randint(1, 40)), fallback="shipped")), fee),
        (Action.RETURN, When(final_sale=True), refuse),
    )
    rows = [Row(id=f"row-{n}", action=action, when=when, then=then) for n, (action, when, then) in enumerate(given)]
    otherwise = Otherwise(cancel=fee if random.random() < 0.5 else Then(outcome=Outcome.APPROVE))
    return replace(LIVE, rows=tuple(random.sample(rows, len(rows))), otherwise=otherwise)


async def a_population(ports: FakePorts, shop: Shop, random: Random) -> None:
    """Orders in all states: shipped in part, refunded by hand, disputed, frozen, edited, cancelled, unreadable."""
    for _ in range(ORDERS):
        order = await an_order(ports, shop, **_changes(random))
        if random.random() < 0.2:
            await rows("UPDATE orders SET frozen_reason = 'stop' WHERE id = $1", order.id)
        if random.random() < 0.2:  # edited since: the amounts are those of another document than the newest
            await rows("UPDATE orders SET placement = placement || '{\"total\": 1}' WHERE id = $1", order.id)
        if random.random() < 0.05:
            column = random.choice(("document", "placement"))
            await rows(f"UPDATE orders SET {column} = {column} - 'lines' WHERE id = $1", order.id)
        else:
            await _with_money_elsewhere(order, random)
            await _with_case(shop, order, random)


def _changes(random: Random) -> dict[str, Any]:
    placed_at = NOON - timedelta(minutes=random.choice((random.randint(1, 200), random.randint(1, 90_000))))
    lines = tuple(
        StoreLine(
            id=f"l{n}", title="Linen shirt", quantity=random.randint(1, 4), unit_price=2495, discount=0,
            tax=random.choice((0, 399)), total=random.randint(0, 9999), final_sale=random.random() < 0.2,
            tags=random.choice(((), ("sale",))),
        )
        for n in range(random.randint(1, 3))
    )  # fmt: skip
    changes: dict[str, Any] = {"placed_at": placed_at, "lines": lines, "unexplained": random.choice((0, 0, 0, 7))}
    changes["shipping"] = StoreShipping(total=495, tax=79)
    changes["currency"] = random.choice(("USD", "JPY"))
    changes["time_zone"] = random.choice((None, "Europe/Berlin", "Nowhere/At_All"))
    changes["customer"] = StoreCustomer(
        email=random.choice(("ada@example.com", "bea@example.com", None)), country=random.choice(("US", "DE", None))
    )
    shipped = tuple(LineCount(line.id, random.randint(1, line.quantity)) for line in lines if random.random() < 0.5)
    if shipped:
        at = placed_at + (NOON - placed_at) / 3
        delivered_at = random.choice((None, placed_at + (NOON - placed_at) / 2))
        changes["fulfilments"] = (StoreFulfilment(id="f1", lines=shipped, shipped_at=at, delivered_at=delivered_at),)
    if random.random() < 0.2:
        changes["extras"] = (StoreExtra(kind=ExtraKind.FEE, total=100, tax=16),)
    if random.random() < 0.2:
        by_hand = StoreRefund(id="r1", amount=500, lines=(LineCount("l0", 1),), shipping=random.choice((0, 200)))
        changes["refunds"] = (by_hand,)
    if random.random() < 0.1:
        changes["cancelled"] = (LineCount("l0", 1),)
    if random.random() < 0.1:
        changes["state"] = OrderState.CANCELLED
    return changes


async def _with_money_elsewhere(order: Order, random: Random) -> None:
    if random.random() < 0.2:
        listed = [("re_1", 500), ("re_2", 300)]
        await Payment.filter(order_id=order.id).update(external_refunded=800, external_refunds=listed)
    if random.random() < 0.1:
        await Payment.filter(order_id=order.id).update(disputed=1000)


async def _with_case(shop: Shop, order: Order, random: Random) -> None:
    """A case of some of its units, asked for some time ago, by a policy of then and facts that may have been fewer."""
    if random.random() < 0.4:
        return
    stored = await get_order(shop.id, order.id)
    at = NOON - timedelta(hours=random.randint(0, 2000))
    settings = settings_of(shop)
    facts = facts_of(
        stored, await ownership_of(stored, since=at), await payments_of(order.id),
        paused=False, transit=timedelta(days=settings.transit_days), zone=settings.time_zone,
    )  # fmt: skip
    action = random.choice((Action.CANCEL, Action.RETURN))
    decision = decide(facts, Ask(action=action, whole=True), compile_policy(LIVE), at)
    if random.random() < 0.2:
        decision = replace(decision, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    kept = msgspec.to_builtins(facts)
    of_a_part = random.choice((kept, kept["lines"][0]))
    if random.random() < 0.2:
        del of_a_part["id"]
    elif random.random() < 0.4:
        del of_a_part["is_business" if of_a_part is kept else "on_sale"]
    case = await a_case(
        shop, order, asked_at=at, kind=action.value, facts=kept, decision=msgspec.to_builtins(decision),
        takes_shipping=random.random() < 0.5, reason=random.choice((None, "changed_mind")),
    )  # fmt: skip
    line = random.choice(stored.placement.lines)
    for ordinal in random.sample(range(line.quantity), random.randint(0, line.quantity)):
        await CaseUnit.create(
            shop_id=shop.id, order_id=order.id, case_id=case.id, line_id=line.id, ordinal=ordinal, revision=1,
            worth=100, tax=0, kind=action.value, state=random.choice(("open", "settled", "released")),
        )  # fmt: skip


async def one_by_one(trial: Trial) -> Report:
    """Each case and each order read whole and decided by itself."""
    report, shop = Report(), trial.shop
    for case in await Case.filter(shop_id=shop.id).order_by("asked_at", "id"):
        if case.asked_at > trial.since:
            _decide_ask(trial, case, report.asks)
    settings = settings_of(shop)
    for row in await Order.filter(shop_id=shop.id).order_by("placed_at", "id"):
        tallies = {action: report.orders.setdefault(action, Tally()) for action in (Action.CANCEL, Action.RETURN)}
        try:
            order = await get_order(shop.id, row.id)
        except msgspec.ValidationError:
            for tally in tallies.values():
                tally.unreadable += 1
            continue
        ownership = await ownership_of(order, since=trial.until - PRIOR_WINDOW)
        facts = facts_of(
            order, ownership, await payments_of(row.id),
            paused=False, transit=timedelta(days=settings.transit_days), zone=settings.time_zone,
        )  # fmt: skip
        for action, tally in tallies.items():
            before, after = (
                decide(facts, Ask(action=action, whole=True), rules, trial.until) for rules in (trial.live, trial.draft)
            )
            if before.lines:
                tally.add(before, after, order_number=row.number, order_id=row.id, case_id=None)
    return report


def _decide_ask(trial: Trial, case: Case, tally: Tally) -> None:
    try:
        facts, before = facts_at_ask(case), decision_of(case)
    except msgspec.ValidationError:
        tally.unreadable += 1
        return
    counts = tuple(LineCount(line.line_id, line.asked) for line in before.lines)
    ask = Ask(action=before.action, whole=not counts, lines=counts, reason=case.reason)
    after = decide(facts, ask, trial.draft, case.asked_at)
    was_approved = [line.outcome is Outcome.APPROVE for line in before.lines]
    if before.outcome is Outcome.REVIEW and counts and all(was_approved) and after.outcome is Outcome.APPROVE:
        after = replace(after, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    tally.with_defaults += "is_business" not in case.facts or any("on_sale" not in line for line in case.facts["lines"])
    tally.add(before, after, order_number=facts.number, order_id=case.order_id, case_id=case.id)


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_figures_are_those_of_deciding_each_by_itself(ports: FakePorts, seed: int) -> None:
    random, shop = Random(seed), await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=shop.id, policy=LIVE, by="tests", at=NOON - timedelta(days=300))
    await a_population(ports, shop, random)
    trial = Trial(
        shop, compile_policy(LIVE), compile_policy(a_draft(random)), since=NOON - timedelta(days=70), until=NOON
    )
    report, place = Report(), beginning(trial)
    while place.stage is not Stage.OVER:
        place, _ = await try_part(trial, place, report)
    assert report.asks.decided and report.asks.changed and report.orders["return"].changed
    assert report.asks.unreadable and report.orders["cancel"].changed
    assert msgspec.json.encode(report) == msgspec.json.encode(await one_by_one(trial))
