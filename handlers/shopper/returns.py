"""The API of a return: what it would mean, doing it, and taking it back; and the parcel's own number."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct

from handlers.dependencies import Guest, PublicId
from handlers.problems import problem_responses
from handlers.shopper.cases import case_now
from handlers.shopper.confirming import CONFIRM_PROBLEMS, CONFIRM_SAYS, confirm_once
from handlers.shopper.files import PhotoIds
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import presenter
from handlers.shopper.views import CaseView, PreviewView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.journeys.confirming import Answered
from plugin.journeys.on_the_way import announce_parcel
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.journeys.take_back import take_back
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, Resolution
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports

_NOT_YOURS = {401: "The session has ended.", 404: "No such request of this order."}


class ReturnAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """These lines, or everything that may be sent back (``whole``); a line that is named twice is one line.

    ``resolution`` is what the shopper would rather have, of those that the preview offers (``terms.choices``);
    ``photos`` are ids of ``POST /v1/order/files``, of which one is needed where ``terms.photos`` says so.
    """

    whole: bool = False
    lines: Annotated[list[LineAsk], Meta(max_length=1000)] = []
    reason: Annotated[str, Meta(max_length=500, examples=["It does not fit"])] | None = None
    resolution: Annotated[Resolution | None, Meta(examples=["refund"])] = None
    photos: PhotoIds = []

    def ask(self) -> Ask:
        counts = tuple(LineCount(line.line_id, line.quantity) for line in self.lines)
        return Ask(action=Action.RETURN, whole=self.whole, lines=counts, reason=self.reason, resolution=self.resolution)


class ReturnConfirm(ReturnAsk, frozen=True, kw_only=True):
    """The ask again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class TrackingAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The carrier and the number that the shopper was given for the parcel."""

    carrier: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["DHL"])]
    number: Annotated[str, Meta(min_length=3, max_length=60, pattern=r"^[A-Za-z0-9 ._/-]+$", examples=["JD0146000"])]


@post(
    "/v1/order/returns/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview a return",
    description="Writes nothing. The answer says what would come back for the items and in what form, the fee, who "
    "pays the way back, and what has to happen first; a day is promised only where the money leaves at once.",
    responses=problem_responses(
        {401: "The session has ended.", 422: "A photo is not this order's, or there are more than ten."}
    ),
)
async def preview(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[ReturnAsk],
    locale: Locale = None,
) -> PreviewView:
    found = await preview_return(ports, guest.shop, guest.visitor.order_id, data.ask(), data.photos)
    return presenter(guest.shop, found.order, ports.clock.now(), locale).preview(found)


@post(
    "/v1/order/returns",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Confirm a return",
    description=CONFIRM_SAYS,
    responses=problem_responses(CONFIRM_PROBLEMS),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[ReturnConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await return_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def return_once(
    ports: Ports, guest: Guest, data: ReturnConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike."""

    async def confirmed(answered: Answered) -> None:
        await confirm_return(
            ports, guest.shop, guest.visitor.order_id, data.ask(),
            agreed=data.digest, asked_by="shopper", locale=locale or "", answered=answered,
            photos=data.photos,
        )  # fmt: skip

    return await confirm_once(ports, guest, "return", key, body, locale, confirmed)


@post(
    "/v1/cases/{case_id:str}/withdraw",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Take a request back",
    description="A return, an exchange or a report of a fault, before anything was sent or given: its items may be "
    "asked about again. Taking it back twice changes nothing.",
    responses=problem_responses(
        _NOT_YOURS
        | {
            409: "Something was sent, or given, or decided already: a person can help.",
            503: "The bank does not say whether it is being paid.",
        }
    ),
)
async def withdraw(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], case_id: PublicId, locale: Locale = None
) -> CaseView:
    await take_back(ports, guest.shop, case_id, guest.visitor.order_id)
    return await case_now(ports, guest, case_id, locale)


@post(
    "/v1/cases/{case_id:str}/tracking",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Tell how the parcel travels",
    description="The carrier and its number, so that everybody can follow it. It is an announcement: the parcel is in "
    "transit once the carrier or the shop has seen it. Told again, the last word counts.",
    responses=problem_responses(_NOT_YOURS | {409: "There is no parcel that is still to come."}),
)
async def tell_tracking(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    case_id: PublicId,
    data: JSONBody[TrackingAsk],
    locale: Locale = None,
) -> CaseView:
    await announce_parcel(ports, guest.shop, case_id, guest.visitor.order_id, carrier=data.carrier, number=data.number)
    return await case_now(ports, guest, case_id, locale)


return_routes = [preview, confirm, withdraw, tell_tracking]
