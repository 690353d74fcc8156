"""People of the shop at the admin API of a small world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from plugin.access.roles import Role
from tests.staffed import Colleague, a_colleague
from tests.world import World


@dataclass(frozen=True)
class AtDesk:
    """Somebody of the shop, signed in just now."""

    world: World
    colleague: Colleague

    @property
    def actor(self) -> str:
        return f"staff:{self.colleague.id}"

    async def ask(self, method: str, path: str, *, key: str | None = None, **request: Any) -> httpx.Response:
        headers = {**self.colleague.headers, "Idempotency-Key": key or uuid4().hex, **request.pop("headers", {})}
        return await self.world.http.request(method, f"/v1/admin{path}", headers=headers, **request)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        said: dict[str, Any] = answer.json()
        return said

    async def post(self, path: str, *, key: str | None = None, **body: Any) -> httpx.Response:
        return await self.ask("POST", path, key=key, json=body)


async def at_desk(world: World, role: Role = Role.OWNER, email: str = "ada@lumen.example") -> AtDesk:
    return AtDesk(world, await a_colleague(world.ports, world.shop.id, role, email))
