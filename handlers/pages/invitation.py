"""The door of an invitation: somebody who is to work at the shop chooses a password. Looking changes nothing."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from handlers.pages.render import outer_frame, page
from handlers.pages.visit import AnyRequest, from_our_own_page, look_at, words_for
from plugin.access.accounts import InvitationExpired, find_invitation
from plugin.access.models import StaffInvitation
from plugin.access.passwords import WeakPassword
from plugin.journeys.staff_accounts import accept
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop, settings_of

PAGE: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False}
FORM: dict[str, Any] = {**PAGE, "guards": [from_our_own_page]}


@get("/admin/invitations/{token:str}", **PAGE)
async def invitation_page(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    return await _page(request, await _invitation(ports, token))


@post("/admin/invitations/{token:str}", **FORM)
async def accept_invitation(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    invitation = await _invitation(ports, token)
    password = (await request.form()).get("password", "")
    try:
        await accept(ports, token, password if isinstance(password, str) else "")
    except WeakPassword as weak:
        return await _page(request, invitation, weak=weak)
    return await _page(request, invitation, is_made=True)


async def _invitation(ports: Ports, token: str) -> StaffInvitation:
    invitation = await find_invitation(token, ports.clock.now())
    if invitation is None:
        raise InvitationExpired()
    return invitation


async def _page(
    request: AnyRequest, invitation: StaffInvitation, *, weak: WeakPassword | None = None, is_made: bool = False
) -> Response[str]:
    shop = await get_shop(invitation.shop_id)
    look_at(request, shop)
    words = words_for(request, shop)
    return page(
        request,
        "invitation",
        outer_frame(shop, words, request.url.path),
        status=weak.status if weak else 200,
        email=invitation.email,
        wrong=words.say(weak.sentence) if weak else None,
        is_made=is_made,
        desk_url=settings_of(shop).person.desk_url,
    )


invitation_routes = [invitation_page, accept_invitation]
