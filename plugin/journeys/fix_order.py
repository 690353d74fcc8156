"""A shopper has the order put right instead of cancelling it: another address, or another variant of a line.

1. Preview: the order's facts, then a trial at the store, which says what it would cost. Nothing is written.
2. Confirm: the same again; another answer than the one that was shown is never carried out (409 with the new one). Then
   one transaction: the case with the correction as it is asked of the store, and the work of asking it (``apply_fix``).
3. What costs more is a quote that the shopper pays first (``difference``); only then the store is asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from plugin.cases.models import Case
from plugin.cases.service import move, open_case
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import is_asked_for, pin_request
from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import Transaction, transaction
from plugin.exchanges.service import save_fix_quote
from plugin.journeys.ask_difference import ask_for_difference, time_to_pay
from plugin.journeys.ask_fix import ask_for_fix
from plugin.journeys.fixing import FixAsk, Verdict, by_the_facts, by_the_store
from plugin.journeys.judging import WE_HAVE, Preview, judge
from plugin.journeys.pinned_fix import PinnedFix
from plugin.orders.service import StoredOrder, get_order, lock_order
from plugin.policies.decision import Amounts, Decision
from plugin.policies.facts import Ask, Component
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.ports.goods import Fix, FixAnswer, Goods, StoreStatus
from plugin.ports.orders import Custodian
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import payment_account, store_connection

Answered = Callable[[Transaction, Case, "SeenFix"], Awaitable[None]]
"""Called once inside the confirming transaction, to store the answer with what made it true."""


@dataclass(frozen=True)
class SeenFix:
    """A correction as it would be now, for this order."""

    order: StoredOrder
    verdict: Verdict


class StoreIsSilent(DomainError):
    status = 503
    code = "store_is_silent"
    sentence = "The shop's system does not answer just now. Please try again in a moment: nothing was changed."


class FixChanged(DomainError):
    """The answer is another one by ``now``, and nothing was done."""

    status = 409
    code = "fix_changed"
    sentence = "Something about this order has changed in the meantime. Please look again before you confirm."

    def __init__(self, now: SeenFix, **extra: Any) -> None:
        super().__init__(**extra)
        self.now = now


class CannotFix(DomainError):
    status = 409
    code = "cannot_fix"
    sentence = "This order cannot be changed here any more. A person is glad to help."


async def preview_fix(ports: Ports, shop: Shop, order_id: str, ask: FixAsk) -> SeenFix:
    """Say what a confirmation would do now. Writes nothing; raises ``StoreIsSilent``."""
    order = await get_order(shop.id, order_id)
    verdict, known = await _by_the_facts(ports, shop, order, ask)
    goods = ports.goods.get(shop.storefront)
    if not verdict.is_possible:
        return SeenFix(order, verdict)
    trial = ask.as_asked(new_id("trial"), order.row.external_id, is_trial=True)
    answer = await ask_goods(ports, shop, goods, trial)
    if answer.status is StoreStatus.UNKNOWN:
        raise StoreIsSilent()
    return SeenFix(order, by_the_store(verdict, answer, can_collect=_can_collect(ports, shop, known)))


def _can_collect(ports: Ports, shop: Shop, known: Preview) -> bool:
    """Whether more can be collected here; an order that is paid by hand, on delivery say, is paid as a whole."""
    by_hand = any(payment.custodian == Custodian.MANUAL for payment in known.payments)
    return not by_hand and payment_account(ports.vault, shop) is not None


async def ask_goods(ports: Ports, shop: Shop, goods: Goods | None, fix: Fix) -> FixAnswer:
    """The store's answer; that of a store without goods is that it takes no corrections."""
    if goods is None:
        return FixAnswer(status=StoreStatus.UNSUPPORTED)
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    return await goods.fix(store, fix)


async def _by_the_facts(ports: Ports, shop: Shop, order: StoredOrder, ask: FixAsk) -> tuple[Verdict, Preview]:
    """The rule's answer, and the facts and the policies that the case will be pinned to."""
    seen = await judge(ports, shop, order, Ask(action=Action.CANCEL, whole=True))
    is_asked = await is_asked_for(order.id)
    return by_the_facts(seen.facts, ask, is_asked=is_asked, is_the_same=_is_the_same(order, ask)), seen


def _is_the_same(order: StoredOrder, ask: FixAsk) -> bool:
    """Whether the line is of the very product and variant, as far as the store told its variant's id."""
    line = next((line for line in order.placement.lines if line.id == ask.line_id), None)
    return line is not None and ask.to is not None and (
        (line.product_id, line.variant_id) == (ask.to.product_id, ask.to.variant_id)
    )  # fmt: skip


async def confirm_fix(
    ports: Ports, shop: Shop, order_id: str, ask: FixAsk, *, agreed: str, asked_by: str, locale: str, answered: Answered
) -> Case:
    """Carry out what the preview with the digest ``agreed`` said. When this returns, the answer is durable.

    Raises ``FixChanged`` if it is not so now, ``CannotFix`` for what cannot be done, and ``StoreIsSilent``.
    """
    seen = await preview_fix(ports, shop, order_id, ask)
    if seen.verdict.digest != agreed:
        raise FixChanged(seen)
    if not seen.verdict.is_possible:
        raise CannotFix()
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        now, known = await _by_the_facts(ports, shop, order, ask)
        if not now.is_possible:
            raise FixChanged(SeenFix(order, now))
        case = await _open(tx, ports, shop, order, seen.verdict, known, asked_by=asked_by, locale=locale)
        await answered(tx, case, seen)
    return case


async def _open(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, verdict: Verdict, known: Preview, *, asked_by: str,
    locale: str,
) -> Case:  # fmt: skip
    given_back = Component(max(0, -verdict.costs), max(0, -verdict.tax) if verdict.costs < 0 else 0)
    case = await open_fix(
        tx, ports, order, known, given_back, why=str(verdict.reason), asked_by=asked_by, locale=locale
    )  # fmt: skip
    fix = verdict.ask.as_asked(case.id, order.row.external_id)
    asked = PinnedFix(fix=fix, costs=verdict.costs, tax=verdict.tax, shipping=verdict.shipping)
    await pin_request(tx, case, asked)
    if verdict.costs <= 0:
        await ask_for_fix(tx, ports, case)
        return case
    at = ports.clock.now()
    quote = await save_fix_quote(
        tx, shop_id=shop.id, order_id=order.id, costs=verdict.costs, tax=verdict.tax, shipping=verdict.shipping,
        currency=verdict.currency, digest=verdict.digest, at=at, ends_at=at + time_to_pay(shop),
    )  # fmt: skip
    await ask_for_difference(tx, ports, shop, case, quote, quote.difference)
    return case


async def open_fix(
    tx: Transaction, ports: Ports, order: StoredOrder, known: Preview, given_back: Component, *, why: str,
    asked_by: str, locale: str, basis: str = "policy",
) -> Case:  # fmt: skip
    """An approved case that puts the order right and owes ``given_back``; no unit of the order is its own."""
    at = ports.clock.now()
    decision = Decision(
        action=Action.CANCEL, outcome=Outcome.APPROVE, reason=Reason.ALLOWED, lines=(),
        amounts=Amounts(currency=order.row.currency, goods=given_back),
    )  # fmt: skip
    case = await open_case(
        tx, order=order, ask=Ask(action=Action.CANCEL), facts=known.facts, decision=decision, policy=known.policy,
        locale=locale, asked_by=asked_by, at=at, due_at=at + WE_HAVE, basis=basis, kind=CaseKind.FIX,
    )  # fmt: skip
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=why)
    return case
