"""The people of the shop: who they are, inviting, changing a role, removing; and accepting an invitation."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, RawBody

from handlers.addresses import caller_group
from handlers.admin.bodies import (
    AcceptAsk,
    InvitationRow,
    InviteAsk,
    JoinedView,
    PeopleView,
    PersonRow,
    RoleAsk,
)
from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.dependencies import AnyRequest, PublicId
from handlers.idempotent import Remember, answer_once
from handlers.problems import problem_responses
from plugin.access import rate
from plugin.access.accounts import accounts_of, invitations_of
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import transaction
from plugin.journeys import staff_accounts
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["staff"]
INVITATIONS = 50  # an hour and shop: they are mails to whomever somebody names
ACCEPTS = 60  # an hour and caller: each costs a hash
_GUARDS = [may(Permission.MANAGE_STAFF)]
_FRESH = [may(Permission.MANAGE_STAFF), fresh]
_KNOWN = {401: "Nobody is signed in by this token.", 403: "Your role may not, or show again who you are."}
_UNKNOWN = {404: "The shop has no such person."}
_KEPT = {409: "It is your own account, or the last owner's."}

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", required=False, description="A new random value for each new intent."),
]


@get(
    "/v1/admin/staff",
    dependencies=STAFF,
    guards=_GUARDS,
    security=SECURITY,
    tags=TAGS,
    summary="The people of the shop, and who is invited",
    responses=problem_responses(_KNOWN),
)
async def list_people(ports: NamedDependency[Ports], member: NamedDependency[Member]) -> PeopleView:
    people = await accounts_of(member.shop_id)
    invited = await invitations_of(member.shop_id, ports.clock.now())
    return PeopleView(
        people=tuple(PersonRow.of(each) for each in people),
        invitations=tuple(InvitationRow.of(each) for each in invited),
    )


@post(
    "/v1/admin/staff/invitations",
    status_code=201,
    dependencies=STAFF,
    guards=_FRESH,
    security=SECURITY,
    tags=TAGS,
    summary="Invite somebody",
    description="A mail with a link goes to them; it works once, for three days. An earlier invitation of the same "
    "address is over.",
    responses={201: ResponseSpec(InvitationRow, description="The invitation is on its way.")}
    | problem_responses(
        _KNOWN
        | {
            400: "No Idempotency-Key, or a body that is not exact.",
            409: "They have an account already, or the first call with this key is still running.",
            422: "The key was used before, or no mail can be sent to the address.",
            429: "Too many invitations; see Retry-After.",
        }
    ),
)
async def invite(
    data: JSONBody[InviteAsk], body: RawBody, ports: NamedDependency[Ports], member: NamedDependency[Member],
    shop: NamedDependency[Shop], idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def use_case(remember: Remember) -> None:
        await rate.count(f"staff:invite:{shop.id}", limit=INVITATIONS, at=ports.clock.now())
        async with transaction(ports.doorbell) as tx:
            made = await staff_accounts.invite(tx, ports, shop, email=data.email, role=data.role, by=member)
            await remember(tx, InvitationRow(id=made.id, email=made.email, role=made.role, expires_at=made.expires_at))

    return await answer_once(
        shop_id=shop.id, scope=f"staff.invite:{member.id}", key=idempotency_key, request=body, status=201,
        use_case=use_case,
    )  # fmt: skip


@delete(
    "/v1/admin/staff/invitations/{invitation_id:str}",
    dependencies=STAFF,
    guards=_FRESH,
    security=SECURITY,
    tags=TAGS,
    summary="Take an invitation back",
    responses=problem_responses(_KNOWN | {404: "The shop has no such open invitation."}),
)
async def take_back(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], invitation_id: PublicId
) -> None:
    await staff_accounts.take_back(ports, shop, invitation_id, member)


@patch(
    "/v1/admin/staff/{member_id:str}",
    status_code=204,
    dependencies=STAFF,
    guards=_FRESH,
    security=SECURITY,
    tags=TAGS,
    summary="Change somebody's role",
    description="Up to your own role, and not your own. Their sessions end.",
    responses=problem_responses(_KNOWN | _UNKNOWN | _KEPT),
)
async def change_role(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], member_id: PublicId,
    data: JSONBody[RoleAsk],
) -> None:  # fmt: skip
    await staff_accounts.change_role(ports, shop, member_id, data.role, member)


@delete(
    "/v1/admin/staff/{member_id:str}",
    dependencies=STAFF,
    guards=_FRESH,
    security=SECURITY,
    tags=TAGS,
    summary="Remove somebody",
    description="Their sessions and the invitations that they sent end at once. What they did stays in the audit.",
    responses=problem_responses(_KNOWN | _UNKNOWN | _KEPT),
)
async def remove(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], member_id: PublicId
) -> None:
    await staff_accounts.remove(ports, shop, member_id, member)


@post(
    "/v1/admin/invitations/accept",
    status_code=201,
    tags=TAGS,
    summary="Accept an invitation",
    description="Whoever holds the link chooses a password, and has an account.",
    responses=problem_responses(
        {
            409: "The address has an account already.",
            410: "The invitation is no longer valid.",
            422: "The password is too short, or guessed first.",
            429: "Too many tries; see Retry-After.",
        }
    ),
)
async def accept(request: AnyRequest, ports: NamedDependency[Ports], data: JSONBody[AcceptAsk]) -> JoinedView:
    await rate.count(f"staff:accept:{caller_group(request)}", limit=ACCEPTS, at=ports.clock.now())
    joined = await staff_accounts.accept(ports, data.token, data.password)
    return JoinedView(id=joined.member_id, shop=joined.shop_id, email=joined.email, role=joined.role)


people_routes = [list_people, invite, take_back, change_role, remove, accept]
