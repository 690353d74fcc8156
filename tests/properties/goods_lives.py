"""The whole life of a shop's goods: they come back, are exchanged, withdrawn from, put right, and bought again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from plugin.policies.reasons import Trigger
from tests.properties import way_back
from tests.properties.exchange_side import prices
from tests.properties.fix_side import FixSide
from tests.properties.goods_side import triggers, verdicts, wanted
from tests.properties.machine import units
from tests.properties.shelf import ShelfMood


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
        if data.draw(st.booleans(), label="exchanges"):
            self.exchange_on_a_good_day(
                0, data.draw(units, label="units"), data.draw(prices, label="price"),
                data.draw(verdicts, label="found"), is_paid=True, shelf=ShelfMood.FULL,
            )  # fmt: skip
