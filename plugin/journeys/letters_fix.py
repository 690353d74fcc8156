"""The letters about putting an order right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plugin.exchanges.states import DifferenceState
from plugin.journeys.letter_frame import frame_of
from plugin.journeys.pinned_fix import pinned
from plugin.journeys.scene import Scene
from plugin.messages.contexts_fix import FixDone, Fixed, FixExpired, FixLetter, FixPayment, FixProblem
from plugin.shops.hours import person_answers_by


def fix_done(scene: Scene) -> FixDone:
    return FixDone(
        **frame_of(scene),  # type: ignore[arg-type]
        fixed=_fixed(scene),
        currency=scene.case.currency,
        given_back=scene.case.owed if scene.legs else 0,
    )


def _fixed(scene: Scene) -> Fixed:
    """Only a forgotten code is nothing that the store is asked for."""
    if scene.case.store_request is None:
        return Fixed.CODE
    return Fixed.ADDRESS if pinned(scene.case).fix.line_id is None else Fixed.ITEM


def fix_payment(scene: Scene) -> FixPayment | None:
    """Nothing to say once it is paid, or over."""
    if scene.dearer is None:
        return None
    quote, difference = scene.dearer.quote, scene.dearer.difference
    if difference.page_url is None or DifferenceState(difference.state) is not DifferenceState.AWAITING:
        return None
    return FixPayment(
        **frame_of(scene),  # type: ignore[arg-type]
        fixed=_fixed(scene),
        currency=difference.currency,
        amount=difference.amount,
        tax=max(0, quote.tax),
        shipping=max(0, quote.shipping),
        pay_url=difference.page_url,
        until=difference.ends_at,
    )


def fix_expired(scene: Scene) -> FixExpired:
    return FixExpired(**frame_of(scene))  # type: ignore[arg-type]


def fix_problem(scene: Scene) -> FixProblem:
    by = scene.case.due_at or person_answers_by(scene.settings, scene.at)
    difference = scene.dearer.difference if scene.dearer else None
    is_back = difference is not None and DifferenceState(difference.state) is DifferenceState.GIVEN_BACK
    return FixProblem(
        **frame_of(scene),  # type: ignore[arg-type]
        by=by,
        currency=scene.case.currency,
        given_back=difference.amount if difference is not None and is_back else 0,
    )


FIX_LETTERS: Mapping[str, Callable[[Scene], FixLetter | None]] = {
    "fix_done": fix_done,
    "fix_payment": fix_payment,
    "fix_expired": fix_expired,
    "fix_problem": fix_problem,
}
