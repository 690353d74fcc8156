"""The same contract: corrections of an order, and credentials that open nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plugin.ports.goods import Fix, StoreStatus
from plugin.ports.orders import LineCount
from tests.contracts.bench import GoodsBench, Step, Trouble
from tests.contracts.test_platform_goods import HOME, back, bench, check_reads_well, outbound, to_variant

__all__ = ["bench"]  # the fixture


async def test_an_address_is_changed_within_its_country_and_before_it_leaves(bench: GoodsBench) -> None:
    placed = await bench.place()
    fix = Fix(key="fix_1", order_id=placed.order_id, address=HOME)
    for is_trial in (True, False, False):
        answer = await bench.goods.fix(bench.connection, replace(fix, is_trial=is_trial))
        assert (answer.status, answer.costs, answer.tax) == (StoreStatus.DONE, 0, 0)
        postcode = (await bench.read(placed.order_id)).customer.postcode
        assert (postcode == "17001") is not is_trial
    abroad = replace(fix, key="fix_2", address=replace(HOME, country="FR"))
    assert (await bench.goods.fix(bench.connection, abroad)).status is StoreStatus.REFUSED
    await bench.ship(placed)
    late = await bench.goods.fix(bench.connection, replace(fix, key="fix_3"))
    assert late.status is StoreStatus.TOO_LATE


@pytest.mark.parametrize("units", [1, 2])
async def test_units_of_another_variant_cost_what_it_costs_more(bench: GoodsBench, units: int) -> None:
    placed = await bench.place()
    was = await bench.read(placed.order_id)
    trial = await bench.goods.fix(
        bench.connection, to_variant(placed, bench.wares.dearer, units=units, key="try", is_trial=True)
    )
    assert (trial.status, trial.costs) == (StoreStatus.DONE, 500 * units)
    assert await bench.read(placed.order_id) == was
    ordered, dearer = bench.stock(bench.wares.ordered), bench.stock(bench.wares.dearer)
    for _ in range(2):
        answer = await bench.goods.fix(bench.connection, to_variant(placed, bench.wares.dearer, units=units))
        assert (answer.status, answer.costs, answer.reason) == (StoreStatus.DONE, 500 * units, None)
    assert bench.stock(bench.wares.ordered) == ordered + units
    assert bench.stock(bench.wares.dearer) == dearer - units
    now = await bench.read(placed.order_id)
    check_reads_well(now)
    left = sum(line.quantity for line in now.lines) - sum(each.quantity for each in now.cancelled)
    assert left == 3


async def test_another_variant_is_too_late_once_it_has_left_and_out_of_stock_where_there_is_none(
    bench: GoodsBench,
) -> None:
    placed = await bench.place()
    bench.sell_out(bench.wares.other)
    none = await bench.goods.fix(bench.connection, to_variant(placed, bench.wares.other))
    assert none.status is StoreStatus.OUT_OF_STOCK
    await bench.ship(placed, LineCount(placed.lines[0], 2))
    late = await bench.goods.fix(bench.connection, to_variant(placed, bench.wares.dearer))
    assert late.status is StoreStatus.TOO_LATE


async def test_a_changed_variant_whose_answer_was_lost_is_found_again(bench: GoodsBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.LOSE_ANSWER, Step.FIX)
    fix = to_variant(placed, bench.wares.dearer)
    assert (await bench.goods.fix(bench.connection, fix)).status is StoreStatus.UNKNOWN
    bench.heal()
    answer = await bench.goods.fix(bench.connection, fix)
    assert (answer.status, answer.costs) == (StoreStatus.DONE, 500)


async def test_nothing_raises_where_the_credentials_are_wrong_or_missing(bench: GoodsBench) -> None:
    placed = await bench.place()
    goods = bench.goods
    for connection, allowed in (
        (replace(bench.connection, secret="wrong"), {StoreStatus.UNKNOWN, StoreStatus.REFUSED}),
        (replace(bench.connection, secret=None), {StoreStatus.UNSUPPORTED}),
    ):
        statuses = {
            (await goods.offers(connection, placed.order_id, (bench.wares.other,), "EUR")).status,
            (await goods.variants(connection, bench.wares.other.product_id, "EUR")).status,
            (await goods.make_order(connection, outbound(bench, placed))).status,
            (await goods.fix(connection, to_variant(placed, bench.wares.other))).status,
            await goods.restock(connection, back(placed)),
        }
        assert statuses <= allowed
