"""The letter about store credit: to the shopper, or to the receiver of a gift."""

from __future__ import annotations

from plugin.journeys.letter_frame import frame_of
from plugin.journeys.scene import Scene
from plugin.messages.contexts_credit import CreditIssued


def credit_issued(scene: Scene) -> CreditIssued | None:
    """Nothing to say where the case has brought no credit."""
    given = scene.credit
    if given is None:
        return None
    return CreditIssued(
        **frame_of(scene),  # type: ignore[arg-type]
        currency=given.currency,
        amount=given.amount,
        bonus=given.bonus,
        shop_url=scene.settings.brand.home_url or scene.public_url,
        code=given.code,
        expires_at=given.expires_at,
        is_gift=scene.is_gift,
        statement_url=None if scene.is_gift or given.code is None else f"{scene.url}/credits",
    )
