"""A shopper says that something is wrong with what came, or that it never came. The confirmation is one transaction.

1. The photos are this order's, and there where the policy asks for them; they become the case's.
2. Approved: what was agreed is given when the policy says (``way_back``, ``resolve``): money, credit, the same goods
   again. Nothing goes back of what is missing, has not arrived, or may be kept. The mail answers first.
3. What came in place of something else is sent back as if it were the thing itself: inspection looks at what came.

A unit that was settled as a fault stays settled, also where it was kept and compensated for in part: a second ask about
it is for a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.db import Transaction
from plugin.files.service import photos_of
from plugin.journeys.confirming import Answered, Follow, confirm, refuse, stay_within_limits, why_in_review
from plugin.journeys.evidence import with_evidence
from plugin.journeys.judging import WE_HAVE, Preview, judge
from plugin.journeys.tell import tell_case, tell_staff
from plugin.journeys.way_back import go_on
from plugin.messages.parts import AlertKind
from plugin.orders.service import get_order
from plugin.policies.facts import Ask
from plugin.policies.reasons import Outcome
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

FAULT = "fault"  # the basis of such a case


async def preview_fault(ports: Ports, shop: Shop, order_id: str, ask: Ask, photos: Sequence[str] = ()) -> Preview:
    """Say what a confirmation would do now. Writes nothing; raises ``UnknownPhoto`` and ``TooManyPhotos``."""
    await photos_of(order_id, photos)
    return await judge(ports, shop, await get_order(shop.id, order_id), ask)


async def confirm_fault(
    ports: Ports,
    shop: Shop,
    order_id: str,
    ask: Ask,
    photos: Sequence[str] = (),
    *,
    agreed: str,
    asked_by: str,
    locale: str,
    answered: Answered,
) -> Case:
    """See ``confirming.confirm``; raises ``PhotosNeeded``, ``UnknownPhoto`` and ``TooManyPhotos`` beside."""
    await photos_of(order_id, photos)
    return await confirm(
        ports, shop, order_id, ask, with_evidence(_FOLLOW, photos), agreed=agreed, asked_by=asked_by, locale=locale,
        answered=answered,
        basis=FAULT,
    )  # fmt: skip


async def _approve(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(now.decision.reason))
    await go_on(tx, ports, shop, now.order, case)
    await tell_case(tx, case, "fault_approved")
    await stay_within_limits(tx, ports, shop, now)


async def _review(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    due = person_answers_by(settings_of(shop), ports.clock.now())
    await move(tx, case, CaseState.IN_REVIEW, at=ports.clock.now(), due_at=due, why=why_in_review(now))
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, AlertKind.REVIEW)


_FOLLOW: Follow = {Outcome.APPROVE: _approve, Outcome.REVIEW: _review, Outcome.REFUSE: refuse}
