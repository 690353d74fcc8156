"""What would become of an ask now: the order's facts, the decision of its policies, the money's plan and its dates.

Every ask is previewed and confirmed by the same rule: a confirmation brings back the digest of its preview, and another
answer than the one that was shown is never carried out (409 with the new preview).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import structs

from plugin.cases.facts import facts_of
from plugin.cases.store import PRIOR_WINDOW, ownership_of
from plugin.core.errors import DomainError
from plugin.journeys import limits
from plugin.journeys.promises import promised_dates
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, payer_of
from plugin.policies.better import decide_better
from plugin.policies.decision import Decision, Verdict, digest
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.live import LivePolicy, OrderPolicies, policies_of_order
from plugin.policies.reasons import Outcome, Reason, Resolution
from plugin.ports.runtime import Ports
from plugin.refunds.plan import NotEnoughToRefund, PlannedLeg, plan
from plugin.refunds.store import payments_and_payables
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

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


async def judge(ports: Ports, shop: Shop, order: StoredOrder, ask: Ask, *, beside: Decision | None = None) -> Preview:
    """The answer as things are now; writes nothing. To confirm it, the caller holds the order's lock.

    Units that ``beside`` takes, the other half of the same ask, are not free.
    """
    at = ports.clock.now()
    policies = await policies_of_order(shop.id, order.row.placed_at, at)
    payments, can_give = await payments_and_payables(order.id)
    settings = settings_of(shop)
    transit = timedelta(days=settings.transit_days)
    ownership = await ownership_of(order, since=at - PRIOR_WINDOW)
    payer = await payer_of(order, payments[0]) if payments else order
    facts = facts_of(
        order, ownership, payments, paused=shop.paused, transit=transit, zone=settings.time_zone, payer=payer
    )
    if beside is not None:
        facts = _without(facts, beside)
    decision, is_of_purchase = decide_better(facts, ask, policies.at_purchase.rules, policies.now.rules, at)
    policy = policies.at_purchase if is_of_purchase else policies.now
    legs: tuple[PlannedLeg, ...] = ()
    if decision.outcome is not Outcome.REFUSE and decision.resolution in (None, Resolution.REFUND):
        try:
            legs = plan(decision.amounts, can_give, everything=decision.everything)
        except NotEnoughToRefund:
            decision = structs.replace(
                decision, outcome=Outcome.REVIEW, reason=Reason.AMOUNTS_UNEXPLAINED, proposed=None
            )
    if decision.outcome is Outcome.APPROVE and (limit := await limits.reached(shop, approval(order, decision, at))):
        decision = over_limit(decision, limit)
    promised = promised_dates(legs, payments, settings, at)
    return Preview(order, tuple(payments), facts, decision, digest(decision), legs, promised, policies, policy)


def _without(facts: OrderFacts, beside: Decision) -> OrderFacts:
    taken = {line.line_id: set(line.units) for line in beside.lines}
    lines = (
        structs.replace(line, free=tuple(each for each in line.free if each not in taken.get(line.id, ())))
        for line in facts.lines
    )
    return structs.replace(facts, lines=tuple(lines))


def approval(order: StoredOrder, decision: Decision, at: datetime) -> limits.Approval:
    """What the shop's limits count of it."""
    amounts = decision.amounts
    return limits.Approval(amounts.currency, amounts.total, order.id, order.row.customer_hash, at)


def over_limit(decision: Decision, limit: str) -> Decision:
    """The same, decided by a person; the verdict names the limit."""
    verdict = Verdict(f"{LIMIT}{limit}", matched=True, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
    return structs.replace(
        decision, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES, verdicts=(*decision.verdicts, verdict)
    )
