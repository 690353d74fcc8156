"""An authenticator beside the password: its codes count once, and so does each recovery code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from plugin.access.accounts import get_account, open_totp, reseal_totps
from plugin.access.models import StaffMember, StaffSession
from plugin.access.totp import code_of, step_at
from plugin.core.vault import Vault
from plugin.db import rows
from plugin.journeys.sign_in import CODES_BY_STRANGERS_A_DAY
from plugin.shops.models import Shop
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.staffed import Colleague, a_colleague, authenticator, served_admin, sign_in

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


async def kinds() -> list[str]:
    return [row["kind"] for row in await rows("SELECT kind FROM audit_events ORDER BY n")]


async def test_with_an_authenticator_a_password_is_not_enough_and_a_code_counts_once(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    secret, _ = await authenticator(http, ports, ada)
    used = code_of(secret, step_at(ports.clock.now()))
    assert (await sign_in(http, ada.shop_id)).json()["code"] == "code_needed"
    assert (await sign_in(http, ada.shop_id, code=used)).status_code == 401
    ports.clock.advance(timedelta(seconds=30))
    fresh = code_of(secret, step_at(ports.clock.now()))
    tried = await asyncio.gather(*(sign_in(http, ada.shop_id, code=fresh) for _ in range(5)))
    assert sorted(answer.status_code for answer in tried) == [201, 401, 401, 401, 401]
    assert (await sign_in(http, ada.shop_id, code=used)).status_code == 401  # the step before, after a later one
    ports.clock.advance(timedelta(seconds=30))
    code = code_of(secret, step_at(ports.clock.now()))
    assert (await sign_in(http, ada.shop_id, code=code, password="a wrong password")).status_code == 401
    assert (await sign_in(http, ada.shop_id, code=code)).status_code == 201


async def test_who_knows_the_password_guesses_few_codes_and_locks_nobody_out(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    secret, _ = await authenticator(http, ports, ada)
    await StaffSession.all().update(address="203.0.113.9")
    await rows("DELETE FROM rate_counts RETURNING id")
    tried = [(await sign_in(http, ada.shop_id, code=f"{n:06}")).status_code for n in range(12)]
    assert tried == [401] * CODES_BY_STRANGERS_A_DAY + [429, 429]
    await StaffSession.all().update(address="127.0.0.1")  # where ada has signed in of late
    ports.clock.advance(timedelta(seconds=30))
    code = code_of(secret, step_at(ports.clock.now()))
    assert (await sign_in(http, ada.shop_id, code=code)).status_code == 201


async def test_a_recovery_code_counts_once(http: Client, ports: FakePorts, ada: Colleague) -> None:
    _, codes = await authenticator(http, ports, ada)
    assert len(set(codes)) == 10
    tried = await asyncio.gather(*(sign_in(http, ada.shop_id, code=codes[0].lower()) for _ in range(5)))
    assert sorted(answer.status_code for answer in tried) == [201, 401, 401, 401, 401]
    assert (await kinds()).count("staff_recovery_code_used") == 1
    removed = await http.post("/v1/admin/me/authenticator/remove", json={"code": codes[1]}, headers=ada.headers)
    assert removed.status_code == 204
    assert (await sign_in(http, ada.shop_id)).status_code == 201
    again = await http.post("/v1/admin/me/authenticator/remove", json={"code": codes[2]}, headers=ada.headers)
    assert (again.status_code, again.json()["code"]) == (409, "authenticator_off")


async def test_an_authenticator_counts_only_once_it_is_confirmed(
    http: Client, ports: FakePorts, ada: Colleague
) -> None:
    path = "/v1/admin/me/authenticator"
    unasked = await http.post(f"{path}/confirm", json={"code": "000000"}, headers=ada.headers)
    assert unasked.json()["code"] == "authenticator_off"
    first = (await http.post(path, headers=ada.headers)).json()["secret"]
    second = (await http.post(path, headers=ada.headers)).json()["secret"]
    stale = code_of(first, step_at(ports.clock.now()))
    answer = await http.post(f"{path}/confirm", json={"code": stale}, headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_proof")
    assert (await sign_in(http, ada.shop_id)).status_code == 201
    code = code_of(second, step_at(ports.clock.now()))
    assert (await http.post(f"{path}/confirm", json={"code": code}, headers=ada.headers)).status_code == 200
    assert (await http.post(path, headers=ada.headers)).json()["code"] == "authenticator_on"
    stored = (await StaffMember.get(id=ada.id)).sealed_totp or ""
    assert second not in stored and stored.startswith("v1.")


async def test_a_code_of_the_authenticator_is_a_fresh_proof_too(http: Client, ports: FakePorts, ada: Colleague) -> None:
    secret, _ = await authenticator(http, ports, ada)
    ports.clock.advance(timedelta(minutes=11))
    ask = {"code": code_of(secret, step_at(ports.clock.now()))}
    assert (await http.post("/v1/admin/sessions/prove", json=ask, headers=ada.headers)).status_code == 200
    assert (await http.post("/v1/admin/sessions/prove", json=ask, headers=ada.headers)).status_code == 403


async def test_an_authenticator_outlives_the_key_that_sealed_it(http: Client, ports: FakePorts, ada: Colleague) -> None:
    secret, _ = await authenticator(http, ports, ada)
    newer = Vault(("a newer secret of the tests, long enough", *ports.vault.secrets))
    assert await reseal_totps(newer, ada.shop_id) == 1
    assert await reseal_totps(newer, ada.shop_id) == 0
    account = await get_account(ada.shop_id, ada.id)
    assert open_totp(Vault(newer.secrets[:1]), account, account.sealed_totp or "") == secret
