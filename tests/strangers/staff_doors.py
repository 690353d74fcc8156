"""The doors of the admin API: what each needs of a person of the shop."""

from __future__ import annotations

from uuid import uuid4

from plugin.access.accounts import put_invitation
from plugin.access.roles import Permission, Role
from plugin.db import transaction
from tests.staffed import PASSWORD, a_colleague
from tests.strangers.door import Call, Door, Key, about, constant
from tests.strangers.town import Placed

STAFF, MANAGES = Key.STAFF, Permission.MANAGE_STAFF


def _address() -> str:
    return f"{uuid4().hex}@example.com"


async def change_role_of_somebody(order: Placed) -> Call:
    somebody = await a_colleague(order.world.ports, order.shop_id, Role.AGENT, _address())
    return Call(f"/v1/admin/staff/{somebody.id}", {"role": "viewer"})


async def remove_somebody(order: Placed) -> Call:
    somebody = await a_colleague(order.world.ports, order.shop_id, Role.AGENT, _address())
    return Call(f"/v1/admin/staff/{somebody.id}")


async def invite_somebody(order: Placed) -> Call:
    asks = {"email": _address(), "role": "viewer"}
    return Call("/v1/admin/staff/invitations", asks, headers={"Idempotency-Key": uuid4().hex})


async def open_invitation(order: Placed) -> tuple[str, str]:
    """The id and the token of an invitation of the order's shop."""
    ports = order.world.ports
    async with transaction(ports.doorbell) as tx:
        made = await put_invitation(
            tx, shop_id=order.shop_id, email=_address(), role=Role.VIEWER, by="tests", at=ports.clock.now()
        )
    return made.id, made.token


async def take_an_invitation_back(order: Placed) -> Call:
    invitation_id, _ = await open_invitation(order)
    return Call(f"/v1/admin/staff/invitations/{invitation_id}")


async def end_a_session_of_the_viewer(order: Placed) -> Call:
    session_id, _ = await order.staff[Role.VIEWER].open(order.world.ports)
    return Call(f"/v1/admin/sessions/{session_id}")


async def look_at_an_invitation(order: Placed) -> Call:
    _, token = await open_invitation(order)
    return Call(f"/admin/invitations/{token}")


async def accept_on_the_page(order: Placed) -> Call:
    _, token = await open_invitation(order)
    return Call(f"/admin/invitations/{token}", form={"password": PASSWORD})


async def accept(order: Placed) -> Call:
    _, token = await open_invitation(order)
    return Call("/v1/admin/invitations/accept", {"token": token, "password": PASSWORD})


STAFF_DOORS: dict[str, Door] = {
    "POST /v1/admin/sessions": Door(
        Key.SECRET,
        about(
            lambda o: "/v1/admin/sessions",
            lambda o: {"shop": o.shop_id, "email": o.staff[Role.OWNER].email, "password": PASSWORD},
        ),
    ),
    "GET /v1/admin/sessions": Door(STAFF, constant("/v1/admin/sessions")),
    "DELETE /v1/admin/sessions/{session_id}": Door(
        STAFF, end_a_session_of_the_viewer, names_order=True, only=Role.VIEWER
    ),
    "POST /v1/admin/sessions/end": Door(STAFF, constant("/v1/admin/sessions/end")),
    "POST /v1/admin/sessions/prove": Door(STAFF, constant("/v1/admin/sessions/prove", {"password": PASSWORD})),
    "GET /v1/admin/me": Door(STAFF, constant("/v1/admin/me")),
    "POST /v1/admin/me/password": Door(
        STAFF, constant("/v1/admin/me/password", {"current": PASSWORD, "new": PASSWORD})
    ),
    "POST /v1/admin/me/authenticator": Door(STAFF, constant("/v1/admin/me/authenticator")),
    # What fits here only an authenticator knows: its good calls are in tests/integration/test_staff_authenticator.py.
    "POST /v1/admin/me/authenticator/confirm": Door(
        STAFF, constant("/v1/admin/me/authenticator/confirm", {"code": "000000"}), tries=0
    ),
    "POST /v1/admin/me/authenticator/remove": Door(
        STAFF, constant("/v1/admin/me/authenticator/remove", {"code": "000000"})
    ),
    "GET /v1/admin/staff": Door(STAFF, constant("/v1/admin/staff"), needs=MANAGES),
    "POST /v1/admin/staff/invitations": Door(STAFF, invite_somebody, needs=MANAGES),
    "DELETE /v1/admin/staff/invitations/{invitation_id}": Door(
        STAFF, take_an_invitation_back, names_order=True, needs=MANAGES
    ),
    "PATCH /v1/admin/staff/{member_id}": Door(STAFF, change_role_of_somebody, names_order=True, needs=MANAGES),
    "DELETE /v1/admin/staff/{member_id}": Door(STAFF, remove_somebody, names_order=True, needs=MANAGES),
    "POST /v1/admin/invitations/accept": Door(Key.SECRET, accept),
    "GET /admin/invitations/{token}": Door(Key.SECRET, look_at_an_invitation),
    "POST /admin/invitations/{token}": Door(Key.SECRET, accept_on_the_page),
}
