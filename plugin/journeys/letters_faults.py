"""The letter that answers the report of a fault."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.cases.service import decision_of
from plugin.journeys.fault_words import beside
from plugin.journeys.letter_frame import frame_of, lines_of
from plugin.journeys.scene import Scene
from plugin.journeys.way_words import how_to_send
from plugin.messages.contexts_faults import FaultApproved
from plugin.parcels.states import ParcelState
from plugin.policies.explain import what_was_agreed


def _approved(scene: Scene) -> FaultApproved | None:
    """Nothing to say once the report was taken back, or the parcel is here: then other letters speak."""
    case, words = scene.case, scene.words
    reasons = what_was_agreed(decision_of(case), words)
    said = FaultApproved(
        **frame_of(scene),  # type: ignore[arg-type]
        lines=lines_of(scene),
        reasons=(*reasons, *beside(case.fault, words, goes_back=bool(scene.parcels))),
        currency=case.currency,
        withheld=case.withheld,
    )
    if not scene.parcels:
        return said
    parcel = next((each for each in scene.parcels if each.state == ParcelState.LABEL), None)
    if parcel is None:
        return None
    return replace(
        said,
        steps=how_to_send(parcel, case, scene.settings.goods_come_to, words),
        return_number=case.number,
        send_by=parcel.send_by,
        slip_url=f"{scene.url}/cases/{case.id}",
    )


FAULT_LETTERS = {"fault_approved": _approved}
