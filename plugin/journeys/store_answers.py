"""The store is asked first, and its answer decides what happens to the money.

cancelled -> the units are settled and the legs are sent; too late -> a person, and nothing is paid; pending -> we look
again until its deadline; unsupported -> a person; unknown -> re-read before we ask again, with a growing pause, until
the case's own deadline. The store's echo of our cancel (a webhook) ends in the same function as its answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from plugin.cases.left import nothing_is_left
from plugin.cases.models import Case
from plugin.cases.service import decision_of, move, postpone, say_why_anew
from plugin.cases.states import CaseState
from plugin.cases.store import get_case, lock_with_order, mark_units, pin_request, units_by_line
from plugin.codes.from_orders import give_back
from plugin.codes.minting import mint
from plugin.codes.store import codes_of_case
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.journeys.holds import end_hold
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.shipping_owed import settle_shipping
from plugin.journeys.spend_credit import credit_comes_back
from plugin.journeys.store_books import case_is_done
from plugin.journeys.tell import tell_case, tell_staff
from plugin.journeys.withdrawal_carried_out import left_before_it_was_cancelled
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, payments_of
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus
from plugin.refunds.plan import LegKind
from plugin.refunds.service import release
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import capture_ceiling, legs_of_case
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of, store_connection
from plugin.withdrawals.store import is_withdrawal_open, withdrawals_of_case

LOOK_AGAIN = timedelta(seconds=30)
MONEY_HAS = timedelta(minutes=30)
MAIL_WAITS_FOR_MONEY = timedelta(seconds=1)
STORE_MAY_TAKE = timedelta(days=7)


async def ask_store(ports: Ports, claim: Claim) -> None:
    """Work: ask the store to cancel the case's units, or re-read what became of the last ask."""
    shop = await get_shop(claim.shop_id)
    pinned = await _pin(ports, claim)
    if pinned is None:
        return
    request, asked_before = pinned
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    adapter = ports.storefronts[shop.storefront]
    claim.check_may_send()
    answer = await adapter.read_cancel(store, request) if asked_before else None
    if answer is None or answer.status is CancelStatus.UNKNOWN:
        claim.check_may_send()
        point("before store_updated")
        answer = await adapter.cancel(store, request)
        point("after store_updated")
    await take_answer(ports, claim, shop, answer)


async def _pin(ports: Ports, claim: Claim) -> tuple[CancelRequest, bool] | None:
    """Commit what the store is asked before it is asked, and whether it may have been asked already.

    Whatever happens to the answer, and to other cases of the order meanwhile, the next try reads before it asks and
    asks the very same under the same id. None where the case does not wait for the store any more.
    """
    found = await get_case(claim.shop_id, claim.ref)
    if CaseState(found.state) is CaseState.AWAITING_STORE and found.store_request is not None:
        return msgspec.convert(found.store_request, CancelRequest), True
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, found.id)
        if CaseState(case.state) is not CaseState.AWAITING_STORE:
            await outbox.complete(tx, claim)
            return None
        if case.store_request is not None:  # by another worker, whose lease we have
            return msgspec.convert(case.store_request, CancelRequest), True
        request = await _request(case, order)
        await pin_request(tx, case, request)
    return request, False


async def _request(case: Case, order: StoredOrder) -> CancelRequest:
    lowered = {leg.payment_id for leg in await legs_of_case(case.id) if leg.kind == LegKind.LOWER_CAPTURE}
    payments = {payment.id: payment for payment in await payments_of(order.id)} if lowered else {}
    ceilings = {
        reference: await capture_ceiling(payments[payment_id], case.id)
        for payment_id in lowered
        if (reference := payments[payment_id].reference)
    }
    counts, asked_for = await units_by_line(case)
    return CancelRequest(
        key=f"{case.id}-{case.store_asks + 1}" if case.store_asks else case.id,
        order_id=order.row.external_id,
        order_number=order.row.number,
        # Units that another case still asks for are that ask's to cancel, and may have left.
        whole_order=decision_of(case).everything and counts == asked_for,
        lines=tuple(LineCount(line, n) for line, n in sorted(counts.items())),
        reason=case.reason,
        capture_at_most=ceilings,
    )


async def take_answer(ports: Ports, claim: Claim, shop: Shop, answer: CancelAnswer) -> None:
    """Commit what the store said, with the work that follows and the end of the work that asked."""
    at = ports.clock.now()
    async with transaction(ports.doorbell, step="store_result_committed") as tx:
        order, case = await lock_with_order(tx, claim.ref)
        if CaseState(case.state) is CaseState.AWAITING_STORE:
            match answer.status:
                case CancelStatus.CANCELLED:
                    await store_cancelled(tx, ports, shop, order, case)
                case CancelStatus.TOO_LATE:
                    await store_is_too_late(tx, ports, shop, case, answer.reason)
                case CancelStatus.UNSUPPORTED:
                    await _to_a_person(tx, ports, shop, case, "store_cannot", AlertKind.REVIEW, answer.reason)
                case CancelStatus.PENDING if answer.deadline and answer.deadline > at:
                    await _wait_for(tx, case, answer.deadline)
                    await outbox.complete(tx, claim)
                    await outbox.add(
                        tx, shop_id=shop.id, kind=claim.kind, ref=case.id,
                        at=min(answer.deadline, at + LOOK_AGAIN),
                    )  # fmt: skip
                    return
                case CancelStatus.PENDING | CancelStatus.UNKNOWN:
                    raise Later(_pause(claim.attempts), f"the store's answer is {answer.status}")
        await outbox.complete(tx, claim)


