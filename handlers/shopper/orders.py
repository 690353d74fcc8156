"""The order page's API: what may be done, what it would mean, doing it, and where it stands."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct, structs

from handlers.dependencies import Guest
from handlers.problems import problem_responses
from handlers.shopper import phrases
from handlers.shopper.cases import case_view
from handlers.shopper.confirming import CONFIRM_PROBLEMS, CONFIRM_SAYS, confirm_once
from handlers.shopper.present import presenter
from handlers.shopper.views import OrderView, PersonAnswer, PreviewView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from handlers.shopper.withdraw_views import entry_view, stands_view
from plugin.access.service import close_session
from plugin.journeys.cancel import confirm_cancellation, preview_cancellation
from plugin.journeys.confirming import Answered
from plugin.journeys.reach_person import reach_person
from plugin.journeys.view_order import view_order
from plugin.orders.service import get_order
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.withdrawals.store import withdrawals_of_order


class LineAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    line_id: Annotated[str, Meta(min_length=1, max_length=80, examples=["line-1"])]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000, examples=[1])]


class CancelAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is left (``whole``), or these lines. A reason is welcome and never asked for twice."""

    whole: bool = False
    lines: Annotated[list[LineAsk], Meta(max_length=1000)] = []
    reason: Annotated[str, Meta(max_length=500, examples=["Ordered the wrong size"])] | None = None

    def ask(self) -> Ask:
        counts = tuple(LineCount(line.line_id, line.quantity) for line in self.lines)
        return Ask(action=Action.CANCEL, whole=self.whole, lines=counts, reason=self.reason)


class CancelConfirm(CancelAsk, frozen=True, kw_only=True):
    """The ask again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class PersonAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    message: Annotated[str, Meta(min_length=1, max_length=2000, examples=["Could you change the size to M instead?"])]


@get(
    "/v1/order",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="See the order and what may be done with it",
    responses=problem_responses({401: "The session has ended."}),
)
async def see_order(ports: NamedDependency[Ports], guest: NamedDependency[Guest], locale: Locale = None) -> OrderView:
    return await order_now(ports, guest, locale)


async def order_now(ports: Ports, guest: Guest, locale: str | None) -> OrderView:
    """The order as it stands at this moment, for the API and the pages alike."""
    seen = await view_order(ports, guest.shop, guest.visitor.order_id)
    order = seen.whole.order
    speak = presenter(guest.shop, order, ports.clock.now(), locale)
    cases = [case_view(speak, case, ports) for case in seen.cases]
    view = speak.order(order, seen.whole.facts, seen.options, seen.whole, cases)
    rules, words = seen.whole.policies.now.rules, speak.words
    return structs.replace(
        view,
        withdrawal=entry_view(guest.shop, order, seen.whole.facts, rules, words, ports.clock.now()),
        withdrawals=tuple(stands_view(each, words) for each in await withdrawals_of_order(order.id)),
    )


@post(
    "/v1/order/cancellations/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview a cancellation",
    description="Writes nothing. The answer says what would happen, what comes back and by when.",
    responses=problem_responses({401: "The session has ended."}),
)
async def preview(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[CancelAsk],
    locale: Locale = None,
) -> PreviewView:
    found = await preview_cancellation(ports, guest.shop, guest.visitor.order_id, data.ask())
    return presenter(guest.shop, found.order, ports.clock.now(), locale).preview(found)


@post(
    "/v1/order/cancellations",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Confirm a cancellation",
    description=CONFIRM_SAYS,
    responses=problem_responses(CONFIRM_PROBLEMS),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[CancelConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await cancel_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def cancel_once(
    ports: Ports, guest: Guest, data: CancelConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike; raises ``TooMany`` after many an hour."""

    async def confirmed(answered: Answered) -> None:
        await confirm_cancellation(
            ports, guest.shop, guest.visitor.order_id, data.ask(),
            agreed=data.digest, asked_by="shopper", locale=locale or "", answered=answered,
        )  # fmt: skip

    return await confirm_once(ports, guest, "cancel", key, body, locale, confirmed)


@post(
    "/v1/order/person",
    status_code=202,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Talk to a person",
    responses=problem_responses(
        {
            401: "The session has ended.",
            422: "The message holds nothing that can be read.",
            429: "Too many messages; see Retry-After.",
        }
    ),
)
async def ask_person(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[PersonAsk],
    locale: Locale = None,
) -> PersonAnswer:
    promised = await reach_person(ports, guest.shop, guest.visitor.order_id, data.message)
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    sentence = words.say(phrases.PERSON_ANSWER, moment=words.moment(promised.answers_by))
    return PersonAnswer(sentence=sentence, answers_by=promised.answers_by)


@post(
    "/v1/sessions/end",
    status_code=204,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="End the session",
)
async def end_session(guest: NamedDependency[Guest]) -> None:
    await close_session(guest.visitor)


order_routes = [see_order, preview, confirm, ask_person, end_session]
