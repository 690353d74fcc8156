"""Any order and partition of counting and judging: at most what was asked is paid, and exactly what was accepted."""

from __future__ import annotations

from random import Random

import pytest

from plugin.cases.goods import goods_of
from plugin.cases.store import units_of_case
from plugin.db import rows
from plugin.journeys.close_short import close_short
from plugin.parcels.states import Seen, Verdict
from plugin.policies.reasons import Trigger
from plugin.refunds.store import legs_of_case
from tests.factories import a_store_order
from tests.fakes import fake_ports
from tests.sent_back import ANA, Returned, a_return, shipped

pytestmark = pytest.mark.usefixtures("database")
TOTAL = 4990


async def walk(back: Returned, random: Random) -> None:
    """Count, judge, hear of parcels and give up, until nothing is awaited."""
    for n in range(40):
        goods, state = await goods_of(back.case_id), await back.state()
        if not goods.awaited and not goods.here:
            return
        choice = random.random()
        if choice < 0.2 and state in ("awaiting_goods", "inspecting"):
            await back.tell(random.choice([Seen.IN_TRANSIT, Seen.DELIVERED]), f"e{n}")
        elif goods.here and choice < 0.7:
            verdict = random.choice([Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED])
            await back.judged(verdict, random.randint(1, len(goods.here)))
        elif goods.awaited and choice < 0.95:
            await back.came(random.randint(1, len(goods.awaited) + 1))
        elif not goods.here:
            await close_short(back.ports, back.shop, back.case_id, ANA, pays=False)


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_accepted_is_paid_whatever_the_way(seed: int) -> None:
    random = Random(seed)
    line = a_store_order().lines[0]
    many = shipped(a_store_order(lines=(type(line)(
        id="l1", title="Linen shirt", quantity=7, unit_price=713, discount=1, tax=0, total=TOTAL,
    ),)))  # fmt: skip
    trigger = random.choice(list(Trigger))
    back = await a_return(fake_ports(), quantity=7, order=many, pays_on=trigger, fee=random.choice([0, 500]))
    await walk(back, random)
    units, case = await units_of_case(back.case_id), await back.case()
    assert case.state in ("executing", "done")
    assert not [unit for unit in units if unit.inspection and not unit.received_at]
    worth = sum(unit.worth for unit in units if unit.inspection == Verdict.ACCEPTED)
    fee = await _fee(back.case_id) * worth // TOTAL
    debts = sum(debit.amount for debit in await back.debits())
    assert case.owed - debts == max(0, worth - fee)
    assert sum(leg.amount for leg in await legs_of_case(back.case_id)) == case.owed <= TOTAL
    resolved = await rows(
        "SELECT count(*) AS n FROM audit_events WHERE order_id = $1 AND kind = 'case_resolved'", case.order_id
    )
    assert resolved[0]["n"] == 1, "it is given once a case (I8)"
    free = await back.can_ask_for()
    assert free == sum(unit.state == "released" for unit in units)
    assert not debts or not free, "what was paid for is not asked for again (I5)"


async def _fee(case_id: str) -> int:
    (row,) = await rows("SELECT (decision -> 'amounts' ->> 'fee')::int AS fee FROM cases WHERE id = $1", case_id)
    fee: int = row["fee"]
    return fee
