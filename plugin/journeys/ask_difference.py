"""The page of Stripe's on which a shopper pays what new goods or a correction cost more: asked for once, with its time.

What becomes of it is ``difference``.
"""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.service import move, postpone
from plugin.cases.states import CaseState
from plugin.cases.store import lock_with_order
from plugin.core.ids import new_id
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.exchanges.models import Difference, Quote
from plugin.exchanges.service import move_difference, open_difference
from plugin.exchanges.states import NO_PAGE, DifferenceState
from plugin.exchanges.store import ask_page_anew, get_difference, keep_page, lock_difference
from plugin.journeys.giving import hand_over
from plugin.journeys.paid_on_top import on_top_of
from plugin.journeys.tell import tell_case
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, get_order
from plugin.outbox import service as outbox
from plugin.outbox.service import MONEY_WAITS_AT_MOST, Claim, Later, back_off
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentAsk, RejectCode, Rejected
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, payment_account, settings_of

ASK_DIFFERENCE = "ask_difference"
PAGE_LASTS = timedelta(minutes=31)  # what Stripe wants of a page when it is made, and a minute for the call


def time_to_pay(shop: Shop) -> timedelta:
    """How long a shopper of this shop has to pay a difference."""
    return timedelta(minutes=settings_of(shop).exchanges.quote_minutes)


async def ask_for_difference(tx: Transaction, ports: Ports, shop: Shop, case: Case, quote: Quote, amount: int) -> None:
    """The case waits for its shopper to pay ``amount``, and the work that makes the page is written."""
    at = ports.clock.now()
    ends_at = at + time_to_pay(shop)
    difference = await open_difference(tx, case, quote, amount, at=at, ends_at=ends_at)
    await move(tx, case, CaseState.AWAITING_PAYMENT, at=at, due_at=ends_at)
    await outbox.add(tx, shop_id=case.shop_id, kind=ASK_DIFFERENCE, ref=difference.id)


async def ask_difference(ports: Ports, claim: Claim) -> None:
    """Work: have Stripe make the page, once; then the shopper may pay."""
    shop, difference = await get_shop(claim.shop_id), await get_difference(claim.shop_id, claim.ref)
    if DifferenceState(difference.state) is not DifferenceState.AWAITING or difference.page_id is not None:
        async with transaction(ports.doorbell) as tx:
            await outbox.complete(tx, claim)
        return
    account = payment_account(ports.vault, shop)
    if account is None:  # taken out since the quote
        await _no_page(ports, claim, shop, difference, "no_account", is_needed=True)
        return
    order = await get_order(shop.id, difference.order_id)
    claim.check_may_send()
    point("before bytes_sent_to_stripe")
    try:
        page = await ports.payments.ask_payment(account, _asked(ports, difference, order))
    except OutcomeUnknown as unknown:
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), str(unknown)) from unknown
    except (OutcomeStored, Rejected) as no:
        await _take_no(ports, claim, shop, difference, no)
        return
    async with transaction(ports.doorbell) as tx:
        _, case = await lock_with_order(tx, difference.case_id)
        await keep_page(tx, difference.id, page)
        if CaseState(case.state) is CaseState.AWAITING_PAYMENT:
            await tell_case(tx, case, on_top_of(case).to_pay)
        await outbox.complete(tx, claim)


def _asked(ports: Ports, difference: Difference, order: StoredOrder) -> PaymentAsk:
    """The same parameters at every try: Stripe holds them against the key."""
    return PaymentAsk(
        ask_id=difference.id, key=difference.key, amount=difference.amount, currency=difference.currency,
        description=f"#{order.row.number.lstrip('#')}", ends_at=difference.ends_at,
        back_to=f"{ports.public_url}/order/cases/{difference.case_id}/paid", locale=order.now.customer.locale,
    )  # fmt: skip


async def _take_no(
    ports: Ports, claim: Claim, shop: Shop, difference: Difference, no: Rejected | OutcomeStored
) -> None:
    """Nobody has a page that they could pay on. One whose call broke, or whose time had become too short, is asked for
    anew under another key, with all its time; too little to collect is not collected; else a person."""
    code = no.code if isinstance(no, Rejected) else None
    if code is RejectCode.BAD_CREDENTIALS:
        raise Later(MONEY_WAITS_AT_MOST, str(no)) from no
    at = ports.clock.now()
    if code is None or (code is not RejectCode.TOO_SMALL and difference.ends_at - at < PAGE_LASTS):
        ends_at = at + time_to_pay(shop)
        async with transaction(ports.doorbell) as tx:
            _, case = await lock_with_order(tx, difference.case_id)
            await ask_page_anew(tx, difference.id, ends_at=ends_at, key=f"comeback-{new_id('dif')}")
            if CaseState(case.state) is CaseState.AWAITING_PAYMENT:
                await postpone(tx, case, ends_at)
        raise Later(back_off(claim.attempts, MONEY_WAITS_AT_MOST), "the page is asked for anew") from no
    await _no_page(ports, claim, shop, difference, str(code), is_needed=code is not RejectCode.TOO_SMALL)


async def _no_page(
    ports: Ports, claim: Claim, shop: Shop, difference: Difference, why: str, *, is_needed: bool
) -> None:
    """Nobody will pay it: what can be let off is, and the case goes on; else a person has it."""
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, difference.case_id)
        locked = await lock_difference(tx, difference.id)
        is_over = await move_difference(tx, locked, DifferenceState.ENDED, at=ports.clock.now(), why=why)
        if is_over and CaseState(case.state) is CaseState.AWAITING_PAYMENT:
            if is_needed:
                await hand_over(tx, ports, shop, case, NO_PAGE, AlertKind.REVIEW)
            else:
                await on_top_of(case).goes_on(tx, ports, shop, order, case)
        await outbox.complete(tx, claim)
