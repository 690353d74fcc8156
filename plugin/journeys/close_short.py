"""A person ends the wait for goods: what has not come is given up, or is given for all the same."""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.goods import forgive, goods_of
from plugin.cases.states import CaseState
from plugin.core.errors import DomainError
from plugin.db import transaction
from plugin.journeys.goods_back import NothingAwaited, all_is_said, take_goods
from plugin.journeys.receive import Answered, unasked
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class StillToInspect(DomainError):
    status = 409
    code = "still_to_inspect"
    sentence = "Something of this request is here and nobody has judged it yet. Do that first."


async def close_short(
    ports: Ports, shop: Shop, case_id: str, actor: str, *, pays: bool, answered: Answered = unasked
) -> None:
    """What has not come is not waited for any more. ``pays``: it is given for all the same, lost parcel or not.

    Raises ``NothingAwaited`` and ``StillToInspect``.
    """
    async with transaction(ports.doorbell) as tx:
        bench = await take_goods(tx, ports, shop, case_id, actor)
        if CaseState(bench.case.state) is CaseState.EXPIRED:
            raise NothingAwaited(state=bench.case.state)
        if (await goods_of(case_id)).here:
            raise StillToInspect()
        await audit.record(
            tx, shop_id=shop.id, order_id=bench.order.id, kind="goods_forgiven" if pays else "goods_given_up",
            actor=actor, at=bench.at, data={"case": case_id, "units": len((await goods_of(case_id)).awaited)},
        )  # fmt: skip
        if pays:
            await forgive(tx, case_id)
        await all_is_said(tx, bench, await goods_of(case_id))
        await answered(tx, bench.case)
