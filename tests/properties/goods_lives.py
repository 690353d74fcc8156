"""The whole life of a shop's goods: they come back, are exchanged, withdrawn from, put right, and bought again."""

from __future__ import annotations

from enum import StrEnum

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from plugin.parcels.states import Verdict
from plugin.policies.reasons import FaultKind, Resolution, Trigger
from tests.properties import way_back
from tests.properties.exchange_side import prices
from tests.properties.fix_side import FixSide
from tests.properties.goods_side import triggers, verdicts, wanted
from tests.properties.machine import units
from tests.properties.shelf import ShelfMood


class Chapter(StrEnum):
    """What follows the first return."""

    NONE = "nothing"
    EXCHANGES = "an exchange, or two"
    WITHDRAWS = "a withdrawal"
    DAMAGED = "a re-shipment"
    BUYS_AGAIN = "other orders"


chapters = st.sampled_from((*Chapter, Chapter.EXCHANGES))


class GoodsLives(FixSide):
    """A shop in the EU or elsewhere, of which the first order has arrived; something comes back of it before chance has
    its way."""

    @initialize(
        data=st.data(), pays_on=triggers, fee=st.sampled_from((0, 0, 300)), keeps=st.booleans(),
        country=st.sampled_from(("LV", "LV", "US")),
    )  # fmt: skip
    def first_order(self, data: st.DataObject, pays_on: Trigger, fee: int, keeps: bool, country: str) -> None:
        self.country = country
        is_reviewed = data.draw(st.sampled_from((False, False, False, True)), label="reviewed")
        policy = way_back.goods_policy(self.world.currencies, pays_on, fee=fee, is_reviewed=is_reviewed, keeps=keeps)
        self.run(way_back.set_policy(self.world, policy))
        self.place(data)
        self.work_on_all(1)
        self.it_arrives(0)
        for _ in range(data.draw(st.integers(1, 2), label="asks")):
            self.goes_back_on_a_good_day(
                0, data.draw(units, label="units"), data.draw(wanted, label="for"), data.draw(verdicts, label="found")
            )
        {
            Chapter.NONE: lambda: None, Chapter.EXCHANGES: lambda: self._exchanges(data),
            Chapter.WITHDRAWS: lambda: self._withdraws(data), Chapter.DAMAGED: lambda: self._is_damaged(data),
            Chapter.BUYS_AGAIN: lambda: self._buys_again(data),
        }[data.draw(chapters, label="chapter")]()  # fmt: skip

    def _exchanges(self, data: st.DataObject) -> None:
        """Perhaps twice: the new goods of the first time once more."""
        for which in range(data.draw(st.integers(1, 2), label="exchanges")):
            self.exchange_on_a_good_day(
                -which, data.draw(units, label="units"), data.draw(prices, label="price"),
                [Verdict.ACCEPTED], is_paid=True, shelf=ShelfMood.FULL,
            )  # fmt: skip

    def _withdraws(self, data: st.DataObject) -> None:
        """Of an order of which a part may have left."""
        self.somebody_buys_again(data, 0, with_credit=False)
        self.ship(-1, 0, 1, dishonest=False, heard=True)
        self.withdraws_on_a_good_day(-1, data.draw(units, label="units"))

    def _is_damaged(self, data: st.DataObject) -> None:
        self._ask_back(0, data.draw(units, label="units"), Resolution.RESHIPMENT, FaultKind.DAMAGED, greedy=False)
        self.on_the_last(lambda case: way_back.count_in(self.world, case, (9, 9, 9, 9), by_scan=False, wrong=False))
        self.on_the_last(lambda case: way_back.judge(self.world, case, [Verdict.ACCEPTED]))
        self.work_on_all(2)

    def _buys_again(self, data: st.DataObject) -> None:
        """One order is cancelled, and its code comes to mind after the next one is bought; that is put right."""
        self.somebody_buys_again(data, 0, with_credit=False)
        self.ask_on_a_good_day(-1, [], None)
        self.somebody_buys_again(data, 0, with_credit=True)
        self.work_on_all(1)
        self.a_forgotten_code_is_brought(0, 0)
        self.an_order_is_put_right(0, 0, 1, 0, moves=data.draw(st.booleans(), label="moves"))
        self.work_on_all(2)
