"""While a person decides on a case, the store packs nothing of its order.

A hold begins with the review and ends when the case is refused, granted or closed. Whether one is wanted, the case
says: the work that holds lets go again by itself where the case was answered meanwhile, and the work that lets go
leaves that to a hold that is still under way. So none is ever let go before it began.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.cases.states import CLOSED, CaseState
from plugin.cases.store import get_case, lock_with_order
from plugin.db import Transaction, transaction
from plugin.journeys.order_fetched import waits_for
from plugin.journeys.store_books import MENDED_BY_A_PERSON
from plugin.orders.service import get_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.policies.reasons import Outcome
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.platforms import note_problem, platform_of
from plugin.shops.service import get_shop

HOLD_ORDER = "hold_order"
RELEASE_HOLD = "release_hold"
_OVER = CLOSED | {CaseState.EXECUTING}


async def begin_hold(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """A person has to decide on this case."""
    if await platform_of(ports, shop):
        await outbox.add(tx, shop_id=shop.id, kind=HOLD_ORDER, ref=case.id)


async def end_hold(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """The case was answered for good, by a person or by the store; one that was never looked at holds nothing."""
    if decision_of(case).outcome is Outcome.REVIEW and await platform_of(ports, shop):
        await outbox.add(tx, shop_id=shop.id, kind=RELEASE_HOLD, ref=case.id)


async def hold_order(ports: Ports, claim: Claim) -> None:
    """Work: keep what has not left from being packed."""
    case = await get_case(claim.shop_id, claim.ref)
    done = CaseState(case.state) not in _OVER and await _ask(ports, claim, case, hold=True)
    async with transaction(ports.doorbell) as tx:
        _, now = await lock_with_order(tx, case.id)
        if done:
            await _note(tx, ports, now, "order_held")
        await outbox.complete(tx, claim)
        if CaseState(now.state) in _OVER:  # an earlier try may have held it, and who ended the case has not let go
            await outbox.add(tx, shop_id=case.shop_id, kind=RELEASE_HOLD, ref=case.id)


async def release_hold(ports: Ports, claim: Claim) -> None:
    """Work: let go what was held for this case."""
    case = await get_case(claim.shop_id, claim.ref)
    async with transaction(ports.doorbell) as tx:
        await lock_with_order(tx, case.id)  # the hold that is under way ends behind us, or before us
        if await outbox.is_open(tx, kind=HOLD_ORDER, ref=case.id):
            await outbox.complete(tx, claim)
            return
    done = await _ask(ports, claim, case, hold=False)
    async with transaction(ports.doorbell) as tx:
        _, now = await lock_with_order(tx, case.id)
        if done:
            await _note(tx, ports, now, "hold_released")
        await outbox.complete(tx, claim)


async def _ask(ports: Ports, claim: Claim, case: Case, *, hold: bool) -> bool:
    """Call the platform; False where it cannot be asked, or said no for good."""
    shop, order = await get_shop(claim.shop_id), await get_order(claim.shop_id, case.order_id)
    connected = await platform_of(ports, shop)
    if connected is None:
        return False
    platform, store, external = connected.platform, connected.store, order.row.external_id
    claim.check_may_send()
    try:
        if hold:
            await platform.hold(store, external, case.id, f"Comeback case {case.number}: a person decides")
        else:
            await platform.release_hold(store, external, case.id)
    except OutcomeUnknown as unknown:
        raise waits_for(claim, unknown) from unknown
    except Rejected as no:
        what = "held" if hold else "let go again"
        async with transaction(ports.doorbell) as tx:
            await note_problem(tx, shop.id, f"Order {order.row.number} could not be {what}: {no.reason}")
        if no.code is RejectCode.BAD_CREDENTIALS:
            raise Later(MENDED_BY_A_PERSON, no.reason) from no
        return False
    return True


async def _note(tx: Transaction, ports: Ports, case: Case, kind: str) -> None:
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind=kind, actor="comeback", at=ports.clock.now(),
        data={"case": case.id},
    )  # fmt: skip
