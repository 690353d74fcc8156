"""The kill switch, and the limits with what is used of them now."""

from __future__ import annotations

from datetime import datetime

from litestar import get, post
from litestar.di import NamedDependency
from msgspec import Struct

from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.journeys.limits import in_use
from plugin.journeys.switch import Switch, set_switch, switch_of
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

TAGS = ["Switch"]
_PAUSES = [may(Permission.PAUSE)]


class LimitView(Struct, frozen=True, kw_only=True):
    """A limit with what is used of it: minor units of ``currency``, or a count where that is null.

    ``used`` is null for what is counted for each order or customer apart. At ``ends_at`` it begins anew.
    """

    name: str
    currency: str | None
    most: int
    used: int | None
    ends_at: datetime | None
    is_reached: bool


class SwitchView(Struct, frozen=True, kw_only=True):
    """``on``: the policy decides. ``paused``: a person decides everything. ``stopped``: and no money is sent."""

    state: Switch
    limits: tuple[LimitView, ...]


async def _view(ports: Ports, shop: Shop) -> SwitchView:
    found = await in_use(shop, ports.clock.now())
    return SwitchView(
        state=switch_of(shop),
        limits=tuple(
            LimitView(
                name=each.name, currency=each.currency, most=each.most, used=each.used, ends_at=each.ends_at,
                is_reached=each.used is not None and each.used >= each.most,
            )
            for each in found
        ),
    )  # fmt: skip


@get(
    "/v1/admin/switch",
    dependencies=STAFF,
    guards=[may(Permission.READ_CASES)],
    security=SECURITY,
    tags=TAGS,
    summary="Where the switch is, and the limits with what is used of them",
    responses=problem_responses(KNOWN),
)
async def show_switch(ports: NamedDependency[Ports], shop: NamedDependency[Shop]) -> SwitchView:
    return await _view(ports, shop)


@post(
    "/v1/admin/switch/pause",
    status_code=200,
    dependencies=STAFF,
    guards=_PAUSES,
    security=SECURITY,
    tags=TAGS,
    summary="Pause: a person decides everything from now on",
    description="What was approved goes on. A shop that is stopped stays stopped.",
    responses=problem_responses(KNOWN),
)
async def pause(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop]
) -> SwitchView:
    await set_switch(ports, shop, Switch.PAUSED, member.actor)
    return await _view(ports, shop)


@post(
    "/v1/admin/switch/stop",
    status_code=200,
    dependencies=STAFF,
    guards=_PAUSES,
    security=SECURITY,
    tags=TAGS,
    summary="Stop all money at once",
    description="Pause, and hold back every refund that has not been sent. One call, with no body and no key: it may "
    "be sent as often as one likes.",
    responses=problem_responses(KNOWN),
)
async def stop(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop]
) -> SwitchView:
    await set_switch(ports, shop, Switch.STOPPED, member.actor)
    return await _view(ports, shop)


@post(
    "/v1/admin/switch/resume",
    status_code=200,
    dependencies=STAFF,
    guards=[*_PAUSES, fresh],
    security=SECURITY,
    tags=TAGS,
    summary="Let the policy decide and the money move again",
    description="What waits for a person keeps waiting for one.",
    responses=problem_responses(FRESH),
)
async def resume(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop]
) -> SwitchView:
    await set_switch(ports, shop, Switch.ON, member.actor)
    return await _view(ports, shop)


switch_routes = [show_switch, pause, stop, resume]
