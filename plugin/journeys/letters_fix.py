"""The letters about putting an order right."""

from __future__ import annotations

import msgspec

from plugin.journeys.fix_order import PinnedFix
from plugin.journeys.letter_frame import frame_of
from plugin.journeys.scene import Scene
from plugin.messages.contexts_fix import FixDone, Fixed, FixProblem
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
    pinned = msgspec.convert(scene.case.store_request, PinnedFix)
    return Fixed.ADDRESS if pinned.fix.line_id is None else Fixed.ITEM


def fix_problem(scene: Scene) -> FixProblem:
    by = scene.case.due_at or person_answers_by(scene.settings, scene.at)
    return FixProblem(**frame_of(scene), by=by)  # type: ignore[arg-type]