def _pause(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 9)), timedelta(minutes=5))


async def _wait_for(tx: Transaction, case: Case, deadline: datetime) -> None:
    """The store's own date is the case's date, sooner or later; but a shopper is not put off from date to date."""
    due = min(deadline + LOOK_AGAIN, case.changed_at + STORE_MAY_TAKE)
    if due != case.due_at:
        await postpone(tx, case, due)


async def store_cancelled(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, *, actor: str = "store"
) -> None:
    """The store has cancelled, by its answer or its echo: settle the units, send the legs, mint the code, tell.

    The mail waits a second for the money, so that one mail can usually say "refunded".
    """
    at = ports.clock.now()
    if not await move(tx, case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS, actor=actor):
        return
    await end_hold(tx, ports, shop, case)
    await mark_units(tx, case.id, "settled")
    completes = await nothing_is_left(order, case)
    await settle_shipping(tx, ports, shop, order, case, completes=completes)
    all_legs = await legs_of_case(case.id)
    legs = [leg for leg in all_legs if leg.state == LegState.RESERVED]
    for leg in legs:
        await outbox.add(tx, shop_id=case.shop_id, kind=SETTLE_LEG, ref=leg.id)
    if completes:
        await give_back(tx, shop.id, order.row.external_id, at)
        await credit_comes_back(tx, shop.id, order.id, at)
    is_silent = await is_withdrawal_open(order.id)  # nothing is offered beside a withdrawal (DESIGN §8)
    if not is_silent and not await codes_of_case(shop.id, case.id):  # a person may bring a case here a second time
        await mint(
            tx,
            vault=ports.vault,
            shop=shop,
            settings=settings_of(shop),
            order_id=order.id,
            case_id=case.id,
            customer_hash=order.row.customer_hash,
            currency=case.currency,
            at=at,
        )
    await tell_case(tx, case, "cancelled", delay=MAIL_WAITS_FOR_MONEY if legs else None)
    if CaseState(case.state) is CaseState.EXECUTING and all(LegState(leg.state) in SETTLED for leg in all_legs):
        await move(tx, case, CaseState.DONE, at=at)
        await case_is_done(tx, ports, shop, case)


async def store_is_too_late(tx: Transaction, ports: Ports, shop: Shop, case: Case, reason: str | None = None) -> None:
    """It has left already: nothing is paid, and a person has the case.

    The units stay with the case until that person has answered: another case for them would ask the store the same.
    """
    at = ports.clock.now()
    await tx.execute("UPDATE cases SET store_reason = $2 WHERE id = $1", case.id, (reason or "")[:500] or None)
    if withdrawals := await withdrawals_of_case(case.id):
        await left_before_it_was_cancelled(tx, ports, shop, case, withdrawals)
        return
    await release(tx, await legs_of_case(case.id), at=at, why="store_too_late")
    due = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due, why="store_too_late")
    await tell_case(tx, case, "refused")
    await tell_staff(tx, case, AlertKind.REVIEW)


async def _to_a_person(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, why: str, alert: AlertKind, reason: str | None
) -> None:
    """We cannot do this by ourselves: the reserved money stays reserved, the shopper hears the truth and a date."""
    at = ports.clock.now()
    await tx.execute("UPDATE cases SET store_reason = $2 WHERE id = $1", case.id, (reason or "")[:500] or None)
    await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=person_answers_by(settings_of(shop), at), why=why)
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, alert)


async def store_stays_silent(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """The case waits no longer for an answer, past its deadline or because units left: a person takes over, and the
    refund stays held."""
    await _to_a_person(tx, ports, shop, case, "store_silent", AlertKind.STORE_SILENT, None)


async def shipped_after_cancel(tx: Transaction, ports: Ports, shop: Shop, case: Case) -> None:
    """Parcels left that the store had agreed to cancel (I1): intercept, keep or return, which a person decides."""
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    if await move(tx, case, CaseState.WITH_PERSON, at=at, due_at=due, why=str(AlertKind.SHIPPED_AFTER_CANCEL)) or (
        await say_why_anew(tx, case, str(AlertKind.SHIPPED_AFTER_CANCEL), at=at)
    ):
        await tell_staff(tx, case, AlertKind.SHIPPED_AFTER_CANCEL)
