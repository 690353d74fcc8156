"""Whether the law gives the right: to the last second where the shopper is, and what only a person can find out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plugin.policies.facts import OrderFacts
from plugin.policies.reasons import GoodsKind
from plugin.ports.orders import LineKind
from plugin.withdrawals.standing import Doubt, doubt_about, right_to_withdraw
from tests.unit.policies.law.sending_back import PLACED, RECEIVED, Goods, delivered, received

PLAIN = Goods()


def doubt(order: OrderFacts, at: datetime, goods: Goods = PLAIN) -> Doubt | None:
    return doubt_about(order, order.lines, goods, at)


@pytest.mark.parametrize(
    ("zone", "came", "last_second"),
    [
        # A Thursday: fourteen days on is a Thursday.
        ("Europe/Berlin", RECEIVED, "2026-03-19T23:59:59"),
        # The same parcel, for who lives where it is later or earlier by then.
        ("Asia/Tokyo", datetime(2026, 3, 5, 16, tzinfo=UTC), "2026-03-20T23:59:59"),
        ("America/Los_Angeles", datetime(2026, 3, 6, 3, tzinfo=UTC), "2026-03-19T23:59:59"),
        # A Saturday: its last day moves to the Monday; and over the night in which the clocks change.
        ("Europe/Berlin", datetime(2026, 3, 14, 12, tzinfo=UTC), "2026-03-30T23:59:59"),
    ],
)
def test_the_last_second_of_the_last_day_where_the_shopper_is_counts_and_the_next_one_does_not(
    zone: str, came: datetime, last_second: str
) -> None:
    order = delivered(received(at=came), time_zone=zone)
    in_time = datetime.fromisoformat(last_second).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    right = right_to_withdraw(order, PLAIN, in_time)
    assert right is not None
    assert right.until == in_time + timedelta(seconds=1)
    assert doubt(order, in_time) is None
    assert doubt(order, in_time + timedelta(microseconds=999_999)) is None
    assert doubt(order, in_time + timedelta(seconds=1)) is Doubt.OUT_OF_TIME
    assert right_to_withdraw(order, PLAIN, in_time + timedelta(seconds=1)) is None


def test_before_anything_has_arrived_it_is_there_without_an_end_and_starts_with_the_last_good() -> None:
    under_way = delivered(received(at=None))
    right = right_to_withdraw(under_way, PLAIN, RECEIVED + timedelta(days=300))
    assert right is not None and right.until is None
    assert doubt(under_way, RECEIVED + timedelta(days=300)) is None
    later = RECEIVED + timedelta(days=20)
    both = delivered(received(), received("scarf", at=later))
    assert doubt(both, later + timedelta(days=13)) is None


def test_a_delivery_that_is_only_reckoned_counts_for_the_shopper_two_weeks_longer() -> None:
    order = delivered(received(delivery_is_estimated=True))
    assert doubt(order, RECEIVED + timedelta(days=28)) is None
    assert doubt(order, RECEIVED + timedelta(days=29)) is Doubt.OUT_OF_TIME


WITHIN = RECEIVED + timedelta(days=2)
LOOKS: dict[str, tuple[dict[str, Any], dict[str, Any], frozenset[GoodsKind], Doubt | None]] = {
    "goods like any": ({}, {}, frozenset(), None),
    "made for the shopper": ({}, {}, frozenset({GoodsKind.PERSONALISED}), Doubt.EXEMPT),
    "soon spoilt": ({}, {}, frozenset({GoodsKind.PERISHABLE}), Doubt.EXEMPT),
    "sealed, and has left": ({}, {}, frozenset({GoodsKind.SEALED_HYGIENE}), Doubt.PERHAPS_BEGUN),
    "sealed, and is here still": ({}, {"fulfilled": 0}, frozenset({GoodsKind.SEALED_HYGIENE}), None),
    "a download, and was given out": ({}, {"kind": LineKind.DIGITAL}, frozenset(), Doubt.PERHAPS_BEGUN),
    "a download, and not given out yet": ({}, {"kind": LineKind.DIGITAL, "fulfilled": 0}, frozenset(), None),
    "a gift card": ({}, {"kind": LineKind.GIFT_CARD}, frozenset(), Doubt.EXEMPT),
    "bought by a business": ({"is_business": True}, {}, frozenset(), Doubt.BUSINESS),
    "where no law gives it": ({"country": "CH"}, {}, frozenset(), Doubt.NO_LAW),
    "of no country": ({"country": None}, {}, frozenset(), Doubt.NO_LAW),
    "before the law": ({"placed_at": PLACED.replace(year=2014, month=6, day=12)}, {}, frozenset(), Doubt.NO_LAW),
    "final sale says nothing": ({}, {"final_sale": True, "on_sale": True}, frozenset(), None),
    "a business' special goods: the graver one": (
        {"is_business": True}, {}, frozenset({GoodsKind.PERSONALISED}), Doubt.BUSINESS,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("of_order", "of_line", "kinds", "wanted"), LOOKS.values(), ids=LOOKS)
def test_what_a_person_looks_at_first_and_nothing_is_ever_refused(
    of_order: dict[str, Any], of_line: dict[str, Any], kinds: frozenset[GoodsKind], wanted: Doubt | None
) -> None:
    assert doubt(delivered(received(**of_line), **of_order), WITHIN, Goods(kinds)) is wanted


def test_one_line_that_is_exempt_has_a_person_look_and_the_entry_stays_for_the_others() -> None:
    class Engraved:
        def goods_of(self, line: Any) -> frozenset[GoodsKind]:
            return frozenset({GoodsKind.PERSONALISED}) if line.id == "ring" else frozenset()

    order = delivered(received("ring"), received("box"))
    assert doubt_about(order, order.lines, Engraved(), WITHIN) is Doubt.EXEMPT
    assert doubt_about(order, order.lines[1:], Engraved(), WITHIN) is None
    assert right_to_withdraw(order, Engraved(), WITHIN) is not None
    assert right_to_withdraw(delivered(received("ring")), Engraved(), WITHIN) is None
