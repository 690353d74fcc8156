"""What the store's own books and staff are told of a case: refunds that were paid at Stripe, and one sentence.

Nothing here moves money, and what fails here keeps none: a store that does not take a record is a problem of its books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from plugin.audit import service as audit
from plugin.cases.goods import lines_of
from plugin.cases.models import Case, CaseUnit
from plugin.cases.service import decision_of
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import get_case, units_of_case
from plugin.core.money import as_decimal
from plugin.db import Transaction, rows, transaction
from plugin.journeys.order_fetched import waits_for
from plugin.orders.service import StoredOrder, get_order, lock_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import RefundRecord
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.states import LegState
from plugin.refunds.store import get_leg, legs_of_case
from plugin.shops.models import Shop
from plugin.shops.platforms import note_problem, platform_of
from plugin.shops.service import get_shop

RECORD_REFUND = "record_refund"
NOTE_CASE = "note_case"
GATEWAY_MAY_RECORD = timedelta(minutes=2)
MENDED_BY_A_PERSON = timedelta(minutes=10)

_WHERE: Mapping[LegKind, str] = {
    LegKind.REFUND: "was refunded at Stripe",
    LegKind.STOREFRONT: "was refunded by the store's own payment gateway",
    LegKind.MANUAL: "was paid back by hand",
    LegKind.VOID: "was never charged",
    LegKind.LOWER_CAPTURE: "was never charged",
}


async def refunded_at_stripe(tx: Transaction, ports: Ports, shop: Shop, leg: RefundLeg) -> None:
    """A refund has succeeded at Stripe: the store's books get a record of it, unless its gateway writes one first."""
    if LegKind(leg.kind) is LegKind.REFUND and await platform_of(ports, shop):
        await outbox.add(tx, shop_id=shop.id, kind=RECORD_REFUND, ref=leg.id, delay=GATEWAY_MAY_RECORD)


async def case_is_done(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """A case has come to its end: the store's staff find a note at the order."""
    if CaseState(case.state) is CaseState.DONE and await platform_of(ports, shop):
        await outbox.add(tx, shop_id=shop.id, kind=NOTE_CASE, ref=case.id)


async def record_refund(ports: Ports, claim: Claim) -> None:
    """Work: write a refund that Stripe has paid into the store's books, without paying it again."""
    shop, leg = await get_shop(claim.shop_id), await get_leg(claim.shop_id, claim.ref)
    order, case = await get_order(shop.id, leg.order_id), await get_case(shop.id, leg.case_id)
    connected = await platform_of(ports, shop)
    told = None
    if connected is not None and LegState(leg.state) is LegState.SUCCEEDED:
        record = RefundRecord(
            leg_id=leg.id, order_id=order.row.external_id, amount=leg.amount, currency=leg.currency,
            note=f"Refunded at Stripe, Comeback case {case.number}", gateway_refund_id=leg.provider_id,
        )  # fmt: skip
        claim.check_may_send()
        try:
            is_new = await connected.platform.record_refund(connected.store, record)
            told = "books_recorded" if is_new else "books_had_record"
        except OutcomeUnknown as unknown:
            raise waits_for(claim, unknown) from unknown
        except Rejected as no:
            told = await _refused(ports, shop, no, f"the refund of order {order.row.number}", "books_not_recorded")
    await _finish(ports, claim, order, told, {"leg": leg.id, "case": case.id})


async def note_case(ports: Ports, claim: Claim) -> None:
    """Work: leave one English sentence at the order, once a case."""
    shop, case = await get_shop(claim.shop_id), await get_case(claim.shop_id, claim.ref)
    order, connected = await get_order(shop.id, case.order_id), await platform_of(ports, shop)
    told = None
    if connected is not None and not await _was_noted(case):
        text = sentence_of(case, await legs_of_case(case.id), await units_of_case(case.id))
        claim.check_may_send()
        try:
            await connected.platform.note(connected.store, order.row.external_id, text)
            told = "case_noted"
        except OutcomeUnknown as unknown:
            raise waits_for(claim, unknown) from unknown
        except Rejected as no:
            told = await _refused(ports, shop, no, f"a note at order {order.row.number}", "case_not_noted")
    await _finish(ports, claim, order, told, {"case": case.id})


_ASKED: Mapping[str, str] = {
    CaseKind.CANCEL: "cancelled", CaseKind.RETURN: "sent back", CaseKind.EXCHANGE: "exchanged",
    CaseKind.FAULT: "reported a fault of", CaseKind.FIX: "corrected",
}  # fmt: skip


def sentence_of(case: Case, legs: list[RefundLeg], units: Sequence[CaseUnit] = ()) -> str:
    """What the shopper asked for, what was given back and where, and the case's number; for goods that came back, how
    many of them can be sold again."""
    goods = ", ".join(f"{len(line.units)} × {line.title}" for line in decision_of(case).lines) or "the order"
    sums: dict[str, int] = {}
    for leg in legs:
        if LegState(leg.state) is LegState.SUCCEEDED:
            where = _WHERE[LegKind(leg.kind)]
            sums[where] = sums.get(where, 0) + leg.amount
    money = " and ".join(f"{as_decimal(n, case.currency)} {case.currency} {where}" for where, n in sums.items())
    said = f"the shopper {_ASKED[case.kind]} {goods}; {money or 'nothing had to be paid back'}"
    titles = {line.line_id: line.title for line in decision_of(case).lines}
    good = lines_of([unit for unit in units if unit.disposition == "restock"])
    stock = ", ".join(f"{n} × {titles[line]}" for line, n in good.items())
    return f"Comeback case {case.number}: {said}{f'; back into stock: {stock}' if stock else ''}."


async def _was_noted(case: Case) -> bool:
    return bool(
        await rows(
            "SELECT 1 FROM audit_events WHERE order_id = $1 AND kind = 'case_noted' AND strpos(canonical, $2) > 0",
            case.order_id, case.id,
        )
    )  # fmt: skip


async def _refused(ports: Ports, shop: Shop, no: Rejected, what: str, told: str) -> str:
    """A definitive no is written down and left at that; a key that may not do it waits until a person has mended it."""
    async with transaction(ports.doorbell) as tx:
        await note_problem(tx, shop.id, f"The store did not take {what}: {no.reason}")
    if no.code is RejectCode.BAD_CREDENTIALS:
        raise Later(MENDED_BY_A_PERSON, no.reason) from no
    return told


async def _finish(ports: Ports, claim: Claim, order: StoredOrder, told: str | None, data: Mapping[str, str]) -> None:
    async with transaction(ports.doorbell) as tx:
        if told is not None:
            await lock_order(tx, order.id)
            await audit.record(
                tx, shop_id=claim.shop_id, order_id=order.id, kind=told, actor="comeback", at=ports.clock.now(),
                data=data,
            )  # fmt: skip
        await outbox.complete(tx, claim)
