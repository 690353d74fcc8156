"""What a shopper pays on top of an exchange or a correction: one payment of the order at last, or a page of Stripe's
that is over. What goes on once it is paid is the case's kind's to say (``paid_on_top``).

``ask_difference`` makes the page. The payment is learned of from Stripe's webhook, when the shopper comes back, and at
the deadline; each reads the page again, and the first one that finds it paid writes the payment. Before a page is
called over it is ended, and one that was paid meanwhile counts as paid. Money that comes after the end is given back
whole.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugin.cases.models import Case
from plugin.cases.service import move, postpone
from plugin.cases.states import CaseState
from plugin.cases.store import get_case, lock_with_order, mark_units
from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import Transaction, transaction
from plugin.exchanges.models import Difference
from plugin.exchanges.service import move_difference
from plugin.exchanges.states import NO_PAGE, DifferenceState
from plugin.exchanges.store import difference_of_case, get_difference, keep_late_payment, lock_difference
from plugin.journeys.giving import give_money, hand_over
from plugin.journeys.outbound import drop
from plugin.journeys.paid_on_top import on_top_of
from plugin.journeys.payment_reported import READ_DIFFERENCE
from plugin.journeys.tell import tell_case
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.origins import paying_order
from plugin.orders.payments import get_payment, store_payment_fact, write_payment
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.ports.orders import Custodian, Instrument, PaymentState
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    PageState,
    PaymentAccount,
    PaymentFact,
    PaymentPage,
    Rejected,
)
from plugin.ports.runtime import Ports
from plugin.refunds.store import payables
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account

END_DIFFERENCE = "end_difference"
ENDING_HAS = timedelta(minutes=10)
_D = DifferenceState
_NOT_KNOWN = (OutcomeUnknown, OutcomeStored, Rejected)


class PaymentNotKnown(DomainError):
    """Whether the shopper is paying just now cannot be found out: nothing was changed."""

    status = 503
    code = "payment_not_known"
    sentence = "The bank does not answer just now, and nothing was changed. Please try again in a moment."


async def read_difference(ports: Ports, claim: Claim) -> None:
    """Work: read the page, and take over what it says. Whoever had news of it has written this work."""
    difference = await get_difference(claim.shop_id, claim.ref)
    if difference.page_id is None or DifferenceState(difference.state) in (_D.PAID, _D.GIVEN_BACK):
        await _complete(ports, claim)
        return
    shop = await get_shop(claim.shop_id)
    account = _account(ports, shop)
    claim.check_may_send()
    page, fact = await _look(ports, claim, account, difference.page_id, ends=False)
    async with transaction(ports.doorbell) as tx:
        if page.state is PageState.PAID and fact is not None:
            await _paid(tx, ports, shop, difference, page, fact)
        await outbox.complete(tx, claim)


async def end_difference(ports: Ports, claim: Claim) -> None:
    """Work: its time is over. The page is ended first; one that was paid meanwhile counts as paid."""
    difference = await get_difference(claim.shop_id, claim.ref)
    shop = await get_shop(claim.shop_id)
    account = payment_account(ports.vault, shop)
    page, fact = None, None
    if DifferenceState(difference.state) is _D.AWAITING and difference.page_id is not None and account is not None:
        claim.check_may_send()
        page, fact = await _look(ports, claim, account, difference.page_id, ends=True)
    async with transaction(ports.doorbell) as tx:
        if page is not None and page.state is PageState.PAID and fact is not None:
            await _paid(tx, ports, shop, difference, page, fact)
        else:
            await _end(tx, ports, shop, difference, was_seen=page is not None)
        await outbox.complete(tx, claim)


async def _look(
    ports: Ports, claim: Claim, account: PaymentAccount, page_id: str, *, ends: bool
) -> tuple[PaymentPage, PaymentFact | None]:
    """The page as it is (or is once it has ended), and its payment where it is paid; raises ``Later``."""
    try:
        return await _see_page(ports, account, page_id, ends=ends)
    except _NOT_KNOWN as unknown:
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), str(unknown)) from unknown


async def _see_page(
    ports: Ports, account: PaymentAccount, page_id: str, *, ends: bool
) -> tuple[PaymentPage, PaymentFact | None]:
    """As ``_look``; raises what the port raises, also where the page is paid and its payment is not captured yet."""
    page = await (ports.payments.end_page if ends else ports.payments.read_page)(account, page_id)
    fact = await ports.payments.read(account, page.reference) if page.reference else None
    if page.state is PageState.PAID and (fact is None or fact.state is not PaymentState.CAPTURED):
        raise OutcomeUnknown("the page is paid, and its payment not captured yet")
    return page, fact


async def _paid(
    tx: Transaction, ports: Ports, shop: Shop, seen: Difference, page: PaymentPage, fact: PaymentFact
) -> None:
    """Once, however many reports: the payment is the order's from now on, and the case goes on. Paid for a case that
    does not wait for it any more, it goes back whole."""
    at = ports.clock.now()
    order, case = await lock_with_order(tx, seen.case_id)
    difference = await lock_difference(tx, seen.id)
    if difference.payment_id is not None:
        return
    if fact.currency != difference.currency:
        await hand_over(tx, ports, shop, case, "paid_in_another_currency", AlertKind.AMOUNTS_DISAGREE)
        return
    payment = await _save_payment(tx, ports, order, difference, page, fact)
    in_time = DifferenceState(difference.state) is _D.AWAITING and _awaits(case)
    counts = in_time and await on_top_of(case).is_still_wanted(case)
    values: dict[str, Any] = {"payment_id": payment.id, "reference": page.reference, "paid_at": at}
    if DifferenceState(difference.state) is _D.AWAITING:
        await move_difference(tx, difference, _D.PAID, at=at, **values)
    else:
        await keep_late_payment(tx, difference, payment.id, reference=page.reference, at=at)
    if counts:
        await on_top_of(case).goes_on(tx, ports, shop, order, case)
        return
    if in_time:
        await move(tx, case, CaseState.EXPIRED, at=at, why="overtaken")
    await give_back(tx, ports, shop, case, difference, why="paid_too_late")


async def _save_payment(
    tx: Transaction, ports: Ports, order: StoredOrder, difference: Difference, page: PaymentPage, fact: PaymentFact
) -> Payment:
    """As a payment of the order that the first payment is of: what comes back later is refunded of all of them."""
    payment = Payment(
        id=new_id("pay"), shop_id=order.row.shop_id, order_id=await paying_order(order.id),
        external_id=f"difference:{difference.id}", custodian=str(Custodian.STRIPE), instrument=str(Instrument.CARD),
        reference=page.reference, currency=difference.currency, state=str(fact.state), amount=difference.amount,
    )  # fmt: skip
    await write_payment(tx, payment)
    return await store_payment_fact(tx, payment, fact, ours=frozenset(), by_hand=0, at=ports.clock.now())


async def give_back(tx: Transaction, ports: Ports, shop: Shop, case: Case, difference: Difference, *, why: str) -> None:
    """All that was collected on top goes back to where it came from; where refunds of other asks have used it up
    meanwhile, from the order's other payments, which have kept as much for it."""
    at = ports.clock.now()
    payment = await get_payment(tx, difference.payment_id)
    (left,) = await payables([payment])
    await move_difference(tx, difference, _D.GIVEN_BACK, at=at, why=why)
    collected = max(0, payment.captured - payment.disputed - payment.external_refunded)
    amount = min(collected, max(0, left.can_give))
    if amount:
        await give_money(tx, ports, shop, case, amount, of=payment)
    if collected > amount:
        await give_money(tx, ports, shop, case, collected - amount)


