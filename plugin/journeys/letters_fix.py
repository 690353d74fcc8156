"""The letters about putting an order right."""

from __future__ import annotations

import msgspec

from plugin.journeys.fix_order import PinnedFix
from plugin.journeys.letter_frame import frame_of
from plugin.journeys.scene import Scene
from plugin.messages.contexts_fix import FixDone, FixProblem
from plugin.shops.hours import person_answers_by


def fix_done(scene: Scene) -> FixDone:
    pinned = msgspec.convert(scene.case.store_request, PinnedFix)
    return FixDone(
        **frame_of(scene),  # type: ignore[arg-type]
        is_address=pinned.fix.line_id is None,
        currency=scene.case.currency,
        given_back=scene.case.owed,
    )


def fix_problem(scene: Scene) -> FixProblem:
    by = scene.case.due_at or person_answers_by(scene.settings, scene.at)
    return FixProblem(**frame_of(scene), by=by)  # type: ignore[arg-type]
