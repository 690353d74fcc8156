"""Photos that an ask brings along: this order's, there where the policy asks for them, and the case's from then on."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.db import Transaction
from plugin.files.service import attach
from plugin.journeys.confirming import Follow, Next
from plugin.journeys.judging import Preview
from plugin.policies.decision import Decision
from plugin.policies.reasons import Outcome
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class PhotosNeeded(DomainError):
    status = 422
    code = "photos_needed"
    sentence = (
        "Please add at least one photo that shows what is wrong, so that we can put it right without asking back."
    )


def needs_photos(decision: Decision) -> bool:
    """Whether the policy asks for pictures; nobody can photograph what is not there."""
    return decision.outcome is not Outcome.REFUSE and any(line.photos for line in decision.lines)


def with_evidence(follow: Follow, photos: Sequence[str]) -> Follow:
    """The same steps, with the photos kept first; they raise ``PhotosNeeded`` and ``UnknownPhoto``."""
    return {outcome: step if outcome is Outcome.REFUSE else _keeping(step, photos) for outcome, step in follow.items()}


def _keeping(step: Next, photos: Sequence[str]) -> Next:
    async def kept(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
        if needs_photos(now.decision) and not photos:
            raise PhotosNeeded(param="photos")
        await attach(tx, case, photos)
        await step(tx, ports, shop, case, now)

    return kept
