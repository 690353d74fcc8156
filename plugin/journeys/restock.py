"""What was accepted and can be sold again goes back into the store's stock: told once a case, under the case's own key.

A store that cannot be told finds a sentence at the order, and a person counts it in.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.goods import lines_of
from plugin.cases.models import CaseUnit
from plugin.cases.store import get_case, units_of_case
from plugin.db import transaction
from plugin.journeys.store_books import NOTE_CASE
from plugin.orders.service import get_order, lock_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.parcels.states import Disposition, Verdict
from plugin.ports.goods import Restock, StoreStatus
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.platforms import is_connected
from plugin.shops.service import get_shop, store_connection

RESTOCK = "restock"


def to_restock(units: list[CaseUnit]) -> tuple[LineCount, ...]:
    """By line, what was accepted and may be sold again."""
    good = [u for u in units if u.inspection == Verdict.ACCEPTED and u.disposition == Disposition.RESTOCK]
    return tuple(LineCount(line, n) for line, n in sorted(lines_of(good).items()))


async def restock(ports: Ports, claim: Claim) -> None:
    """Work: tell the store. Not knowing whether it heard is asked again under the same key."""
    shop, case = await get_shop(claim.shop_id), await get_case(claim.shop_id, claim.ref)
    order = await get_order(shop.id, case.order_id)
    lines = to_restock(await units_of_case(case.id))
    asked = Restock(key=f"restock-{case.id}", order_id=order.row.external_id, lines=lines)
    answer = await _ask(ports, shop, claim, asked) if lines else StoreStatus.DONE
    if answer is StoreStatus.UNKNOWN:
        raise Later(back_off(claim.attempts), "the store has not said whether it restocked")
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, order.id)
        await audit.record(
            tx, shop_id=shop.id, order_id=order.id, kind=f"restock_{answer}", actor="comeback", at=ports.clock.now(),
            data={"case": case.id, "units": sum(line.quantity for line in lines)},
        )  # fmt: skip
        if answer is not StoreStatus.DONE:
            await outbox.add(tx, shop_id=shop.id, kind=NOTE_CASE, ref=case.id)
        await outbox.complete(tx, claim)


async def _ask(ports: Ports, shop: Shop, claim: Claim, asked: Restock) -> StoreStatus:
    goods = ports.goods.get(shop.storefront)
    if goods is None or not await is_connected(shop):
        return StoreStatus.UNSUPPORTED
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    claim.check_may_send()
    return await goods.restock(store, asked)
