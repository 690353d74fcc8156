"""How shoppers come in: by the link that the store's server asked for, or as guests with a mailed code.

At most one of these calls is struck: the web process dies before or after one of its messages to the database, or
when its answer has just been read.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass

from plugin.storefronts.standard.wire import OrderBody
from tests.faults.letters import text_of
from tests.faults.plan import Plan
from tests.faults.postgres import Trap
from tests.faults.shoppers import Client, GaveUp
from tests.faults.town import Place, Town

_MESSAGES = {"midway link": 5, "midway session": 2, "midway lookup": 8, "midway opening": 5}
"""How many messages to the database each call needs, about."""

_CODE = re.compile(r"^ {4}([0-9A-Z -]{8,})$", re.MULTILINE)
_LINK = re.compile(r"/o/(ol_[\w-]+)")


@dataclass
class Entrance:
    """``strike_noted`` is told when the web process was killed."""

    town: Town
    place: Place
    client: Client
    plan: Plan
    strike_noted: Callable[[str], None]
    _passed: int = 0

    async def enter(self, order: OrderBody) -> dict[str, str]:
        """Open the order's page; the headers of the session."""
        if self.plan.strike in ("midway lookup", "midway opening"):
            token = await self._as_guest(order)
        else:
            token = await self._by_link(order)
        return {"Authorization": f"Bearer {token}"}

    async def _by_link(self, order: OrderBody) -> str:
        key = {"Authorization": f"Bearer {self.place.shop.secret_key}"}
        answer = await self._call("midway link", "/v1/links", {"order_id": order.id}, key)
        return await self._exchange(answer["url"].rsplit("/", 1)[1])

    async def _exchange(self, link: str) -> str:
        return (await self._call("midway session", "/v1/sessions/exchange", {"link": link}, {}))["token"]

    async def _as_guest(self, order: OrderBody) -> str:
        key = {"Authorization": f"Bearer {self.place.shop.publishable_key}"}
        ask = {"order_number": order.number, "email": order.customer.email}
        lookup_id = (await self._call("midway lookup", "/v1/lookups", ask, key))["lookup_id"]
        text = await text_of(self.town, lookup_id)
        code, link = _CODE.findall(text)[0], _LINK.findall(text)[0]
        opened = await self._call("midway opening", f"/v1/lookups/{lookup_id}/open", {"code": code}, key, or_not=403)
        if opened:
            return opened["token"]
        # The answer that opened it was lost, and a code opens once: the link in the same mail opens as well.
        self.client.timeline.note("the code is used up, and the link opens")
        return await self._exchange(link)

    async def _call(
        self, name: str, path: str, body: dict[str, str | None], headers: dict[str, str], *, or_not: int = 0
    ) -> dict[str, str]:
        is_struck = self._is_struck(name)
        unanswered = self.client.unanswered
        answer = await self.client.post(path, body, headers, name=name)
        if is_struck and self.town.postgres.set_trap(None):
            self._strike()
        if answer.status_code == or_not and self.client.unanswered > unanswered:
            return {}
        if not answer.is_success:
            raise GaveUp(f"{name}: {answer.status_code} {answer.text[:200]}")
        told: dict[str, str] = answer.json()
        return told

    def _is_struck(self, name: str) -> bool:
        if name != self.plan.strike:
            return False
        self._passed += 1
        if self._passed != self.plan.nth:
            return False
        dice = self.plan.dice(name)
        nth = dice.randint(1, _MESSAGES[name])
        trap = Trap(nth, self._strike, role=self.town.web.role, is_before=dice.random() < 0.5)
        self.town.postgres.set_trap(trap)
        return True

    def _strike(self) -> None:
        self.town.web.signal(signal.SIGKILL)
        self.strike_noted("kill -9 of web")
