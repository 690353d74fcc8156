"""The erasure of a shopper."""

from __future__ import annotations

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody
from msgspec import Struct

from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.exports import NobodyNamed, PersonExportAsk, person_of
from handlers.admin.frame import FRESH, once
from handlers.idempotent import IdempotencyKey, Remember
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.db import transaction
from plugin.journeys.erase_person import Hindrance, erase_person_of, forget_unread
from plugin.journeys.forget_declared import forget_declared_by
from plugin.orders.people import orders_of
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class Waiting(Struct, frozen=True, kw_only=True):
    """An order from which its person is still needed. It is tried again by itself."""

    order_id: str
    why: Hindrance


class Erased(Struct, frozen=True, kw_only=True):
    """From how many orders the person is gone, and which wait."""

    orders: int
    waiting: tuple[Waiting, ...]


@post(
    "/v1/admin/persons/erase",
    status_code=200,
    dependencies=STAFF,
    guards=[may(Permission.EXPORT), fresh],
    security=SECURITY,
    tags=["Exports"],
    summary="Erase a person",
    description="Amounts and the audit stay (GDPR Art. 17). What is under way is finished first, and then they are "
    "erased without another call.",
    responses={200: ResponseSpec(Erased, description="They are gone, or will be.")}
    | problem_responses(
        FRESH
        | {
            400: "No Idempotency-Key, or a body that is not exact.",
            409: "The first call with this key is still running.",
            422: "Nobody is named, or the key was used with another body.",
        }
    ),
)
async def erase_person(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[PersonExportAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    if not (data.email or data.customer or data.orders):
        raise NobodyNamed()

    async def use_case(remember: Remember) -> None:
        who = await person_of(ports, shop, data)
        found, waiting = await orders_of(shop.id, who), []
        for each in found:
            hindrance = await erase_person_of(ports, shop, each.id, member.actor)
            if hindrance is not None:
                waiting.append(Waiting(order_id=each.id, why=hindrance))
        if who.email:
            await forget_declared_by(ports, shop, who.email)
        if not waiting:  # else a case may hang on what they would be forgotten from, and they go with its order
            await forget_unread(ports, shop, who)
        async with transaction(ports.doorbell) as tx:
            await remember(tx, Erased(orders=len(found) - len(waiting), waiting=tuple(waiting)))

    return await once(ports, member, "person.erase", "-", idempotency_key, body, use_case)


person_routes = [erase_person]
