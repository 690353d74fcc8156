"""A damaged item: a photo, an answer at once, and a new one ordered in the store with the parcel's first scan."""

from __future__ import annotations

import io
import time

from PIL import Image

from handlers.demo.stores.side import STORY_SAMPLE
from handlers.demo.story import Story
from handlers.demo.transcript import require
from handlers.demo.visitor import arrives, ms_since
from handlers.shopper.faults import FaultAsk, FaultConfirm
from handlers.shopper.files import FileKept
from handlers.shopper.orders import LineAsk
from handlers.shopper.views import CaseView, PreviewView
from plugin.core.ids import new_id
from plugin.journeys.parcel_moved import CARRIER, News, parcel_seen
from plugin.parcels.states import Seen
from plugin.parcels.store import parcels_of_case
from plugin.policies.reasons import FaultKind, Resolution
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop


async def damaged(story: Story, ports: Ports, place: int) -> None:
    """Play it; raises ``StepFailed``."""
    tell = story.tell
    with tell.step("damaged_delivered", "Edith's scarves have arrived, and one of them is torn"):
        edith = await arrives(story, STORY_SAMPLE, place, story.buyer("Edith", "Lund"))
    with tell.step(
        "damaged_photo", "She sends a photo; it is written anew, without the place where it was taken"
    ) as told:
        photo = await edith.caller.upload("/v1/order/files", "torn.jpg", _photo(), FileKept)
        told.detail = f"{photo.media_type}, {photo.size} bytes"
    scarf = edith.order.lines["scarf"]
    ask = FaultAsk(
        kind=FaultKind.DAMAGED, lines=[LineAsk(line_id=scarf, quantity=1)], description="Torn at the hem",
        photos=[photo.id], resolution=Resolution.RESHIPMENT,
    )  # fmt: skip
    with tell.step(
        "damaged_preview", "She sees what is done about it: a new one, and the shop pays the way back"
    ) as told:
        seen = await edith.caller.post("/v1/order/faults/preview", ask, PreviewView)
        require(seen.outcome == "approve", seen.sentence)
        told.detail = seen.sentence
    clicked = time.perf_counter()
    with tell.step("damaged_reported", "She reports it, and is answered at once") as told:
        agreed = FaultConfirm(
            kind=ask.kind, lines=ask.lines, description=ask.description, photos=ask.photos, resolution=ask.resolution,
            digest=seen.digest,
        )  # fmt: skip
        case = await edith.caller.post("/v1/order/faults", agreed, CaseView, key=new_id("key"))
        mail = await edith.mail("fault_approved")
        told.detail = f"“{mail.subject}”, {ms_since(clicked)} ms after the click"
    with tell.step(
        "damaged_ordered", "The torn one is scanned by the carrier, and a new one is ordered in the store"
    ) as told:
        (parcel,) = await parcels_of_case(case.id)
        news = News(Seen.IN_TRANSIT, CARRIER, f"scan-{case.number}", ports.clock.now())
        scanned = time.perf_counter()
        await parcel_seen(ports, await get_shop(story.keys.shop_id), parcel.id, news, "carrier")
        mail = await edith.mail("exchange_ordered")
        told.detail = f"“{mail.subject}”, {ms_since(scanned)} ms after the scan"


def _photo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (320, 240), "crimson").save(made, "JPEG")
    return made.getvalue()
