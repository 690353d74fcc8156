"""A shopper cancels. The preview writes nothing; the confirmation is one transaction, and everything after it is work.

1. Preview: ``decide_better()`` over the facts; its digest says what the shopper agrees to.
2. Confirm: lock the order, decide again; another answer than the one that was shown is never carried out (409 with
   the new preview). Then the case with its facts, its decision and its policy version, the units, the reserved legs
   and the first piece of work commit together.
3. From there: ``store_answers`` asks the store, ``settle`` moves the money, ``tell`` writes the mails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import structs

from plugin.cases.facts import facts_of
from plugin.cases.models import Case
from plugin.cases.service import move, open_case
from plugin.cases.states import CaseState
from plugin.cases.store import PRIOR_WINDOW, ownership_of
from plugin.core.errors import DomainError
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.journeys import limits
from plugin.journeys.holds import begin_hold
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.promises import promised_dates
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, get_order, lock_order, payments_of
from plugin.outbox import service as outbox
from plugin.policies.better import decide_better
from plugin.policies.decision import Decision, Verdict, digest
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.live import LivePolicy, OrderPolicies, policies_of_order
from plugin.policies.reasons import Outcome, Reason
from plugin.ports.runtime import Ports
from plugin.refunds.plan import NotEnoughToRefund, PlannedLeg, plan
from plugin.refunds.service import reserve
from plugin.refunds.store import payments_and_payables
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

ASK_STORE = "ask_store"
STORE_HAS = timedelta(hours=24)
WE_HAVE = timedelta(minutes=10)
LIMIT = "limit:"


@dataclass(frozen=True)
class Preview:
    """What would happen, with the amounts, the day of the money and the digest that a confirmation brings back."""

    order: StoredOrder
    payments: tuple[Payment, ...]
    facts: OrderFacts
    decision: Decision
    digest: str
    legs: tuple[PlannedLeg, ...]
    promised: tuple[date, ...]
    policies: OrderPolicies
    policy: LivePolicy  # the one of them that decided

    @property
    def money_by(self) -> date | None:
        """The day by which all of the money has arrived; None when there is nothing to wait for."""
        return max(self.promised, default=None)


class DecisionChanged(DomainError):
    """The answer is another one by ``now``, and nothing was done."""

    status = 409
    code = "decision_changed"
    sentence = "Something about this order has changed in the meantime. Please look again before you confirm."

    def __init__(self, now: Preview, **extra: Any) -> None:
        super().__init__(**extra)
        self.now = now


Answered = Callable[[Transaction, Case, Preview], Awaitable[None]]
"""Called once inside the confirming transaction, to store the answer with what made it true."""


async def preview_cancellation(ports: Ports, shop: Shop, order_id: str, ask: Ask) -> Preview:
    """Say what a confirmation would do now. Writes nothing."""
    return await _judge(ports, shop, await get_order(shop.id, order_id), ask)


async def _judge(ports: Ports, shop: Shop, order: StoredOrder, ask: Ask) -> Preview:
    at = ports.clock.now()
    policies = await policies_of_order(shop.id, order.row.placed_at, at)
    payments, can_give = await payments_and_payables(order.id)
    settings = settings_of(shop)
    transit = timedelta(days=settings.transit_days)
    ownership = await ownership_of(order, since=at - PRIOR_WINDOW)
    facts = facts_of(order, ownership, payments, paused=shop.paused, transit=transit, zone=settings.time_zone)
    decision, is_of_purchase = decide_better(facts, ask, policies.at_purchase.rules, policies.now.rules, at)
    policy = policies.at_purchase if is_of_purchase else policies.now
    legs: tuple[PlannedLeg, ...] = ()
    if decision.outcome is not Outcome.REFUSE:
        try:
            legs = plan(decision.amounts, can_give, everything=decision.everything)
        except NotEnoughToRefund:
            decision = structs.replace(
                decision, outcome=Outcome.REVIEW, reason=Reason.AMOUNTS_UNEXPLAINED, proposed=None
            )
    if decision.outcome is Outcome.APPROVE and (limit := await limits.reached(shop, _approval(order, decision, at))):
        decision = _over_limit(decision, limit)
    promised = promised_dates(legs, payments, settings, at)
    return Preview(order, tuple(payments), facts, decision, digest(decision), legs, promised, policies, policy)


async def confirm_cancellation(
    ports: Ports,
    shop: Shop,
    order_id: str,
    ask: Ask,
    *,
    agreed: str,
    asked_by: str,
    locale: str,
    answered: Answered,
) -> Case:
    """Carry out what the preview with the digest ``agreed`` said; raises ``DecisionChanged`` if that is not so now.

    When this returns, the answer is durable. Raises ``UnitsTaken`` if another tab was faster.
    """
    await get_order(shop.id, order_id)
    await refresh_payments(ports, shop, await payments_of(order_id))
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        point("before policy_decided")
        now = await _judge(ports, shop, order, ask)
        point("after policy_decided")
        if now.digest != agreed:
            raise DecisionChanged(now)
        case = await _open(tx, ports, shop, now, ask, asked_by, locale)
        await _FOLLOW[now.decision.outcome](tx, ports, shop, case, now)
        await answered(tx, case, now)
    return case


def _approval(order: StoredOrder, decision: Decision, at: datetime) -> limits.Approval:
    amounts = decision.amounts
    return limits.Approval(amounts.currency, amounts.total, order.id, order.row.customer_hash, at)


def _over_limit(decision: Decision, limit: str) -> Decision:
    """The same, decided by a person; the verdict names the limit."""
    verdict = Verdict(f"{LIMIT}{limit}", matched=True, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    return structs.replace(
        decision, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES, verdicts=(*decision.verdicts, verdict)
    )


async def _open(tx: Transaction, ports: Ports, shop: Shop, now: Preview, ask: Ask, asked_by: str, locale: str) -> Case:
    at = ports.clock.now()
    return await open_case(
        tx,
        order=now.order,
        ask=ask,
        facts=now.facts,
        decision=now.decision,
        policy=now.policy,
        locale=locale,
        asked_by=asked_by,
        at=at,
        due_at=at + WE_HAVE,
    )


async def _approve(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(now.decision.reason))
    await reserve(tx, case, now.legs, promised_for=now.promised, at=at)
    await ask_for_it(tx, ports, case)
    # Last, for the counters of a shop are everybody's: another order may have used up what was there when it was read.
    if limit := await limits.take(tx, ports, shop, _approval(now.order, now.decision, at)):
        over = _over_limit(now.decision, limit)
        raise DecisionChanged(replace(now, decision=over, digest=digest(over)))


async def ask_for_it(tx: Transaction, ports: Ports, case: Case) -> None:
    """An approved case, its money reserved, waits for the store: write the work of asking it."""
    at = ports.clock.now()
    await move(tx, case, CaseState.AWAITING_STORE, at=at, due_at=at + STORE_HAS)
    await outbox.add(tx, shop_id=case.shop_id, kind=ASK_STORE, ref=case.id)


async def _review(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    is_over = any(verdict.rule.startswith(LIMIT) for verdict in now.decision.verdicts)
    why = "over_limit" if is_over else str(now.decision.reason)
    await move(tx, case, CaseState.IN_REVIEW, at=at, due_at=due, why=why)
    await begin_hold(tx, ports, shop, case)
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, AlertKind.REVIEW)


async def _refuse(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.REFUSED, at=at, why=str(now.decision.reason))
    await tell_case(tx, case, "refused")


_FOLLOW = {Outcome.APPROVE: _approve, Outcome.REVIEW: _review, Outcome.REFUSE: _refuse}
