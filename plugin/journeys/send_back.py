"""A shopper sends goods back. The preview writes nothing; the confirmation is one transaction (``confirming``).

1. Approved: a parcel with its payer and its last day, a return number, and the mail that says how to send it.
2. The goods come, are looked at, and what is accepted is what is owed (``plugin.journeys.resolve``).
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


async def preview_return(ports: Ports, shop: Shop, order_id: str, ask: Ask, photos: Sequence[str] = ()) -> Preview:
    """Say what a confirmation would do now. Writes nothing; raises ``UnknownPhoto`` and ``TooManyPhotos``."""
    await photos_of(order_id, photos)
    return await judge(ports, shop, await get_order(shop.id, order_id), ask)


async def confirm_return(
    ports: Ports,
    shop: Shop,
    order_id: str,
    ask: Ask,
    *,
    agreed: str,
    asked_by: str,
    locale: str,
    answered: Answered,
    contact: str | None = None,
    photos: Sequence[str] | None = (),
) -> Case:
    """See ``confirming.confirm``. ``photos`` is None where nobody can be asked for any.

    Raises ``PhotosNeeded``, ``UnknownPhoto`` and ``TooManyPhotos`` beside.
    """
    await photos_of(order_id, photos or ())
    follow = RETURN_FOLLOW if photos is None else with_evidence(RETURN_FOLLOW, photos)
    return await confirm(
        ports, shop, order_id, ask, follow, agreed=agreed, asked_by=asked_by, locale=locale, answered=answered,
        contact=contact,
    )  # fmt: skip


async def approve(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(now.decision.reason))
    await go_on(tx, ports, shop, now.order, case)
    await tell_case(tx, case, "return_approved")
    await stay_within_limits(tx, ports, shop, now)


async def review(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.IN_REVIEW, at=at, due_at=due, why=why_in_review(now))
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, AlertKind.REVIEW)


RETURN_FOLLOW: Follow = {Outcome.APPROVE: approve, Outcome.REVIEW: review, Outcome.REFUSE: refuse}
