"""A draft is tried on stored asks and orders: figures, samples behind them, and a job that outlives its worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from handlers.jobs import run_claim
from plugin import db
from plugin.cases.models import Case
from plugin.db import rows, transaction
from plugin.journeys import backtest
from plugin.journeys.backtest import Stage, Trial, beginning, try_part
from plugin.journeys.backtest_jobs import (
    BACKTEST,
    BacktestRuns,
    cancel_backtest,
    get_backtest,
    report_of,
    run_backtest,
    start_backtest,
)
from plugin.orders.models import Order
from plugin.orders.people import without_person
from plugin.orders.service import as_stored
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.policies.backtest import MOST_SAMPLES, Report
from plugin.policies.conditions import When
from plugin.policies.decide import decide
from plugin.policies.document import Fee, Otherwise, Policy, Row, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.live import NoPolicy
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.rules import compile_policy
from plugin.policies.service import publish
from plugin.shops.models import Shop
from tests.factories import a_case, a_shop, a_store_order, an_order
from tests.fakes import NOON, FakePorts, fake_ports

LIVE = default_policy()
NOTHING = replace(LIVE, rows=(), otherwise=Otherwise(cancel=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED)))
TEN_PERCENT = replace(LIVE, rows=(), otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE, fee=Fee(percent=10))))


@pytest.fixture
async def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    made = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=made.id, policy=LIVE, by="tests", at=NOON - timedelta(days=30))
    return made


async def asked(shop: Shop, order: Order, currency: str = "USD", total: int = 4990, **changes: Any) -> Case:
    """A cancellation that the live policy approved."""
    line = LineFacts(id="l1", title="Linen shirt", quantity=2, total=total, tax=0, free=(0, 1))
    facts = OrderFacts(
        id=order.id, number=order.number, currency=currency, placed_at=NOON - timedelta(hours=2),
        state=Progress.UNFULFILLED, total=total, lines=(line,),
    )  # fmt: skip
    decision = decide(facts, Ask(action=Action.CANCEL, whole=True), compile_policy(LIVE), NOON)
    pinned = {"facts": msgspec.to_builtins(facts), "decision": msgspec.to_builtins(decision)}
    return await a_case(shop, order, **(pinned | {"currency": currency} | changes))


async def tried(shop: Shop, draft: Policy, days: int = 90) -> Report:
    """The whole trial at once."""
    trial = Trial(shop, compile_policy(LIVE), compile_policy(draft), NOON - timedelta(days=days), NOON)
    report, place = Report(), beginning(trial)
    while place.stage is not Stage.OVER:
        place, _ = await try_part(trial, place, report)
    return report


async def claimed(ports: FakePorts) -> Claim:
    """The back-test's next piece of work, whatever it waits for."""
    await rows("UPDATE work SET not_before = now(), lease_until = NULL, state = 'ready' WHERE state <> 'done'")
    (mine,) = await outbox.claim_due(1, kinds=[BACKTEST])
    return mine


async def work_off(ports: FakePorts) -> None:
    while await rows("SELECT 1 FROM work WHERE kind = $1 AND state <> 'done'", BACKTEST):
        await run_claim(ports, await claimed(ports))


async def test_an_ask_that_would_be_refused_is_counted_with_its_money_and_its_order(
    ports: FakePorts, shop: Shop
) -> None:
    case = await asked(shop, await an_order(ports, shop))
    asks = (await tried(shop, NOTHING)).asks
    assert (asks.decided, asks.changed, asks.outcomes_before, asks.outcomes_after) == (
        1, 1, {"approve": 1}, {"refuse": 1},
    )  # fmt: skip
    (sample,) = asks.moves["approve>refuse"].samples
    assert (sample.order_id, sample.case_id, sample.refund_before) == (case.order_id, case.id, 4990)
    assert (asks.refunds["USD"].before, asks.refunds["USD"].after) == (4990, 0)


async def test_the_live_policy_as_a_draft_changes_nothing(ports: FakePorts, shop: Shop) -> None:
    await asked(shop, await an_order(ports, shop))
    report = await tried(shop, LIVE)
    assert [tally.changed for tally in (report.asks, *report.orders.values())] == [0, 0, 0]


