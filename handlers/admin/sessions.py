"""Signing in and out of the admin API, showing again who one is, and one's open sessions."""

from __future__ import annotations

from litestar import Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from handlers.addresses import caller_group
from handlers.admin.bodies import MeView, ProofAsk, ProofView, SessionList, SessionRow, SignedIn, SignInAsk
from handlers.admin.entrance import SECURITY, STAFF, check_own_page, signed_in, staff_cookie_name
from handlers.dependencies import AnyRequest, PublicId
from handlers.problems import problem_responses
from plugin.access.staff import PROOF_LASTS, SESSION_LASTS, Member, live_sessions
from plugin.journeys import sign_in
from plugin.journeys.sign_in import Credentials
from plugin.ports.runtime import Ports

TAGS = ["staff"]
NOT_SIGNED_IN = {401: "Nobody is signed in by this token."}


def _cookie(ports: Ports, token: str, seconds: int) -> Cookie:
    is_secure = ports.public_url.startswith("https://")
    return Cookie(
        key=staff_cookie_name(ports.public_url), value=token, path="/", max_age=seconds, secure=is_secure,
        httponly=True, samesite="strict",
    )  # fmt: skip


@post(
    "/v1/admin/sessions",
    tags=TAGS,
    summary="Sign in",
    description="A wrong password and an address that nobody knows get the same answer, in the same time. Where an "
    "authenticator is set up, the right password without a code is answered `code_needed`.",
    responses=problem_responses(
        {
            401: "They do not fit, or a code is needed; `code` says which.",
            403: "A cookie is asked for by a page that is not ours.",
            429: "Too many tries; see Retry-After.",
        }
    ),
)
async def open_session(
    request: AnyRequest, ports: NamedDependency[Ports], data: JSONBody[SignInAsk]
) -> Response[SignedIn]:
    if data.cookie:
        check_own_page(request)  # or another site could sign its visitor in under an account of its own
    shown = Credentials(shop_id=data.shop, email=data.email, password=data.password, code=data.code)
    agent = request.headers.get("user-agent", "")
    opened = await sign_in.sign_in(ports, shown, caller=caller_group(request), agent=agent)
    body = SignedIn(
        me=MeView.of(opened.member), idle_at=opened.member.expires_at, token=None if data.cookie else opened.token
    )
    seconds = int(SESSION_LASTS.total_seconds())
    return Response(body, status_code=201, cookies=[_cookie(ports, opened.token, seconds)] if data.cookie else None)


@get(
    "/v1/admin/sessions",
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Your open sessions",
    responses=problem_responses(NOT_SIGNED_IN),
)
async def list_sessions(ports: NamedDependency[Ports], member: NamedDependency[Member]) -> SessionList:
    found = await live_sessions(member.id, ports.clock.now())
    return SessionList(sessions=tuple(SessionRow.of(each, member) for each in found))


@delete(
    "/v1/admin/sessions/{session_id:str}",
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="End one of your sessions",
    responses=problem_responses(NOT_SIGNED_IN | {404: "You have no such open session."}),
)
async def revoke_session(ports: NamedDependency[Ports], member: NamedDependency[Member], session_id: PublicId) -> None:
    await sign_in.revoke_session(ports, member, session_id)


@post(
    "/v1/admin/sessions/end",
    status_code=204,
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Sign out",
    responses={204: ResponseSpec(None, description="The session has ended.")} | problem_responses(NOT_SIGNED_IN),
)
async def sign_out(ports: NamedDependency[Ports], member: NamedDependency[Member]) -> Response[None]:
    await sign_in.sign_out(ports, member)
    return Response(None, status_code=204, cookies=[_cookie(ports, "", 0)])


@post(
    "/v1/admin/sessions/prove",
    status_code=200,
    dependencies=STAFF,
    guards=[signed_in],
    security=SECURITY,
    tags=TAGS,
    summary="Show again who you are",
    description="What moves money, publishes a policy or changes who may sign in needs a proof of the last ten "
    "minutes; without one it is answered `reauthenticate`. Signing in is a proof.",
    responses=problem_responses(NOT_SIGNED_IN | {403: "It does not fit.", 429: "Too many tries; see Retry-After."}),
)
async def prove(ports: NamedDependency[Ports], member: NamedDependency[Member], data: JSONBody[ProofAsk]) -> ProofView:
    at = await sign_in.prove(ports, member, password=data.password, code=data.code)
    return ProofView(proved_at=at, fresh_until=at + PROOF_LASTS)


session_routes = [open_session, list_sessions, revoke_session, sign_out, prove]
