"""The letters about goods that come back, or do not."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.goods import WRONG_ITEM
from plugin.cases.models import CaseUnit
from plugin.cases.service import amounts_of
from plugin.cases.states import CaseState
from plugin.journeys.letter_frame import frame_of, lines_of
from plugin.journeys.scene import Scene
from plugin.messages.contexts_goods import (
    Condition,
    RejectedLine,
    ReturnExpired,
    ReturnLost,
    ReturnReceived,
    ReturnReminder,
    ReturnSettled,
    Settlement,
)
from plugin.messages.parts import AmountPart, MailLine, PartKind
from plugin.parcels.states import ParcelState, Verdict
from plugin.parcels.worth import amounts_for
from plugin.policies.reasons import Resolution
from plugin.shops.hours import person_answers_by


def _received(scene: Scene) -> ReturnReceived:
    is_open = CaseState(scene.case.state) is CaseState.INSPECTING
    return ReturnReceived(
        **frame_of(scene),  # type: ignore[arg-type]
        return_number=scene.case.number,
        looked_at_by=scene.case.due_at if is_open else None,
    )


def _reminder(scene: Scene) -> ReturnReminder | None:
    """None where it is on its way by now, or is not awaited any more."""
    waits = [each for each in scene.parcels if ParcelState(each.state) is ParcelState.LABEL]
    if not waits or CaseState(scene.case.state) is not CaseState.AWAITING_GOODS or waits[0].tracking_number:
        return None
    return ReturnReminder(
        **frame_of(scene),  # type: ignore[arg-type]
        return_number=scene.case.number,
        lines=_mail_lines(scene, [unit for unit in scene.units if unit.received_at is None]),
        send_by=waits[0].send_by,
    )


def _expired(scene: Scene) -> ReturnExpired | None:
    """None where somebody has given more time since."""
    if CaseState(scene.case.state) is not CaseState.EXPIRED:
        return None
    return ReturnExpired(
        **frame_of(scene),  # type: ignore[arg-type]
        return_number=scene.case.number,
        lines=lines_of(scene),
        send_by=scene.parcels[-1].send_by,
    )


def _lost(scene: Scene) -> ReturnLost | None:
    """None where it was found, or somebody has decided, since."""
    if CaseState(scene.case.state) is not CaseState.WITH_PERSON or scene.case.person_reason == WRONG_ITEM:
        return None
    by = scene.case.due_at or person_answers_by(scene.settings, scene.at)
    return ReturnLost(**frame_of(scene), return_number=scene.case.number, by=by)  # type: ignore[arg-type]


def _settled(scene: Scene) -> ReturnSettled:
    """The amounts are those of what was accepted, whatever was paid before."""
    given = [unit for unit in scene.units if _is_given_for(unit, scene)]
    amounts = amounts_for(amounts_of(scene.case), given)
    withheld = min(scene.case.withheld, amounts.total)
    parts = (
        AmountPart(kind=PartKind.ITEMS, amount=amounts.goods.amount),
        AmountPart(kind=PartKind.SHIPPING, amount=amounts.shipping.amount),
        AmountPart(kind=PartKind.EXTRAS, amount=amounts.extras.amount),
        AmountPart(kind=PartKind.FEE, amount=-amounts.fee),
        AmountPart(kind=PartKind.WITHHELD, amount=-withheld),
    )
    total = amounts.total - withheld
    return ReturnSettled(
        **frame_of(scene),  # type: ignore[arg-type]
        return_number=scene.case.number,
        accepted=_mail_lines(scene, given),
        rejected=_rejected(scene),
        missing=_mail_lines(scene, [u for u in scene.units if u.received_at is None and not _is_given_for(u, scene)]),
        settlement=_settlement(scene, total),
        currency=scene.case.currency,
        total=total,
        parts=() if scene.is_gift else tuple(part for part in parts if part.amount),
    )


def _is_given_for(unit: CaseUnit, scene: Scene) -> bool:
    """Accepted, or given for although it never came. What was merely paid for before it failed to come is neither."""
    forgiven = unit.state == "settled" and unit.inspection is None and not scene.is_in_debt
    return unit.inspection == Verdict.ACCEPTED or forgiven


def _settlement(scene: Scene, total: int) -> Settlement:
    if scene.is_in_debt:
        return Settlement.PAID_TOO_MUCH
    if scene.case.resolved_at is None:
        return Settlement.PERSON
    if not total:
        return Settlement.NOTHING
    if Resolution(scene.case.resolution or Resolution.REFUND) is not Resolution.REFUND:
        return Settlement.OTHERWISE
    looked_at = max((each.inspected_at for each in scene.parcels if each.inspected_at), default=None)
    return Settlement.PAID if looked_at and scene.case.resolved_at < looked_at else Settlement.REFUND


def _rejected(scene: Scene) -> tuple[RejectedLine, ...]:
    counts: dict[tuple[str, str, str | None], int] = {}
    for unit in scene.units:
        if unit.inspection == Verdict.REJECTED:
            found = (unit.line_id, unit.grade or Condition.USED, unit.finding)
            counts[found] = counts.get(found, 0) + 1
    titles = _titles(scene)
    return tuple(
        RejectedLine(title=titles[line], quantity=n, found=Condition(grade), words=words)
        for (line, grade, words), n in counts.items()
    )


def _mail_lines(scene: Scene, units: Sequence[CaseUnit]) -> tuple[MailLine, ...]:
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.line_id] = counts.get(unit.line_id, 0) + 1
    titles, images = _titles(scene), {line.id: line.image_url for line in scene.order.placement.lines}
    return tuple(MailLine(title=titles[line], quantity=n, image_url=images.get(line)) for line, n in counts.items())


def _titles(scene: Scene) -> dict[str, str]:
    return {line.id: line.title for line in scene.order.placement.lines}


GOODS_LETTERS = {
    "return_received": _received,
    "return_reminder": _reminder,
    "return_expired": _expired,
    "return_lost": _lost,
    "return_settled": _settled,
}
