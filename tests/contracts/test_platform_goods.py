"""One contract for every store that does things with goods for us: offers, orders, stock and corrections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin.ports.goods import Address, Fix, OutboundLine, OutboundOrder, Restock, StoreStatus, Wanted
from plugin.ports.orders import Custodian, LineCount, StoreOrder, parts_total
from tests.contracts.bench import GoodsBench, Placed, Step, Trouble
from tests.contracts.shopify_bench import shopify_bench
from tests.contracts.woocommerce_bench import woo_bench

GOODS: dict[str, Callable[[], AbstractAsyncContextManager[GoodsBench]]] = {
    "woocommerce": woo_bench,
    "shopify": shopify_bench,
}
HOME = Address(name="Ana Ferrer Soler", line1="Carrer de la Mar 9", city="Girona", postal_code="17001", country="ES")


@pytest.fixture(params=sorted(GOODS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[GoodsBench]:
    async with GOODS[request.param]() as bench:
        yield bench


def outbound(bench: GoodsBench, placed: Placed, *, collected: int = 0, key: str = "out_1") -> OutboundOrder:
    wanted = bench.wares.other
    line = OutboundLine(
        product_id=wanted.product_id, variant_id=wanted.variant_id, title="Linen shirt", quantity=2, unit_price=3950,
        unit_tax=686,
    )  # fmt: skip
    return OutboundOrder(
        key=key, order_id=placed.order_id, order_number=placed.number, reason="exchange", currency="EUR",
        lines=(line,), credited=7900 - collected, collected=collected, note="Case 7",
    )  # fmt: skip


def to_variant(placed: Placed, wanted: Wanted, *, units: int = 1, key: str = "fix_1", is_trial: bool = False) -> Fix:
    return Fix(key=key, order_id=placed.order_id, line_id=placed.lines[0], to=replace(wanted, quantity=units),
               is_trial=is_trial)  # fmt: skip


def check_reads_well(order: StoreOrder) -> None:
    assert (parts_total(order), order.unexplained) == (order.total, 0)


async def test_an_offer_tells_price_and_stock_and_leaves_out_what_is_unknown(bench: GoodsBench) -> None:
    placed = await bench.place()
    unknown = Wanted(product_id="999999", variant_id="888888")
    asked = (bench.wares.other, bench.wares.dearer, unknown)
    told = await bench.goods.offers(bench.connection, placed.order_id, asked, "EUR")
    assert (told.status, told.shipping) == (StoreStatus.DONE, 0)
    other, dearer = told.offered
    assert (other.product_id, other.variant_id) == (bench.wares.other.product_id, bench.wares.other.variant_id)
    assert (other.unit_price, dearer.unit_price, other.currency) == (3950, 4450, "EUR")
    assert other.available == bench.stock(bench.wares.other)
    assert other.is_sold
    assert other.title == "Linen shirt"
    assert other.variant


async def test_an_offers_price_holds_the_tax_that_the_order_was_laid_with(bench: GoodsBench) -> None:
    bench.tax(21)
    placed = await bench.place()
    told = await bench.goods.offers(bench.connection, placed.order_id, (bench.wares.other,), "EUR")
    (other,) = told.offered
    net = other.unit_price - other.unit_tax
    assert other.unit_tax > 0
    assert abs(net * 21 - other.unit_tax * 100) <= 100


async def test_an_offer_in_another_currency_is_refused(bench: GoodsBench) -> None:
    placed = await bench.place()
    told = await bench.goods.offers(bench.connection, placed.order_id, (bench.wares.other,), "USD")
    assert (told.status, told.offered) == (StoreStatus.REFUSED, ())
    assert told.reason


async def test_every_variant_of_a_product_is_told_by_its_name(bench: GoodsBench) -> None:
    told = await bench.goods.variants(bench.connection, bench.wares.ordered.product_id, "EUR")
    assert told.status is StoreStatus.DONE
    assert {(each.product_id, each.variant_id) for each in told.offered} == {
        (each.product_id, each.variant_id) for each in (bench.wares.ordered, bench.wares.other, bench.wares.dearer)
    }
    assert len({each.variant for each in told.offered}) == 3
    unknown = await bench.goods.variants(bench.connection, "999999", "EUR")
    assert (unknown.status, unknown.offered) == (StoreStatus.DONE, ())


async def test_what_is_sold_out_is_told_as_none_left(bench: GoodsBench) -> None:
    placed = await bench.place()
    bench.sell_out(bench.wares.other)
    told = await bench.goods.offers(bench.connection, placed.order_id, (bench.wares.other,), "EUR")
    assert told.offered[0].available == 0


@pytest.mark.parametrize("collected", [0, 1, 500, 3333, 7900])
async def test_an_order_is_made_once_and_its_total_is_what_was_collected(bench: GoodsBench, collected: int) -> None:
    placed = await bench.place()
    before = bench.stock(bench.wares.other)
    first, again = [
        await bench.goods.make_order(bench.connection, outbound(bench, placed, collected=collected)) for _ in range(2)
    ]
    assert first.status is StoreStatus.DONE
    assert first == again
    assert bench.orders() == 2
    assert bench.stock(bench.wares.other) == before - 2
    made = await bench.read(first.order_id or "")
    check_reads_well(made)
    assert (made.total, made.lines[0].quantity, made.lines[0].total) == (collected, 2, collected)
    assert made.customer == (await bench.read(placed.order_id)).customer
    assert [payment.custodian for payment in made.payments] == ([Custodian.MANUAL] if collected else [])
    assert sum(payment.captured for payment in made.payments) == collected


async def test_tax_and_shipping_of_an_order_of_ours_are_part_of_what_was_collected(bench: GoodsBench) -> None:
    bench.tax(21)
    placed = await bench.place()
    asked = replace(outbound(bench, placed, collected=3000), shipping=495, shipping_tax=86, credited=5395)
    answer = await bench.goods.make_order(bench.connection, asked)
    made = await bench.read(answer.order_id or "")
    check_reads_well(made)
    assert made.total == 3000
    assert 0 < made.shipping.total < 495
    assert made.lines[0].tax > 0


@settings(max_examples=12, deadline=None)
@given(
    name=st.sampled_from(sorted(GOODS)), price=st.integers(min_value=1, max_value=99_999),
    units=st.integers(min_value=1, max_value=2), shipping=st.sampled_from([0, 1, 495]),
    part=st.integers(min_value=0, max_value=1000),
)  # fmt: skip
async def test_any_price_and_any_part_of_it_comes_to_the_same_cent(
    name: str, price: int, units: int, shipping: int, part: int
) -> None:
    async with GOODS[name]() as bench:
        asked = outbound(bench, await bench.place())
        line = replace(asked.lines[0], quantity=units, unit_price=price, unit_tax=0)
        whole = price * units + shipping
        collected = whole * part // 1000
        made = await bench.goods.make_order(
            bench.connection,
            replace(asked, lines=(line,), shipping=shipping, collected=collected, credited=whole - collected),
        )
        order = await bench.read(made.order_id or "")
        check_reads_well(order)
        assert order.total == collected


async def test_two_keys_are_two_orders(bench: GoodsBench) -> None:
    placed = await bench.place()
    made = {
        (await bench.goods.make_order(bench.connection, outbound(bench, placed, key=key))).order_id
        for key in ("out_1", "out_2")
    }
    assert (len(made), bench.orders()) == (2, 3)


async def test_an_order_whose_answer_was_lost_is_found_again(bench: GoodsBench) -> None:
    placed = await bench.place()
    bench.fail(Trouble.LOSE_ANSWER, Step.MAKE_ORDER)
    lost = await bench.goods.make_order(bench.connection, outbound(bench, placed))
    assert lost.status is StoreStatus.UNKNOWN
    bench.heal()
    found = await bench.goods.make_order(bench.connection, outbound(bench, placed))
    assert found.status is StoreStatus.DONE
    assert bench.orders() == 2


@pytest.mark.parametrize("trouble", [Trouble.FAIL, Trouble.BUSY, Trouble.GARBAGE])
@pytest.mark.parametrize("step", [Step.MAKE_ORDER, Step.RESTOCK, Step.FIX])
async def test_a_store_in_trouble_is_unknown_and_nothing_is_done(
    bench: GoodsBench, trouble: Trouble, step: Step
) -> None:
    placed = await bench.place()
    before, was = bench.stock(bench.wares.ordered), await bench.read(placed.order_id)
    bench.fail(trouble, step)
    goods, connection = bench.goods, bench.connection
    match step:
        case Step.MAKE_ORDER:
            status = (await goods.make_order(connection, outbound(bench, placed))).status
        case Step.RESTOCK:
            status = await goods.restock(connection, back(placed))
        case _:
            status = (await goods.fix(connection, to_variant(placed, bench.wares.other))).status
    assert status is StoreStatus.UNKNOWN
    bench.heal()
    now = await bench.read(placed.order_id)
    assert (now.lines, now.cancelled, now.total) == (was.lines, was.cancelled, was.total)
    assert (bench.orders(), bench.stock(bench.wares.ordered)) == (1, before)


async def test_what_is_not_there_is_not_ordered(bench: GoodsBench) -> None:
    placed = await bench.place()
    bench.sell_out(bench.wares.other)
    answer = await bench.goods.make_order(bench.connection, outbound(bench, placed))
    assert answer.status is StoreStatus.OUT_OF_STOCK
    assert bench.orders() == 1


def back(placed: Placed, units: int = 1, key: str = "case_1-parcel_1") -> Restock:
    return Restock(key=key, order_id=placed.order_id, lines=(LineCount(placed.lines[0], units),))


async def test_units_that_came_back_are_in_stock_once_and_are_not_read_as_cancelled(bench: GoodsBench) -> None:
    placed = await bench.place()
    await bench.ship(placed)
    before, shipped = bench.stock(bench.wares.ordered), await bench.read(placed.order_id)
    for _ in range(2):
        assert await bench.goods.restock(bench.connection, back(placed)) is StoreStatus.DONE
    assert bench.stock(bench.wares.ordered) == before + 1
    assert await bench.goods.restock(bench.connection, back(placed, key="case_2")) is StoreStatus.DONE
    assert bench.stock(bench.wares.ordered) == before + 2
    order = await bench.read(placed.order_id)
    assert (order.cancelled, order.refunds) == ((), ())
    assert (order.lines, order.total, order.unexplained) == (shipped.lines, shipped.total, 0)
    assert [parcel.lines for parcel in order.fulfilments] == [parcel.lines for parcel in shipped.fulfilments]


async def test_units_that_came_back_beside_a_part_that_is_still_here_leave_that_alone(bench: GoodsBench) -> None:
    placed = await bench.place()
    await bench.ship(placed, LineCount(placed.lines[0], 1))
    assert await bench.goods.restock(bench.connection, back(placed)) is StoreStatus.DONE
    order = await bench.read(placed.order_id)
    assert (order.cancelled, order.refunds) == ((), ())
    assert [parcel.lines for parcel in order.fulfilments] == [(LineCount(placed.lines[0], 1),)]


async def test_a_restock_whose_answer_was_lost_is_found_again(bench: GoodsBench) -> None:
    placed = await bench.place()
    await bench.ship(placed)
    before = bench.stock(bench.wares.ordered)
    bench.fail(Trouble.LOSE_ANSWER, Step.RESTOCK)
    assert await bench.goods.restock(bench.connection, back(placed)) is StoreStatus.UNKNOWN
    bench.heal()
    assert await bench.goods.restock(bench.connection, back(placed)) is StoreStatus.DONE
    assert bench.stock(bench.wares.ordered) == before + 1
