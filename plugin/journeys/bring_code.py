"""A shopper brings the code that they forgot at the checkout: what it would have given comes back, once.

Preview writes nothing. The confirmation is one transaction: decided again under the locks, a case of goodwill, its
money reserved, and the code redeemed for this order in our ledger, which is its only authority (I12). Locks: this
order, the older one that earned the code, the case, the payments, the code, the limits' counters.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import GOODWILL, CaseKind, CaseState
from plugin.cases.store import is_asked_for
from plugin.codes import service as codes
from plugin.codes.from_orders import give_back
from plugin.codes.models import Code
from plugin.codes.store import find_code, has_used_code, lock_origin, standing_of, terms_of
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.journeys import limits
from plugin.journeys.fix_order import open_fix
from plugin.journeys.forgotten import Brought, CodeReason, CodeVerdict, Placed, cart_of, judge_code
from plugin.journeys.giving import give_money
from plugin.journeys.judging import Preview, judge
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.resolve import MONEY_HAS
from plugin.journeys.tell import tell_case
from plugin.orders.service import StoredOrder, get_order, lock_order, payments_of
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action
from plugin.ports.orders import OrderState
from plugin.ports.runtime import Ports
from plugin.refunds.store import payments_and_payables
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


@dataclass(frozen=True)
class SeenCode:
    """What the code would give on this order now."""

    order: StoredOrder
    verdict: CodeVerdict
    known: Preview
    code: Code | None


Answered = Callable[[Transaction, Case, SeenCode], Awaitable[None]]
"""Called once inside the confirming transaction, to store the answer with what made it true."""


class CodeAnswerChanged(DomainError):
    """The answer is another one by ``now``, and nothing was done."""

    status = 409
    code = "code_answer_changed"
    sentence = "Something about this order or its code has changed in the meantime. Please look again."

    def __init__(self, now: SeenCode, **extra: Any) -> None:
        super().__init__(**extra)
        self.now = now


class CannotUseCode(DomainError):
    status = 409
    code = "cannot_use_code"
    sentence = "This code cannot be used for this order any more. A person is glad to help."


def takes_codes(shop: Shop, order: StoredOrder, at: datetime) -> bool:
    """Whether it is worth asking for a code: the shop takes them still, and the order has none."""
    days = settings_of(shop).forgotten_code.days
    is_in_time = days is not None and at <= order.row.placed_at + timedelta(days=days)
    return is_in_time and order.now.state is OrderState.OPEN and not order.placement.discount_codes


async def preview_code(ports: Ports, shop: Shop, order_id: str, text: str) -> SeenCode:
    """Say what the code that reads ``text`` would give back. Writes nothing."""
    return await _seen(ports, shop, await get_order(shop.id, order_id), text)


async def confirm_code(
    ports: Ports, shop: Shop, order_id: str, text: str, *, agreed: str, asked_by: str, locale: str, answered: Answered
) -> Case:
    """Carry out what the preview with the digest ``agreed`` said. When this returns, the answer is durable.

    Raises ``CodeAnswerChanged`` if it is not so now, and ``CannotUseCode`` where it gives nothing.
    """
    await refresh_payments(ports, shop, await payments_of(order_id))
    before = await preview_code(ports, shop, order_id, text)
    if before.verdict.digest != agreed:
        raise CodeAnswerChanged(before)
    if not before.verdict.is_possible or before.code is None:
        raise CannotUseCode()
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        await lock_origin(tx, before.code)
        now = await _seen(ports, shop, order, text)
        if now.verdict.digest != agreed:
            raise CodeAnswerChanged(now)
        case = await _give(tx, ports, shop, now, text, asked_by=asked_by, locale=locale)
        if await limits.take(tx, ports, shop, _approval(ports, now)):
            raise CodeAnswerChanged(_for_a_person(now))
        await answered(tx, case, now)
    return case


async def _give(
    tx: Transaction, ports: Ports, shop: Shop, now: SeenCode, text: str, *, asked_by: str, locale: str
) -> Case:
    order, given = now.order, now.verdict.given
    case = await open_fix(
        tx, ports, order, now.known, given, why="forgotten_code", basis=GOODWILL, asked_by=asked_by, locale=locale
    )
    at = ports.clock.now()
    await move(tx, case, CaseState.EXECUTING, at=at, due_at=at + MONEY_HAS)
    await tell_case(tx, case, "fix_done")
    if not await give_money(tx, ports, shop, case, given.amount):
        raise CannotUseCode()
    external_id = order.row.external_id
    purchase = codes.Purchase(
        cart_of(external_id), external_id, order.placement.total - given.amount, given.amount, order.row.currency
    )
    await codes.redeem(tx, ports, shop, text, purchase)
    return case


async def code_is_given_back(tx: Transaction, order: StoredOrder, case: Case, at: datetime) -> None:
    """A case that gave nothing for a forgotten code is refused: its shopper may use the code for another order."""
    if CaseKind(case.kind) is CaseKind.FIX and case.basis == GOODWILL:
        await give_back(tx, case.shop_id, order.row.external_id, at)


async def _seen(ports: Ports, shop: Shop, order: StoredOrder, text: str) -> SeenCode:
    known = await judge(ports, shop, order, Ask(action=Action.CANCEL, whole=True))
    code = await find_code(shop.id, text)
    _, can_give = await payments_and_payables(order.id)
    placed = Placed(
        customer_hash=order.row.customer_hash,
        external_id=order.row.external_id,
        has_code=bool(order.placement.discount_codes) or await has_used_code(shop.id, order.row.external_id),
        is_asked=await is_asked_for(order.id),
        can_give=sum(max(0, each.can_give) for each in can_give),
        days=settings_of(shop).forgotten_code.days,
    )
    verdict = judge_code(known.facts, placed, _brought(code) if code else None, ports.clock.now())
    seen = SeenCode(order, verdict, known, code)
    if seen.verdict.is_possible and await limits.reached(shop, _approval(ports, seen)):
        return _for_a_person(seen)
    return seen


def _brought(code: Code) -> Brought:
    return Brought(code.id, terms_of(code), standing_of(code), code.authority, code.order_id, code.minted_at)


def _approval(ports: Ports, seen: SeenCode) -> limits.Approval:
    row, verdict = seen.order.row, seen.verdict
    return limits.Approval(
        verdict.currency, verdict.given.amount, seen.order.id, row.customer_hash, ports.clock.now()
    )  # fmt: skip


def _for_a_person(seen: SeenCode) -> SeenCode:
    """What a code gives stays within the shop's limits, as all that is approved by itself."""
    refused = CodeVerdict(seen.verdict.code_id, CodeReason.PERSON_DECIDES, seen.verdict.currency)
    return replace(seen, verdict=refused)