async def _end(tx: Transaction, ports: Ports, shop: Shop, seen: Difference, *, was_seen: bool) -> None:
    """Not paid in time: nothing has happened, and the units may be asked for again. Where nobody ever had a page, or
    nobody can look at it any more (``was_seen``), it is not the shopper who has let the time run out: a person has it.
    """
    at = ports.clock.now()
    _, case = await lock_with_order(tx, seen.case_id)
    difference = await lock_difference(tx, seen.id)
    if DifferenceState(difference.state) is not _D.AWAITING:
        return
    await move_difference(tx, difference, _D.ENDED, at=at, why=None if was_seen else NO_PAGE)
    if not _awaits(case):
        return
    if not was_seen:
        await hand_over(tx, ports, shop, case, NO_PAGE, AlertKind.REVIEW)
        return
    await mark_units(tx, case.id, "released")
    await drop(tx, ports, case, why="not_paid")
    await move(tx, case, CaseState.EXPIRED, at=at, why="not_paid")
    await tell_case(tx, case, on_top_of(case).ended)


async def payment_is_due(tx: Transaction, ports: Ports, case: Case) -> None:
    """The deadline of a case that waits for its payment: the page is ended, and what follows is seen then."""
    difference = await difference_of_case(case.id)
    if difference is not None and not await outbox.is_open(tx, kind=END_DIFFERENCE, ref=difference.id):
        await outbox.add(tx, shop_id=case.shop_id, kind=END_DIFFERENCE, ref=difference.id)
    await postpone(tx, case, ports.clock.now() + ENDING_HAS)


async def shopper_is_back(ports: Ports, shop: Shop, order_id: str, case_id: str) -> None:
    """The shopper has come back from the page, paid or not: it is read. Raises ``NotFound``."""
    case = await get_case(shop.id, case_id, order_id)
    difference = await difference_of_case(case.id)
    if difference is None or not _awaits(case):
        return
    async with transaction(ports.doorbell) as tx:
        if not await outbox.is_open(tx, kind=READ_DIFFERENCE, ref=difference.id):
            await outbox.add(tx, shop_id=shop.id, kind=READ_DIFFERENCE, ref=difference.id)


async def end_payment(ports: Ports, shop: Shop, case: Case) -> str | None:
    """Let nobody pay for this case any more, outside any transaction: the id of the page that is over, None where there
    was none yet. One that was paid meanwhile counts as paid. Raises ``PaymentNotKnown``."""
    difference = await difference_of_case(case.id)
    if difference is None or difference.page_id is None:
        return None
    account = payment_account(ports.vault, shop)
    if account is None:
        raise PaymentNotKnown()
    try:
        page, fact = await _see_page(ports, account, difference.page_id, ends=True)
    except _NOT_KNOWN as unknown:
        raise PaymentNotKnown() from unknown
    if page.state is PageState.PAID and fact is not None:
        async with transaction(ports.doorbell) as tx:
            await _paid(tx, ports, shop, difference, page, fact)
    return difference.page_id


def _awaits(case: Case) -> bool:
    return CaseState(case.state) is CaseState.AWAITING_PAYMENT


def _account(ports: Ports, shop: Shop) -> PaymentAccount:
    account = payment_account(ports.vault, shop)
    if account is None:
        raise Later(MONEY_WAITS_AT_MOST, "the shop has no account at Stripe any more")
    return account


async def _complete(ports: Ports, claim: Claim) -> None:
    async with transaction(ports.doorbell) as tx:
        await outbox.complete(tx, claim)
