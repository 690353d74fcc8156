"""Bringing a code that was forgotten at the checkout over the API: previewed, then confirmed."""

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
from handlers.shopper import code_words
from handlers.shopper.cases import case_view
from handlers.shopper.confirming import once_counted
from handlers.shopper.present import presenter
from handlers.shopper.views import Money, PersonView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.access import rate
from plugin.cases.models import Case
from plugin.db import Transaction
from plugin.journeys.bring_code import CodeAnswerChanged, SeenCode, confirm_code, preview_code
from plugin.journeys.view_order import SeenCase
from plugin.ports.runtime import Ports

TRIES_AN_HOUR = 20  # a guess at a code is worth nothing to anybody else, and still is no game

CodeText = Annotated[
    str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$", examples=["ABCD-EFGH-JK"])
]


class CodeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code as the shopper types it; spaces, dashes and small letters do not matter."""

    code: CodeText


class CodeConfirm(CodeBody, frozen=True, kw_only=True):
    """The code again, with the digest of the preview that the shopper agreed to."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class CodePreviewView(Struct, frozen=True, kw_only=True):
    """What a confirmation would do now. Bring ``digest`` back to confirm exactly this."""

    outcome: Annotated[str, Meta(description="approve or refuse.", examples=["approve"])]
    reason: Annotated[str, Meta(description="A stable word for programs.", examples=["allowed"])]
    sentence: str
    given: Annotated[Money, Meta(description="What comes back; zero where nothing does.")]
    tax: Annotated[Money, Meta(description="The tax in it.")]
    digest: str
    person: PersonView


def code_view(ports: Ports, guest: Guest, seen: SeenCode, locale: str | None) -> CodePreviewView:
    """What a code would give as the shopper reads it, for the API and the pages alike."""
    speak, verdict = presenter(guest.shop, seen.order, ports.clock.now(), locale), seen.verdict
    amount = speak.words.money(verdict.given.amount, verdict.currency)
    return CodePreviewView(
        outcome="approve" if verdict.is_possible else "refuse",
        reason=str(verdict.reason),
        sentence=speak.words.say(code_words.verdict_sentence(verdict.reason), amount=amount),
        given=speak.money(verdict.given.amount, verdict.currency),
        tax=speak.money(verdict.given.tax, verdict.currency),
        digest=verdict.digest,
        person=speak.person(),
    )


async def code_now(ports: Ports, guest: Guest, text: str) -> SeenCode:
    """The preview, counted; raises ``TooMany`` after many an hour."""
    await rate.count(f"code:{guest.visitor.order_id}", limit=TRIES_AN_HOUR, at=ports.clock.now())
    return await preview_code(ports, guest.shop, guest.visitor.order_id, text)


@post(
    "/v1/order/fixes/code/preview",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Preview a code that was forgotten at the checkout",
    description="What the code would have taken off this order, for as long as the shop takes forgotten codes "
    "(`forgotten_code.days`). It must be the shopper's own, older than the order, and the order's only one. Writes "
    "nothing.",
    responses=problem_responses({401: "The session has ended.", 429: "Too many tries; see Retry-After."}),
)
async def preview(
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[CodeBody],
    locale: Locale = None,
) -> CodePreviewView:
    return code_view(ports, guest, await code_now(ports, guest, data.code), locale)


@post(
    "/v1/order/fixes/code",
    status_code=201,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Use a code that was forgotten at the checkout",
    description="Redeems the code for this order and gives back exactly what the preview with this digest said, or "
    "answers 409 with the new preview. Send a fresh `Idempotency-Key` for each intent and the same one for each retry.",
    responses=problem_responses(
        {
            400: "The Idempotency-Key is missing.",
            401: "The session has ended.",
            409: "The answer has changed (`preview`), the code cannot be used, or the call still runs.",
            422: "The Idempotency-Key was used with another body.",
            429: "Too many confirmations; see Retry-After.",
        }
    ),
)
async def confirm(
    request: Request[object, object, State],
    ports: NamedDependency[Ports],
    guest: NamedDependency[Guest],
    data: JSONBody[CodeConfirm],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    locale: Locale = None,
) -> Response[bytes]:
    return await code_once(ports, guest, data, idempotency_key, await request.body(), locale)


async def code_once(
    ports: Ports, guest: Guest, data: CodeConfirm, key: str | None, body: bytes, locale: str | None
) -> Response[bytes]:
    """Confirm under the caller's key, for the API and the pages alike; raises ``TooMany`` after many an hour."""
    at, order_id = ports.clock.now(), guest.visitor.order_id

    async def use_case(remember: Remember) -> None:
        async def answered(tx: Transaction, case: Case, seen: SeenCode) -> None:
            speak = presenter(guest.shop, seen.order, at, locale)
            await remember(tx, case_view(speak, SeenCase(case, [], {}, None, []), ports))

        try:
            await confirm_code(
                ports, guest.shop, order_id, data.code, agreed=data.digest, asked_by="shopper", locale=locale or "",
                answered=answered,
            )  # fmt: skip
        except CodeAnswerChanged as changed:
            now = msgspec.to_builtins(code_view(ports, guest, changed.now, locale))
            raise CodeAnswerChanged(changed.now, preview=now) from changed

    return await once_counted(ports, guest, "code", key, body, use_case)


forgotten_routes = [preview, confirm]
