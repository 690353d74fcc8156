"""A person grants what was refused, for a reason of their own: a case of goodwill, opened and approved in one step.

The refused case stays as it is. What the new one takes and owes is decided like everything else, by ``decide()``, only
under a rule that approves; so what cannot be done at all (it has shipped, it is cancelled) cannot be done here either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from plugin.audit import service as audit
from plugin.cases.facts import facts_of
from plugin.cases.models import Case
from plugin.cases.notes import write_note
from plugin.cases.service import decision_of, move, open_case
from plugin.cases.states import GOODWILL, RECEIVER, CaseKind, CaseState
from plugin.cases.store import PRIOR_WINDOW, get_case, lock_case, ownership_of
from plugin.db import Transaction, transaction
from plugin.journeys.cancel import STORE_HAS, ask_for_it
from plugin.journeys.desk_refusals import CannotBeDone, NotRefused
from plugin.journeys.judging import WE_HAVE
from plugin.journeys.on_desk import Desk
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.promises import promised_dates
from plugin.journeys.staff import return_goes_on
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, lock_order, payments_of
from plugin.policies.decide import decide
from plugin.policies.decision import Decision, Verdict
from plugin.policies.document import Otherwise, Policy, Then
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.live import live_policy
from plugin.policies.reasons import Action, FaultKind, Outcome, Reason
from plugin.policies.rules import compile_policy
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.refunds.plan import plan
from plugin.refunds.service import reserve
from plugin.refunds.store import payments_and_payables
from plugin.shops.models import Shop
from plugin.shops.service import pseudonym, settings_of

Granted = Callable[[Transaction, Case], Awaitable[None]]
"""Called last inside the transaction with the new case, to store an answer with what made it true."""
_YES = Then(outcome=Outcome.APPROVE)
_APPROVES = compile_policy(  # but no exchange, which nobody has quoted
    Policy(
        format=1, name="A person grants it", rows=(), otherwise=Otherwise(cancel=_YES, returning=_YES, fault=_YES)
    )
)  # fmt: skip
_BY_A_PERSON = Verdict("person", matched=True, outcome=Outcome.APPROVE, reason=Reason.ALLOWED)


async def override(ports: Ports, shop: Shop, case_id: str, by: str, reason: str, *, answered: Granted) -> None:
    """Grant what the case of this id was refused.

    Raises ``NotRefused``, ``CannotBeDone`` with the reason, ``NotEnoughToRefund`` and ``UnitsTaken``.
    """
    refused = await get_case(shop.id, case_id)
    await refresh_payments(ports, shop, await payments_of(refused.order_id))
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, refused.order_id)
        refused = await lock_case(tx, case_id)
        if CaseState(refused.state) is not CaseState.REFUSED:
            raise NotRefused(detail=f"Case {refused.number} is {refused.state}.", state=refused.state)
        if CaseKind(refused.kind) is CaseKind.FIX or refused.asked_by == RECEIVER:
            # A correction has no rule, and a gift's receiver is another person than whose money it would be.
            raise CannotBeDone(reason=Reason.NOT_OFFERED.value, case=refused.number)
        at = ports.clock.now()
        policy = await live_policy(shop.id, at)
        payments, can_give = await payments_and_payables(order.id)
        facts = await _facts(shop, order, payments, at)
        decision = _granted(refused, decide(facts, _ask(refused), _APPROVES, at))
        case = await open_case(
            tx, order=order, ask=_ask(refused), facts=facts, decision=decision, policy=policy, locale=refused.locale,
            asked_by="staff", at=at, due_at=at + WE_HAVE, basis=GOODWILL,
        )  # fmt: skip
        await audit.record(
            tx, shop_id=shop.id, order_id=order.id, kind="case_overridden", actor=by, at=at,
            data={"case": refused.id, "by_case": case.id, "reason": pseudonym(ports.vault, shop, reason)},
        )  # fmt: skip
        await write_note(tx, case, reason, by=by, at=at)
        if CaseKind(case.kind) is CaseKind.CANCEL:
            await move(tx, case, CaseState.APPROVED, at=at, due_at=at + STORE_HAS, actor=by, why="overridden_by_person")
            legs = plan(decision.amounts, can_give, everything=decision.everything)
            promised = promised_dates(legs, payments, settings_of(shop), at)
            await reserve(tx, case, legs, promised_for=promised, at=at)
            await ask_for_it(tx, ports, case)
        else:
            await return_goes_on(tx, ports, shop, Desk(order, case, []), by)
        await answered(tx, case)


async def _facts(shop: Shop, order: StoredOrder, payments: Sequence[Payment], at: datetime) -> OrderFacts:
    settings = settings_of(shop)
    return facts_of(
        order, await ownership_of(order, since=at - PRIOR_WINDOW), payments, paused=shop.paused,
        transit=timedelta(days=settings.transit_days), zone=settings.time_zone,
    )  # fmt: skip


def _ask(refused: Case) -> Ask:
    lines = (LineCount(line.line_id, line.asked) for line in decision_of(refused).lines if line.asked > 0)
    return Ask(
        action=Action(refused.kind), lines=tuple(lines), reason=refused.reason,
        fault=FaultKind(refused.fault) if refused.fault else None,
    )  # fmt: skip


def _granted(refused: Case, at_most: Decision) -> Decision:
    """The decision as the person makes it: what a guard would have had looked at, somebody has looked at."""
    if at_most.outcome is Outcome.REFUSE:
        raise CannotBeDone(reason=at_most.reason.value, case=refused.number)
    lines = tuple(
        structs.replace(line, outcome=Outcome.APPROVE, reason=Reason.ALLOWED, verdicts=(*line.verdicts, _BY_A_PERSON))
        for line in at_most.lines
    )
    return structs.replace(
        at_most, outcome=Outcome.APPROVE, reason=Reason.ALLOWED, lines=lines, verdicts=(_BY_A_PERSON,), proposed=None
    )
