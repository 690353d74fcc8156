"""A shopper cancels. The preview writes nothing; the confirmation is one transaction, and everything after it is work.

1. Preview: ``decide_better()`` over the facts; its digest says what the shopper agrees to.
2. Confirm: lock the order, decide again; another answer than the one that was shown is never carried out (409 with
   the new preview). Then the case with its facts, its decision and its policy version, the units, the reserved legs
   and the first piece of work commit together.
3. From there: ``store_answers`` asks the store, ``settle`` moves the money, ``tell`` writes the mails.
"""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.db import Transaction
from plugin.journeys.confirming import Answered, Follow, confirm, refuse, stay_within_limits, why_in_review
from plugin.journeys.holds import begin_hold
from plugin.journeys.judging import WE_HAVE, Preview, judge
from plugin.journeys.tell import tell_case, tell_staff
from plugin.messages.parts import AlertKind
from plugin.orders.service import get_order
from plugin.outbox import service as outbox
from plugin.policies.facts import Ask
from plugin.policies.reasons import Outcome
from plugin.ports.runtime import Ports
from plugin.refunds.service import reserve
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

ASK_STORE = "ask_store"
STORE_HAS = timedelta(hours=24)


async def preview_cancellation(ports: Ports, shop: Shop, order_id: str, ask: Ask) -> Preview:
    """Say what a confirmation would do now. Writes nothing."""
    return await judge(ports, shop, await get_order(shop.id, order_id), ask)


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
    """See ``confirming.confirm``."""
    return await confirm(
        ports, shop, order_id, ask, CANCEL_FOLLOW, agreed=agreed, asked_by=asked_by, locale=locale, answered=answered
    )


async def _approve(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(now.decision.reason))
    await reserve(tx, case, now.legs, promised_for=now.promised, at=at)
    await ask_for_it(tx, ports, case)
    await stay_within_limits(tx, ports, shop, now)


async def ask_for_it(tx: Transaction, ports: Ports, case: Case) -> None:
    """An approved case, its money reserved, waits for the store: write the work of asking it."""
    at = ports.clock.now()
    await move(tx, case, CaseState.AWAITING_STORE, at=at, due_at=at + STORE_HAS)
    await outbox.add(tx, shop_id=case.shop_id, kind=ASK_STORE, ref=case.id)


async def _review(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.IN_REVIEW, at=at, due_at=due, why=why_in_review(now))
    await begin_hold(tx, ports, shop, case)
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, AlertKind.REVIEW)


CANCEL_FOLLOW: Follow = {Outcome.APPROVE: _approve, Outcome.REVIEW: _review, Outcome.REFUSE: refuse}