async def test_fees_and_refunds_go_by_currency(ports: FakePorts, shop: Shop) -> None:
    for currency, total in (("USD", 4990), ("JPY", 7000), ("KWD", 12_345)):
        await asked(shop, await an_order(ports, shop), currency, total)
    asks = (await tried(shop, TEN_PERCENT)).asks
    assert {code: (money.before, money.after) for code, money in asks.fees.items()} == {
        "USD": (0, 499), "JPY": (0, 700), "KWD": (0, 1234),
    }  # fmt: skip
    assert {code: money.after - money.before for code, money in asks.refunds.items()} == {
        "USD": -499, "JPY": -700, "KWD": -1234,
    }  # fmt: skip


async def test_orders_answer_as_the_order_page_would_now(ports: FakePorts, shop: Shop) -> None:
    await an_order(ports, shop)
    cancel = (await tried(shop, TEN_PERCENT)).orders["cancel"]
    assert (cancel.decided, cancel.changed) == (1, 1)
    assert (cancel.refunds["USD"].before, cancel.refunds["USD"].after) == (5485, 5485 - 499)


async def test_an_erased_order_is_tried_like_any_other(ports: FakePorts, shop: Shop) -> None:
    order = await an_order(ports, shop)
    bare = msgspec.json.encode(without_person(as_stored(order).now)).decode()
    await rows(
        "UPDATE orders SET email = NULL, customer_hash = NULL, document = $2, placement = $2, "
        "erase_asked_at = now(), erased_at = now() WHERE id = $1",
        order.id, bare,
    )  # fmt: skip
    report = await tried(shop, NOTHING)
    assert report.orders["cancel"].outcomes_after == {"refuse": 1}
    assert b"ada@example.com" not in msgspec.json.encode(report)


async def test_an_order_with_unexplained_amounts_is_a_persons_under_both(ports: FakePorts, shop: Shop) -> None:
    await an_order(ports, shop, unexplained=7)
    cancel = (await tried(shop, TEN_PERCENT)).orders["cancel"]
    assert (cancel.outcomes_before, cancel.outcomes_after) == ({"review": 1}, {"review": 1})
    assert cancel.refunds == {}


async def test_facts_of_before_today_are_decided_with_defaults_and_counted_so(ports: FakePorts, shop: Shop) -> None:
    case = await asked(shop, await an_order(ports, shop))
    old = {name: value for name, value in case.facts.items() if name not in ("risk", "is_business")}
    await Case.filter(id=case.id).update(facts=old)
    await asked(shop, await an_order(ports, shop))
    asks = (await tried(shop, LIVE)).asks
    assert (asks.decided, asks.with_defaults) == (2, 1)


async def test_what_cannot_be_read_is_counted_and_stops_nothing(ports: FakePorts, shop: Shop) -> None:
    await a_case(shop, await an_order(ports, shop))  # of which neither facts nor decision were kept
    await asked(shop, await an_order(ports, shop))
    asks = (await tried(shop, LIVE)).asks
    assert (asks.decided, asks.unreadable) == (1, 1)


async def test_what_a_limit_left_to_a_person_would_be_left_to_one_again(ports: FakePorts, shop: Shop) -> None:
    case = await asked(shop, await an_order(ports, shop))
    held = case.decision | {"outcome": "review", "reason": "person_decides"}
    await Case.filter(id=case.id).update(decision=held)
    asks = (await tried(shop, TEN_PERCENT)).asks
    assert (asks.outcomes_after, asks.moves) == ({"review": 1}, {})


async def test_older_than_asked_for_is_left_out(ports: FakePorts, shop: Shop) -> None:
    order = await an_order(ports, shop, placed_at=NOON - timedelta(days=20))
    await asked(shop, order, asked_at=NOON - timedelta(days=15))
    report = await tried(shop, NOTHING, days=10)
    assert (report.asks.decided, report.orders["cancel"].decided if report.orders else 0) == (0, 0)


async def test_an_empty_shop_has_empty_figures(ports: FakePorts, shop: Shop) -> None:
    assert await tried(shop, NOTHING) == Report()


async def test_samples_are_few_and_counts_are_whole(ports: FakePorts, shop: Shop) -> None:
    for _ in range(backtest.PART + 3):
        await an_order(ports, shop)
    cancel = (await tried(shop, NOTHING)).orders["cancel"]
    figure = cancel.moves["approve>refuse"]
    assert (figure.count, len(figure.samples)) == (backtest.PART + 3, MOST_SAMPLES)


