"""What came is counted in by a person of the shop: by a list, or one unit at a time as it is scanned.

Fewer than asked: the rest stays awaited. More, or something else: a ``Finding``, beside what was asked. Counting alone
moves no money but where the policy pays on arrival, and then only once all that was asked is here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from plugin.audit import service as audit
from plugin.cases.goods import CAME_LATE, WRONG_ITEM, count_in, goods_of, take_back_units
from plugin.cases.models import Case
from plugin.cases.states import CaseState
from plugin.cases.store import case_of_number
from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import Transaction, transaction
from plugin.journeys.goods_back import Bench, go_on_with_goods, take_goods, to_a_person
from plugin.journeys.resolve import resolve
from plugin.journeys.tell import tell_case
from plugin.parcels.models import Finding
from plugin.parcels.service import move_parcel
from plugin.parcels.states import ParcelState
from plugin.parcels.store import write_finding
from plugin.policies.reasons import Trigger
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

OVER, WRONG = "over", "wrong_item"

Answered = Callable[[Transaction, Case], Awaitable[None]]
"""Called last inside the transaction with the case, to store an answer with what made it true."""


@dataclass(frozen=True)
class Came:
    """So many units of a line of the order. Without a ``line_id`` it is something else, which ``note`` describes."""

    quantity: int
    line_id: str | None = None
    note: str | None = None


class NotOfThisOrder(DomainError):
    status = 422
    code = "not_of_this_order"
    sentence = "The order has no such line. Count it in as something else, and say what it is."


async def unasked(tx: Transaction, case: Case) -> None:
    """Nobody waits for an answer that is kept."""


async def receive(
    ports: Ports, shop: Shop, case_id: str, came: Sequence[Came], actor: str, *, answered: Answered = unasked
) -> None:
    """Count in what has come now, beside what came before.

    Raises ``NothingAwaited``, ``NotOfThisOrder``, and ``UnitsTaken`` where the return had run out and another case has
    its units by now.
    """
    async with transaction(ports.doorbell) as tx:
        bench = await take_goods(tx, ports, shop, case_id, actor)
        await _count_all_in(tx, bench, came)
        await answered(tx, bench.case)


async def scan(ports: Ports, shop: Shop, number: str, code: str, actor: str, *, answered: Answered = unasked) -> None:
    """One unit of the return with this number has come. ``code`` is the line's id or its SKU.

    Raises ``NotFound`` and what ``receive`` raises.
    """
    case = await case_of_number(shop.id, number)
    async with transaction(ports.doorbell) as tx:
        bench = await take_goods(tx, ports, shop, case.id, actor)
        line = await _line_of(bench, code)
        await _count_all_in(tx, bench, [Came(1, line, None if line else code)])
        await answered(tx, bench.case)


async def _line_of(bench: Bench, code: str) -> str | None:
    """The line that this is of: one of which units are awaited first; None where the order has no such thing."""
    awaited = {unit.line_id for unit in (await goods_of(bench.case.id)).awaited}
    named = [line.id for line in bench.order.placement.lines if code in (line.id, line.sku)]
    return next((line for line in named if line in awaited), named[0] if named else None)


async def _count_all_in(tx: Transaction, bench: Bench, came: Sequence[Came]) -> None:
    await _open_again(tx, bench)
    here = await goods_of(bench.case.id)
    lines = {line.id for line in bench.order.placement.lines}
    wanted: Counter[str] = Counter()
    for each in came:
        if each.line_id is not None and each.line_id not in lines:
            raise NotOfThisOrder(param="line_id")
        if each.line_id:
            wanted[each.line_id] += each.quantity
    left = await count_in(tx, bench.case.id, wanted, bench.at)
    counted = left.total()
    for each in came:
        line = each.line_id or ""
        expected = min(each.quantity, left[line])
        left[line] -= expected
        if each.quantity > expected:
            await _found(tx, bench, each, each.quantity - expected)
    await audit.record(
        tx, shop_id=bench.shop.id, order_id=bench.order.id, kind="goods_received", actor=bench.actor, at=bench.at,
        data={"case": bench.case.id, "units": counted},
    )  # fmt: skip
    if not counted:
        if came and not here.here:
            await to_a_person(tx, bench, WRONG_ITEM)
        return
    await _arrived(tx, bench)
    if bench.case.person_reason == CAME_LATE:
        return
    await go_on_with_goods(tx, bench)
    if not (await goods_of(bench.case.id)).awaited:
        await resolve(tx, bench.ports, bench.shop, bench.order, bench.case, Trigger.RECEIVED)


async def _open_again(tx: Transaction, bench: Bench) -> None:
    """It came after the end: a person decides whether that counts (``more_time.extend``, or a refusal)."""
    is_expired = CaseState(bench.case.state) is CaseState.EXPIRED
    if is_expired or bench.case.person_reason == CAME_LATE:
        await take_back_units(tx, bench.case.id)
    if is_expired:
        await to_a_person(tx, bench, CAME_LATE)


async def _arrived(tx: Transaction, bench: Bench) -> None:
    """What is counted lies in a parcel that is here: the one that is, else the one that was awaited."""
    if any(ParcelState(each.state) is ParcelState.RECEIVED for each in bench.parcels):
        return
    parcel = bench.awaited or bench.parcels[-1]
    if await move_parcel(tx, parcel, ParcelState.RECEIVED, at=bench.at, actor=bench.actor):
        await tell_case(tx, bench.case, f"return_received.{len(bench.parcels)}")


async def _found(tx: Transaction, bench: Bench, came: Came, quantity: int) -> None:
    kind = OVER if came.line_id else WRONG
    finding = Finding(
        id=new_id("fnd"), shop_id=bench.shop.id, order_id=bench.order.id, case_id=bench.case.id, kind=kind,
        line_id=came.line_id, quantity=quantity, note=came.note, found_by=bench.actor, found_at=bench.at,
    )  # fmt: skip
    await write_finding(tx, finding)
    await audit.record(
        tx, shop_id=bench.shop.id, order_id=bench.order.id, kind=f"found_{kind}", actor=bench.actor, at=bench.at,
        data={"case": bench.case.id, "finding": finding.id, "units": quantity},
    )  # fmt: skip
