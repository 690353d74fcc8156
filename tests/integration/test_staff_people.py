"""The people of a shop: invited, promoted and removed, up to the role of who does it, and never across shops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from plugin.access.models import StaffInvitation
from plugin.access.roles import Permission, Role, permissions_of
from plugin.access.staff import NotSignedIn, member_of
from plugin.audit.service import verify_shop
from plugin.db import rows, transaction
from plugin.journeys import staff_accounts
from plugin.journeys.staff_accounts import LastOwner
from plugin.messages.models import Mail
from plugin.shops.models import Shop
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.staffed import PASSWORD, Colleague, a_colleague, served_admin

Client = httpx.AsyncClient


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def shop(ports: FakePorts) -> Shop:
    return await a_shop(ports)


@pytest.fixture
async def http(ports: FakePorts) -> AsyncIterator[Client]:
    async with served_admin(ports) as client:
        yield client


@pytest.fixture
async def ada(ports: FakePorts, shop: Shop) -> Colleague:
    return await a_colleague(ports, shop.id)


async def invite(
    http: Client, by: Colleague, email: str = "bob@example.com", role: str = "agent", key: str = ""
) -> httpx.Response:
    headers = by.headers | {"Idempotency-Key": key or uuid4().hex}
    return await http.post("/v1/admin/staff/invitations", json={"email": email, "role": role}, headers=headers)


async def link_in_mail(ports: FakePorts, shop_id: str) -> str:
    """The token of the newest invitation's mail."""
    mail = (await Mail.filter(shop_id=shop_id, template="staff_invitation").order_by("-created_at", "-id"))[0]
    opened = ports.vault.open(mail.sealed_context, tenant=shop_id, field=f"mail:{mail.purpose}")
    return str(json.loads(opened)["url"]).rpartition("/")[2]


async def accept(http: Client, token: str, password: str = PASSWORD) -> httpx.Response:
    return await http.post("/v1/admin/invitations/accept", json={"token": token, "password": password})


async def events() -> list[dict[str, Any]]:
    return [json.loads(row["canonical"]) for row in await rows("SELECT canonical FROM audit_events ORDER BY n")]


async def test_an_invitation_by_mail_becomes_an_account_once(http: Client, ports: FakePorts, ada: Colleague) -> None:
    assert (await invite(http, ada)).status_code == 201
    token = await link_in_mail(ports, ada.shop_id)
    weak = await accept(http, token, "password1234")
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    tried = await asyncio.gather(*(accept(http, token) for _ in range(4)))
    assert sorted(answer.status_code for answer in tried) == [201, 410, 410, 410]
    body = next(answer.json() for answer in tried if answer.status_code == 201)
    assert (body["shop"], body["email"], body["role"]) == (ada.shop_id, "bob@example.com", "agent")
    ask = {"shop": ada.shop_id, "email": "bob@example.com", "password": PASSWORD}
    assert (await http.post("/v1/admin/sessions", json=ask)).status_code == 201
    told = await events()
    assert [each["kind"] for each in told] == ["staff_invited", "staff_joined", "staff_signed_in"]
    assert [each["actor"] for each in told] == [f"staff:{ada.id}", f"staff:{body['id']}", f"staff:{body['id']}"]
    assert not [each for each in told if "bob@" in str(each) or token in str(each)]
    assert await verify_shop(ada.shop_id) == []


