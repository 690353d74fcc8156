"""A whole life of an account, logged at debug level: no password, token, secret or code stands in any line."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
import structlog

from handlers.logs import configure_logs
from plugin.access.roles import Role
from plugin.access.totp import code_of, step_at
from plugin.db import transaction
from plugin.journeys import staff_accounts
from tests.factories import a_shop
from tests.fakes import FakePorts, fake_ports
from tests.hunting import places_of
from tests.staffed import served_admin

PASSWORD, WRONG, NEW = "canary yellow lanterns", "canary wrong lanterns", "canary brave teapots"
EMAIL = "canary.bird@staff.example"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("debug", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def http(ports: FakePorts) -> AsyncIterator[httpx.AsyncClient]:
    async with served_admin(ports) as client:
        yield client


async def test_no_secret_of_an_account_is_logged_or_stands_in_any_table(
    logged: io.StringIO, http: httpx.AsyncClient, ports: FakePorts
) -> None:
    shop = await a_shop(ports)
    async with transaction(ports.doorbell) as tx:
        invited = await staff_accounts.invite(tx, ports, shop, email=EMAIL, role=Role.OWNER, by="the operator")
    for password in ("short", PASSWORD, PASSWORD):
        await http.post("/v1/admin/invitations/accept", json={"token": invited.token, "password": password})
    ask = {"shop": shop.id, "email": EMAIL}
    for body in (ask | {"password": WRONG}, ask | {"password": PASSWORD, "extra": PASSWORD}, ask | {"password": 7}):
        assert (await http.post("/v1/admin/sessions", json=body)).status_code >= 400
    token = (await http.post("/v1/admin/sessions", json=ask | {"password": PASSWORD})).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    secret = (await http.post("/v1/admin/me/authenticator", headers=headers)).json()["secret"]
    code = {"code": code_of(secret, step_at(ports.clock.now()))}
    confirmed = await http.post("/v1/admin/me/authenticator/confirm", json=code, headers=headers)
    recovery = confirmed.json()["recovery_codes"]
    changes = {"current": PASSWORD, "new": NEW}
    assert (await http.post("/v1/admin/me/password", json=changes, headers=headers)).status_code == 204
    second = await http.post("/v1/admin/sessions", json=ask | {"password": NEW, "code": recovery[0]})
    third = await http.post(
        "/v1/admin/staff/invitations", json={"email": f"more.{EMAIL}", "role": "agent"},
        headers=headers | {"Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    assert (second.status_code, third.status_code) == (201, 201)
    assert (await http.get(f"/admin/invitations/{invited.token}")).status_code == 410
    structlog.get_logger().warning(f"about {token} {invited.token} {EMAIL}", state=token, code=invited.token)
    said = logged.getvalue()
    assert "/v1/admin/sessions" in said
    plain = [each.replace("-", "") for each in recovery]
    secrets = (PASSWORD, WRONG, NEW, token, second.json()["token"], secret, invited.token, *recovery, *plain)
    assert not [each for each in (*secrets, EMAIL) if each in said]
    kept = await places_of(ports.vault, secrets)
    # Both are sealed: the authenticator's secret where it is checked, the link in the mail that brings it.
    assert kept == {"staff_members": {secret}, "mails": {invited.token}}
