"""One's own account: who one is, the password, and the authenticator."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from handlers.admin.bodies import CodeAsk, MeView, OfferView, PasswordAsk, RecoveryView
from handlers.admin.entrance import SECURITY, STAFF, fresh, signed_in
from handlers.problems import problem_responses
from plugin.access.staff import Member
from plugin.journeys import sign_in
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["staff"]
_NOT_SIGNED_IN = {401: "Nobody is signed in by this token."}
_TRIED = {403: "It does not fit.", 429: "Too many tries; see Retry-After."}


@get(
    "/v1/admin/me",
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Who is signed in, and what they may do",
    responses=problem_responses(_NOT_SIGNED_IN),
)
async def get_me(member: NamedDependency[Member]) -> MeView:
    return MeView.of(member)


@post(
    "/v1/admin/me/password",
    status_code=204,
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Change your password",
    description="All your other sessions end.",
    responses=problem_responses(_NOT_SIGNED_IN | _TRIED | {422: "The new one is too short, or guessed first."}),
)
async def change_password(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[PasswordAsk]
) -> None:
    await sign_in.change_password(ports, member, current=data.current, new=data.new)


@post(
    "/v1/admin/me/authenticator",
    status_code=200,
    dependencies=STAFF,
    guards=[signed_in, fresh],
    security=SECURITY,
    tags=TAGS,
    summary="Begin to set up an authenticator",
    description="Nothing changes until its first code is confirmed.",
    responses=problem_responses(
        _NOT_SIGNED_IN | {403: "Show again who you are: `reauthenticate`.", 409: "There is one already."}
    ),
)
async def offer_authenticator(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop]
) -> OfferView:
    offer = await sign_in.offer_authenticator(ports, member, shop)
    return OfferView(secret=offer.secret, uri=offer.uri)


@post(
    "/v1/admin/me/authenticator/confirm",
    status_code=200,
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Confirm your authenticator",
    description="From now on signing in needs its code. The recovery codes are shown once. All your other sessions "
    "end.",
    responses=problem_responses(_NOT_SIGNED_IN | _TRIED | {409: "None waits to be confirmed."}),
)
async def confirm_authenticator(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[CodeAsk]
) -> RecoveryView:
    return RecoveryView(recovery_codes=await sign_in.confirm_authenticator(ports, member, data.code))


@post(
    "/v1/admin/me/authenticator/remove",
    status_code=204,
    dependencies=STAFF,
    guards=[signed_in, fresh],
    security=SECURITY,
    tags=TAGS,
    summary="Take your authenticator off",
    description="By its own code, or a recovery code.",
    responses=problem_responses(_NOT_SIGNED_IN | _TRIED | {409: "There is none."}),
)
async def remove_authenticator(
    ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[CodeAsk]
) -> None:
    await sign_in.remove_authenticator(ports, member, data.code)


me_routes = [get_me, change_password, offer_authenticator, confirm_authenticator, remove_authenticator]