async def test_the_same_key_invites_once_and_another_invitation_takes_its_place(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    first = await invite(http, ada, key="one")
    again = await invite(http, ada, key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    old = await link_in_mail(ports, ada.shop_id)
    ports.clock.advance(timedelta(seconds=1))
    assert (await invite(http, ada, role="viewer")).status_code == 201
    assert (await accept(http, old)).status_code == 410
    assert (await accept(http, await link_in_mail(ports, ada.shop_id))).json()["role"] == "viewer"
    assert (await invite(http, ada)).json()["code"] == "already_staff"


@pytest.mark.parametrize("email", ["é@example.com", "a@", "no address", "a@b\r\nBcc: c@d", '"@example.com', "@"])
async def test_an_address_that_no_mail_reaches_is_refused(http: Client, ada: Colleague, email: str) -> None:
    assert (await invite(http, ada, email)).status_code in (400, 422)
    assert await rows("SELECT 1 FROM mails") == []


async def test_an_invitation_ends_after_three_days_or_when_it_is_taken_back(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    made = (await invite(http, ada)).json()
    token = await link_in_mail(ports, ada.shop_id)
    path = f"/v1/admin/staff/invitations/{made['id']}"
    assert (await http.delete(path, headers=ada.headers)).status_code == 204
    assert (await http.delete(path, headers=ada.headers)).status_code == 404
    assert (await accept(http, token)).status_code == 410
    assert (await invite(http, ada)).status_code == 201
    later = await link_in_mail(ports, ada.shop_id)
    ports.clock.advance(timedelta(days=3, seconds=1))
    assert (await accept(http, later)).status_code == 410


@pytest.mark.parametrize("role", Role)
async def test_only_who_manages_staff_gets_in(http: Client, ports: FakePorts, shop: Shop, role: Role) -> None:
    bob = await a_colleague(ports, shop.id, role, "bob@example.com")
    other = await a_colleague(ports, shop.id, Role.VIEWER, "eve@example.com")
    may = Permission.MANAGE_STAFF in permissions_of(role)
    answers = [
        await http.get("/v1/admin/staff", headers=bob.headers),
        await invite(http, bob, "new@example.com", "viewer"),
        await http.patch(f"/v1/admin/staff/{other.id}", json={"role": "agent"}, headers=bob.headers),
        await http.delete(f"/v1/admin/staff/{other.id}", headers=bob.headers),
    ]
    assert [answer.status_code for answer in answers] == ([200, 201, 204, 204] if may else [403] * 4)
    if not may:
        assert {(answer.json()["code"], answer.json()["permission"]) for answer in answers} == {
            ("not_allowed", "manage_staff")
        }


async def test_an_admin_reaches_up_to_their_own_role(http: Client, ports: FakePorts, ada: Colleague) -> None:
    bob = await a_colleague(ports, ada.shop_id, Role.ADMIN, "bob@example.com")
    eve = await a_colleague(ports, ada.shop_id, Role.ADMIN, "eve@example.com")
    assert (await invite(http, ada, "new@example.com", "owner")).status_code == 201
    invited = (await StaffInvitation.get(shop_id=ada.shop_id)).id
    refused = [
        await invite(http, bob, "more@example.com", "owner"),
        await http.patch(f"/v1/admin/staff/{eve.id}", json={"role": "owner"}, headers=bob.headers),
        await http.patch(f"/v1/admin/staff/{ada.id}", json={"role": "viewer"}, headers=bob.headers),
        await http.delete(f"/v1/admin/staff/{ada.id}", headers=bob.headers),
        await http.delete(f"/v1/admin/staff/invitations/{invited}", headers=bob.headers),
        await invite(http, bob, "new@example.com", "viewer"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "above_own_role")] * 6
    assert (await StaffInvitation.get(shop_id=ada.shop_id)).id == invited
    assert (await http.delete(f"/v1/admin/staff/{eve.id}", headers=bob.headers)).status_code == 204


async def test_nobody_changes_their_own_role_or_removes_themselves(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    await a_colleague(ports, ada.shop_id, Role.OWNER, "bob@example.com")
    for answer in (
        await http.patch(f"/v1/admin/staff/{ada.id}", json={"role": "admin"}, headers=ada.headers),
        await http.delete(f"/v1/admin/staff/{ada.id}", headers=ada.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "own_account")


async def test_two_owners_who_remove_each_other_leave_one(http: Client, ports: FakePorts, ada: Colleague) -> None:
    bob = await a_colleague(ports, ada.shop_id, Role.OWNER, "bob@example.com")
    await asyncio.gather(
        http.delete(f"/v1/admin/staff/{bob.id}", headers=ada.headers),
        http.delete(f"/v1/admin/staff/{ada.id}", headers=bob.headers),
    )
    left = await rows("SELECT role FROM staff_members WHERE removed_at IS NULL")
    assert left == [{"role": "owner"}]


@pytest.mark.parametrize("is_removed", [True, False])
async def test_who_is_removed_or_demoted_during_their_own_call_does_nothing_by_it(
    ports: FakePorts, shop: Shop, ada: Colleague, is_removed: bool
) -> None:
    bob = await a_colleague(ports, shop.id, Role.ADMIN, "bob@example.com")
    eve = await a_colleague(ports, shop.id, Role.VIEWER, "eve@example.com")
    by, _ = await member_of(bob.token, ports.clock.now())
    async with transaction(ports.doorbell) as tx:
        made = await staff_accounts.invite(
            tx, ports, shop, email="new@example.com", role=Role.AGENT, by="the operator", is_mailed=False
        )
    if is_removed:
        await staff_accounts.remove(ports, shop, bob.id, "the operator")
    else:
        await staff_accounts.change_role(ports, shop, bob.id, Role.VIEWER, "the operator")
    with pytest.raises(NotSignedIn):
        async with transaction(ports.doorbell) as tx:
            await staff_accounts.invite(tx, ports, shop, email="friend@example.com", role=Role.ADMIN, by=by)
    with pytest.raises(NotSignedIn):
        await staff_accounts.take_back(ports, shop, made.id, by)
    with pytest.raises(NotSignedIn):
        await staff_accounts.change_role(ports, shop, eve.id, Role.ADMIN, by)
    with pytest.raises(NotSignedIn):
        await staff_accounts.remove(ports, shop, eve.id, by)
    assert [each.id for each in await StaffInvitation.filter(shop_id=shop.id)] == [made.id]


async def test_the_last_owner_is_kept_also_from_the_command_line(ports: FakePorts, shop: Shop, ada: Colleague) -> None:
    with pytest.raises(LastOwner):
        await staff_accounts.remove(ports, shop, ada.id, "the operator")
    with pytest.raises(LastOwner):
        await staff_accounts.change_role(ports, shop, ada.id, Role.ADMIN, "the operator")


async def test_another_role_and_a_removal_end_sessions_and_invitations_at_once(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    bob = await a_colleague(ports, ada.shop_id, Role.ADMIN, "bob@example.com")
    assert (await invite(http, bob, "new@example.com")).status_code == 201
    token = await link_in_mail(ports, ada.shop_id)
    changed = await http.patch(f"/v1/admin/staff/{bob.id}", json={"role": "agent"}, headers=ada.headers)
    assert changed.status_code == 204
    assert (await http.get("/v1/admin/me", headers=bob.headers)).status_code == 401
    assert (await accept(http, token)).status_code == 410
    assert (await http.delete(f"/v1/admin/staff/{bob.id}", headers=ada.headers)).status_code == 204
    ask = {"shop": ada.shop_id, "email": bob.email, "password": PASSWORD}
    assert (await http.post("/v1/admin/sessions", json=ask)).json()["code"] == "wrong_credentials"
    assert (await invite(http, ada, bob.email)).status_code == 201  # who has left may come back
    kinds = [each["kind"] for each in await events()]
    assert kinds == ["staff_invited", "staff_role_changed", "staff_removed", "staff_invited"]


async def test_people_of_another_shop_are_not_there(http: Client, ports: FakePorts, ada: Colleague) -> None:
    other = await a_shop(ports)
    eve = await a_colleague(ports, other.id, Role.OWNER, "eve@example.com")
    mine = (await invite(http, ada)).json()["id"]
    for answer in (
        await http.patch(f"/v1/admin/staff/{ada.id}", json={"role": "viewer"}, headers=eve.headers),
        await http.delete(f"/v1/admin/staff/{ada.id}", headers=eve.headers),
        await http.delete(f"/v1/admin/staff/invitations/{mine}", headers=eve.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    listed = (await http.get("/v1/admin/staff", headers=eve.headers)).json()
    assert [each["email"] for each in listed["people"]] == ["eve@example.com"]
    assert listed["invitations"] == []


async def test_inviting_and_removing_need_a_fresh_proof(http: Client, ports: FakePorts, ada: Colleague) -> None:
    ports.clock.advance(timedelta(minutes=11))
    answers = [
        await invite(http, ada),
        await http.patch("/v1/admin/staff/stf_x", json={"role": "agent"}, headers=ada.headers),
        await http.delete("/v1/admin/staff/stf_x", headers=ada.headers),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "reauthenticate")}
    assert (await http.get("/v1/admin/staff", headers=ada.headers)).status_code == 200


async def test_the_page_of_an_invitation_takes_a_password_and_looking_changes_nothing(
    http: Client, ports: FakePorts, shop: Shop
) -> None:
    async with transaction(ports.doorbell) as tx:
        made = await staff_accounts.invite(
            tx, ports, shop, email="bob@example.com", role=Role.OWNER, by="the operator", is_mailed=False
        )
    assert await rows("SELECT 1 FROM mails") == []
    path = f"/admin/invitations/{made.token}"
    for _ in range(3):
        looked = await http.get(path, headers={"Accept-Language": "es"})
        assert looked.status_code == 200
        assert "Elige una contraseña para bob@example.com" in looked.text
    weak = await http.post(path, data={"password": "short"})
    assert (weak.status_code, "at least 12 characters" in weak.text) == (422, True)
    foreign = await http.post(path, data={"password": PASSWORD}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    made_now = await http.post(path, data={"password": PASSWORD})
    assert (made_now.status_code, "Your account is ready" in made_now.text) == (200, True)
    assert (await http.get(path)).status_code == 410
    ask = {"shop": shop.id, "email": "bob@example.com", "password": PASSWORD}
    assert (await http.post("/v1/admin/sessions", json=ask)).json()["me"]["role"] == "owner"
