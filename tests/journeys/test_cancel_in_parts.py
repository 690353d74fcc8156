"""Partial cancellations: whatever the order and the parts, what comes back in the end is the order's total."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.journeys.steps import charged, given_back, quiet
from tests.world import World

FASHION_PARTS = ({"coat": 1}, {"scarf": 1}, {"scarf": 1})


def lines(parts: dict[str, int]) -> list[dict[str, object]]:
    return [{"line_id": line, "quantity": n} for line, n in parts.items()]


@pytest.mark.parametrize("parts", sorted(set(permutations(range(3)))), ids=str)
async def test_any_order_of_parts_gives_the_whole_total_back(world: World, parts: tuple[int, ...]) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    shipping = []
    for part in parts:
        case = await shopper.cancel(lines=lines(FASHION_PARTS[part]))
        shipping.append([each["money"]["amount"] for each in case["amounts"]["parts"] if each["kind"] == "shipping"])
        await shopper.until_state(case["id"], "done")

    assert await given_back(world, order) == order.total
    assert shipping == [[], [], [995]]
    assert (await shopper.get("/v1/order"))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("sample", "parts"),
    [
        ("spanish", ({"alpargatas": 1}, {"vestido": 1, "alpargatas": 1})),
        ("yen", ({"note": 1}, {"note": 1}, {"note": 1})),
        ("dinar", ({"oud": 2}, {"oud": 1})),
        ("krona", ({"peysa": 1},)),
    ],
    ids=str,
)
async def test_parts_add_up_in_every_currency(world: World, sample: str, parts: tuple[dict[str, int], ...]) -> None:
    order = await world.place(sample)
    shopper = await world.shopper(order)
    owed = 0
    for part in parts:
        case = await shopper.cancel(lines=lines(part))
        owed += case["amounts"]["total"]["amount"]
        await shopper.until_state(case["id"], "done")

    assert owed == order.total
    assert await given_back(world, order) == order.total


async def test_parts_finer_than_stripes_steps_of_ten_are_made_good_by_the_last(world: World) -> None:
    """Three dinar units of 8.251 each: Stripe moves 8.250 twice, and the rest with the last; nobody is alarmed."""
    order = await world.place("dinar")
    (line,) = order.lines
    changed = world.store.edit(
        order.id,
        lines=(type(line)(id=line.id, title=line.title, quantity=3, unit_price=8251),),
        shipping=type(order.shipping)(price=1997),
    )
    await world.send(changed)
    await world.until(lambda: world.is_read(changed))
    shopper = await world.shopper(order)
    for _ in range(3):
        case = await shopper.cancel(lines=lines({"oud": 1}))
        await shopper.until_state(case["id"], "done")

    payment = await charged(world, order)
    assert [refund.amount for refund in reversed(payment.refunds)] == [8250, 8250, 10250]
    await quiet(world)
    assert not world.mails("staff@lumen.example")


async def test_all_units_of_a_line_named_twice_are_taken_once(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    twice = [{"line_id": "scarf", "quantity": 1}, {"line_id": "scarf", "quantity": 1}]
    case = await shopper.cancel(lines=twice)

    assert [(line["line_id"], line["quantity"]) for line in case["lines"]] == [("scarf", 2)]
    await shopper.until_state(case["id"], "done")
    again = await shopper.preview(lines=[{"line_id": "scarf", "quantity": 1}])
    assert (again["outcome"], again["lines"][0]["reason"]) == ("refuse", "already_cancelled")


async def test_units_of_an_open_case_cannot_be_asked_for_again(world: World) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    preview = await shopper.preview(lines=[{"line_id": "scarf", "quantity": 2}])
    await shopper.cancel(lines=[{"line_id": "scarf", "quantity": 2}])

    late = await shopper.confirm(preview["digest"], lines=[{"line_id": "scarf", "quantity": 2}])
    assert late.status_code == 409
    assert late.json()["code"] == "decision_changed"
    assert late.json()["preview"]["outcome"] == "refuse"
