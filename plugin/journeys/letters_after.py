"""The letters of what comes after a case."""

from __future__ import annotations

from plugin.journeys.letter_frame import frame_of
from plugin.journeys.scene import Scene
from plugin.messages.contexts_after import PromiseMissed
from plugin.refunds.models import RefundLeg
from plugin.refunds.states import SETTLED, LegState
from plugin.shops.hours import person_answers_by


def late_legs(scene: Scene) -> list[RefundLeg]:
    """What was promised for a day that is over, and has not arrived."""
    return [
        leg for leg in scene.legs
        if leg.late_told_at and (LegState(leg.state) not in SETTLED or leg.state == LegState.FAILED)
    ]  # fmt: skip


def promise_missed(scene: Scene) -> PromiseMissed | None:
    """About all money of the case that is late and not there; None where it has arrived meanwhile."""
    late = late_legs(scene)
    if not late:
        return None
    return PromiseMissed(
        **frame_of(scene),  # type: ignore[arg-type]
        currency=scene.case.currency,
        amount=sum(leg.amount for leg in late),
        promised_for=min(leg.promised_for for leg in late),
        by=person_answers_by(scene.settings, scene.at),
        method=scene.payments[late[0].payment_id].label,
        bank_reference=next((leg.bank_reference for leg in late if leg.bank_reference), None),
    )