async def test_a_job_counts_up_to_its_end(ports: FakePorts, shop: Shop) -> None:
    await asked(shop, await an_order(ports, shop))
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    await work_off(ports)
    done = await get_backtest(shop.id, job.id)
    assert (done.state, done.done, done.total) == ("done", 2, 2)
    assert report_of(done) == await tried(shop, NOTHING)
    assert done.finished_at is not None


async def test_who_is_killed_in_the_middle_goes_on_and_counts_nothing_twice(ports: FakePorts, shop: Shop) -> None:
    for _ in range(5):
        await asked(shop, await an_order(ports, shop))
    expected = await tried(shop, NOTHING)
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    first = await claimed(ports)
    second = await claimed(ports)  # the lease of the first has ended: it froze, and somebody else took its work
    await run_claim(ports, second)
    await run_claim(ports, first)  # loses, and changes nothing
    await work_off(ports)
    done = await get_backtest(shop.id, job.id)
    assert (done.done, report_of(done)) == (10, expected)


async def test_each_slice_goes_on_where_the_last_one_ended(ports: FakePorts, shop: Shop) -> None:
    for _ in range(3):
        await asked(shop, await an_order(ports, shop))
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    slices = 0
    while (await get_backtest(shop.id, job.id)).finished_at is None:
        await run_backtest(ports, await claimed(ports), seconds=0.0)
        slices += 1
    assert slices > 2
    assert report_of(await get_backtest(shop.id, job.id)) == await tried(shop, NOTHING)


async def test_what_fails_again_and_again_is_given_up(ports: FakePorts, shop: Shop) -> None:
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    await rows("UPDATE work SET failures = 5 WHERE ref = $1", job.id)
    await work_off(ports)
    after = await get_backtest(shop.id, job.id)
    assert (after.state, after.problem) == ("failed", "It failed again and again.")


async def test_one_at_a_time_for_a_shop(ports: FakePorts, shop: Shop) -> None:
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    with pytest.raises(BacktestRuns):
        await start_backtest(ports, shop, LIVE, days=90, by="bob")
    await cancel_backtest(ports, shop.id, job.id)
    assert (await start_backtest(ports, shop, LIVE, days=90, by="bob")).state == "queued"


async def test_a_cancelled_one_stays_so_while_its_slice_runs(ports: FakePorts, shop: Shop) -> None:
    await an_order(ports, shop)
    job = await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    running = await claimed(ports)
    await cancel_backtest(ports, shop.id, job.id)
    await run_claim(ports, running)
    after = await get_backtest(shop.id, job.id)
    assert (after.state, after.done) == ("cancelled", 0)
    assert not await rows("SELECT 1 FROM work WHERE kind = $1 AND state <> 'done'", BACKTEST)


async def test_a_shop_without_a_policy_has_nothing_to_hold_it_against(ports: FakePorts) -> None:
    with pytest.raises(NoPolicy):
        await start_backtest(ports, await a_shop(ports), LIVE, days=90, by="ada")


async def test_nothing_is_written_to_orders_and_cases(ports: FakePorts, shop: Shop) -> None:
    await asked(shop, await an_order(ports, shop))

    async def all_of_them() -> list[dict[str, Any]]:
        return await db.rows("SELECT to_jsonb(o)::text, to_jsonb(c)::text FROM orders o JOIN cases c ON true")

    before = await all_of_them()
    await start_backtest(ports, shop, NOTHING, days=90, by="ada")
    await work_off(ports)
    assert await all_of_them() == before


async def test_a_row_that_asks_for_a_country_counts_only_its_orders(ports: FakePorts, shop: Shop) -> None:
    elsewhere = replace(a_store_order().customer, country="DE", email="bea@example.com")
    await an_order(ports, shop)
    await an_order(ports, shop, customer=elsewhere)
    no = Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED)
    row = Row(id="de", action=Action.CANCEL, when=When(countries=("DE",)), then=no)
    cancel = (await tried(shop, replace(LIVE, rows=(row,)))).orders["cancel"]
    assert cancel.outcomes_after == {"approve": 1, "refuse": 1}
