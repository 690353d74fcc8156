"""People of a shop for the tests: an account each, with a password that everybody here shares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpx
from argon2 import PasswordHasher
from litestar.di import Provide

from handlers.admin.routes import admin_routes
from handlers.app import create_app
from handlers.dependencies import provide_ports
from handlers.pages.invitation import invitation_routes
from plugin.access.accounts import create_account, get_account
from plugin.access.roles import Role
from plugin.access.staff import open_session
from plugin.access.totp import code_of, step_at
from plugin.db import transaction
from plugin.ports.runtime import Ports
from plugin.settings import Settings
from tests.fakes import FakePorts

PASSWORD = "seven quiet lanterns"
URL = "http://comeback.test"
ADDRESS = "198.51.100.7"


@cache
def _hashed() -> str:
    # As cheap as it gets: who signs in by it has it hashed anew at the real cost.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Colleague:
    """A person with an account. ``headers`` are those of an open session of theirs."""

    id: str
    shop_id: str
    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def open(self, ports: FakePorts | Ports) -> tuple[str, str]:
        """Another session of theirs: its id and its token."""
        async with transaction(ports.doorbell) as tx:
            account = await get_account(self.shop_id, self.id)
            opened = await open_session(tx, account, address=ADDRESS, agent="tests", at=ports.clock.now())
        return opened.member.session_id, opened.token


async def a_colleague(
    ports: FakePorts | Ports, shop_id: str, role: Role = Role.OWNER, email: str = "ada@example.com"
) -> Colleague:
    """Somebody of this role, signed in just now."""
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        account = await create_account(tx, shop_id=shop_id, email=email, role=role, password_hash=_hashed(), at=at)
        opened = await open_session(tx, account, address=ADDRESS, agent="tests", at=at)
    return Colleague(account.id, shop_id, account.email, opened.token)


@asynccontextmanager
async def served_admin(ports: FakePorts, url: str = URL) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the admin API over these ports, at another address than any known one."""
    app = create_app(
        Settings(public_address=url),
        route_handlers=[*admin_routes, *invitation_routes],
        dependencies={"ports": Provide(provide_ports, sync_to_thread=False)},
    )
    app.state.ports = ports.as_served()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url=url) as client:
        yield client


async def sign_in(http: httpx.AsyncClient, shop: str, email: str = "ada@example.com", /, **more: Any) -> httpx.Response:
    """Ask for a session by everybody's password; ``more`` are other members of the body, and ``headers``."""
    headers = more.pop("headers", {})
    ask = {"shop": shop, "email": email, "password": PASSWORD} | more
    return await http.post("/v1/admin/sessions", json=ask, headers=headers)


async def authenticator(http: httpx.AsyncClient, ports: FakePorts, who: Colleague) -> tuple[str, list[str]]:
    """Set one up; its secret and recovery codes. The code that confirmed it is used."""
    offer = (await http.post("/v1/admin/me/authenticator", headers=who.headers)).json()
    code = code_of(offer["secret"], step_at(ports.clock.now()))
    told = await http.post("/v1/admin/me/authenticator/confirm", json={"code": code}, headers=who.headers)
    assert told.status_code == 200, told.text
    return offer["secret"], told.json()["recovery_codes"]
