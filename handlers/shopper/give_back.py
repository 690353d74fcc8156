"""The API of an order of which a part has left: one ask cancels what is here and sends back what is not."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct

from handlers.dependencies import Guest
from handlers.idempotent import Remember
from handlers.problems import problem_responses
from handlers.shopper.cases import case_view
from handlers.shopper.confirming import CONFIRM_PROBLEMS, CONFIRM_SAYS, once_counted
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import Presenter, presenter
from handlers.shopper.views import CaseView, PreviewView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.cases.models import Case
from plugin.db import Transaction
from plugin.journeys.give_back import BothChanged, TwoHalves, Wanted, confirm_both, preview_both
from plugin.journeys.judging import Preview
from plugin.journeys.view_order import SeenCase
from plugin.parcels.store import parcels_of_case
from plugin.policies.reasons import Resolution
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.refunds.store import legs_of_case

_HALVES = "Nothing of it has left, or all of it has (`not_in_two_halves`)."


class GiveBackAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything (``whole``) or these items, whether or not they have left; of a line, what has not left comes first.

    ``resolution`` is the form for what is sent back, of those that the preview offers (``sent_back.terms.choices``).
    """

    whole: bool = False
    lines: Annotated[list[LineAsk], Meta(max_length=1000)] = []
    reason: Annotated[str, Meta(max_length=500, examples=["I have changed my mind"])] | None = None
    resolution: Annotated[Resolution | None, Meta(examples=["refund"])] = None

    def wanted(self) -> Wanted:
        counts = tuple(LineCount(line.line_id, line.quantity) for line in self.lines)
        return Wanted(self.whole, counts, self.reason, self.resolution)


class GiveBackConfirm(GiveBackAsk, frozen=True, kw_only=True):
    """The ask again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class GiveBackPreview(Struct, frozen=True, kw_only=True):
    """Both halves, each as if it were asked for alone, and the one digest that confirms both.

    ``is_possible`` is false where a half is refused: then the other one can be asked for alone.
    """

    cancelled: PreviewView
    sent_back: PreviewView
    is_possible: bool
    digest: str


class GivenBack(Struct, frozen=True, kw_only=True):
    cancelled: CaseView
    sent_back: CaseView


def both_views(speak: Presenter, found: TwoHalves) -> GiveBackPreview:
    return GiveBackPreview(
        cancelled=speak.preview(found.cancel), sent_back=speak.preview(found.back), is_possible=found.is_possible,
        digest=found.digest,
    )  # fmt: skip


@post(
    "/v1/order/give-back/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview giving back what has left and what has not",
    description="Writes nothing. For an order that was sent in part: what is still here would be cancelled, what has "
    "left sent back.",
    responses=problem_responses({401: "The session has ended.", 422: _HALVES}),
)
async def preview(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[GiveBackAsk], locale: Locale = None
) -> GiveBackPreview:
    found = await preview_both(ports, guest.shop, guest.visitor.order_id, data.wanted())
    return both_views(presenter(guest.shop, found.cancel.order, ports.clock.now(), locale), found)


@post(
    "/v1/order/give-back",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Give back what has left and what has not",
    description=f"{CONFIRM_SAYS} It becomes a cancellation and a return, both or neither.",
    responses=problem_responses(
        CONFIRM_PROBLEMS
        | {
            409: f"{CONFIRM_PROBLEMS[409]} Or only one half is possible (`half_refused`).",
            422: f"{CONFIRM_PROBLEMS[422]} {_HALVES}",
        }
    ),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[GiveBackConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await give_back_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def give_back_once(
    ports: Ports, guest: Guest, data: GiveBackConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm both under the caller's key, for the API and the pages alike; raises ``TooMany`` after many an hour."""

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, cancel: Case, back: Case, agreed: TwoHalves) -> None:
            speak = presenter(guest.shop, agreed.cancel.order, ports.clock.now(), locale)
            await remember(
                tx,
                GivenBack(
                    cancelled=await _case(speak, cancel, agreed.cancel, ports),
                    sent_back=await _case(speak, back, agreed.back, ports),
                ),
            )

        try:
            await confirm_both(
                ports, guest.shop, guest.visitor.order_id, data.wanted(),
                agreed=data.digest, asked_by="shopper", locale=locale or "", answered=answered,
            )  # fmt: skip
        except BothChanged as changed:
            now = changed.now
            speak = presenter(guest.shop, now.cancel.order, ports.clock.now(), locale)
            raise BothChanged(now, preview=msgspec.to_builtins(both_views(speak, now))) from changed

    return await once_counted(ports, guest, "give_back", key, body, use_case)


async def _case(speak: Presenter, case: Case, agreed: Preview, ports: Ports) -> CaseView:
    payments = {payment.id: payment for payment in agreed.payments}
    legs, parcels = await legs_of_case(case.id), await parcels_of_case(case.id)
    return case_view(speak, SeenCase(case, legs, payments, None, parcels), ports)


give_back_routes = [preview, confirm]
