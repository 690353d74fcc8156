"""Signing in to the admin API: one answer for all that does not fit, limits that do not lock the owner out, sessions
that end, and an authenticator whose codes count once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import Context
from datetime import timedelta

import httpx
import pytest

from plugin.access.accounts import lock_account, set_password
from plugin.access.models import StaffMember, StaffSession
from plugin.access.passwords import hash_password
from plugin.access.roles import Role
from plugin.audit.service import verify_shop
from plugin.db import rows, transaction
from plugin.journeys.sign_in import BY_STRANGERS, PER_CALLER, PER_CALLER_AND_ACCOUNT
from plugin.shops.models import Shop
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.staffed import PASSWORD, Colleague, a_colleague, authenticator, served_admin, sign_in
from tests.waiting import eventually

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


async def me(http: Client, token: str) -> int:
    return (await http.get("/v1/admin/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def kinds() -> list[str]:
    return [row["kind"] for row in await rows("SELECT kind FROM audit_events ORDER BY n")]


async def test_who_signs_in_is_told_who_they_are_and_what_they_may_do(http: Client, ada: Colleague) -> None:
    answer = await sign_in(http, ada.shop_id, " Ada@Example.com".strip())
    assert answer.status_code == 201
    body = answer.json()
    assert body["me"]["email"] == "ada@example.com"
    assert "move_money" in body["me"]["permissions"]
    assert "set-cookie" not in answer.headers
    assert await me(http, body["token"]) == 200
    assert (await kinds(), await verify_shop(ada.shop_id)) == (["staff_signed_in"], [])


async def test_a_hash_of_an_older_cost_is_made_anew_at_sign_in(http: Client, ada: Colleague) -> None:
    before = (await StaffMember.get(id=ada.id)).password_hash
    assert (await sign_in(http, ada.shop_id)).status_code == 201
    after = (await StaffMember.get(id=ada.id)).password_hash
    assert before != after and after.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await sign_in(http, ada.shop_id)).status_code == 201


async def test_all_that_does_not_fit_is_answered_alike(http: Client, ports: FakePorts, ada: Colleague) -> None:
    other = await a_shop(ports)
    wrong = [
        await sign_in(http, ada.shop_id, password="another password"),
        await sign_in(http, ada.shop_id, "nobody@example.com"),
        await sign_in(http, other.id),
        await sign_in(http, "shop_that_never_was"),
    ]
    bodies = [{**answer.json(), "request_id": ""} for answer in wrong]
    assert {answer.status_code for answer in wrong} == {401}
    assert bodies == [bodies[0]] * 4
    assert bodies[0]["code"] == "wrong_credentials"
    assert await kinds() == []


async def test_tries_are_limited_by_caller_and_account(http: Client, ada: Colleague) -> None:
    for _ in range(PER_CALLER_AND_ACCOUNT):
        assert (await sign_in(http, ada.shop_id, password="a wrong password")).status_code == 401
    blocked = await sign_in(http, ada.shop_id)
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many_requests")
    assert int(blocked.headers["retry-after"]) > 0
    for n in range(PER_CALLER - PER_CALLER_AND_ACCOUNT - 1):
        assert (await sign_in(http, ada.shop_id, f"nobody{n}@example.com")).status_code == 401
    assert (await sign_in(http, ada.shop_id, "bob@example.com")).status_code == 429


async def test_who_guesses_from_everywhere_does_not_lock_the_owner_out(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    assert (await sign_in(http, ada.shop_id)).status_code == 201  # from now on this address is known
    account = (await rows("SELECT key FROM rate_counts WHERE key LIKE 'staff:strange:%'"))[0]["key"]
    await rows("UPDATE rate_counts SET n = $1 WHERE key = $2", BY_STRANGERS, account)
    assert (await sign_in(http, ada.shop_id)).status_code == 201
    await StaffSession.all().update(address="203.0.113.9")
    assert (await sign_in(http, ada.shop_id)).status_code == 429
    ports.clock.advance(timedelta(hours=1))
    assert (await sign_in(http, ada.shop_id)).status_code == 201


async def test_a_session_ends_when_idle_and_after_half_a_day_in_any_case(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    ports.clock.advance(timedelta(minutes=59))
    assert await me(http, ada.token) == 200
    ports.clock.advance(timedelta(minutes=61))
    assert await me(http, ada.token) == 401
    busy = (await sign_in(http, ada.shop_id)).json()["token"]
    for _ in range(23):
        ports.clock.advance(timedelta(minutes=30))
        assert await me(http, busy) == 200
    ports.clock.advance(timedelta(minutes=30))
    assert await me(http, busy) == 401


async def test_sessions_are_listed_and_ended_one_by_one(http: Client, ports: FakePorts, ada: Colleague) -> None:
    bob = await a_colleague(ports, ada.shop_id, Role.ADMIN, "bob@example.com")
    second = (await sign_in(http, ada.shop_id, headers={"User-Agent": "a browser"})).json()["token"]
    listed = (await http.get("/v1/admin/sessions", headers=ada.headers)).json()["sessions"]
    assert {(each["agent"], each["is_this_one"]) for each in listed} == {("tests", True), ("a browser", False)}
    other = next(each["id"] for each in listed if not each["is_this_one"])
    assert (await http.delete(f"/v1/admin/sessions/{other}", headers=bob.headers)).status_code == 404
    assert await me(http, second) == 200
    assert (await http.delete(f"/v1/admin/sessions/{other}", headers=ada.headers)).status_code == 204
    assert await me(http, second) == 401
    assert (await http.delete(f"/v1/admin/sessions/{other}", headers=ada.headers)).status_code == 404
    assert (await http.post("/v1/admin/sessions/end", headers=ada.headers)).status_code == 204
    assert await me(http, ada.token) == 401


async def test_a_new_password_ends_all_other_sessions(http: Client, ada: Colleague) -> None:
    other = (await sign_in(http, ada.shop_id)).json()["token"]
    path, new = "/v1/admin/me/password", "nine brave teapots"
    wrong = await http.post(path, json={"current": "not this one", "new": new}, headers=ada.headers)
    weak = await http.post(path, json={"current": PASSWORD, "new": "password1234"}, headers=ada.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_proof")
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    assert (await http.post(path, json={"current": PASSWORD, "new": new}, headers=ada.headers)).status_code == 204
    assert (await me(http, other), await me(http, ada.token)) == (401, 200)
    assert (await sign_in(http, ada.shop_id)).status_code == 401
    assert (await sign_in(http, ada.shop_id, password=new)).status_code == 201


async def test_what_needs_a_fresh_proof_is_refused_until_it_is_given(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    ports.clock.advance(timedelta(minutes=11))
    path, proof = "/v1/admin/me/authenticator", "/v1/admin/sessions/prove"
    stale = await http.post(path, headers=ada.headers)
    assert (stale.status_code, stale.json()["code"]) == (403, "reauthenticate")
    for ask in ({"password": "a wrong password"}, {"code": "123456"}, {}):
        answer = await http.post(proof, json=ask, headers=ada.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_proof")
    assert (await http.post(proof, json={"password": PASSWORD}, headers=ada.headers)).status_code == 200
    assert (await http.post(path, headers=ada.headers)).status_code == 200


async def test_a_browser_keeps_its_session_in_a_cookie_and_other_sites_cannot_use_it(
    ports: FakePorts, ada: Colleague
) -> None:
    url = "https://comeback.test"
    served = ports.__class__(**{**vars(ports), "public_url": url})
    async with served_admin(served, url) as http:
        foreign = await sign_in(http, ada.shop_id, cookie=True, headers={"Origin": "https://evil.example"})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_call")
        answer = await sign_in(http, ada.shop_id, cookie=True, headers={"Origin": url})
        assert answer.json()["token"] is None
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-comeback-staff=staff_")
        for said in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
            assert said in cookie
        assert "Domain" not in cookie
        assert (await http.get("/v1/admin/me")).status_code == 200
        proof = {"password": PASSWORD}
        for headers in (
            {}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": url}, {"Sec-Fetch-Site": "none"},
        ):  # fmt: skip
            refused = await http.post("/v1/admin/sessions/prove", json=proof, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "foreign_call"), headers
        for headers in ({"Origin": url}, {"Sec-Fetch-Site": "same-origin"}):
            assert (await http.post("/v1/admin/sessions/prove", json=proof, headers=headers)).status_code == 200
        ended = await http.post("/v1/admin/sessions/end", headers={"Origin": url})
        assert ended.status_code == 204
        assert "Max-Age=0" in ended.headers["set-cookie"]
        assert (await http.get("/v1/admin/me")).status_code == 401


async def test_nothing_secret_is_stored_as_it_is(http: Client, ports: FakePorts, ada: Colleague) -> None:
    secret, codes = await authenticator(http, ports, ada)
    token = (await sign_in(http, ada.shop_id, code=codes[0])).json()["token"]
    tables = ("staff_members", "staff_sessions", "staff_recovery_codes", "audit_events", "rate_counts")
    kept = [str(await rows(f"SELECT * FROM {table}")) for table in tables]
    for hidden in (secret, token, PASSWORD, *codes, *(code.replace("-", "") for code in codes)):
        assert not [table for table, text in zip(tables, kept, strict=True) if hidden in text]


async def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    """Whoever holds the old password and is under way when it is changed is not let in afterwards."""
    async with transaction(ports.doorbell) as tx:
        await lock_account(tx, ada.shop_id, ada.id)
        # In a context of its own, or it would speak inside this transaction.
        under_way = asyncio.create_task(sign_in(http, ada.shop_id), context=Context())
        assert await eventually(lambda: rows("SELECT 1 FROM pg_locks WHERE NOT granted"))
        await set_password(tx, ada.id, await hash_password("nine brave teapots"))
    assert (await under_way).json()["code"] == "wrong_credentials"
