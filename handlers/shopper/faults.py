"""The API of a fault: what it would mean to report it, and doing it."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct

from handlers.dependencies import Guest
from handlers.problems import problem_responses
from handlers.shopper.confirming import CONFIRM_PROBLEMS, CONFIRM_SAYS, confirm_once
from handlers.shopper.files import PhotoIds
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import presenter
from handlers.shopper.views import PreviewView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.journeys.confirming import Answered
from plugin.journeys.report_fault import confirm_fault, preview_fault
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, FaultKind, Resolution
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports

_PHOTOS = "A photo is not this order's, there are more than ten, or one is needed (`photos_needed`)."


class FaultAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with these items, in words and photos (ids of ``POST /v1/order/files``).

    ``resolution`` is what would help, of what the preview offers (``terms.choices``); ``terms.photos`` says that the
    confirmation needs at least one photo. ``wrong_item``: name what was ordered; what came goes back in its place.
    """

    kind: Annotated[FaultKind, Meta(examples=["damaged"])]
    lines: Annotated[list[LineAsk], Meta(min_length=1, max_length=1000)]
    description: Annotated[str, Meta(max_length=500, examples=["The handle is broken off"])] | None = None
    photos: PhotoIds = []
    resolution: Annotated[Resolution | None, Meta(examples=["reshipment"])] = None

    def ask(self) -> Ask:
        counts = tuple(LineCount(line.line_id, line.quantity) for line in self.lines)
        return Ask(
            action=Action.FAULT, lines=counts, reason=self.description, fault=self.kind, resolution=self.resolution
        )


class FaultConfirm(FaultAsk, frozen=True, kw_only=True):
    """The ask again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


@post(
    "/v1/order/faults/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview the report of a fault",
    description="Writes nothing. Damaged, wrong, missing, not arrived or not as described: the answer says what would "
    "be done about it, whether anything goes back, and whether photos are needed. There are no fees.",
    responses=problem_responses({401: "The session has ended.", 422: _PHOTOS}),
)
async def preview(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[FaultAsk], locale: Locale = None
) -> PreviewView:
    found = await preview_fault(ports, guest.shop, guest.visitor.order_id, data.ask(), data.photos)
    return presenter(guest.shop, found.order, ports.clock.now(), locale).preview(found)


@post(
    "/v1/order/faults",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Report a fault",
    description=CONFIRM_SAYS,
    responses=problem_responses(CONFIRM_PROBLEMS | {422: f"{CONFIRM_PROBLEMS[422]} {_PHOTOS}"}),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[FaultConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await fault_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def fault_once(
    ports: Ports, guest: Guest, data: FaultConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike."""

    async def confirmed(answered: Answered) -> None:
        await confirm_fault(
            ports, guest.shop, guest.visitor.order_id, data.ask(), data.photos,
            agreed=data.digest, asked_by="shopper", locale=locale or "", answered=answered,
        )  # fmt: skip

    return await confirm_once(ports, guest, "fault", key, body, locale, confirmed)


fault_routes = [preview, confirm]
