"""The letters about goods on their way back."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.cases.service import decision_of
from plugin.journeys.letter_frame import frame_of, lines_of
from plugin.journeys.scene import Scene
from plugin.journeys.way_words import how_to_send
from plugin.messages.contexts_returns import ReturnApproved, ReturnWithdrawn
from plugin.parcels.states import ParcelState
from plugin.policies.explain import what_was_agreed


def _approved(scene: Scene) -> ReturnApproved | None:
    """Nothing to say once the return was taken back, or the parcel is here."""
    # What is agreed names sums: to the receiver of a gift they are what it cost.
    reasons = () if scene.is_gift else what_was_agreed(decision_of(scene.case), scene.words)
    said = ReturnApproved(
        **frame_of(scene),  # type: ignore[arg-type]
        lines=lines_of(scene),
        reasons=reasons,
        currency=scene.case.currency,
        withheld=0 if scene.is_gift else scene.case.withheld,
    )
    if not scene.parcels:
        return said
    parcel = next((each for each in scene.parcels if each.state == ParcelState.LABEL), None)
    if parcel is None:
        return None
    return replace(
        said,
        steps=how_to_send(parcel, scene.case, scene.settings.goods_come_to, scene.words),
        return_number=scene.case.number,
        send_by=parcel.send_by,
        slip_url=scene.url if scene.is_gift else f"{scene.url}/cases/{scene.case.id}",
    )


def _withdrawn(scene: Scene) -> ReturnWithdrawn:
    return ReturnWithdrawn(**frame_of(scene), lines=lines_of(scene))  # type: ignore[arg-type]


RETURN_LETTERS = {"return_approved": _approved, "return_withdrawn": _withdrawn}
