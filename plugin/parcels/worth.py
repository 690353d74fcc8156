"""What the units that were accepted are worth: a pure share of what was decided for all that were asked.

| decided                  | accepted of it | owed                                              |
|--------------------------|----------------|---------------------------------------------------|
| 2 units at 30, fee 6     | both           | 60 - 6                                            |
| 2 units at 30, fee 6     | one            | 30 - 3: a fee shrinks with the goods, rounded down |
| 2 units at 30, fee 6     | none           | 0                                                 |
| with shipping of 5       | one            | shipping stays with what is owed                  |
| with shipping of 5       | none           | 0: what was rejected was not sent back            |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import structs

from plugin.policies.decision import Amounts
from plugin.policies.facts import Component


class Unit(Protocol):
    """As much of a ``plugin.cases.models.CaseUnit`` as its worth needs."""

    @property
    def worth(self) -> int: ...
    @property
    def tax(self) -> int: ...


def amounts_for(decided: Amounts, units: Sequence[Unit]) -> Amounts:
    """What is owed for these units of the decided ones; ``decided`` itself where they are all."""
    goods = sum(unit.worth for unit in units)
    if not units:
        return Amounts(currency=decided.currency)
    whole = decided.goods.amount
    fee = decided.fee * goods // whole if whole else 0
    kept = structs.replace(decided, goods=Component(goods, sum(unit.tax for unit in units)))
    return structs.replace(kept, fee=max(0, min(fee, kept.before_fee)))


def bonus_for(bonus: int, decided: Amounts, units: Sequence[Unit]) -> int:
    """The share of a credit's bonus that goes with these units, rounded down."""
    return bonus * sum(unit.worth for unit in units) // decided.goods.amount if decided.goods.amount else 0
