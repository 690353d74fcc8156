"""A person looks at what came: unit by unit accepted or rejected, with its grade, what becomes of it, and their words.

What is accepted is what is owed (``goods_back``); whoever is told that something is rejected is told why.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugin.audit import service as audit
from plugin.cases.goods import Judgement, goods_of, judge
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.files.service import UnknownPhoto
from plugin.files.store import files_of_case
from plugin.journeys.goods_back import Bench, go_on_with_goods, take_goods
from plugin.journeys.receive import Answered, unasked
from plugin.parcels.states import Disposition, Verdict
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class NotHere(DomainError):
    status = 409
    code = "not_here"
    sentence = "There are fewer units of this line here that nobody has judged yet. Count them in first."


class BadVerdict(DomainError):
    status = 422
    code = "bad_verdict"
    sentence = "What is accepted stays here, and what is rejected is sent back to the shopper."


async def inspect(
    ports: Ports,
    shop: Shop,
    case_id: str,
    judged: Sequence[Judgement],
    actor: str,
    *,
    photos: Sequence[str] = (),
    answered: Answered = unasked,
) -> None:
    """Judge units that are here. ``photos`` are ids of files that were added to the case, and show what was found.

    Raises ``NothingAwaited``, ``NotHere``, ``BadVerdict`` and ``UnknownPhoto``.
    """
    for each in judged:
        if (each.verdict == Verdict.REJECTED) != (each.disposition == Disposition.SEND_BACK):
            raise BadVerdict(param="disposition")
    async with transaction(ports.doorbell) as tx:
        bench = await take_goods(tx, ports, shop, case_id, actor)
        if not {*photos} <= {file.id for file in await files_of_case(case_id)}:
            raise UnknownPhoto(param="photos")
        left = await judge(tx, case_id, judged)
        for each in judged:
            if left[each.line_id] < each.quantity:
                raise NotHere(param="quantity", line_id=each.line_id)
            left[each.line_id] -= each.quantity
            await _note(tx, bench, each, photos)
        if not (await goods_of(case_id)).here:
            await go_on_with_goods(tx, bench)
        await answered(tx, bench.case)


async def _note(tx: Transaction, bench: Bench, judged: Judgement, photos: Sequence[str]) -> None:
    await audit.record(
        tx, shop_id=bench.shop.id, order_id=bench.order.id, kind=f"goods_{judged.verdict}", actor=bench.actor,
        at=bench.at,
        data={
            "case": bench.case.id, "line": judged.line_id, "units": judged.quantity, "grade": judged.grade,
            "disposition": judged.disposition, "photos": list(photos),
        },
    )  # fmt: skip
