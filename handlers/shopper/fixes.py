"""Putting an order right over the API: another address, or another variant of a line; previewed, then confirmed."""

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
from handlers.shopper import fix_words
from handlers.shopper.cases import case_view
from handlers.shopper.confirming import once_counted
from handlers.shopper.present import presenter
from handlers.shopper.views import Money, PersonView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.access import rate
from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.db import Transaction
from plugin.journeys.fix_order import FixChanged, SeenFix, confirm_fix, preview_fix
from plugin.journeys.fixing import FixAsk, FixReason
from plugin.journeys.view_order import SeenCase
from plugin.ports.goods import Address, Wanted
from plugin.ports.runtime import Ports

PREVIEWS_AN_HOUR = 120  # each of them is a call to the shop's own system

CANCELLATIONS = "/v1/order/cancellations/preview"

Part = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^(?![\s\S]*[\x00-\x1f\x7f])[\s\S]*\S")]
Id = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^(?![\s\S]*[\x00-\x1f\x7f])")]


class OneThing(DomainError):
    status = 422
    code = "one_thing"
    sentence = "Please change one thing at a time: the address, or one of the items."


class AddressAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the order shall go. ``country`` is ISO 3166-1 alpha-2."""

    name: Annotated[Part, Meta(examples=["Grace Hall"])]
    line1: Annotated[Part, Meta(examples=["7 Oak Street"])]
    line2: Part | None = None
    city: Annotated[Part, Meta(examples=["Portland"])]
    region: Part | None = None
    postal_code: Part | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}(?!\n)$", examples=["US"])]
    phone: Part | None = None

    def address(self) -> Address:
        return msgspec.convert(self, Address, from_attributes=True)


class ItemAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a line of the order, as another product or variant by the store's own ids."""

    line_id: Annotated[Id, Meta(examples=["coat"])]
    product_id: Annotated[Id, Meta(examples=["coat"])]
    variant_id: Id | None = None
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class FixBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the two."""

    address: AddressAsk | None = None
    item: ItemAsk | None = None

    def ask(self) -> FixAsk:
        """Raises ``OneThing``."""
        if (self.address is None) is (self.item is None):
            raise OneThing()
        if self.item is None:
            return FixAsk(address=self.address.address() if self.address else None)
        to = Wanted(product_id=self.item.product_id, variant_id=self.item.variant_id, quantity=self.item.quantity)
        return FixAsk(line_id=self.item.line_id, to=to)


class FixConfirm(FixBody, frozen=True, kw_only=True):
    """The ask again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class FixPreviewView(Struct, frozen=True, kw_only=True):
    """What a confirmation would do now. Bring ``digest`` back to confirm exactly this."""

    outcome: Annotated[str, Meta(description="approve or refuse.", examples=["approve"])]
    reason: Annotated[str, Meta(description="A stable word for programs.", examples=["allowed"])]
    sentence: str
    costs: Annotated[Money, Meta(description="By how much the order's total changes; negative: it goes back.")]
    tax: Annotated[Money, Meta(description="By how much the tax in it changes.")]
    shipping: Annotated[Money, Meta(description="By how much its shipping changes, where the store tells.")]
    minutes_to_pay: Annotated[
        int | None,
        Meta(description="What it costs more is paid within so many minutes after confirming; null: nothing to pay."),
    ]
    digest: str
    person: PersonView
    instead: Annotated[
        str | None,
        Meta(description="Where to ask for what this is instead: fewer of an item is a cancellation of the rest."),
    ] = None


def fix_view(ports: Ports, guest: Guest, seen: SeenFix, locale: str | None) -> FixPreviewView:
    """A correction as the shopper reads it, for the API and the pages alike."""
    speak, verdict = presenter(guest.shop, seen.order, ports.clock.now(), locale), seen.verdict
    sentence = fix_words.verdict_sentence(verdict.reason, verdict.costs)
    minutes = speak.settings.exchanges.quote_minutes
    return FixPreviewView(
        outcome="approve" if verdict.is_possible else "refuse",
        reason=str(verdict.reason),
        sentence=speak.words.say(
            sentence, amount=speak.words.money(abs(verdict.costs), verdict.currency), minutes=minutes
        ),
        costs=speak.money(verdict.costs, verdict.currency),
        tax=speak.money(verdict.tax, verdict.currency),
        shipping=speak.money(verdict.shipping, verdict.currency),
        minutes_to_pay=minutes if verdict.costs > 0 else None,
        digest=verdict.digest,
        person=speak.person(),
        instead=CANCELLATIONS if verdict.reason is FixReason.SAME_ITEM else None,
    )


async def fix_now(ports: Ports, guest: Guest, ask: FixAsk) -> SeenFix:
    """The preview, counted; raises ``TooMany`` after many an hour."""
    await rate.count(f"fix:{guest.visitor.order_id}", limit=PREVIEWS_AN_HOUR, at=ports.clock.now())
    return await preview_fix(ports, guest.shop, guest.visitor.order_id, ask)


@post(
    "/v1/order/fixes/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview a correction of the order",
    description="Another address, or another variant of an item, as long as it has not left. Writes nothing; the "
    "shop's own system says what it costs. Fewer of an item is a cancellation of the rest: `instead` names its path.",
    responses=problem_responses(
        {
            401: "The session has ended.",
            422: "Neither or both of address and item.",
            429: "Too many previews; see Retry-After.",
            503: "The shop's system does not answer.",
        }
    ),
)
async def preview(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[FixBody],
    locale: Locale = None,
) -> FixPreviewView:
    return fix_view(ports, guest, await fix_now(ports, guest, data.ask()), locale)


@post(
    "/v1/order/fixes",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Confirm a correction of the order",
    description="Carries out exactly what the preview with this digest said, or answers 409 with the new preview. What "
    "costs more waits for its payment: `fix.pay` of the request (`GET /v1/cases/{case_id}`) leads to it. Send a "
    "fresh `Idempotency-Key` for each intent and the same one for each retry.",
    responses=problem_responses(
        {
            400: "The Idempotency-Key is missing.",
            401: "The session has ended.",
            409: "The answer has changed (`preview`), it cannot be changed, or the call still runs.",
            422: "The Idempotency-Key was used with another body, or neither or both of address and item.",
            429: "Too many confirmations; see Retry-After.",
            503: "The shop's system does not answer.",
        }
    ),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[FixConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await fix_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def fix_once(
    ports: Ports, guest: Guest, data: FixConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike; raises ``TooMany`` after many an hour."""

    async def use_case(remember: Remember) -> None:
        at, order_id = ports.clock.now(), guest.visitor.order_id
        ask = data.ask()

        async def answered(tx: Transaction, case: Case, seen: SeenFix) -> None:
            speak = presenter(guest.shop, seen.order, at, locale)
            await remember(tx, case_view(speak, SeenCase(case, [], {}, None, []), ports))

        try:
            await confirm_fix(
                ports, guest.shop, order_id, ask, agreed=data.digest, asked_by="shopper", locale=locale or "",
                answered=answered,
            )  # fmt: skip
        except FixChanged as changed:
            now = msgspec.to_builtins(fix_view(ports, guest, changed.now, locale))
            raise FixChanged(changed.now, preview=now) from changed

    return await once_counted(ports, guest, "fix", key, body, use_case)


fix_routes = [preview, confirm]
